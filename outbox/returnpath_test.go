package outbox_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"sendoff/outbox"
	"sendoff/outbox/bounce"
	"sendoff/outbox/outboxtest"
)

// postmarks notes from where each item was sent.
type postmarks struct {
	mu   sync.Mutex
	from map[outbox.ID]string
}

func (p *postmarks) during(_ context.Context, d outbox.Delivery) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.from == nil {
		p.from = make(map[outbox.ID]string)
	}
	p.from[d.Item] = d.From
	return nil
}

// withReturnPath is a sender whose account has an address for bounces.
func withReturnPath(b *outbox.Outbox) (*outbox.Sender, *postmarks) {
	p := new(postmarks)
	s := sender(b, &outboxtest.Transport{During: p.during}, func() []outbox.Policy {
		return []outbox.Policy{{Account: "work", Connections: 1, Revision: "1", ReturnPath: "bounces+{token}@example.org"}}
	})
	return s, p
}

// textNotice is a report in words alone, which names nobody.
func textNotice(to string) string {
	return "From: MAILER-DAEMON@mx.example.com\nTo: <" + to + ">\nMessage-ID: <" + to[:20] + "@mx.example.com>\nSubject: Undelivered Mail Returned to Sender\n\n" +
		"Your message could not be delivered.\n550 5.1.1 There is no such mailbox.\n"
}

// machineNotice is a report for machines that came to an address.
func machineNotice(to string, n notice) string {
	return strings.Replace(n.String(), "To: ada@example.org", "To: "+to, 1)
}

func TestReturnPath_IsTheItemsOwn(t *testing.T) {
	b := open(t, t.TempDir())
	s, marks := withReturnPath(b)
	one := submit(t, b, draftTo("ana@example.org", "bob@example.org"), outbox.SubmitOptions{})
	two := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, s)
	form := regexp.MustCompile(`^bounces\+[a-z2-7]{18,32}@example\.org$`)
	for _, id := range []outbox.ID{one, two} {
		if !form.MatchString(marks.from[id]) || strings.Contains(message(t, b, id), "bounces+") {
			t.Errorf("%s was sent from %q", id, marks.from[id])
		}
	}
	if marks.from[one] == marks.from[two] {
		t.Errorf("both were sent from %q", marks.from[one])
	}
}

