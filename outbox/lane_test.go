package outbox_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// chained sees what deliveries are told of the one behind them.
type chained struct {
	outboxtest.Transport
	marked func(d outbox.Delivery)                                           // behind each mark
	end    func(d outbox.Delivery, next bool, r outbox.Report) outbox.Report // of each delivery
}

func (c *chained) Deliver(ctx context.Context, d outbox.Delivery) outbox.Report {
	mark := d.Mark
	d.Mark = func(ctx context.Context, known []outbox.Result) error {
		err := mark(ctx, known)
		if err == nil && c.marked != nil {
			c.marked(d)
		}
		return err
	}
	report := c.Transport.Deliver(ctx, d)
	_, next := d.Next()
	if c.end != nil {
		report = c.end(d, next, report)
	}
	return report
}

func submitMany(t *testing.T, b *outbox.Outbox, count int) (all []outbox.ID) {
	t.Helper()
	for range count {
		all = append(all, submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{}))
	}
	return all
}

// afterCrash is what the next process makes of an outbox whose sender is killed
// now, and whether the journal had something to say.
func afterCrash(t *testing.T, dir string) (b *outbox.Outbox, journal bool) {
	t.Helper()
	there := t.TempDir()
	for _, name := range []string{"outbox.db", "outbox.db-wal", "outbox.journal"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err != nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(there, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		journal = name == "outbox.journal"
	}
	b = open(t, there)
	flush(t, sender(b, &outboxtest.Transport{}, func() []outbox.Policy { return nil }))
	return b, journal
}

// At most one message of a lane is in doubt after a crash: when a dot may leave,
// what became of the messages before is on the disk, be it in the journal.
func TestLane_RecordsAnOutcomeBeforeTheNextDot(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	all := submitMany(t, b, 8)
	var marked []outbox.ID
	journals := 0
	transport := &chained{marked: func(d outbox.Delivery) {
		now, journal := afterCrash(t, dir)
		if journal {
			journals++
		}
		for _, id := range all {
			want := outbox.StateWaiting
			switch {
			case id == d.Item:
				want = outbox.StateUncertain
			case slices.Contains(marked, id):
				want = outbox.StateSent
			}
			if s := get(t, now, id).State; s != want {
				t.Errorf("%s may be finished, and after a crash %s is %s", d.Item, id, s)
			}
		}
		marked = append(marked, d.Item)
	}}
	if o := flush(t, sender(b, transport, policies(1))); o.Sent != 8 || len(marked) != 8 {
		t.Errorf("%+v, %v", o, marked)
	}
	if journals < 2 {
		t.Errorf("the journal was used %d times: this test sees too little of it", journals)
	}
	if _, err := os.Stat(filepath.Join(dir, "outbox.journal")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the journal is there when all is over: %v", err)
	}
}

// A good outcome does not wait for a next message that takes its time.
func TestLane_RecordsAnOutcomeSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir())
		all := submitMany(t, b, 2)
		transport := &chained{}
		transport.During = func(ctx context.Context, d outbox.Delivery) error {
			if d.Item == all[1] {
				time.Sleep(time.Second)
				synctest.Wait()
				if s := get(t, b, all[0]).State; s != outbox.StateSent {
					t.Errorf("a second later it is %s", s)
				}
			}
			return nil
		}
		if o := flush(t, sender(b, transport, policies(1))); o.Sent != 2 {
			t.Errorf("%+v", o)
		}
	})
}

// A server that died of an envelope behind a dot is not given another one, not
// even by the next process.
func TestLane_NothingBehindTheDotsOfAServerThatDiedOfIt(t *testing.T) {
	b := open(t, t.TempDir())
	first := submitMany(t, b, 2)
	transport := &chained{end: func(d outbox.Delivery, next bool, r outbox.Report) outbox.Report {
		if d.Item == first[0] {
			if !next {
				t.Error("the first delivery was not told of the second")
			}
			r.Alone, r.Results[0] = true, outbox.Result{Class: outbox.ClassUncertain, Text: "connection lost"}
		}
		return r
	}}
	if o := flush(t, sender(b, transport, policies(1))); o.Uncertain != 1 || o.Sent != 1 {
		t.Errorf("%+v", o)
	}
	submitMany(t, b, 3)
	transport = &chained{end: func(d outbox.Delivery, next bool, r outbox.Report) outbox.Report {
		if next {
			t.Errorf("%s was told of the one behind it", d.Item)
		}
		return r
	}}
	if o := flush(t, sender(b, transport, policies(1))); o.Sent != 3 {
		t.Errorf("%+v", o)
	}
}

