package cli

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sendoff/accounts"
)

const oneAccount = "[[account]]\nname = \"work\"\nfrom = \"ada@example.org\"\n[account.smtp]\nhost = \"127.0.0.1\"\n"

// sourceFile is a source with the file behind it and what it logged.
func sourceFile(t *testing.T, text string) (*accountSource, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s := &accountSource{path: filepath.Join(t.TempDir(), "accounts.toml"), log: slog.New(slog.NewTextHandler(&log, nil))}
	writeFile(t, s.path, text)
	return s, &log
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, s *accountSource) string {
	t.Helper()
	book, err := s.current()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, a := range book.Accounts {
		all = append(all, a.Name)
	}
	return strings.Join(all, " ")
}

func TestAccountSource_GoesOnWithTheOldBookWhileTheFileIsGoneOrBroken(t *testing.T) {
	s, log := sourceFile(t, oneAccount)
	if got := names(t, s); got != "work" {
		t.Fatal(got)
	}
	if err := os.Remove(s.path); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got := names(t, s); got != "work" {
			t.Errorf("while it is gone: %q", got)
		}
	}
	writeFile(t, s.path, "[[account]]\nnmae = \"work\"\n")
	for range 3 {
		if got := names(t, s); got != "work" {
			t.Errorf("while it is broken: %q", got)
		}
	}
	if got := s.wrong(); got != "accounts.toml:1: account.smtp.host: is missing" {
		t.Errorf("what is wrong: %q", got)
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 2 {
		t.Errorf("%d warnings, want one that it is gone and one that it is broken:\n%s", n, log)
	}
	writeFile(t, s.path, oneAccount+strings.ReplaceAll(oneAccount, "work", "home"))
	if got := names(t, s); got != "work home" || s.wrong() != "" {
		t.Errorf("mended: %q, %q", got, s.wrong())
	}
}

func TestAccountSource_PoliciesAreThoseOfTheFile(t *testing.T) {
	s, _ := sourceFile(t, oneAccount)
	before, again := s.policies(), s.policies()
	if len(before) != 1 || !slices.Equal(before, again) {
		t.Errorf("%+v, then %+v", before, again)
	}
	writeFile(t, s.path, oneAccount+"username = \"ada\"\nsecret.env = \"PASSWORD\"\n")
	if after := s.policies(); len(after) != 1 || after[0].Revision == before[0].Revision {
		t.Errorf("%+v, then %+v", before, after)
	}
}

func TestAccountSource_ReadsABrokenFileAgainOnlyWhenItChanges(t *testing.T) {
	s, log := sourceFile(t, oneAccount)
	names(t, s)
	writeFile(t, s.path, "broken")
	names(t, s)
	first := s.read
	names(t, s)
	if s.read != first {
		t.Error("it was read again, unchanged")
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 {
		t.Errorf("%d warnings", n)
	}
	s.read = first.Add(-brokenAgain) // a minute later: what is wrong may be outside of the file
	if names(t, s); !s.read.After(first) {
		t.Error("it was never read again")
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 {
		t.Errorf("%d warnings of one thing", n)
	}
}

func TestAccountSource_MissingFileIsNoAccounts(t *testing.T) {
	s, _ := sourceFile(t, oneAccount)
	if err := os.Remove(s.path); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.current(); !errors.Is(err, accounts.ErrNoAccounts) {
			t.Errorf("got %v", err)
		}
	}
	writeFile(t, s.path, oneAccount)
	if got := names(t, s); got != "work" {
		t.Errorf("set up: %q", got)
	}
}

// A file that names no account is taken at its word, as when the last one was
// taken out. What is about to leave through that is not called wrong for it.
func TestAccountSource_HasNoneWhereTheFileNamesNone(t *testing.T) {
	s, log := sourceFile(t, "# none yet\n")
	if all, err := s.ordered(); err != nil || len(all) != 0 || s.policies() != nil {
		t.Errorf("%v, %v, %v", all, err, s.policies())
	}
	writeFile(t, s.path, oneAccount)
	if all, err := s.ordered(); err != nil || len(all) != 1 || len(s.policies()) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	writeFile(t, s.path, "")
	if _, err := s.current(); !errors.Is(err, accounts.ErrNoAccounts) {
		t.Errorf("got %v", err)
	}
	if all, err := s.ordered(); err != nil || len(all) != 0 || s.policies() != nil {
		t.Errorf("%v, %v, %v", all, err, s.policies())
	}
	if a, err := s.lookup("work"); err != nil || a.Name != "work" {
		t.Errorf("%v, %v", a, err)
	}
	if strings.Contains(log.String(), "ERROR") {
		t.Errorf("logged: %s", log)
	}
	writeFile(t, s.path, oneAccount)
	if got := names(t, s); got != "work" {
		t.Error(got)
	}
}

func TestAccountSource_PutsTheDefaultInFront(t *testing.T) {
	s, _ := sourceFile(t, "default = \"home\"\n"+oneAccount+strings.Replace(oneAccount, "work", "home", 1))
	all, err := s.ordered()
	if err != nil || len(all) != 2 || all[0].Name != "home" || all[1].Name != "work" {
		t.Errorf("%v, %v", all, err)
	}
}
