package accounts

import (
	"errors"
	"fmt"
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
}

func TestTypedSecret_IsNotPrinted(t *testing.T) {
	s := TypedSecret{Place: Secret{File: "/tmp/work.secret"}, Text: "correct horse"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{s, &s, struct{ S TypedSecret }{s}} {
			if text := fmt.Sprintf(format, value); strings.Contains(text, "horse") {
				t.Errorf("%s: %s", format, text)
			}
		}
	}
}
