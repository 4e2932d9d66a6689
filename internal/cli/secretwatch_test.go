package cli

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/config"
	"sendoff/internal/sandbox"
	"sendoff/outbox"
)

// A refused password is tried exactly once until it is another one; then the
// mail that waited goes out without a word from the user.
func TestSecretWatch_ANewPasswordIsNoticed(t *testing.T) {
	dir := t.TempDir()
	var refused atomic.Int32
	server, err := sandbox.Start(sandbox.Options{Log: func(line string) {
		if strings.Contains(line, "login refused") {
			refused.Add(1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	secret := filepath.Join(dir, "secret")
	write := func(password string) {
		if err := os.WriteFile(secret, []byte(password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("wrong") // is what the sandbox refuses
	book, err := demoBook(server.Addr(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	work := &book.Accounts[0].SMTP
	work.Auth, work.Username, work.Secret = accounts.AuthAuto, "ada", accounts.Secret{File: secret}
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: filepath.Join(dir, "data"), State: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	prints, err := accounts.LoadFingerprints(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(b, fixedAccounts(book), config.Settings{}, prints, slog.New(slog.DiscardHandler))
	defer e.transport.Close()
	if _, err := b.Submit(t.Context(), compose.Draft{Account: "work", From: "ada@example.org", To: "ana@example.org", Body: "hi"}, outbox.SubmitOptions{}); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if o, err := e.flush(t.Context()); err != nil || o.Waiting != 1 {
			t.Fatalf("with the old password: %+v, %v", o, err)
		}
	}
	if n := refused.Load(); n != 1 {
		t.Errorf("a refused password was tried %d times", n)
	}
	write("new horse")
	if o, err := e.flush(t.Context()); err != nil || o.Sent != 1 {
		t.Errorf("with the new password: %+v, %v", o, err)
	}
}

// A command may ask a person: who has just been asked is left alone, also by the
// next process.
func TestSecretWatch_ACommandIsNotAskedAgainAndAgain(t *testing.T) {
	if file, command := askEvery(accounts.Secret{File: "/secret"}), askEvery(accounts.Secret{Command: []string{"pass"}}); file != 0 || command != 10*time.Minute {
		t.Errorf("a file is asked every %v, a command every %v", file, command)
	}
}
