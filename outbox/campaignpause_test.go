package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"sendoff/compose"
)

// runningCampaign gives a campaign with some rows and nobody who sends it.
func runningCampaign(t *testing.T, rows int) (*Outbox, CampaignID) {
	t.Helper()
	dir := t.TempDir()
	render := func(string, []byte) (Letters, error) {
		return func(_, _ int, cells []string) (compose.Draft, error) {
			return compose.Draft{From: "Ada <ada@example.org>", To: cells[0], Subject: "Your seat", Body: "Hello\n", Style: compose.StylePlain}, nil
		}, nil
	}
	b, err := Open(t.Context(), Options{Dir: dir, State: dir, Render: render})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	spec := CampaignSpec{Name: "concert", Frozen: []byte("x"), Accounts: []CampaignAccount{{Account: "work", From: "Ada <ada@example.org>"}}}
	id, err := b.StartCampaign(t.Context(), spec, func(yield func(NewRow, error) bool) {
		for n := range rows {
			address := fmt.Sprintf("ana%d@example.org", n+1)
			yield(NewRow{Number: n + 1, Line: n + 2, Address: address, Cells: []string{address}}, nil)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, id
}

// The end of a canary is one change: either it is paused and over, or neither.
func TestPauseCampaign_WithAChangeIsDoneWholeOrNotAtAll(t *testing.T) {
	b, id := runningCampaign(t, 1)
	err := b.pauseCampaign(t.Context(), id, "the first are through", func(*tx) error { return errBad })
	if c, _ := b.CampaignByID(t.Context(), id); !errors.Is(err, errBad) || c.State != CampaignRunning {
		t.Errorf("%v, %+v", err, c)
	}
}

// What is claimed ahead of a campaign is not begun when that does not run any more.
func TestFollower_TakesNothingOfACampaignThatIsPausedOrOver(t *testing.T) {
	for name, stop := range map[string]func(*Outbox, CampaignID) error{
		"paused":    func(b *Outbox, id CampaignID) error { return b.PauseCampaign(t.Context(), id, "by hand") },
		"cancelled": func(b *Outbox, id CampaignID) error { return b.CancelCampaign(t.Context(), id) },
	} {
		b, id := runningCampaign(t, 1)
		p := Policy{Account: "work", Connections: 1}
		v := NewSender(b, nil, func() []Policy { return []Policy{p} }, slog.New(slog.DiscardHandler)).newService(nil)
		v.current.Store(&[]Policy{p})
		if fed, _, err := v.newFeeding().round(t.Context()); fed != 1 || err != nil {
			t.Fatal(fed, err)
		}
		j := openAttempt(t, b, true)
		j.policy, j.bulk = p, true
		v.follower.feeds["work"] = &feed{jobs: []*job{j}}
		if err := stop(b, id); err != nil {
			t.Fatal(err)
		}
		if got := v.follower.take(t.Context(), p); got != nil {
			t.Errorf("%s: %s is begun", name, got.item)
		}
		if _, err := v.follower.reap(t.Context(), time.Now().Add(aheadFor)); err != nil {
			t.Fatal(err)
		}
		want := map[string]State{"paused": StateHeld, "cancelled": StateCancelled}[name]
		if item, err := b.Get(t.Context(), j.item); err != nil || item.State != want {
			t.Errorf("%s: then it is %s, %v", name, item.State, err)
		}
	}
}

// A letter that cannot be made counts once for the breaker, however often the commit with
// its row is tried; and what is over is forgotten.
func TestFeeding_CountsWhatCannotBeMadeOnce(t *testing.T) {
	b, id := runningCampaign(t, 2)
	policies := []Policy{{Account: "work", Connections: 1}}
	f := NewSender(b, nil, func() []Policy { return policies }, slog.New(slog.DiscardHandler)).newFeeding()
	run := func(script string) {
		t.Helper()
		if err := b.writer.do(t.Context(), func(tx *tx) error { return tx.execScript(script) }); err != nil {
			t.Fatal(err)
		}
	}
	run("UPDATE campaign_rows SET cells = '['")
	run("CREATE TRIGGER broken BEFORE UPDATE OF state ON campaign_rows BEGIN SELECT RAISE(ABORT, 'broken'); END")
	if fed, _, err := f.round(t.Context()); err == nil || len(f.unfit) > 0 {
		t.Fatalf("%d made, %v; counted %+v", fed, err, f.unfit)
	}
	run("DROP TRIGGER broken")
	if fed, _, err := f.round(t.Context()); fed != 2 || err != nil {
		t.Fatalf("%d made, %v", fed, err)
	}
	if c, err := b.CampaignByID(t.Context(), id); err != nil || c.State != CampaignRunning {
		t.Errorf("it is %s: %s, %v", c.State, c.Reason, err)
	}
	for range 2 { // it is done, and then not looked at
		if _, _, err := f.round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.unfit) > 0 || len(f.judged) > 0 {
		t.Errorf("%+v and %v of campaigns that are over", f.unfit, f.judged)
	}
}

// A letter that was refused and is claimed for another try while its campaign is cancelled
// is what it was, when the claim is given back.
func TestCancelCampaign_WhatIsClaimedForAnotherTryIsWhatItWas(t *testing.T) {
	b, id := runningCampaign(t, 1)
	policies := []Policy{{Account: "work", Connections: 1}}
	f := NewSender(b, nil, func() []Policy { return policies }, slog.New(slog.DiscardHandler)).newFeeding()
	if fed, _, err := f.round(t.Context()); fed != 1 || err != nil {
		t.Fatal(fed, err)
	}
	j := openAttempt(t, b, false)
	err := b.writer.do(t.Context(), func(tx *tx) error {
		_, err := tx.settle(j, Report{Server: "mx:25", Began: true, Results: []Result{{Class: ClassMessage, Code: 554, Text: "malformed"}}}, time.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := b.RetryCampaign(t.Context(), id, FailedRows{}); again.Letters != 1 || err != nil {
		t.Fatalf("%+v, %v", again, err)
	}
	j = openAttempt(t, b, true)
	if err := b.CancelCampaign(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := b.writer.do(t.Context(), func(tx *tx) error { return tx.withdraw(j, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	item, err := b.Get(t.Context(), j.item)
	if err != nil || item.State != StateFailed || item.Recipients[0].State != RecipientFailed || item.Recipients[0].Code != 554 {
		t.Errorf("%+v, %v", item, err)
	}
	if c, err := b.CampaignByID(t.Context(), id); err != nil || c.State != CampaignCancelled || c.Counts.Failed != 1 || c.Counts.Cancelled != 0 {
		t.Errorf("%s, %+v, %v", c.State, c.Counts, err)
	}
}

// A pass is not over when letters were made between its last look for them and the round
// in which it asks for more: to begin anew would cost it all that it has learnt.
func TestFlush_GoesOnWithWhatWasMadeJustNow(t *testing.T) {
	b, _ := runningCampaign(t, 1)
	p := Policy{Account: "work", Connections: 1}
	v := NewSender(b, nil, func() []Policy { return []Policy{p} }, slog.New(slog.DiscardHandler)).newService(&pass{start: time.Now(), stopped: make(map[string]bool)})
	v.feeding = v.newFeeding()
	if more, err := v.fedMore(t.Context()); !more || err != nil { // its own round
		t.Fatal(more, err)
	}
	if more, err := v.fedMore(t.Context()); !more || err != nil {
		t.Errorf("what was made in the round before does not count: %v", err)
	}
	if err := b.writer.do(t.Context(), func(tx *tx) error { return tx.execScript("UPDATE items SET state = 3, held = 1") }); err != nil {
		t.Fatal(err)
	}
	if more, err := v.fedMore(t.Context()); more || err != nil {
		t.Errorf("it waits for what is held: %v", err)
	}
}

// slowly takes every message, and does something between its final dot and the answer. It
// may tell the server behind the dot what comes next.
type slowly struct {
	does  func(Delivery)
	tells bool
}

func (s slowly) Deliver(ctx context.Context, d Delivery) Report {
	report := Report{Server: "slow:25", Began: true, Results: []Result{{Class: ClassAccepted, Code: 250}}}
	if err := d.Mark(ctx, nil); err != nil {
		report.Results[0] = Result{Class: ClassNetwork, Text: err.Error()}
		return report
	}
	if s.tells {
		d.Next()
	}
	s.does(d)
	return report
}

// What a lane has claimed to be sent behind a letter that is on the wire does not follow it
// when the campaign was stopped meanwhile, or when a person queues something.
func TestLane_BeginsNothingBehindALetterThatIsNotToLeaveAnyMore(t *testing.T) {
	paused := func(b *Outbox, id CampaignID) error { return b.PauseCampaign(t.Context(), id, "by hand") }
	cancelled := func(b *Outbox, id CampaignID) error { return b.CancelCampaign(t.Context(), id) }
	somebody := func(b *Outbox, _ CampaignID) error {
		_, err := b.Submit(t.Context(), compose.Draft{Account: "work", From: "ada@example.org", To: "ben@example.org", Subject: "Lunch", Body: "hi"}, SubmitOptions{})
		return err
	}
	for name, c := range map[string]struct {
		meanwhile func(*Outbox, CampaignID) error
		tells     bool
		sent      []string
	}{
		"paused":                            {paused, false, []string{"Your seat"}},
		"paused, it is known":               {paused, true, []string{"Your seat"}},
		"cancelled":                         {cancelled, false, []string{"Your seat"}},
		"nothing is new":                    {func(*Outbox, CampaignID) error { return nil }, false, []string{"Your seat", "Your seat", "Your seat"}},
		"somebody waits":                    {somebody, false, []string{"Your seat", "Lunch", "Your seat", "Your seat"}},
		"somebody waits, the next is known": {somebody, true, []string{"Your seat", "Your seat", "Lunch", "Your seat"}},
	} {
		t.Run(name, func(t *testing.T) {
			b, id := runningCampaign(t, 3)
			var subjects []string
			transport := slowly{tells: c.tells, does: func(d Delivery) {
				item, err := b.Get(t.Context(), d.Item)
				if err != nil {
					t.Error(err)
				}
				if subjects = append(subjects, item.Subject); len(subjects) == 1 {
					if n := counted(t, b, "SELECT count(*) FROM items WHERE state = ?", StateSending); n != 2 {
						t.Errorf("%d are claimed, not this and the one behind it", n)
					}
					if err := c.meanwhile(b, id); err != nil {
						t.Error(err)
					}
				}
			}}
			s := NewSender(b, transport, func() []Policy { return []Policy{{Account: "work", Connections: 1}} }, slog.New(slog.DiscardHandler))
			if _, err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(subjects, c.sent) {
				t.Errorf("sent: %q", subjects)
			}
			if n := counted(t, b, "SELECT count(*) FROM attempts WHERE finished_at = 0"); n != 0 {
				t.Errorf("%d attempts are open", n)
			}
		})
	}
}
