package crash

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// faultCalls are the system calls that a full or failing disk refuses.
var faultCalls = []string{
	"open", "openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "ftruncate",
}

// faults are what it says then.
var faults = []string{"ENOSPC", "EDQUOT", "EIO"}

// fault makes strace refuse a call, once in each thread.
func (p point) fault(name string) string {
	return fmt.Sprintf("%s:error=%s:when=%d", p.call, name, p.n)
}

// faultsFor are all of them with -long, else one.
func faultsFor(t *testing.T) []string {
	if *long {
		return faults
	}
	return []string{faults[chance(t).IntN(len(faults))]}
}

// refusals are the calls that strace has refused, as "write /path".
type refusals []string

func refusedCalls(moments []moment) (all refusals) {
	for _, m := range moments {
		if !m.ended || !m.injected {
			continue
		}
		_, path := m.file()
		if texts := m.texts(); path == "" && len(texts) > 0 {
			path = texts[len(texts)-1]
		}
		all = append(all, m.name+" "+path)
	}
	return all
}

// within tells that all of them were about files below a directory.
func (r refusals) within(dir string) bool {
	return !slices.ContainsFunc(r, func(call string) bool { return !strings.Contains(call, " "+dir) })
}

// have tells that one of them was about something of this name.
func (r refusals) have(part string) bool {
	return slices.ContainsFunc(r, func(call string) bool { return strings.Contains(call, part) })
}

// ownTools tells that Go's runtime was refused what no disk has to do with, and
// without which it gives up.
func (r refusals) ownTools() bool { return r.have("anon_inode:") }

// mute tells that what the program printed was refused twice: on standard output
// and then on standard error, where it had its second try.
func (r refusals) mute() bool {
	return len(slices.DeleteFunc(slices.Clone(r), func(call string) bool { return !strings.HasPrefix(call, "write pipe:") })) > 1
}

// requireHonestEnd looks at how the program ended after calls were refused: with
// an exit code for what happened and a hint, or well.
func requireHonestEnd(t *testing.T, r traced, refused refusals, outboxDir string) {
	t.Helper()
	if strings.Contains(r.err, "goroutine ") || r.code < 0 {
		t.Errorf("%v: exit %d: %s", refused, r.code, r.err)
	}
	if r.code == 0 || !refused.within(outboxDir) {
		return // not the outbox: what is said of a configuration is another story
	}
	explained := strings.Contains(r.err, "\nhint: ") || r.code == 75 && strings.Contains(r.err, " waiting, ")
	if r.code != 73 && r.code != 74 && r.code != 75 || !explained {
		t.Errorf("%v: exit %d, and it says: %s", refused, r.code, r.err)
	}
}

// When the disk refuses anything while a message is queued, send says so and
// has queued nothing, or it has acknowledged the message and keeps it.
func TestSend_ARefusedCallQueuesNothingByHalves(t *testing.T) {
	needTracing(t)
	for _, s := range sendings {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			dir, earlier := s.outbox(t)
			undisturbed := newStation(t, dir)
			r := trace(t, undisturbed.Program, run{args: s.args(), stdin: s.text, calls: faultCalls, single: true})
			walk{counts(r.moments), 1, func(t *testing.T, p point) (there bool) {
				for _, fault := range faultsFor(t) {
					station := newStation(t, dir)
					r := trace(t, station.Program, run{args: s.args(), stdin: s.text, calls: []string{p.call}, inject: p.fault(fault), single: p.single})
					refused := refusedCalls(r.moments)
					there = there || len(refused) > 0
					if refused.ownTools() {
						continue
					}
					requireHonestEnd(t, r, refused, station.DataDir())
					if !refused.mute() {
						s.requireAllOrNothing(station, earlier, r)
					}
					s.requireQueuedOnce(station, earlier, r.out)
				}
				return there
			}}.run(t)
		})
	}
}

// requireAllOrNothing is for right after a send that was refused something: the
// message is there if and only if it was said to be.
func (s sending) requireAllOrNothing(station *station, earlier []string, r traced) {
	station.t.Helper()
	said := acknowledged(r.out) != "" || strings.Contains(r.err, "sendoff: queued as ")
	have := len(station.read())
	switch {
	case r.code == 0 && !said:
		station.t.Errorf("exit 0 without an ID: %q %s", r.out, r.err)
	case said && have != len(earlier)+1, !said && have != len(earlier):
		station.t.Errorf("exit %d, %q %s: and there are %d items, %d before", r.code, r.out, r.err, have, len(earlier))
	}
}

// When the disk refuses anything while messages are delivered, none is lost and
// none goes out twice.
func TestFlush_ARefusedCallLosesAndDoublesNothing(t *testing.T) {
	needTracing(t)
	t.Parallel()
	d := newDelivery(t)
	undisturbed := newStation(t, d.dir)
	r := trace(t, undisturbed.Program, run{args: []string{"flush"}, calls: faultCalls, single: true})
	walk{counts(r.moments), 2, func(t *testing.T, p point) (there bool) {
		for _, fault := range faultsFor(t) {
			station := newStation(t, d.dir)
			r := trace(t, station.Program, run{args: []string{"flush"}, calls: []string{p.call}, inject: p.fault(fault), single: p.single})
			refused := refusedCalls(r.moments)
			there = there || len(refused) > 0
			if !refused.ownTools() {
				requireHonestEnd(t, r, refused, station.DataDir())
			}
			d.requireKept(station)
			station.deliverByHand()
			station.requireDelivered(d.ids()...)
		}
		return there
	}}.run(t)
}

// deliverByHand makes what waits, after an attempt that failed, due at once. An
// account that was parked gets one message in a pass.
func (s *station) deliverByHand() {
	s.t.Helper()
	for range 5 {
		s.Run("", "flush")
		waits := false
		for _, i := range s.items() {
			if i.State == "waiting" {
				waits = true
				s.Must("", "retry", i.ID)
			}
		}
		if !waits {
			return
		}
	}
}

// settleWithin is when the machine is reset: a flush that works takes a tenth of
// it, and one that cannot record an outcome tries for half a minute.
const settleWithin = 2 * time.Second

// From some call on, the disk never works again, and the machine is reset.
func TestFlush_ADiskThatFailsForGoodDoublesNothing(t *testing.T) {
	needTracing(t)
	t.Parallel()
	d := newDelivery(t)
	undisturbed := newStation(t, d.dir)
	calls := []string{"fdatasync", "pwrite64"}
	r := trace(t, undisturbed.Program, run{args: []string{"flush"}, calls: calls, single: true})
	walk{counts(r.moments), 2, func(t *testing.T, p point) bool {
		station := newStation(t, d.dir)
		r := trace(t, station.Program, run{
			args: []string{"flush"}, calls: []string{p.call}, inject: p.fault("EIO") + "+", single: p.single, limit: settleWithin,
		})
		d.requireKept(station)
		station.deliverByHand()
		station.requireDelivered(d.ids()...)
		return len(refusedCalls(r.moments)) > 0
	}}.run(t)
}
