package outbox_test

import (
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// correspondents gives them by address.
func correspondents(t *testing.T, b *outbox.Outbox) map[string]outbox.Correspondent {
	t.Helper()
	all, err := b.Correspondents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]outbox.Correspondent)
	for _, c := range all {
		found[c.Address] = c
	}
	return found
}

func TestCorrespondents_TellsWhomMessagesWereFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir())
		refusing := true
		transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
			switch {
			case recipient == "gone@example.org" && refusing:
				return outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.1.1", Text: "no such\x1b[2J mailbox"}
			case recipient == "spam@example.org":
				return outbox.Result{Class: outbox.ClassPolicy, Code: 554, Text: "this is spam"}
			}
			return outboxtest.Accepted()
		}}
		deliver := func() {
			t.Helper()
			policies := func() []outbox.Policy {
				return []outbox.Policy{{Account: "work", Connections: 1, Revision: "1"}, {Account: "home", Connections: 1, Revision: "1"}}
			}
			if _, err := outbox.NewSender(b, transport, policies, slog.New(slog.DiscardHandler)).Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		submit(t, b, draftTo("ana@example.org", "gone@example.org", "spam@example.org"), outbox.SubmitOptions{})
		time.Sleep(time.Hour)
		submit(t, b, draftTo(`"Lee, Ana" <Ana@example.org>`, "Jörg <jo@münchen.example>"), outbox.SubmitOptions{})
		submit(t, b, draftTo("list@example.org"), outbox.SubmitOptions{Bulk: true})
		deliver()

		all, err := b.Correspondents(t.Context())
		if err != nil || len(all) != 4 {
			t.Fatalf("%+v, %v", all, err)
		}
		found := correspondents(t, b)
		if c := found["Ana@example.org"]; c.Name != "Lee, Ana" || c.Sent != 2 || c.Failure.Class != 0 {
			t.Errorf("%+v", c)
		}
		if c := found["jo@münchen.example"]; c.Name != "Jörg" || c.Sent != 1 {
			t.Errorf("%+v", c)
		}
		if c := found["gone@example.org"]; c.Sent != 0 || c.Failure.Code != 550 || c.Failure.Text != "no such\ufffd[2J mailbox" || c.Bounced || c.At.IsZero() {
			t.Errorf("%+v", c)
		}
		if c := found["spam@example.org"]; c.Failure.Class != 0 {
			t.Errorf("the address is blamed for the message: %+v", c)
		}

		refusing = false
		again := draftTo("gone@example.org")
		again.Account = "home"
		submit(t, b, again, outbox.SubmitOptions{})
		deliver()
		if c := correspondents(t, b)["gone@example.org"]; c.Sent != 1 || c.Failure.Class != 0 {
			t.Errorf("what was refused before was taken since: %+v", c)
		} else if !slices.Equal(c.Accounts, []string{"home", "work"}) {
			t.Errorf("it was written to through %q", c.Accounts)
		}
	})
}
