package outbox

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestWatchers_LookLessOftenWhileNothingChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w watchers
		w.add()
		looks := func(within time.Duration) (n int) {
			for end := time.Now().Add(within); time.Now().Before(end); n++ {
				wait, ok := w.next(false)
				if !ok {
					t.Fatal("nobody watches")
				}
				time.Sleep(wait)
			}
			return n
		}
		if n := looks(time.Second); n != 10 {
			t.Errorf("%d looks in the first second", n)
		}
		if n := looks(9 * time.Second); n > 35 {
			t.Errorf("%d looks in the nine seconds behind it", n)
		}
		if n := looks(time.Minute); n > 67 {
			t.Errorf("%d looks in a minute", n)
		}
		if wait, _ := w.next(true); wait != watchEvery {
			t.Errorf("behind a change it waits %v", wait)
		}
	})
}
