package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/bounce"
	"sendoff/outbox/outboxtest"
)

// notice is a delivery report to build.
type notice struct {
	id       string // its own Message-ID
	about    string // the Message-ID of what came back; "" for nothing
	envelope string
	subject  string // of what came back
	answers  string // In-Reply-To
	fields   []string
}

// failed are the fields of a recipient that a report says has failed.
func failed(address string) string {
	return "Final-Recipient: rfc822; " + address + "\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no \x1b[2Jsuch mailbox\n"
}

func (n notice) String() string {
	var b strings.Builder
	b.WriteString("From: Mail Delivery System <MAILER-DAEMON@example.org>\nTo: ada@example.org\nSubject: Undelivered Mail Returned to Sender\n")
	if n.id != "" {
		fmt.Fprintf(&b, "Message-ID: <%s>\n", n.id)
	}
	if n.answers != "" {
		fmt.Fprintf(&b, "In-Reply-To: %s\n", n.answers)
	}
	b.WriteString("Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n")
	b.WriteString("--b\nContent-Type: text/plain\n\nThis is the mail system.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n")
	if n.envelope != "" {
		fmt.Fprintf(&b, "Original-Envelope-Id: %s\n", n.envelope)
	}
	for _, f := range n.fields {
		b.WriteString("\n" + f)
	}
	if n.about != "" || n.subject != "" {
		b.WriteString("\n--b\nContent-Type: text/rfc822-headers\n\nFrom: ada@example.org\n")
		if n.about != "" {
			fmt.Fprintf(&b, "Message-ID: %s\n", n.about)
		}
		fmt.Fprintf(&b, "Subject: %s\n", n.subject)
	}
	b.WriteString("\n--b--\n")
	return b.String()
}

// sentTo is an outbox with a message that has been sent.
func sentTo(t *testing.T, to ...string) (*outbox.Outbox, outbox.Item) {
	t.Helper()
	b := open(t, t.TempDir())
	id := submit(t, b, draftTo(to...), outbox.SubmitOptions{})
	flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
	return b, get(t, b, id)
}

func take(t *testing.T, b *outbox.Outbox, mail string) outbox.Taken {
	t.Helper()
	taken, err := b.TakeReport(t.Context(), outbox.Arrived{Account: "work", Mail: strings.NewReader(mail)})
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

// wantStates compares the states of recipients, and the roll-up.
func wantStates(t *testing.T, b *outbox.Outbox, id outbox.ID, state outbox.State, want ...string) {
	t.Helper()
	item := get(t, b, id)
	var got []string
	for _, r := range item.Recipients {
		got = append(got, r.State.String())
	}
	if item.State != state || strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s, %v; want %s, %v", item.State, got, state, want)
	}
	if found, err := b.Check(t.Context(), outbox.CheckOptions{Quick: true}); err != nil || len(found) > 0 {
		t.Errorf("found %+v, %v", found, err)
	}
}

func TestJ01_AReportOfFailure(t *testing.T) {
	b, item := sentTo(t, "ana@example.org")
	taken := take(t, b, notice{id: "r1", about: item.MessageID, subject: item.Subject, fields: []string{failed("ana@example.org")}}.String())
	if taken.Item != item.ID || len(taken.Recipients) != 1 || taken.Recipients[0].Counts != outbox.Counted || taken.Again {
		t.Fatalf("%+v", taken)
	}
	wantStates(t, b, item.ID, outbox.StateBounced, "bounced")
	item = get(t, b, item.ID)
	r := item.Recipients[0]
	if r.Code != 550 || r.Enhanced != "5.1.1" || r.Text != "5.1.1 no \ufffd[2Jsuch mailbox" || r.Class != outbox.ClassRejected ||
		!strings.HasPrefix(r.Report, "There is no mailbox of that name at example.org.") || item.Reason != r.Text {
		t.Errorf("%+v", r)
	}
	if err := b.Retry(t.Context(), item.ID, outbox.RetryOptions{}); err != nil {
		t.Error(err)
	}
	wantStates(t, b, item.ID, outbox.StateWaiting, "waiting")
}

func TestJ02_ADelayIsNoFailureAndALaterOneOverridesIt(t *testing.T) {
	b, item := sentTo(t, "ana@example.org")
	delayed := "Final-Recipient: rfc822; ana@example.org\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; 451 4.4.1 no answer\n"
	take(t, b, notice{id: "r1", about: item.MessageID, fields: []string{delayed}}.String())
	wantStates(t, b, item.ID, outbox.StateSent, "delayed")
	take(t, b, notice{id: "r2", about: item.MessageID, fields: []string{failed("ana@example.org")}}.String())
	wantStates(t, b, item.ID, outbox.StateBounced, "bounced")
}

