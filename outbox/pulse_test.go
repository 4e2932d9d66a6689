package outbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/internal/lease"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// leaseOf is held by somebody who does nothing with it.
func leaseOf(t *testing.T, dir string) {
	t.Helper()
	held, err := lease.Take(filepath.Join(dir, "sender.lock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := held.Release(); err != nil {
			t.Error(err)
		}
	})
}

// moved leaves the pulse of process 1234 so long ago.
func moved(t *testing.T, dir string, ago time.Duration) {
	t.Helper()
	path, at := filepath.Join(dir, "sender.pid"), time.Now().Add(-ago)
	if err := os.WriteFile(path, []byte("1234\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestSender_IsGoneMovesOrStandsStill(t *testing.T) {
	dir := t.TempDir()
	look := func() outbox.SenderSeen { return open(t, dir).Sender() } // each with its first look
	moved(t, dir, time.Hour)                                          // which a crash has left
	if s := look(); s.State != outbox.SenderGone || s.Unsent() != outbox.NobodySends || s.Words() != "" || s.Hint() != "" {
		t.Errorf("without a lease: %+v", s)
	}
	leaseOf(t, dir)
	for _, test := range []struct {
		ago   time.Duration
		state outbox.SenderState
		words string
	}{
		{-time.Hour, outbox.SenderMoves, ""},
		{20 * time.Second, outbox.SenderMoves, ""},
		{40 * time.Second, outbox.SenderStill, "the sender has not moved for 40 s (process 1234, perhaps stopped with ctrl+z)"},
		{5 * time.Minute, outbox.SenderStill, "the sender has not moved for 5 min (process 1234, perhaps stopped with ctrl+z)"},
		{75 * time.Hour, outbox.SenderStill, "the sender has not moved for 3 days (process 1234, perhaps stopped with ctrl+z)"},
	} {
		moved(t, dir, test.ago)
		s := look()
		if s.State != test.state || s.Words() != test.words {
			t.Errorf("%v ago: %+v, %q", test.ago, s, s.Words())
		}
		if still := test.state == outbox.SenderStill; still != strings.Contains(s.Hint(), "kill -KILL 1234") || still != (s.Unsent() == "the sender stands still (process 1234)") {
			t.Errorf("%v ago: %q, %q", test.ago, s.Hint(), s.Unsent())
		}
	}
	if err := os.Remove(filepath.Join(dir, "sender.pid")); err != nil {
		t.Fatal(err)
	}
	if s := look(); s.State != outbox.SenderMoves {
		t.Errorf("without a pulse, as that of an older version is: %+v", s)
	}
}

// What a window has seen itself it measures by itself: a clock that is set, and a machine
// that has slept, make no sender stand still.
func TestSender_IsNotStillBecauseTheClockHasJumped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		leaseOf(t, dir)
		b := open(t, dir)
		moved(t, dir, 0)
		must := func(what string, state outbox.SenderState) {
			t.Helper()
			if s := b.Sender(); s.State != state {
				t.Errorf("%s: %+v", what, s)
			}
		}
		must("it has just moved", outbox.SenderMoves)
		moved(t, dir, 8*time.Hour) // the clock was set by so much
		must("it has moved since the last look", outbox.SenderMoves)
		time.Sleep(29 * time.Second)
		must("29 s later", outbox.SenderMoves)
		time.Sleep(time.Second)
		must("30 s later", outbox.SenderStill)
		moved(t, dir, 0)
		must("it goes on", outbox.SenderMoves)
	})
}

// A sender with nothing to do moves, and so does one that a silent server keeps waiting.
func TestSender_MovesWhileItIsIdleAndWhileAServerIsSilent(t *testing.T) {
	for _, busy := range []bool{false, true} {
		t.Run(fmt.Sprintf("busy %v", busy), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				b, other := open(t, dir), open(t, dir)
				if busy {
					submit(t, b, draftTo("slow@example.org"), outbox.SubmitOptions{})
				}
				silent := &outboxtest.Transport{During: func(ctx context.Context, _ outbox.Delivery) error {
					<-ctx.Done()
					return ctx.Err()
				}}
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- sender(b, silent, policies(1)).Run(ctx) }()
				began := time.Now()
				for time.Since(began) < 5*time.Minute {
					time.Sleep(7 * time.Second)
					if s := other.Sender(); s.State != outbox.SenderMoves || s.Here {
						t.Fatalf("%v after the start: %+v", time.Since(began), s)
					}
					if s := b.Sender(); s.State != outbox.SenderMoves || !s.Here {
						t.Fatalf("the own one: %+v", s)
					}
				}
				stop()
				if err := <-ended; err != nil {
					t.Fatal(err)
				}
				if s := other.Sender(); s.State != outbox.SenderGone {
					t.Errorf("behind its end: %+v", s)
				}
				if _, err := os.Stat(filepath.Join(dir, "sender.pid")); !os.IsNotExist(err) {
					t.Errorf("its pulse is left: %v", err)
				}
			})
		})
	}
}

// How far a sender has come that stands still is known for as long as it has the lease, and
// nothing of one that is dead.
func TestProgress_OfASenderThatStandsStillIsStale(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "progress.json")
	data, err := json.Marshal([]outbox.Progress{{Item: 1, Attempt: 1, Account: "work", Step: outbox.StepBody, Done: 5, Total: 10}})
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, dir)
	told := func(ago time.Duration) []outbox.Progress {
		at := time.Now().Add(-ago)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		return b.Progress()
	}
	if all := told(time.Minute); all != nil {
		t.Errorf("of a dead sender: %+v", all)
	}
	leaseOf(t, dir)
	if all := told(time.Minute); len(all) != 1 || !all[0].Stale || all[0].Done != 5 {
		t.Errorf("of one that stands still: %+v", all)
	}
	if all := told(0); len(all) != 1 || all[0].Stale {
		t.Errorf("of one that moves: %+v", all)
	}
}
