package crash

import (
	"os"
	"testing"
)

// A commit whose sync fails is no commit, although all of it has been written:
// the next process must not find it.
func TestSend_ASyncThatFailsQueuesNothing(t *testing.T) {
	needTracing(t)
	t.Parallel()
	s := sending{text: smallText, earlier: 1}
	dir, earlier := s.outbox(t)
	station := newStation(t, dir)
	r := trace(t, station.Program, run{args: s.args(), stdin: s.text, calls: []string{"fdatasync"}, inject: "fdatasync:error=EIO"})
	if r.code != 74 || r.out != "" {
		t.Errorf("exit %d: %q %s", r.code, r.out, r.err)
	}
	if have := station.read(); len(have) != len(earlier) {
		t.Errorf("%d items, %d before: what send said is not queued is there", len(have), len(earlier))
	}
}

// A directory whose name could not be synced is not there for the next try, which
// would not sync it again.
func TestSend_ADirectoryThatIsNotSafeIsNotKept(t *testing.T) {
	needTracing(t)
	t.Parallel()
	s := sending{text: smallText}
	station := newStation(t, "")
	r := trace(t, station.Program, run{args: s.args(), stdin: s.text, calls: []string{"fsync"}, inject: "fsync:error=EIO"})
	if r.code != 74 || r.out != "" {
		t.Errorf("exit %d: %q %s", r.code, r.out, r.err)
	}
	if _, err := os.Stat(station.DataDir()); err == nil {
		t.Error("the directory is there")
	}
	s.requireQueuedOnce(station, nil, "")
}
