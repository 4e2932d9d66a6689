package outbox_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// refuses sends a message to an address that is refused with some words.
func refuses(t *testing.T, b *outbox.Outbox, address string, code int, enhanced, text string) {
	t.Helper()
	submit(t, b, draftTo(address), outbox.SubmitOptions{})
	flush(t, sender(b, &outboxtest.Transport{Script: func(string, int) outbox.Result {
		return outbox.Result{Class: outbox.ClassRejected, Code: code, Enhanced: enhanced, Text: text}
	}}, policies(1)))
}

func suppressed(t *testing.T, b *outbox.Outbox) map[string]outbox.Why {
	t.Helper()
	all, err := b.Suppressions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]outbox.Why)
	for _, s := range all {
		found[s.Address] = s.Why
	}
	return found
}

// Only what is about the address suppresses it, whether a server says so at once or
// by a report.
func TestSuppress_ByWhatIsAboutTheAddressAlone(t *testing.T) {
	for _, test := range []struct {
		code           int
		enhanced, text string
		want           outbox.Why
	}{
		{550, "5.1.1", "5.1.1 user unknown", outbox.WhyHard},
		{550, "5.1.2", "5.1.2 no such domain", outbox.WhyHard},
		{550, "5.2.1", "5.2.1 mailbox disabled", outbox.WhyHard},
		{556, "5.1.10", "5.1.10 the domain takes no mail (null MX)", outbox.WhyHard},
		{550, "5.7.1", "5.7.1 message looks like spam", 0},
		{550, "5.7.26", "5.7.26 unauthenticated mail, SPF and DKIM failed", 0},
		{552, "5.3.4", "5.3.4 message too large", 0},
		{550, "5.4.5", "5.4.5 daily sending quota exceeded", 0},
		{552, "5.2.2", "5.2.2 mailbox full", 0}, // once
		{554, "", "no", 0},
	} {
		t.Run(test.text, func(t *testing.T) {
			b := open(t, t.TempDir())
			refuses(t, b, "Ana@example.org", test.code, test.enhanced, test.text)
			if got := suppressed(t, b)["ana@example.org"]; got != test.want {
				t.Errorf("at once: %s", got)
			}
			b, item := sentTo(t, "ana@example.org")
			fields := fmt.Sprintf("Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: %s\nDiagnostic-Code: smtp; %d %s\n", test.enhanced, test.code, test.text)
			if test.enhanced == "" {
				return
			}
			take(t, b, notice{id: "r", about: item.MessageID, fields: []string{fields}}.String())
			if got := suppressed(t, b)["ana@example.org"]; got != test.want {
				t.Errorf("by a report: %s", got)
			}
		})
	}
}

func TestSuppress_SoftFailuresAddUpOverAWeek(t *testing.T) {
	for name, test := range map[string]struct {
		days []int
		want outbox.Why
	}{
		"three on a day":          {[]int{0, 0, 0, 0}, 0},
		"over a week":             {[]int{0, 4, 8}, outbox.WhySoft},
		"two":                     {[]int{0, 8}, 0},
		"over more than a month":  {[]int{0, 20, 40}, 0},
		"and then within a month": {[]int{0, 20, 40, 45}, outbox.WhySoft},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := open(t, t.TempDir())
				day := 0
				for _, next := range test.days {
					time.Sleep(time.Duration(next-day)*24*time.Hour + time.Second)
					day = next
					refuses(t, b, "ana@example.org", 552, "5.2.2", "5.2.2 mailbox full")
				}
				if got := suppressed(t, b)["ana@example.org"]; got != test.want {
					t.Errorf("%q", got)
				}
			})
		})
	}
}

// What the owner of an address said is not overruled by what a server says, and
// who takes an address out forgets its failures.
func TestSuppress_WhatAPersonSaysStays(t *testing.T) {
	b := open(t, t.TempDir())
	if n, err := b.Suppress(t.Context(), []outbox.Suppression{{Address: "Ana@Example.org", Why: outbox.WhyUnsubscribe, Note: "by \x1b[2Jmail", At: time.Now()}}); err != nil || n != 1 {
		t.Error(n, err)
	}
	refuses(t, b, "ana@example.org", 550, "5.1.1", "5.1.1 user unknown")
	found, err := b.Suppressions(t.Context())
	if err != nil || len(found) != 1 || found[0].Why != outbox.WhyUnsubscribe || found[0].Note != "by \ufffd[2Jmail" || found[0].Item != 0 {
		t.Errorf("%+v, %v", found, err)
	}
	if n, err := b.Suppress(t.Context(), []outbox.Suppression{{Address: "ana@example.org", Why: outbox.WhyPerson, At: time.Now()}}); err != nil || n != 0 {
		t.Error(n, err)
	}
	if unknown, err := b.Unsuppress(t.Context(), []string{"Ana@example.org", "ben@example.org"}); err != nil || len(unknown) != 1 || unknown[0] != "ben@example.org" {
		t.Error(unknown, err)
	}
	if all := suppressed(t, b); len(all) != 0 {
		t.Errorf("%v", all)
	}
}

func TestSuppressedAmong_GivesTheRecipientsThatAre(t *testing.T) {
	b := open(t, t.TempDir())
	if _, err := b.Suppress(t.Context(), []outbox.Suppression{{Address: "No@example.org", Why: outbox.WhyPerson}, {Address: "other@example.org", Why: outbox.WhyHard}}); err != nil {
		t.Fatal(err)
	}
	among := []string{"ana@example.org", "no@example.org", `"'); DROP"@example.org`}
	if all, err := b.SuppressedAmong(t.Context(), among); err != nil || len(all) != 1 || all[0].Address != "no@example.org" || all[0].Why != outbox.WhyPerson {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := b.SuppressedAmong(t.Context(), nil); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}
