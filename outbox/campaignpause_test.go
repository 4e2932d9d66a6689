package outbox

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"sendoff/compose"
)

// runningCampaign gives a campaign with one row and nobody who sends it.
func runningCampaign(t *testing.T) (*Outbox, CampaignID) {
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
		yield(NewRow{Number: 1, Line: 2, Address: "ana@example.org", Cells: []string{"ana@example.org"}}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, id
}

// The end of a canary is one change: either it is paused and over, or neither.
func TestPauseCampaign_WithAChangeIsDoneWholeOrNotAtAll(t *testing.T) {
	b, id := runningCampaign(t)
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
		b, id := runningCampaign(t)
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
