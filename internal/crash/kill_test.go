package crash

import (
	"fmt"
	"testing"
)

// killCalls are the system calls by which the program changes anything outside
// of itself, or learns of it.
var killCalls = []string{
	"open", "openat", "read", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat",
	"unlink", "unlinkat", "mkdir", "mkdirat", "ftruncate", "connect", "sendto", "close",
}

// kill makes strace kill the program when it is about to make a call.
func (p point) kill() string { return fmt.Sprintf("%s:signal=KILL:when=%d", p.call, p.n) }

// Killed anywhere while it queues a message, send has queued it as a whole or
// not at all, and what it has acknowledged stays.
func TestSend_KilledAnywhereKeepsWhatItAcknowledged(t *testing.T) {
	needTracing(t)
	for _, s := range sendings {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			dir, earlier := s.outbox(t)
			undisturbed := newStation(t, dir)
			r := trace(t, undisturbed.Program, run{args: s.args(), stdin: s.text, calls: killCalls, single: true})
			if r.code != 0 || acknowledged(r.out) == "" {
				t.Fatalf("undisturbed: exit %d, %q %s", r.code, r.out, r.err)
			}
			walk{counts(r.moments), 1, func(t *testing.T, p point) bool {
				station := newStation(t, dir)
				r := trace(t, station.Program, run{args: s.args(), stdin: s.text, calls: []string{p.call}, inject: p.kill(), single: p.single})
				s.requireQueuedOnce(station, earlier, r.out)
				return r.killed
			}}.run(t)
		})
	}
}

// Killed anywhere while it delivers, flush has lost nothing. The next one sends
// what certainly has not arrived; what may have arrived is uncertain, and
// nobody gets a second copy.
func TestFlush_KilledAnywhereLosesAndDoublesNothing(t *testing.T) {
	needTracing(t)
	t.Parallel()
	d := newDelivery(t)
	undisturbed := newStation(t, d.dir)
	r := trace(t, undisturbed.Program, run{args: []string{"flush"}, calls: killCalls, single: true})
	if r.code != 0 {
		t.Fatalf("undisturbed: exit %d: %s", r.code, r.err)
	}
	walk{counts(r.moments), 2, func(t *testing.T, p point) bool {
		station := newStation(t, d.dir)
		r := trace(t, station.Program, run{args: []string{"flush"}, calls: []string{p.call}, inject: p.kill(), single: p.single})
		d.requireKept(station)
		station.Must("", "flush")
		station.Must("", "flush") // which leaves alone what the first has found uncertain
		station.requireDelivered(d.ids()...)
		return r.killed
	}}.run(t)
}
