package accounts

import (
	"errors"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"testing"

	"sendoff/internal/lease"
)

func TestFile_SaveKeepsLinkAndPermissions(t *testing.T) {
	folder := t.TempDir()
	real, link := filepath.Join(folder, "dotfiles", "accounts.toml"), filepath.Join(folder, "accounts.toml")
	if err := os.Mkdir(filepath.Dir(real), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(real, []byte(valid), 0o644), os.Symlink(real, link)); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(link)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Rename("work", "office"), f.Save(), f.Rename("office", "desk"), f.Save()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(real); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	if book, err := Load(link); err != nil || book.Default != "desk" {
		t.Errorf("%v, %v", book, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(real)); err != nil || len(entries) != 1 {
		t.Errorf("beside it: %v, %v", entries, err)
	}
	dangling := filepath.Join(folder, "dangling")
	if err := os.Symlink(filepath.Join(folder, "gone"), dangling); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(dangling); err == nil || err.Error() != dangling+": is a link to a file that does not exist" {
		t.Errorf("a link to nothing: %v", err)
	}
}

func TestFile_SaveMakesFileAndFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config", "sendoff", "accounts.toml")
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Account("work"); !errors.Is(err, ErrNoAccounts) || f.Book() != nil {
		t.Errorf("an account of no file: %v", err)
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of nothing was made: %v", err)
	}
	a := New("work", mail.Address{Name: "Ada Example", Address: "ada@example.org"})
	a.SMTP = SMTP{Host: "smtp.example.org", Port: 465, Security: TLS, Auth: AuthAuto, Username: "ada@example.org", Secret: Secret{File: "~/.password"}}
	a.Mailbox = Mailbox{Protocol: IMAP, Host: "imap.example.org", Port: 993, Security: TLS}
	if err := errors.Join(f.Add(a), f.Save()); err != nil {
		t.Fatal(err)
	}
	const want = `default = "work"

[[account]]
name = "work"
from = "Ada Example <ada@example.org>"

[account.smtp]
host = "smtp.example.org"
port = 465
security = "tls"
username = "ada@example.org"
secret = { file = "~/.password" }

[account.mailbox]
protocol = "imap"
host = "imap.example.org"
port = 993
security = "tls"
`
	if data, err := os.ReadFile(path); err != nil || string(data) != want {
		t.Errorf("got %v\n%s", err, data)
	}
	for path, mode := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s is %v, %v", path, info.Mode(), err)
		}
	}
}

// An edit made in the meantime, by whatever program, is never lost.
func TestFile_SaveNoticesWhatOthersDid(t *testing.T) {
	f := open(t, valid)
	other, err := OpenFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Rename("work", "a"), other.Rename("work", "b"), other.Save()); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(); !errors.Is(err, ErrChanged) {
		t.Errorf("what another one wrote was overwritten: %v", err)
	}
	if err := other.Save(); err != nil { // nothing to do
		t.Error(err)
	}

	if err := other.Rename("b", "c"); err != nil {
		t.Fatal(err)
	}
	held, err := lease.Take(f.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Save(); !errors.Is(err, ErrChanged) {
		t.Errorf("while another one writes: %v", err)
	}
	if err := errors.Join(held.Release(), os.Remove(f.path)); err != nil {
		t.Fatal(err)
	}
	if err := other.Save(); !errors.Is(err, ErrChanged) {
		t.Errorf("a file that is gone: %v", err)
	}

	fresh, err := OpenFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	a := New("work", mail.Address{Address: "ada@example.org"})
	a.SMTP.Host = "h"
	if err := errors.Join(fresh.Add(a), os.WriteFile(f.path, []byte(valid), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := fresh.Save(); !errors.Is(err, ErrChanged) {
		t.Errorf("a file that has come: %v", err)
	}
	if data, err := os.ReadFile(f.path); err != nil || string(data) != valid {
		t.Errorf("%s, %v", data, err)
	}
}
