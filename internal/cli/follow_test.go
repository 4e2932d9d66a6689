package cli

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestFollow_WritesWhatIsNewOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var wrote []time.Duration
		changed := make(chan struct{}, 1)
		go func() { // news all the time for five seconds, then a change without news
			for range 500 {
				time.Sleep(10 * time.Millisecond)
				select {
				case changed <- struct{}{}:
				default:
				}
			}
		}()
		look := func() (int, bool, error) {
			n := min(int(time.Since(began)/(10*time.Millisecond)), 500)
			if time.Since(began) > 20*time.Second {
				n = 501
			}
			return n, n == 501, nil
		}
		err := follow(t.Context(), changed, nil, look, func(int) error {
			wrote = append(wrote, time.Since(began))
			return nil
		})
		if err != nil || len(wrote) < 5 || len(wrote) > 9 || wrote[0] != 0 || wrote[len(wrote)-1] > 23*time.Second {
			t.Errorf("%v, %v", wrote, err)
		}
		for pair := range slices.Chunk(wrote, 2) {
			if len(pair) == 2 && pair[1]-pair[0] < followEvery {
				t.Errorf("%s apart", pair[1]-pair[0])
			}
		}
	})
}

func TestFollow_EndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		lines := 0
		err := follow(ctx, nil, nil, func() (int, bool, error) { return 1, false, nil }, func(int) error { lines++; return nil })
		if err != nil || lines != 1 {
			t.Errorf("%d lines, %v", lines, err)
		}
	})
}

func TestWatchWords_SayHowFarItIs(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	j := campaignJSON{State: "running", Counts: countsJSON{Rows: 40, Ready: 30, Sent: 7, Failed: 2, Skipped: 1}, PerMinute: 9, Forecast: "30 messages: done today 12:04"}
	if got, want := watchWords(j, now), "12:00:00  running: 7 of 39 sent, 2 failed, 9 in the last minute; left: 30 messages: done today 12:04"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	j.Waits = "work has reached its limit\x1b[2J"
	if got, want := watchWords(j, now), "12:00:00  running: 7 of 39 sent, 2 failed, 9 in the last minute; it waits: work has reached its limit"; got[:len(want)] != want || slices.Contains([]byte(got), 0x1b) {
		t.Errorf("%q, want %q", got, want)
	}
}