// What it is that a report is about, by the address that it came to.
func TestReturnPath_FindsMessageAndRecipient(t *testing.T) {
	const ana, bob = "ana@example.org", "bob@example.org"
	for _, test := range []struct {
		name   string
		to     []string
		report func(own, messageID string) string
		want   outbox.Counting
		state  outbox.State
	}{
		{"nothing but words", []string{ana}, func(own, _ string) string { return textNotice(own) }, outbox.Counted, outbox.StateBounced},
		{"in upper case", []string{ana}, func(own, _ string) string { return textNotice(strings.ToUpper(own)) }, outbox.Counted, outbox.StateBounced},
		{"of a server that notes where it came to", []string{ana}, func(own, _ string) string {
			return strings.Replace(textNotice(own), "To: <"+own+">", "To: ada@example.org\nDelivered-To: "+own, 1)
		}, outbox.Counted, outbox.StateBounced},
		{"an address that it was passed on to", []string{ana}, func(own, _ string) string {
			return machineNotice(own, notice{id: "r@x", fields: []string{failed("ana@elsewhere.example")}})
		}, outbox.Counted, outbox.StateBounced},
		{"and the message is quoted", []string{ana}, func(own, id string) string {
			return machineNotice(own, notice{id: "r@x", about: id, fields: []string{failed("ana@elsewhere.example")}})
		}, outbox.Counted, outbox.StateBounced},
		{"one of two", []string{ana, bob}, func(own, _ string) string {
			return machineNotice(own, notice{id: "r@x", fields: []string{failed(bob)}})
		}, outbox.Counted, outbox.StatePartial},
		{"neither of two", []string{ana, bob}, func(own, _ string) string {
			return machineNotice(own, notice{id: "r@x", fields: []string{failed("ana@elsewhere.example")}})
		}, outbox.NoRecipient, outbox.StateSent},
		{"spam that somebody sent from this address", []string{ana}, func(own, _ string) string {
			return machineNotice(own, notice{id: "r@x", about: "<spam@example.com>", fields: []string{failed("victim@example.com")}})
		}, outbox.NoRecipient, outbox.StateSent},
		{"two who are not known", []string{ana}, func(own, _ string) string {
			return machineNotice(own, notice{id: "r@x", fields: []string{failed("a@example.com"), failed("b@example.com")}})
		}, outbox.NoRecipient, outbox.StateSent},
		{"a token that is forged", []string{ana}, func(own, _ string) string {
			return machineNotice(changed(own), notice{id: "r@x", fields: []string{failed(ana)}})
		}, outbox.NoItem, outbox.StateSent},
		{"a token that is cut off", []string{ana}, func(own, _ string) string {
			return machineNotice(strings.Replace(own, "@", "", 1)[:20]+"@example.org", notice{id: "r@x", fields: []string{failed(ana)}})
		}, outbox.NoItem, outbox.StateSent},
		{"a token inside what came back", []string{ana}, func(own, _ string) string {
			return notice{id: "r@x", subject: own, fields: []string{failed(ana)}}.String()
		}, outbox.NoItem, outbox.StateSent},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := open(t, t.TempDir())
			s, marks := withReturnPath(b)
			id := submit(t, b, draftTo(test.to...), outbox.SubmitOptions{})
			flush(t, s)
			report := test.report(marks.from[id], get(t, b, id).MessageID)
			for again := range 2 {
				taken, err := b.TakeReport(t.Context(), outbox.Arrived{Account: "work", Mail: strings.NewReader(report)})
				if err != nil || taken.Mail != bounce.Delivery || len(taken.Recipients) == 0 {
					t.Fatalf("%+v, %v", taken, err)
				}
				if got := taken.Recipients[0].Counts; again == 0 && got != test.want || again == 1 && got == outbox.Counted {
					t.Errorf("it counts as %d, want %d", got, test.want)
				}
				if (taken.Item == id) != (test.want != outbox.NoItem) {
					t.Errorf("about %q", taken.Item)
				}
			}
			if got := get(t, b, id); got.State != test.state {
				t.Errorf("it is %s", got.State)
			}
			head, _, _ := strings.Cut(report, "\n\n")
			if got := b.IsReturned([]byte(head)); got != (test.want != outbox.NoItem) {
				t.Errorf("it is said to have come back to us: %t", got)
			}
		})
	}
}

// changed is an address with another letter in its token.
func changed(own string) string {
	at := strings.IndexByte(own, '+') + 8
	letter := "a"
	if own[at] == 'a' {
		letter = "b"
	}
	return own[:at] + letter + own[at+1:]
}

// ENVID comes first, and no answer of a person, or of an absence, is a bounce for
// having come to this address.
func TestReturnPath_IsNotAllThatCounts(t *testing.T) {
	b := open(t, t.TempDir())
	s, marks := withReturnPath(b)
	one := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	two := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, s)
	for name, mail := range map[string]string{
		"an absence": "From: Ana <ana@example.org>\nTo: " + marks.from[one] + "\nAuto-Submitted: auto-replied\nSubject: Out of office\n\nI am away until Monday.\n",
		"an answer":  "From: Ana <ana@example.org>\nTo: " + marks.from[one] + "\nSubject: Re: Quarterly figures\n\nThis could not be delivered on time.\n",
	} {
		if taken, err := b.TakeReport(t.Context(), outbox.Arrived{Mail: strings.NewReader(mail)}); err != nil || taken.Mail == bounce.Delivery {
			t.Errorf("%s: %+v, %v", name, taken, err)
		}
	}
	report := machineNotice(marks.from[one], notice{id: "r@x", envelope: two.String(), fields: []string{failed("ana@example.org")}})
	if taken, err := b.TakeReport(t.Context(), outbox.Arrived{Mail: strings.NewReader(report)}); err != nil || taken.Item != two {
		t.Errorf("%+v, %v", taken, err)
	}
}

