package outbox_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// What only passed its undo window was meant to leave at once: it does, however
// late the next start is. What was scheduled is asked about.
func TestSender_HoldsWhatWasMissedAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		letter := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{Undo: 10 * time.Second})
		scheduled := submit(t, b, draftTo("ben@example.org"), outbox.SubmitOptions{NotBefore: time.Now().Add(time.Hour)})
		time.Sleep(3 * day)
		flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
		if item := get(t, b, letter); item.State != outbox.StateSent {
			t.Errorf("a letter that was left in its undo window is %s: %s", item.State, item.Reason)
		}
		if item := get(t, b, scheduled); item.State != outbox.StateHeld || !strings.Contains(item.Reason, "missed") {
			t.Errorf("what was scheduled is %s: %s", item.State, item.Reason)
		}
	})
}

func TestSender_WhatWaitsForItsAccountWasNotMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		k := &doorkeeper{right: "right", password: "wrong"}
		s := sender(b, k, policies(1))
		submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		flush(t, s)
		id := submit(t, b, draftTo("ben@example.org"), outbox.SubmitOptions{NotBefore: time.Now().Add(time.Hour)})
		time.Sleep(3 * day)
		flush(t, s)
		if item := get(t, b, id); item.State != outbox.StateWaiting {
			t.Errorf("it is %s: %s", item.State, item.Reason)
		}
	})
}

// One item that damage has made inconsistent is rolled up anew and stands in
// nobody's way.
func TestSender_AnInconsistentItemStopsNoOther(t *testing.T) {
	synctest.Test(t, anInconsistentItem)
}

func anInconsistentItem(t *testing.T) {
	dir := t.TempDir()
	b := openHere(t, dir)
	broken := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	d := draftTo("ben@example.org")
	d.Account = "home"
	good := submit(t, b, d, outbox.SubmitOptions{})
	b.Close()
	db, err := sql.Open("sqlite", filepath.Join(dir, "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE recipients SET state = 3 WHERE item_id = ?", int64(broken)); err != nil {
		t.Fatal(err)
	}
	db.Close()
	b = openHere(t, dir)
	defer b.Close()
	both := func() []outbox.Policy {
		return []outbox.Policy{{Account: "work", Connections: 1}, {Account: "home", Connections: 1}}
	}
	runFor(t, sender(b, &outboxtest.Transport{}, both), time.Minute)
	if state := get(t, b, good).State; state != outbox.StateSent {
		t.Errorf("the other account's message is %s", state)
	}
	if state := get(t, b, broken).State; state != outbox.StateSent {
		t.Errorf("the inconsistent one is %s, and its recipient has it", state)
	}
}

// A pass finishes a message that goes out in parts.
func TestFlush_FinishesAMessageThatGoesOutInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		var to []string
		for i := range 25 {
			to = append(to, fmt.Sprintf("user%d@example.org", i))
		}
		submit(t, b, draftTo(to...), outbox.SubmitOptions{})
		o, err := sender(b, &outboxtest.Transport{}, limited(outbox.Limits{PerSecond: 10})).Flush(t.Context())
		if err != nil || o.Sent != 25 || o.Waiting != 0 {
			t.Errorf("within its own limit: %+v, %v", o, err)
		}
		time.Sleep(time.Second) // the pass that follows must not count what this one has sent
		taken := 0
		submit(t, b, draftTo(to...), outbox.SubmitOptions{})
		transport := &outboxtest.Transport{Script: func(string, int) outbox.Result {
			if taken++; taken%11 == 0 {
				taken--
				return outbox.Result{Class: outbox.ClassTemporary, Code: 452, Enhanced: "4.5.3", Text: "too many recipients", Limit: outbox.LimitRecipients}
			}
			return outboxtest.Accepted()
		}}
		start := time.Now()
		o, err = sender(b, &onceEach{transport, &taken}, policies(1)).Flush(t.Context())
		if err != nil || o.Sent != 25 || o.Waiting != 0 || time.Since(start) > time.Minute {
			t.Errorf("ten at a time: %+v, %v", o, err)
		}
	})
}

// onceEach starts the count of a transaction anew.
type onceEach struct {
	outbox.Transport
	taken *int
}

func (o *onceEach) Deliver(ctx context.Context, d outbox.Delivery) outbox.Report {
	*o.taken = 0
	return o.Transport.Deliver(ctx, d)
}

// What is scheduled and then sent now is as young as its date says.
func TestItem_IsAsOldAsItsDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{NotBefore: time.Now().Add(7 * day)})
		time.Sleep(5 * day)
		if err := b.Release(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if item := get(t, b, id); item.Late(time.Now()) {
			t.Error("it is late at once")
		}
		if err := b.Retry(t.Context(), id, outbox.RetryOptions{}); err != nil {
			t.Errorf("it counts as old: %v", err)
		}
	})
}

// A limit that is set later counts what was sent before.
func TestLimits_CountWhatWasSentBeforeTheyWereSet(t *testing.T) {
	b := open(t, t.TempDir())
	submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
	submit(t, b, draftTo("ben@example.org"), outbox.SubmitOptions{})
	if o := flush(t, sender(b, &outboxtest.Transport{}, limited(outbox.Limits{PerDay: 1}))); o.Sent != 0 {
		t.Errorf("%+v", o)
	}
}
