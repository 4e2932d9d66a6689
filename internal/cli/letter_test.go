package cli

import (
	"net/mail"
	"path/filepath"
	"reflect"
	"testing"

	"sendoff/accounts"
	"sendoff/compose"
)

// A draft is taken up again in another directory.
func TestLetter_AttachmentsAreWholePaths(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	l := letter{attach: []string{"a.txt", filepath.Join(dir, "b.txt")}}
	d, err := l.draft(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"a.txt", "b.txt"} {
		if got := d.Attachments[i].Path; !filepath.IsAbs(got) || filepath.Base(got) != name {
			t.Errorf("%s became %s", name, got)
		}
	}
}

func TestLetter_SeveralReplyToAreOneList(t *testing.T) {
	l := letter{headers: []string{"Reply-To: a@example.org", "reply-to: B <b@example.org>"}}
	d, err := l.draft(nil)
	if want := "a@example.org, B <b@example.org>"; err != nil || d.ReplyTo != want {
		t.Errorf("Reply-To is %q, %v", d.ReplyTo, err)
	}
}

func TestAddress_KeepsTheNameOfABareFrom(t *testing.T) {
	account := accounts.Account{Name: "navy", From: mail.Address{Name: "Grace Hopper", Address: "grace@navy.example"}, Identities: []string{"Amazing Grace <cobol@navy.example>"}}
	book := &accounts.Book{Default: "navy", Accounts: []accounts.Account{account}}
	for from, want := range map[string]string{
		"":                             `"Grace Hopper" <grace@navy.example>`,
		"Grace@navy.example":           `"Grace Hopper" <grace@navy.example>`,
		"cobol@navy.example":           "Amazing Grace <cobol@navy.example>",
		"Admiral <grace@navy.example>": "Admiral <grace@navy.example>",
	} {
		d := compose.Draft{From: from}
		if _, err := address(&d, book, ""); err != nil || d.From != want {
			t.Errorf("%q became %q, want %q (%v)", from, d.From, want, err)
		}
	}
}

func TestParseMailto(t *testing.T) {
	d := parseMailto("mailto:a+b@example.org?subject=100%&body=50%25%20off%0D%0A%zz&In-Reply-To=%3C1@example.net%3E&attach=/etc/passwd&X-A=b")
	want := compose.Draft{
		To: "a+b@example.org", Subject: "100%", Body: "50% off\n%zz",
		Headers: []compose.Header{{Name: "In-Reply-To", Value: "<1@example.net>"}, {Name: "References", Value: "<1@example.net>"}},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("%+v, want %+v", d, want)
	}
	for _, id := range []string{"1@example.net", "%3C1%0A@example.net%3E", "%3Ca@b%3E%20%3Cc@d%3E"} {
		if d := parseMailto("mailto:a@example.org?in-reply-to=" + id); d.Headers != nil {
			t.Errorf("%s gives %v", id, d.Headers)
		}
	}
}