// What is claimed ahead and then not delivered, since the message before it has
// stopped the account, was never tried.
func TestLane_WithdrawsWhatItDoesNotDeliver(t *testing.T) {
	b := open(t, t.TempDir())
	all := submitMany(t, b, 2)
	transport := &chained{end: func(d outbox.Delivery, next bool, r outbox.Report) outbox.Report {
		r.Results[0] = outbox.Result{Class: outbox.ClassThrottled, Code: 450, Text: "slow down"}
		return r
	}}
	if o := flush(t, sender(b, transport, policies(1))); o.Sent != 0 || o.Waiting != 2 {
		t.Errorf("%+v", o)
	}
	attempts, err := b.Attempts(t.Context(), all[1])
	if err != nil || len(attempts) != 0 || get(t, b, all[1]).State != outbox.StateWaiting {
		t.Errorf("%s has %d attempts, %v", get(t, b, all[1]).State, len(attempts), err)
	}
}

// An account that is gone, or has changed, while a delivery is on its way takes
// what was claimed behind it out of the lane.
func TestLane_NothingGoesOnUnderAnOldPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir())
		all := submitMany(t, b, 2)
		var gone atomic.Int64
		transport := &chained{end: func(d outbox.Delivery, next bool, r outbox.Report) outbox.Report {
			if !next {
				t.Error("nothing was claimed behind the first delivery")
			}
			gone.Store(1)
			submit(t, b, draftTo("bob@example.org"), outbox.SubmitOptions{Hold: true}) // so that the sender looks
			time.Sleep(time.Second)
			return r
		}}
		if o := flush(t, sender(b, transport, func() []outbox.Policy { return policies(1)()[gone.Load():] })); o.Sent != 1 {
			t.Errorf("%+v", o)
		}
		attempts, err := b.Attempts(t.Context(), all[1])
		if err != nil || len(attempts) != 0 || get(t, b, all[1]).State != outbox.StateWaiting {
			t.Errorf("%s has %d attempts, %v", get(t, b, all[1]).State, len(attempts), err)
		}
	})
}

// Without a journal, as where the disk has no room for one, everything goes through
// the database.
func TestLane_GoesOnWithoutTheJournal(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	submitMany(t, b, 12)
	var once sync.Once
	transport := &chained{marked: func(outbox.Delivery) {
		once.Do(func() {
			if err := os.MkdirAll(filepath.Join(dir, "outbox.journal", "in the way"), 0o700); err != nil {
				t.Error(err)
			}
		})
	}}
	var log strings.Builder
	s := outbox.NewSender(b, transport, policies(2), slog.New(slog.NewTextHandler(&log, nil)))
	if o := flush(t, s); o.Sent != 12 || strings.Count(log.String(), "the journal cannot be written") != 1 {
		t.Errorf("%+v, logged %s", o, log.String())
	}
}

// What is claimed ahead while all goes fast may be acted on soon after it does not.
func TestLane_KeepsNothingClaimedBehindASlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		all := submitMany(t, b, 40)
		sent := 0
		transport := &chained{}
		transport.During = func(ctx context.Context, d outbox.Delivery) error {
			if sent++; sent != 20 {
				return nil
			}
			synctest.Wait()
			if n := inState(t, b, all, outbox.StateSending); n < 4 {
				t.Errorf("only %d are claimed: this test sees too little", n)
			}
			time.Sleep(3 * time.Second)
			synctest.Wait()
			if n := inState(t, b, all, outbox.StateSending); n > 2 {
				t.Errorf("three seconds later %d are claimed", n)
			}
			if err := b.Cancel(t.Context(), all[39]); err != nil {
				t.Error(err)
			}
			return nil
		}
		if o := flush(t, sender(b, transport, policies(1))); o.Sent != 39 {
			t.Errorf("%+v", o)
		}
	})
}

func inState(t *testing.T, b *outbox.Outbox, all []outbox.ID, s outbox.State) (n int) {
	t.Helper()
	for _, id := range all {
		if get(t, b, id).State == s {
			n++
		}
	}
	return n
}
