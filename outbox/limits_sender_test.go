package outbox_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// arrivals notes when each message was taken.
type arrivals []time.Time

func (a *arrivals) during(context.Context, outbox.Delivery) error {
	*a = append(*a, time.Now())
	return nil
}

// most is the largest number in any window of a length.
func (a arrivals) most(length time.Duration) (most int) {
	for i := range a {
		n := 0
		for j := i; j < len(a) && a[j].Sub(a[i]) < length; j++ {
			n++
		}
		most = max(most, n)
	}
	return most
}

func limited(l outbox.Limits) func() []outbox.Policy {
	return func() []outbox.Policy {
		return []outbox.Policy{{Account: "work", Connections: 1, Revision: "1", Limits: l}}
	}
}

// runFor runs a sender for a while of virtual time.
func runFor(t *testing.T, s *outbox.Sender, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := s.Run(ctx); err != nil {
		t.Error(err)
	}
}

func TestSender_KeepsToTheLimitsOverRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var came arrivals
		transport := &outboxtest.Transport{During: came.during}
		limits := outbox.Limits{PerMinute: 5, PerHour: 20}
		for i := range 45 {
			b := openHere(t, dir)
			submit(t, b, draftTo(fmt.Sprintf("user%d@example.org", i)), outbox.SubmitOptions{})
			b.Close()
		}
		for range 40 { // a restart every four minutes
			b := openHere(t, dir)
			runFor(t, sender(b, transport, limited(limits)), 4*time.Minute)
			b.Close()
		}
		if n := came.most(time.Minute); n > limits.PerMinute {
			t.Errorf("%d in a minute", n)
		}
		if n := came.most(time.Hour); n > limits.PerHour {
			t.Errorf("%d in an hour", n)
		}
		if len(came) != 45 {
			t.Errorf("%d of 45 arrived in %d minutes", len(came), 160)
		}
	})
}

// openHere is open for a test that opens and closes again and again.
func openHere(t *testing.T, dir string) *outbox.Outbox {
	t.Helper()
	b, err := outbox.Open(context.Background(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSender_CountsRecipientsAndSplitsAMessageThatIsMoreThanTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		id := submit(t, b, draftTo("a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org"), outbox.SubmitOptions{})
		transport := &outboxtest.Transport{}
		start := time.Now()
		s := sender(b, transport, limited(outbox.Limits{PerMinute: 2}))
		runFor(t, s, 30*time.Second)
		if n, _ := transport.Calls(); n != 1 {
			t.Errorf("%d transactions in the first half minute", n)
		}
		quotas, err := b.Quotas(t.Context(), limited(outbox.Limits{PerMinute: 2})())
		if err != nil || len(quotas) != 1 || quotas[0].Used != 2 || quotas[0].Room != 0 || quotas[0].From.Sub(start) > time.Minute+time.Second {
			t.Errorf("quota %+v, %v", quotas, err)
		}
		runFor(t, s, 3*time.Minute)
		calls, _ := transport.Calls()
		if item := get(t, b, id); item.State != outbox.StateSent || calls != 3 {
			t.Errorf("%s after %d transactions", item.State, calls)
		}
	})
}

// A pass waits for the short limits, which are a pace, and not for the long ones.
func TestFlush_KeepsAPaceAndDoesNotWaitForTomorrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		for i := range 6 {
			submit(t, b, draftTo(fmt.Sprintf("user%d@example.org", i)), outbox.SubmitOptions{})
		}
		start := time.Now()
		o, err := sender(b, &outboxtest.Transport{}, limited(outbox.Limits{PerSecond: 1, PerDay: 4})).Flush(t.Context())
		if err != nil || o.Sent != 4 || o.Waiting != 2 {
			t.Errorf("%+v, %v", o, err)
		}
		if took := time.Since(start); took < 3*time.Second || took > time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

func TestSender_WhatAPersonWaitsForOvertakesBulk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		for i := range 10 {
			submit(t, b, draftTo(fmt.Sprintf("customer%d@example.org", i)), outbox.SubmitOptions{Bulk: true})
		}
		var order []string
		transport := &outboxtest.Transport{During: func(_ context.Context, d outbox.Delivery) error {
			if len(order) == 2 {
				submit(t, b, draftTo("landlord@example.org"), outbox.SubmitOptions{})
			}
			order = append(order, d.Recipients[0])
			return nil
		}}
		flush(t, sender(b, transport, policies(1)))
		if len(order) != 11 || order[3] != "landlord@example.org" {
			t.Errorf("order %v", order)
		}
	})
}

func TestDelete_FreesNoQuota(t *testing.T) {
	b := open(t, t.TempDir())
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	limits := limited(outbox.Limits{PerDay: 1})
	flush(t, sender(b, &outboxtest.Transport{}, limits))
	if err := b.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	submit(t, b, draftTo("ben@example.org"), outbox.SubmitOptions{})
	if o := flush(t, sender(b, &outboxtest.Transport{}, limits)); o.Sent != 0 || o.Waiting != 1 {
		t.Errorf("after a deletion %+v", o)
	}
	// The attempt that follows may have the number of one that was deleted.
	if o := flush(t, sender(b, &outboxtest.Transport{}, limited(outbox.Limits{PerDay: 2}))); o.Sent != 1 {
		t.Errorf("with a higher limit %+v", o)
	}
}
