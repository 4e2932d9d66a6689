package cli

import (
	"iter"
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

// A campaign of tomorrow is no item yet, and does not go either if nothing sends.
func TestWhatStays_CountsWhatCampaignsHaveLeft(t *testing.T) {
	b := openOutbox(t, 0)
	says := func() string {
		t.Helper()
		var text strings.Builder
		p := &program{Streams: Streams{Err: &text}}
		if err := p.sayWhatStays(b, places{}); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	if got := says(); got != "" {
		t.Errorf("nothing stays: %q", got)
	}
	var rows iter.Seq2[outbox.NewRow, error] = func(yield func(outbox.NewRow, error) bool) {
		yield(outbox.NewRow{Number: 1, Line: 2, Address: "ana@example.org", Cells: []string{"ana@example.org"}}, nil)
	}
	if _, err := b.StartCampaign(t.Context(), outbox.CampaignSpec{
		Name: "concert", Frozen: []byte("Your seat"), Columns: []string{"email"}, NotBefore: time.Now().Add(20 * time.Hour),
		Accounts: []outbox.CampaignAccount{{Account: "work", From: "ada@example.org"}},
	}, rows); err != nil {
		t.Fatal(err)
	}
	if got := says(); !strings.HasPrefix(got, "sendoff: 1 in the outbox, and nothing is sending now\nhint: ") {
		t.Errorf("%q", got)
	}
}
