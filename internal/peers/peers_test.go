package peers

import (
	"runtime"
	"testing"
)

// witness is a test that notes how it ended.
type witness struct {
	testing.TB
	failed, skipped bool
}

func (w *witness) Helper()               {}
func (w *witness) Fatalf(string, ...any) { w.failed = true; runtime.Goexit() }
func (w *witness) Skipf(string, ...any)  { w.skipped = true; runtime.Goexit() }

func TestNeed_SkipsOnAPersonsMachineAndFailsInCI(t *testing.T) {
	for ci, want := range map[string]witness{"": {skipped: true}, "true": {failed: true}} {
		t.Setenv("CI", ci)
		var got witness
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			Need(&got, "no-such-program-anywhere")
		}()
		<-ended
		if got != want {
			t.Errorf("CI=%q: failed %t, skipped %t", ci, got.failed, got.skipped)
		}
	}
	if Need(t, "go") == "" {
		t.Error("go is not found")
	}
}
