package outbox_test

import (
	"context"
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

// At most one message of a lane is in doubt after a crash: when a dot may leave,
// what became of the message before is on the disk.
func TestLane_RecordsAnOutcomeBeforeTheNextDot(t *testing.T) {
	b := open(t, t.TempDir())
	all := submitMany(t, b, 5)
	before := make(map[outbox.ID]outbox.ID)
	for i, id := range all[1:] {
		before[id] = all[i]
	}
	marks := 0
	transport := &chained{marked: func(d outbox.Delivery) {
		marks++
		if id := before[d.Item]; id != 0 && get(t, b, id).State != outbox.StateSent {
			t.Errorf("%s may be finished, and %s is %s", d.Item, id, get(t, b, id).State)
		}
	}}
	if o := flush(t, sender(b, transport, policies(1))); o.Sent != 5 || marks != 5 {
		t.Errorf("%+v, %d marks", o, marks)
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
