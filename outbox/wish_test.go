package outbox_test

import (
	"strings"
	"testing"

	"sendoff/outbox"
	"sendoff/outbox/bounce"
)

// Who proves by a mail that he wants no more letters is suppressed, and stays so; no
// report, and no mail without a proof, does that.
func TestTakeReport_SuppressesWhoUnsubscribes(t *testing.T) {
	wish := func(header []byte) (string, bool) {
		_, token, found := strings.Cut(string(header), "Subject: unsubscribe ")
		token, _, _ = strings.Cut(token, "\n")
		return token + "@example.org", found && token != "forged"
	}
	dir := t.TempDir()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir, State: dir, Wish: wish})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for range 2 {
		if taken := take(t, b, "From: Ana <other@example.org>\nSubject: unsubscribe Ana\n\n"); taken.Unsubscribed != "Ana@example.org" || taken.Mail == bounce.Delivery {
			t.Errorf("%+v", taken)
		}
	}
	for _, mail := range []string{
		"From: eve@example.org\nSubject: unsubscribe forged\n\n",
		"From: kim@example.org\nSubject: hello\n\nSubject: quoted\n",
		strings.Replace(notice{id: "r1", about: "<x@example.org>", fields: []string{failed("kim@example.org")}}.String(), "Subject: Undelivered Mail Returned to Sender", "Subject: unsubscribe kim", 1),
	} {
		if taken := take(t, b, mail); taken.Unsubscribed != "" {
			t.Errorf("%+v", taken)
		}
	}
	all, err := b.Suppressions(t.Context())
	if err != nil || len(all) != 1 || all[0].Address != "ana@example.org" || all[0].Why != outbox.WhyUnsubscribe {
		t.Errorf("%+v, %v", all, err)
	}
	if !b.IsWish([]byte("Subject: unsubscribe ana\n")) || b.IsWish([]byte("Subject: hello\n")) || open(t, t.TempDir()).IsWish([]byte("Subject: unsubscribe ana\n")) {
		t.Error("what a mail says is not told from its header")
	}
}
