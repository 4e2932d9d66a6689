package peersuite

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/peers"
	"sendoff/internal/smtptest"
)

func TestMailpit(t *testing.T) {
	needLong(t)
	dir := t.TempDir()
	authority := smtptest.NewAuthority(t)
	certificate, key := authority.Files()
	users := filepath.Join(dir, "users")
	if err := os.WriteFile(users, []byte(username+":"+password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := peers.NeedMailpit(t, "--smtp-tls-cert", certificate, "--smtp-tls-key", key, "--smtp-auth-file", users, "--smtp-require-starttls",
		"--smtp-allowed-recipients", `^(ana|bob|cyd|person\d+|gr.+n)@example\.org$`)
	s := &server{
		smtp: at(t, m.Address, accounts.STARTTLS), roots: authority.Pool, refused: refused, utf8: true, login: true, trips: 5,
		adds: "Return-Path Received Bcc",
	}
	s.taken = func(t *testing.T) (all []taken) {
		for _, message := range m.Messages(t) {
			// Where all recipients are hidden, the sender stands in To, and Mailpit
			// takes who stands there for a recipient.
			to := slices.DeleteFunc(message.To, func(address string) bool { return address == sender })
			all = append(all, taken{to, message.Text})
		}
		return all
	}
	s.run(t)
}
