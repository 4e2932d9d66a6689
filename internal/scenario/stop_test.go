package scenario

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// mostStop is how long the program may take to end behind a SIGTERM.
const mostStop = 5 * time.Second

// mostAgain is how many messages a story may have to be told again: to queue them
// takes real time, and a sender is ended no differently with more of them waiting.
const mostAgain = 20

// A story that had something on the wire at one of its looks is told again up to
// the first of these, and is ended there as by a SIGTERM: the program ends in time,
// and what holds in every story holds of what it leaves behind, too. The others are
// ended often enough as they are told, with nothing on the wire (see watch). What
// makes passes, or runs a sender by itself (A14, H06, some of group I), has no looks:
// a pass ends anyway, and the end of each transport and outbox is timed there, too.

// stopped tells a story up to the look at which it is ended.
func stopped(t *testing.T, look int, tell func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.stopLook = look
		told := make(chan struct{})
		go func() {
			defer close(told)
			tell(r)
		}()
		<-told
		r.restart()
		if !r.signalled.IsZero() {
			r.between("the end of the program", r.ended.Sub(r.signalled), 0, mostStop)
		}
		r.checkAll()
	})
}

// endSender ends a sender, which must not take long, and the story with it where
// that was asked for.
func (r *rig) endSender(stop func(), over <-chan error) {
	r.Helper()
	signalled := time.Now()
	stop()
	if err := <-over; err != nil {
		r.Error(err)
	}
	r.between("the end of the sender", time.Since(signalled), 0, mostStop)
	if r.looks == r.stopLook {
		r.signalled = signalled
		runtime.Goexit()
	}
}
