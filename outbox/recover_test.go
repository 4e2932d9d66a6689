package outbox

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/internal/lease"
)

// crash begins an attempt for an item and leaves it open, as a process that is
// killed does.
func crash(t *testing.T, b *Outbox, policy Policy, marked bool) {
	t.Helper()
	now := time.Now()
	err := b.writer.do(t.Context(), func(tx *tx) error {
		jobs, err := tx.claim(policy, nil, now, room{attempts: 1, recipients: unlimited})
		if err == nil && len(jobs) != 1 {
			t.Fatalf("%d jobs", len(jobs))
		}
		if err == nil && marked {
			err = tx.mark(jobs[0].attempt, now)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func recoverNow(t *testing.T, b *Outbox, policy Policy) {
	t.Helper()
	err := b.writer.do(t.Context(), func(tx *tx) error {
		return errors.Join(tx.recoverOrphans(map[string]Policy{policy.Account: policy}, time.Now()), tx.holdMissed(time.Now()))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func queued(t *testing.T) (*Outbox, ID) {
	t.Helper()
	b, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	id, err := b.Submit(t.Context(), compose.Draft{Account: "work", From: "ada@example.org", To: "ana@example.org", Body: "hi"}, SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return b, id
}

func TestRecover_WithoutTheMarkItIsDueAtOnceAndUncounted(t *testing.T) {
	b, id := queued(t)
	policy := Policy{Account: "work"}
	for row := 1; row <= 2; row++ {
		crash(t, b, policy, false)
		recoverNow(t, b, policy)
		item, err := b.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if item.State != StateWaiting || item.Attempts != 0 || item.NextAttempt.After(time.Now()) {
			t.Fatalf("crash %d: %s, %d tries, next %v", row, item.State, item.Attempts, item.NextAttempt)
		}
	}
	crash(t, b, policy, false)
	recoverNow(t, b, policy)
	item, err := b.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if wait := time.Until(item.NextAttempt); wait < 40*time.Second {
		t.Errorf("after the third crash in a row it waits %v: it would loop", wait)
	}
	attempts, err := b.Transcript(t.Context(), id)
	if err != nil || len(attempts) != 3 || attempts[0].Finished.IsZero() || attempts[0].Results[0].Class != ClassNetwork || attempts[0].Dialogue != "" {
		t.Errorf("attempts %+v, %v", attempts, err)
	}
}

func TestRecover_WithTheMarkItIsUncertain(t *testing.T) {
	b, id := queued(t)
	policy := Policy{Account: "work"}
	crash(t, b, policy, true)
	recoverNow(t, b, policy)
	item, err := b.Get(t.Context(), id)
	if err != nil || item.State != StateUncertain || item.Recipients[0].Class != ClassUncertain {
		t.Errorf("%+v, %v", item, err)
	}
	if next, err := b.nextDue(t.Context(), policy, time.Now(), nil, false, &ledger{}); err != nil || !next.IsZero() {
		t.Errorf("it is due at %v, %v", next, err)
	}
}

// Who had an answer before the final dot is not in doubt: a refusal stands, and who
// was left for another transaction is due.
func TestRecover_WhatWasKnownAtTheMarkStands(t *testing.T) {
	b, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	draft := compose.Draft{Account: "work", From: "ada@example.org", To: "open@example.org, refused@example.org, grey@example.org, left@example.org", Body: "hi"}
	id, err := b.Submit(t.Context(), draft, SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	policy := Policy{Account: "work", Limits: Limits{PerDay: 100}}
	known := []Result{
		{},
		{Class: ClassRejected, Code: 550, Enhanced: "5.1.1", Text: "no such user"},
		{Class: ClassTemporary, Code: 451, Text: "later"},
		{Class: ClassThrottled, Text: "more than the server takes at once", Limit: LimitRecipients},
	}
	err = b.writer.do(t.Context(), func(tx *tx) error {
		jobs, err := tx.claim(policy, nil, time.Now(), room{attempts: 1, recipients: unlimited})
		if err != nil || len(jobs) != 1 {
			t.Fatalf("%d jobs, %v", len(jobs), err)
		}
		return errors.Join(tx.mark(jobs[0].attempt, time.Now()), tx.note(jobs[0], known))
	})
	if err != nil {
		t.Fatal(err)
	}
	recoverNow(t, b, policy)
	item, err := b.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	type truth struct {
		state RecipientState
		code  int
		tries int
		due   bool
	}
	want := map[string]truth{
		"open@example.org": {RecipientUncertain, 0, 1, false}, "refused@example.org": {RecipientFailed, 550, 1, false},
		"grey@example.org": {RecipientWaiting, 451, 1, false}, "left@example.org": {RecipientWaiting, 0, 0, true},
	}
	for _, r := range item.Recipients {
		due := r.State == RecipientWaiting && !r.NextAttempt.After(time.Now())
		if got := (truth{r.State, r.Code, r.Attempts, due}); got != want[r.Address] {
			t.Errorf("%s: %+v, want %+v", r.Address, got, want[r.Address])
		}
	}
	quotas, err := b.Quotas(t.Context(), []Policy{policy})
	if err != nil || len(quotas) != 1 || quotas[0].Used != 3 {
		t.Errorf("quotas %+v, %v: three were named to the server", quotas, err)
	}
}

func TestRecover_WithTheMarkItIsResentWhereTheAccountSaysSo(t *testing.T) {
	b, id := queued(t)
	policy := Policy{Account: "work", ResendInDoubt: true}
	crash(t, b, policy, true)
	recoverNow(t, b, policy)
	item, err := b.Get(t.Context(), id)
	if err != nil || item.State != StateWaiting || !item.NextAttempt.After(time.Now()) {
		t.Errorf("%+v, %v", item, err)
	}
}

// Before its mark as behind it.
func TestAct_RefusesWhatIsBeingSent(t *testing.T) {
	for _, marked := range []bool{false, true} {
		b, id := queued(t)
		held, err := lease.Take(b.senderLock()) // its sender lives
		if err != nil {
			t.Fatal(err)
		}
		defer held.Release()
		crash(t, b, Policy{Account: "work"}, marked)
		before := all(t, b, id)
		for name, act := range map[string]func() error{
			"retry":     func() error { return b.Retry(t.Context(), id, RetryOptions{}) },
			"resend":    func() error { return b.Retry(t.Context(), id, RetryOptions{ResendUncertain: true}) },
			"mark sent": func() error { return b.MarkSent(t.Context(), id) },
			"hold":      func() error { return b.Hold(t.Context(), id) },
			"release":   func() error { return b.Release(t.Context(), id) },
			"delete":    func() error { return b.Delete(t.Context(), id) },
			"take back": func() error { return b.TakeBack(t.Context(), id) },
			"redate":    func() error { _, err := b.Redate(t.Context(), id); return err },
		} {
			if err := act(); !errors.Is(err, ErrBusy) {
				t.Errorf("%s of an item that is being sent: %v, want ErrBusy", name, err)
			}
			if after := all(t, b, id); after != before {
				t.Errorf("%s has changed it from\n%s\nto\n%s", name, before, after)
			}
		}
	}
}

// all is what is known of an item, and of all others.
func all(t *testing.T, b *Outbox, id ID) string {
	t.Helper()
	item, err := b.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	attempts, err := b.Attempts(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := b.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%+v\n%+v\n%v", item, attempts, counts)
}

func TestAct_StopsWhatADeadSenderLeftBehind(t *testing.T) {
	b, id := queued(t)
	crash(t, b, Policy{Account: "work"}, false)
	if err := b.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if item, err := b.Get(t.Context(), id); err != nil || item.State != StateCancelled {
		t.Errorf("%s, %v", item.State, err)
	}
}

func TestRecover_HoldsWhatMissedItsScheduleByADay(t *testing.T) {
	b, id := queued(t)
	late := time.Now().Add(-25 * time.Hour)
	err := b.writer.do(t.Context(), func(tx *tx) error {
		_, err := tx.exec("UPDATE items SET not_before = ?, next_at = ? WHERE id = ?", stamp(late), stamp(late), id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	recoverNow(t, b, Policy{Account: "work"})
	item, err := b.Get(t.Context(), id)
	if err != nil || item.State != StateHeld || item.Reason == "" {
		t.Errorf("%s because %q, %v", item.State, item.Reason, err)
	}
	if err := b.Release(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	recoverNow(t, b, Policy{Account: "work"})
	if item, err := b.Get(t.Context(), id); err != nil || item.State != StateWaiting {
		t.Errorf("released, it is %s, %v", item.State, err)
	}
}