func TestJ03_GoodNewsIsNeverABounce(t *testing.T) {
	for action, want := range map[string]string{"delivered": "confirmed", "relayed": "sent", "expanded": "sent"} {
		b, item := sentTo(t, "ana@example.org")
		fields := "Final-Recipient: rfc822; ana@example.org\nAction: " + action + "\nStatus: 2.0.0\n"
		take(t, b, notice{id: "r1", about: item.MessageID, fields: []string{fields}}.String())
		wantStates(t, b, item.ID, outbox.StateSent, want)
	}
}

func TestJ04_SomeOfTheRecipients(t *testing.T) {
	b, item := sentTo(t, "ana@example.org", "ben@example.org", "cat@example.org")
	taken := take(t, b, notice{id: "r1", about: item.MessageID, fields: []string{failed("ana@example.org"), failed("cat@example.org")}}.String())
	if len(taken.Recipients) != 2 {
		t.Errorf("%+v", taken)
	}
	wantStates(t, b, item.ID, outbox.StatePartial, "bounced", "sent", "bounced")
}

func TestJ05_FoundByTheAddressThatWasTyped(t *testing.T) {
	b, item := sentTo(t, "Ana@Example.org", "ben@example.org")
	fields := "Original-Recipient: rfc822; ana@example.org\n" + failed("ana.maria@mailbox.example")
	take(t, b, notice{id: "r1", about: item.MessageID, fields: []string{fields}}.String())
	wantStates(t, b, item.ID, outbox.StatePartial, "bounced", "sent")
}

func TestJ06_ByTheMessageIDOfTheHeadersThatCameBack(t *testing.T) {
	b, item := sentTo(t, "ana@example.org")
	take(t, b, notice{about: item.MessageID, fields: []string{failed("ana@example.org")}}.String())
	wantStates(t, b, item.ID, outbox.StateBounced, "bounced")
}

func TestJ07_WithoutAnythingOfTheMessage(t *testing.T) {
	for name, n := range map[string]func(outbox.Item) notice{
		"envelope ID": func(i outbox.Item) notice { return notice{envelope: i.ID.String()} },
		"references":  func(i outbox.Item) notice { return notice{answers: i.MessageID} },
		"subject":     func(i outbox.Item) notice { return notice{subject: i.Subject} },
	} {
		t.Run(name, func(t *testing.T) {
			b, item := sentTo(t, "ana@example.org")
			n := n(item)
			n.fields = []string{failed("ana@example.org")}
			take(t, b, n.String())
			wantStates(t, b, item.ID, outbox.StateBounced, "bounced")
		})
	}
}

