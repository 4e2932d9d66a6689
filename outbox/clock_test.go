package outbox

import (
	"log/slog"
	"testing"
	"time"
)

// rewrite runs statements with the time by which the clock was ahead.
func rewrite(t *testing.T, b *Outbox, statement string, by time.Duration) {
	t.Helper()
	err := b.writer.do(t.Context(), func(tx *tx) error {
		_, err := tx.exec(statement, by.Microseconds())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func startNow(t *testing.T, b *Outbox) {
	t.Helper()
	if err := b.writer.do(t.Context(), func(tx *tx) error { return tx.setBackAtStart(time.Now()) }); err != nil {
		t.Fatal(err)
	}
}

// What makes the program die is put off; a clock that was ahead then must not
// put it off for a day.
func TestSetBack_WhatWasInterruptedWaitsNoLonger(t *testing.T) {
	b, id := queued(t)
	policy := Policy{Account: "work"}
	for range interruptedFree {
		crash(t, b, policy, false)
		recoverNow(t, b, policy)
	}
	crash(t, b, policy, false)
	rewrite(t, b, "UPDATE attempts SET started_at = started_at + ?1, next_at = next_at + ?1", 24*time.Hour)
	startNow(t, b)
	recoverNow(t, b, policy)
	if item, err := b.Get(t.Context(), id); err != nil || time.Until(item.NextAttempt) > 10*time.Minute {
		t.Errorf("it is due in %v, %v", time.Until(item.NextAttempt), err)
	}
}

func TestSetBack_WhatWasSentTomorrowUsesUpNoLimit(t *testing.T) {
	b, _ := queued(t)
	limits := Limits{PerHour: 1}
	crash(t, b, Policy{Account: "work", Limits: limits}, true)
	recoverNow(t, b, Policy{Account: "work", Limits: limits})
	rewrite(t, b, "UPDATE sends SET at = at + ?1", 24*time.Hour)
	rewrite(t, b, "UPDATE attempts SET started_at = started_at + ?1, finished_at = finished_at + ?1", 24*time.Hour)
	startNow(t, b)
	l, err := loadLedger(t.Context(), b.read, "work", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if a := l.allow(limits, time.Now()); a.used != 1 || time.Until(a.from) > time.Hour {
		t.Errorf("%d used, room in %v", a.used, time.Until(a.from))
	}
}

// The breaker counts what became of recipients since somebody let the campaign go on: by a
// clock that was ahead it would count nothing until that day.
func TestSetBack_TheBreakerLooksAgain(t *testing.T) {
	b, id := runningCampaign(t, 1)
	policies := func() []Policy { return []Policy{{Account: "work", Connections: 1}} }
	f := NewSender(b, nil, policies, slog.New(slog.DiscardHandler)).newFeeding()
	if fed, _, err := f.round(t.Context()); fed != 1 || err != nil {
		t.Fatal(fed, err)
	}
	crash(t, b, Policy{Account: "work"}, true)
	rewrite(t, b, "UPDATE attempts SET started_at = started_at + ?1, next_at = next_at + ?1", 24*time.Hour)
	rewrite(t, b, "UPDATE campaigns SET watched_at = 1000000 * unixepoch() + ?1", 24*time.Hour)
	startNow(t, b)
	open, err := b.openCampaigns(t.Context())
	if err != nil || len(open) != 1 || open[0].ID != id || time.Until(open[0].watched) > 0 {
		t.Errorf("%+v, %v", open, err)
	}
}

// I03: timers stand still while the machine sleeps, so none of the sender's is
// longer than a minute: then it looks at the clock.
func TestI03_NoSleepIsLongerThanAMinute(t *testing.T) {
	b, id := queued(t)
	err := b.writer.do(t.Context(), func(tx *tx) error {
		_, err := tx.exec("UPDATE items SET next_at = next_at + ? WHERE id = ?", (8 * time.Hour).Microseconds(), id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	policies := func() []Policy { return []Policy{{Account: "work", Connections: 1}} }
	v := NewSender(b, nil, policies, slog.New(slog.DiscardHandler)).newService(nil)
	wait, pending, err := v.dispatch(t.Context())
	if err != nil || !pending || wait > time.Minute {
		t.Errorf("it sleeps %v, something is due: %v, %v", wait, pending, err)
	}
}
