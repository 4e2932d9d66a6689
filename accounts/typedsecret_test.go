package accounts

import (
	"errors"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTypedSecret_IsKeptWithItsAccountOrNotAtAll(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	path := filepath.Join(os.Getenv("HOME"), "deep/work.secret")
	s := TypedSecret{Place: Secret{File: "~/deep/work.secret"}, Text: "correct horse"}
	broken := errors.New("the disk is full")
	if err := s.KeepAnd(t.Context(), func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("the secret stays though its account was not saved")
	}
	if err := s.KeepAnd(t.Context(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "correct horse\n" {
		t.Errorf("kept is %q, %v", data, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	s.Text = "another one"
	err := s.KeepAnd(t.Context(), func() error { t.Error("saved"); return nil })
	if !errors.Is(err, ErrSecretThere) || strings.Contains(err.Error(), s.Text) {
		t.Errorf("got %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "correct horse\n" {
		t.Errorf("it was overwritten: %q", data)
	}
	s.Replace = true
	if err := s.KeepAnd(t.Context(), func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "correct horse\n" {
		t.Errorf("it is not as before: %q", data)
	}
	if err := s.KeepAnd(t.Context(), func() error { return nil }); err != nil {
		t.Error(err)
	}
	if data, _ := os.ReadFile(path); string(data) != "another one\n" {
		t.Errorf("it was not replaced: %q", data)
	}
}

func TestTypedSecret_IsNotPrinted(t *testing.T) {
	s := TypedSecret{Place: Secret{File: "/tmp/work.secret"}, Text: "correct horse"}
	unkept := s.Unkept()
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{s, &s, struct{ S TypedSecret }{s}, unkept, &unkept, Account{SMTP: SMTP{Secret: unkept}}} {
			if text := fmt.Sprintf(format, value); strings.Contains(text, "horse") {
				t.Errorf("%s: %s", format, text)
			}
		}
	}
}

// A check before anything is kept uses it for the mailbox too, as the account that
// is written will.
func TestTypedSecret_CanBeTriedBeforeItIsKept(t *testing.T) {
	s := TypedSecret{Place: Secret{Keyring: true}, Text: "correct horse"}
	a := New("work", mail.Address{Address: "ada@example.org"})
	a.SMTP = SMTP{Host: "smtp.example.org", Username: "ada", Secret: s.Unkept()}
	a.Mailbox = Mailbox{Host: "imap.example.org"}
	book, err := NewBook("", a)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []Secret{book.Accounts[0].SMTP.Secret, book.Accounts[0].Mailbox.Secret} {
		if got, err := secret.Resolve(t.Context()); got != "correct horse" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if entries := book.Accounts[0].InKeyring(); len(entries) > 0 {
		t.Errorf("it stands in %v", entries)
	}
	if text := Entry(a); strings.Contains(text, "horse") {
		t.Errorf("it is written:\n%s", text)
	}
	if place := (TypedSecret{Place: Secret{Env: "X"}}).Unkept(); place.Env != "X" {
		t.Errorf("a place without a text is %v", place)
	}
}
