package outbox_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"sendoff/compose"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// The wish for a report of delivery reaches the transport: out of what was saved, out of
// what was queued at once, of a large text, and of a copy. A text that speaks of it wishes
// for nothing.
func TestSender_PassesTheWishForAReportOn(t *testing.T) {
	b := open(t, t.TempDir())
	wish := func(to string) compose.Draft {
		d := draftTo(to)
		d.Report = true
		return d
	}
	submit(t, b, wish("queued@example.org"), outbox.SubmitOptions{})
	large := wish("large@example.org")
	large.Body = strings.Repeat("A long line of a long letter.\n", 20_000)
	submit(t, b, large, outbox.SubmitOptions{})
	saved, err := b.SaveDraft(t.Context(), outbox.DraftRef{}, wish("saved@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	submit(t, b, wish("saved@example.org"), outbox.SubmitOptions{Draft: saved})
	none := draftTo("none@example.org")
	none.Body = `{"report":true}, "report":true` + "\n"
	none.Subject = `"report":true`
	none.Headers = []compose.Header{{Name: "X-Report", Value: `"report":true`}}
	submit(t, b, none, outbox.SubmitOptions{})

	got := make(map[string]bool)
	flush(t, sender(b, &outboxtest.Transport{During: func(_ context.Context, d outbox.Delivery) error {
		got[d.Recipients[0]] = d.Report
		return nil
	}}, policies(1)))
	want := map[string]bool{"queued@example.org": true, "large@example.org": true, "saved@example.org": true, "none@example.org": false}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
