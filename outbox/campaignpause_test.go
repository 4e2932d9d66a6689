package outbox

import (
	"errors"
	"testing"

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