// A token of another outbox, or of before the key was lost, says nothing, and a key
// that cannot be made stops no message.
func TestReturnPath_WithoutItsKey(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	s, marks := withReturnPath(b)
	first := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, s)
	other := open(t, t.TempDir())
	s2, _ := withReturnPath(other)
	theirs := submit(t, other, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, s2)
	if taken, err := other.TakeReport(t.Context(), outbox.Arrived{Mail: strings.NewReader(textNotice(marks.from[first]))}); err != nil || taken.Item != 0 {
		t.Errorf("%+v, %v", taken, err)
	}
	if got := get(t, other, theirs); got.State != outbox.StateSent {
		t.Errorf("it is %s", got.State)
	}

	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "returns.key"), 0o700); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir)
	s, marks = withReturnPath(b)
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, s)
	if got := get(t, b, id); got.State != outbox.StateSent || marks.from[id] != "ada@example.org" {
		t.Errorf("it is %s, from %q", got.State, marks.from[id])
	}
}

// A key that cannot be read now does not make a bounce one of somebody else: it is looked
// at again when the key is mended. What names no message by such an address needs none.
func TestReturnPath_WithAKeyThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "returns.key")
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir})
	try(t, err)
	s, marks := withReturnPath(b)
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, s)
	own := marks.from[id]
	good, err := os.ReadFile(key)
	try(t, err)
	b.Close()
	try(t, os.WriteFile(key, good[:5], 0o600))

	var log strings.Builder
	b = open(t, dir)
	marks = new(postmarks)
	s = outbox.NewSender(b, &outboxtest.Transport{During: marks.during}, func() []outbox.Policy {
		return []outbox.Policy{{Account: "work", Connections: 1, Revision: "1", ReturnPath: "bounces+{token}@example.org"}}
	}, slog.New(slog.NewTextHandler(&log, nil)))
	if taken, err := b.TakeReport(t.Context(), outbox.Arrived{Account: "work", Mail: strings.NewReader(textNotice(own))}); err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("%+v, %v", taken, err)
	}
	head, _, _ := strings.Cut(textNotice(own), "\n\n")
	if !b.IsReturned([]byte(head)) {
		t.Error("it is not even looked at")
	}
	if b.IsReturned([]byte("To: ada@example.org\nSubject: Lunch\n")) {
		t.Error("every mail is taken for one")
	}
	other := submit(t, b, draftTo("ben@example.org"), outbox.SubmitOptions{})
	third := submit(t, b, draftTo("cleo@example.org"), outbox.SubmitOptions{})
	flush(t, s)
	if marks.from[other] != "ada@example.org" || marks.from[third] != "ada@example.org" {
		t.Errorf("sent from %v", marks.from)
	}
	if n := strings.Count(log.String(), "restore the file of the key"); n != 1 || !strings.Contains(log.String(), key) {
		t.Errorf("said %d times:\n%s", n, log.String())
	}
	take(t, b, notice{id: "r@x", about: get(t, b, other).MessageID, fields: []string{failed("ben@example.org")}}.String())
	wantState(t, b, outbox.StateBounced, other)
	found, err := b.Check(t.Context(), outbox.CheckOptions{})
	if err != nil || len(found) != 1 || found[0].Kind != outbox.DamagedKey || found[0].Path != key {
		t.Errorf("%+v, %v", found, err)
	}

	try(t, os.WriteFile(key, good, 0o600))
	take(t, b, textNotice(own))
	wantState(t, b, outbox.StateBounced, id)
}

// Where the store cannot be asked, what may have come back is looked at, and given again.
func TestReturnPath_WhereTheStoreCannotBeAsked(t *testing.T) {
	dir := t.TempDir()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir})
	try(t, err)
	s, marks := withReturnPath(b)
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, s)
	b.Close()
	query(t, dir, "ALTER TABLE recipients RENAME TO lost")
	b = open(t, dir)
	notice := textNotice(marks.from[id])
	head, _, _ := strings.Cut(notice, "\n\n")
	if !b.IsReturned([]byte(head)) {
		t.Error("it is passed over")
	}
	if b.IsReturned([]byte("To: ada@example.org\nSubject: Lunch\n")) {
		t.Error("so is every other mail taken for one")
	}
	if taken, err := b.TakeReport(t.Context(), outbox.Arrived{Account: "work", Mail: strings.NewReader(notice)}); err == nil {
		t.Errorf("it is done with: %+v", taken)
	}
}
