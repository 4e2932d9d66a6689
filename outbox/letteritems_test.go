package outbox

import (
	"context"
	"log/slog"
	"reflect"
	"testing"
	"time"
)

// fastCampaign gives a campaign of so many rows, and what feeds an account that has sent
// so many letters in the last moment.
func fastCampaign(t *testing.T, rows, sent int, p Policy) (*feeding, *follower, CampaignID) {
	t.Helper()
	b, id := runningCampaign(t, rows)
	policies := []Policy{p}
	v := NewSender(b, nil, func() []Policy { return policies }, slog.New(slog.DiscardHandler)).newService(nil)
	v.current.Store(&policies)
	for range sent {
		v.follower.went(p.Account, true, time.Now().Add(time.Hour)) // a moment that lasts on the slowest machine
	}
	f := v.newFeeding()
	f.commit, f.ahead = v.follower.refilled, v.follower
	return f, v.follower, id
}

func (f *feeding) mustFeed(t *testing.T) int {
	t.Helper()
	fed, _, err := f.round(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return fed
}

func counted(t *testing.T, b *Outbox, query string, args ...any) (n int) {
	t.Helper()
	if err := b.read.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What a fast account gets is the same as if the letters had waited and been claimed.
func TestLetters_OfAFastAccountAreBegunAsTheyAreMade(t *testing.T) {
	f, ahead, id := fastCampaign(t, 400, 2*fast, Policy{Account: "work", Connections: 4})
	want := 2*fast + feedBatch
	if fed := f.mustFeed(t); fed != want {
		t.Errorf("%d letters are made, not %d", fed, want)
	}
	feed := ahead.feeds["work"]
	if len(feed.jobs) != want || feed.coming != 0 {
		t.Fatalf("%d are begun, %d are coming", len(feed.jobs), feed.coming)
	}
	if c, err := f.outbox.CampaignByID(t.Context(), id); err != nil || c.Counts.Sending != want || c.Counts.Waiting != 0 || c.Counts.Ready != 400-want {
		t.Errorf("%+v, %v", c.Counts, err)
	}
	if n := counted(t, f.outbox, "SELECT count(*) FROM attempts WHERE finished_at = 0 AND started_at = 0 AND number = 1"); n != want {
		t.Errorf("%d attempts", n)
	}
	begun := feed.jobs
	feed.jobs = nil
	var claimed []*job
	err := f.outbox.writer.do(t.Context(), func(tx *tx) (err error) {
		if err = tx.withdrawAll(begun, time.Now()); err == nil {
			claimed, err = tx.claimAhead(begun[0].policy, nil, time.Now(), true, want)
		}
		return err
	})
	if err != nil || len(claimed) != want {
		t.Fatalf("%d are claimed: %v", len(claimed), err)
	}
	of := make(map[ID]*job)
	for _, j := range claimed {
		of[j.item] = j
	}
	for _, j := range begun {
		again := of[j.item]
		if again == nil || again.attempt <= j.attempt {
			t.Fatalf("%s is claimed as %+v", j.item, again)
		}
		again.attempt, again.claimed = j.attempt, j.claimed
		if !reflect.DeepEqual(j, again) {
			t.Fatalf("begun  %+v\nclaimed %+v", j, again)
		}
	}
	feed.jobs = claimed
	if again := f.mustFeed(t); again != 0 { // that is enough
		t.Errorf("%d more are made", again)
	}
}

func TestLetters_WaitBeforeAnAccountThatIsSlowOrBounded(t *testing.T) {
	plain := Policy{Account: "work", Connections: 4}
	limited := plain
	limited.Limits.PerDay = 1000
	for name, c := range map[string]struct {
		policy Policy
		sent   int
		before func(*follower)
	}{
		"slow":                                {plain, fast - 1, func(*follower) {}},
		"limited":                             {limited, 2 * fast, func(*follower) {}},
		"it has stopped":                      {plain, 2 * fast, func(f *follower) { f.stopped.Store("work", true) }},
		"it has sent what a person waits for": {plain, 2 * fast, func(f *follower) { f.feeds["work"].bulk = false }},
	} {
		f, ahead, id := fastCampaign(t, 60, c.sent, c.policy)
		c.before(ahead)
		if fed := f.mustFeed(t); fed != 60 {
			t.Errorf("%s: %d letters are made", name, fed)
		}
		made, err := f.outbox.CampaignByID(t.Context(), id)
		if err != nil || made.Counts.Waiting+made.Counts.Sending != 60 {
			t.Errorf("%s: %+v, %v", name, made.Counts, err)
		}
		if n := counted(t, f.outbox, "SELECT count(*) FROM attempts"); n != len(ahead.feeds["work"].jobs) || n > mostOtherClaimed {
			t.Errorf("%s: %d attempts, %d are ahead", name, n, len(ahead.feeds["work"].jobs))
		}
	}
}

// Letters that wait, as for another try, go before those that are made.
func TestLetters_ThatAreDueGoBeforeNewOnes(t *testing.T) {
	f, ahead, _ := fastCampaign(t, 200, 0, Policy{Account: "work", Connections: 1})
	if fed := f.mustFeed(t); fed != leastAhead {
		t.Fatalf("%d letters wait", fed)
	}
	last := counted(t, f.outbox, "SELECT max(id) FROM items")
	for range 2 * fast {
		ahead.went("work", true, time.Now().Add(time.Hour))
	}
	if fed := f.mustFeed(t); fed != 2*fast+feedBatch-leastAhead {
		t.Errorf("%d letters are made", fed)
	}
	for i, j := range ahead.feeds["work"].jobs {
		if old := int(j.item) <= last; old != (i < leastAhead) {
			t.Fatalf("%s comes as number %d", j.item, i+1)
		}
	}
}

// What is undone was never begun.
func TestLetters_OfAFailedChangeAreRowsAgain(t *testing.T) {
	f, ahead, id := fastCampaign(t, 100, 2*fast, Policy{Account: "work", Connections: 4})
	commit := f.commit
	f.commit = func(ctx context.Context, change func(*tx, refills) error) error {
		return commit(ctx, func(t *tx, all refills) error {
			if err := change(t, all); err != nil {
				return err
			}
			return errBad
		})
	}
	if _, _, err := f.round(t.Context()); err == nil {
		t.Fatal("it did not fail")
	}
	if feed := ahead.feeds["work"]; len(feed.jobs) != 0 || feed.coming != 0 {
		t.Errorf("%d are begun, %d are coming", len(feed.jobs), feed.coming)
	}
	if c, err := f.outbox.CampaignByID(t.Context(), id); err != nil || c.Counts.Ready != 100 {
		t.Errorf("%+v, %v", c.Counts, err)
	}
	f.commit = commit
	if fed := f.mustFeed(t); fed != 100 || len(ahead.feeds["work"].jobs) != 100 {
		t.Errorf("%d letters are made, %d are begun", fed, len(ahead.feeds["work"].jobs))
	}
}
