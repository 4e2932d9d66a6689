package outbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// undelivered gives the addresses of those who do not get a message, of a time on.
func undelivered(t *testing.T, b *outbox.Outbox, since time.Time) (addresses []string) {
	t.Helper()
	all, err := b.UndeliveredSince(t.Context(), since, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range all {
		addresses = append(addresses, u.Address)
		if u.Subject != "Quarterly figures" || u.Account != "work" || u.Item == 0 || u.Number == 0 || u.At.Before(since) {
			t.Errorf("%+v", u)
		}
	}
	return addresses
}

func TestUndeliveredSince_TellsWhoDoesNotGetAMessage(t *testing.T) {
	b := open(t, t.TempDir())
	start := time.Now()
	server := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
		switch {
		case strings.HasPrefix(recipient, "gone"):
			return outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.1.1", Text: "no such mailbox"}
		case strings.HasPrefix(recipient, "later"):
			return outbox.Result{Class: outbox.ClassTemporary, Code: 451, Text: "later"}
		case strings.HasPrefix(recipient, "doubt"):
			return outbox.Result{Class: outbox.ClassUncertain, Text: "the line broke"}
		}
		return outboxtest.Accepted()
	}}
	s := sender(b, server, policies(1))
	first := submit(t, b, draftTo("gone@example.org", "ana@example.org"), outbox.SubmitOptions{})
	submit(t, b, draftTo("gone2@example.org", "later@example.org"), outbox.SubmitOptions{})
	submit(t, b, draftTo("doubt@example.org"), outbox.SubmitOptions{})
	submit(t, b, draftTo("gone3@example.org"), outbox.SubmitOptions{Hold: true})
	flush(t, s)
	if got, want := undelivered(t, b, start), []string{"gone@example.org", "gone2@example.org"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if all, err := b.UndeliveredSince(t.Context(), start, 1); err != nil || len(all) != 1 {
		t.Errorf("%d, %v", len(all), err)
	}

	before := time.Now()
	delayed := "Final-Recipient: rfc822; ana@example.org\nAction: delayed\nStatus: 4.4.1\n"
	take(t, b, notice{id: "r1", about: get(t, b, first).MessageID, fields: []string{delayed}}.String())
	if got := undelivered(t, b, before); len(got) > 0 {
		t.Errorf("a delay is news: %q", got)
	}
	take(t, b, notice{id: "r2", about: get(t, b, first).MessageID, fields: []string{failed("ana@example.org")}}.String())
	all, err := b.UndeliveredSince(t.Context(), before, 100)
	if err != nil || len(all) != 1 || all[0].State != outbox.RecipientBounced || !strings.HasPrefix(all[0].Report, "There is no mailbox of that name") {
		t.Errorf("%+v, %v", all, err)
	}

	again := time.Now()
	if err := b.Retry(t.Context(), first, outbox.RetryOptions{}); err != nil {
		t.Fatal(err)
	}
	flush(t, s)
	if got, want := undelivered(t, b, again), []string{"gone@example.org"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