func TestJ09_AReportOfMailThatWasNotSentFromHere(t *testing.T) {
	b, item := sentTo(t, "ana@example.org")
	for name, n := range map[string]notice{
		"another Message-ID":                {about: "<strange@example.com>", subject: item.Subject},
		"the envelope ID of another outbox": {about: "<strange@example.com>", envelope: item.ID.String()},
		"another subject":                   {subject: "Something else"},
		"nothing":                           {},
	} {
		n.fields = []string{failed("ana@example.org")}
		if taken := take(t, b, n.String()); taken.Item != 0 || taken.Recipients[0].Counts != outbox.NoItem {
			t.Errorf("%s: %+v", name, taken)
		}
	}
	wantStates(t, b, item.ID, outbox.StateSent, "sent")
	all, err := b.Reports(t.Context(), true, 10)
	if err != nil || len(all) != 4 || all[0].Item != 0 || len(all[0].Said) != 1 || all[0].Said[0].Address != "ana@example.org" || all[0].Account != "work" ||
		all[0].Sender != "Mail Delivery System <MAILER-DAEMON@example.org>" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestJ10_AReportOfSomebodyWhomItNeverWentTo(t *testing.T) {
	b, item := sentTo(t, "ana@example.org")
	taken := take(t, b, notice{id: "r1", about: item.MessageID, fields: []string{failed("eve@example.org")}}.String())
	if taken.Item != item.ID || taken.Recipients[0].Counts != outbox.NoRecipient {
		t.Errorf("%+v", taken)
	}
	wantStates(t, b, item.ID, outbox.StateSent, "sent")
	if all, err := b.Reports(t.Context(), true, 10); err != nil || len(all) != 1 || all[0].Said[0].Ours || all[0].Said[0].Counted {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestJ12_TheSameReportAgain(t *testing.T) {
	for name, n := range map[string]notice{"with a Message-ID": {id: "r1"}, "without": {}} {
		t.Run(name, func(t *testing.T) {
			b, item := sentTo(t, "ana@example.org")
			n.about, n.fields = item.MessageID, []string{failed("ana@example.org")}
			for i := range 3 {
				taken := take(t, b, n.String())
				if taken.Again != (i > 0) || taken.Item != item.ID || (taken.Recipients[0].Counts == outbox.Counted) != (i == 0) {
					t.Errorf("time %d: %+v", i+1, taken)
				}
				if i == 1 { // sent once more, it is not failed by what was counted before
					if err := b.Retry(t.Context(), item.ID, outbox.RetryOptions{}); err != nil {
						t.Fatal(err)
					}
					flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
				}
			}
			wantStates(t, b, item.ID, outbox.StateSent, "sent")
			if all, err := b.Reports(t.Context(), false, 10); err != nil || len(all) != 1 {
				t.Errorf("%+v, %v", all, err)
			}
		})
	}
}

func TestJ13_WhatIsNoReportChangesNothing(t *testing.T) {
	b, item := sentTo(t, "ana@example.org")
	for _, mail := range []string{
		"From: ana@example.org\nSubject: Out of office: Quarterly figures\nAuto-Submitted: auto-replied\nIn-Reply-To: " + item.MessageID + "\n\nI am away. 550 5.1.1 is not here.\n",
		"From: ana@example.org\nSubject: Re: Quarterly figures\nIn-Reply-To: " + item.MessageID + "\n\nIt came back: 550 5.1.1 no such mailbox <ana@example.org>\n",
	} {
		if taken := take(t, b, mail); taken.Mail == bounce.Delivery || taken.Item != 0 || len(taken.Recipients) != 0 {
			t.Errorf("%+v", taken)
		}
	}
	wantStates(t, b, item.ID, outbox.StateSent, "sent")
	if all, err := b.Reports(t.Context(), false, 10); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

// doubtful is an outbox with a message whose fate is not known.
func doubtful(t *testing.T) (*outbox.Outbox, outbox.Item) {
	t.Helper()
	b := open(t, t.TempDir())
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, &outboxtest.Transport{Script: func(string, int) outbox.Result {
		return outbox.Result{Class: outbox.ClassUncertain, Text: "no answer"}
	}}, policies(1)))
	return b, get(t, b, id)
}

func TestJ19_AReportSettlesWhatIsUncertain(t *testing.T) {
	for action, want := range map[string]string{"failed": "bounced", "delayed": "delayed", "delivered": "confirmed", "relayed": "sent"} {
		b, item := doubtful(t)
		status := map[string]string{"failed": "5.1.1", "delayed": "4.4.1"}[action]
		if status == "" {
			status = "2.0.0"
		}
		fields := "Final-Recipient: rfc822; ana@example.org\nAction: " + action + "\nStatus: " + status + "\n"
		take(t, b, notice{id: "r1", about: item.MessageID, fields: []string{fields}}.String())
		if got := get(t, b, item.ID).Recipients[0].State.String(); got != want {
			t.Errorf("%s: %s", action, got)
		}
	}
}

func TestJ20_AReportOfWhatWasDeletedHere(t *testing.T) {
	b, item := sentTo(t, "ana@example.org")
	if err := b.Delete(t.Context(), item.ID); err != nil {
		t.Fatal(err)
	}
	taken := take(t, b, notice{id: "r1", about: item.MessageID, subject: "Quarterly figures", fields: []string{failed("ana@example.org")}}.String())
	if taken.Item != 0 || taken.Subject != "Quarterly figures" {
		t.Errorf("%+v", taken)
	}
	if all, err := b.Reports(t.Context(), true, 10); err != nil || len(all) != 1 || all[0].Subject != "Quarterly figures" {
		t.Errorf("%+v, %v", all, err)
	}
}

// A report that is quicker than the answer to the final dot must not be lost.
func TestTakeReport_WaitsForTheOutcomeOfWhatIsBeingSent(t *testing.T) {
	b := open(t, t.TempDir())
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	item := get(t, b, id)
	text := message(t, b, id)
	_, messageID, _ := strings.Cut(text, "Message-ID: ")
	messageID, _, _ = strings.Cut(messageID, "\r\n")
	mail := notice{id: "r1", about: messageID, fields: []string{failed("ana@example.org")}}.String()
	var during error
	transport := &outboxtest.Transport{During: func(ctx context.Context, _ outbox.Delivery) error {
		_, during = b.TakeReport(ctx, outbox.Arrived{Mail: strings.NewReader(mail)})
		return nil
	}}
	flush(t, sender(b, transport, policies(1)))
	if !errors.Is(during, outbox.ErrBusy) {
		t.Errorf("while it is sent: %v", during)
	}
	take(t, b, mail)
	wantStates(t, b, item.ID, outbox.StateBounced, "bounced")
}

// What is too old is not taken for the message of a report that says hardly anything.
func TestTakeReport_LooksForNoOldMessageByItsSubject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, item := sentTo(t, "ana@example.org")
		time.Sleep(15 * 24 * time.Hour)
		if taken := take(t, b, notice{subject: item.Subject, fields: []string{failed("ana@example.org")}}.String()); taken.Item != 0 {
			t.Errorf("%+v", taken)
		}
	})
}
