package smtp

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
)

func TestNextDial(t *testing.T) {
	now := time.Now()
	rows := []struct {
		due, wait, next time.Duration // from now
	}{
		{-time.Hour, 0, dialEvery}, // an hour without any saves no more than a burst
		{0, 0, dialEvery},
		{dialEvery, 0, 2 * dialEvery},
		{(dialBurst - 1) * dialEvery, 0, dialBurst * dialEvery},
		{dialBurst * dialEvery, dialEvery, (dialBurst + 1) * dialEvery},
		{(dialBurst + 4) * dialEvery, 5 * dialEvery, (dialBurst + 5) * dialEvery},
	}
	for _, row := range rows {
		wait, next := nextDial(now.Add(row.due), now)
		if wait != row.wait || next.Sub(now) != row.next {
			t.Errorf("due in %s: wait %s, next in %s, want %+v", row.due, wait, next.Sub(now), row)
		}
	}
	if wait, next := nextDial(time.Time{}, now); wait != 0 || next.Sub(now) != dialEvery {
		t.Errorf("the first: %s, %s", wait, next.Sub(now))
	}
}

// newPacedRig has a server that takes so many messages on each connection and
// hangs up, and notes when it was dialled.
func newPacedRig(t *testing.T, host string, messages int) (r *rig, dials *[]time.Time) {
	t.Helper()
	server := smtptest.ServeInMemory(t, "--- *100\n"+greeting+strings.Repeat(mail, messages)+"close", nil)
	dials = new([]time.Time)
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		*dials = append(*dials, time.Now())
		return server.Dial(ctx, network, address)
	}
	return rigFor(t, server, Options{Dial: dial}, func(a *accounts.Account) { a.SMTP.Host = host }), dials
}

func (r *rig) deliverMany(t *testing.T, count int) {
	t.Helper()
	for i := range count {
		if report := r.Deliver(t.Context(), delivery(hello)); classes(report) != "accepted" {
			t.Fatalf("message %d: %+v", i, report)
		}
	}
}

func TestPace_AServerThatHangsUpBehindEveryMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, dials := newPacedRig(t, "mail.example.test", 1)
		r.deliverMany(t, 40)
		if len(*dials) != 40 {
			t.Errorf("%d dials", len(*dials))
		}
		for i, first := range *dials {
			count := 0
			for _, at := range (*dials)[i:] {
				if at.Sub(first) < time.Minute {
					count++
				}
			}
			// Ten a minute, one more for what ten messages pay, and the burst.
			most := 12
			if first.Equal((*dials)[0]) {
				most += dialBurst
			}
			if count > most {
				t.Errorf("%d dials in the minute from the %d. on", count, i+1)
			}
			if i+1 == dialBurst && !first.Equal((*dials)[0]) {
				t.Errorf("the burst took %s", first.Sub((*dials)[0]))
			}
		}
		if took := (*dials)[39].Sub((*dials)[0]); took > 3*time.Minute {
			t.Errorf("40 dials in %s", took)
		}
		r.finish()
	})
}

func TestPace_NeverSlowsARunOrTheOwnMachine(t *testing.T) {
	for _, row := range []struct {
		host     string
		messages int // on each connection
	}{{"mail.example.test", paidBy}, {"127.0.0.1", 1}} {
		t.Run(fmt.Sprint(row), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, dials := newPacedRig(t, row.host, row.messages)
				start := time.Now()
				r.deliverMany(t, 50*row.messages)
				if took := time.Since(start); len(*dials) != 50 || took != 0 {
					t.Errorf("%d dials, waited for %s", len(*dials), took)
				}
				r.finish()
			})
		})
	}
}

func TestPace_ShowsThatItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newPacedRig(t, "mail.example.test", 1)
		r.deliverMany(t, dialBurst+1)
		d := delivery(hello)
		var steps []outbox.Step
		d.Progress = func(step outbox.Step, _ int64) { steps = append(steps, step) }
		report := r.Deliver(t.Context(), d)
		at := slices.Index(steps, outbox.StepPace)
		if at < 0 || at+1 == len(steps) || steps[at+1] != outbox.StepConnect {
			t.Errorf("steps %q", steps)
		}
		if !strings.Contains(report.Dialogue, "the next waits for") {
			t.Errorf("got\n%s", report.Dialogue)
		}
		r.finish()
	})
}

func TestPace_EndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, dials := newPacedRig(t, "mail.example.test", 1)
		r.deliverMany(t, dialBurst)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		report := r.Deliver(ctx, delivery(hello)) // ten messages have paid for this one
		if classes(report) == "accepted" {
			report = r.Deliver(ctx, delivery(hello))
		}
		if took := time.Since(start); classes(report) != "network" || took != time.Second || !strings.Contains(report.Results[0].Text, "stopped") {
			t.Errorf("%+v after %s", report, took)
		}
		if len(*dials) != dialBurst+1 {
			t.Errorf("%d dials", len(*dials))
		}
		r.finish()
	})
}
