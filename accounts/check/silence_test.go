package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/accounts"
	"sendoff/internal/dnstest"
	"sendoff/internal/smtptest"
)

// Whoever is silent, and wherever: the check ends in its time, and says who.
func TestRun_EndsWithin20SecondsOfSilence(t *testing.T) {
	dnstest.BeforeBubble(t)
	const ready = "S: 220 hi\nC: EHLO *\n"
	never := func(ctx context.Context) (net.Conn, error) {
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
	}
	for _, test := range []struct {
		name     string
		security accounts.Security
		dialogue string // "": no connection is made
		step     string
		cause    Cause
		says     string
	}{
		{"no connection", accounts.STARTTLS, "", StepConnect, CauseNoAnswer, "no answer from smtp.example.org, port 587 in 9 s"},
		{"no greeting", accounts.STARTTLS, "stall", StepGreeting, CauseSilent, "says nothing for 8 s"},
		{"no handshake", accounts.TLS, "stall", StepTLS, CauseTLSSilent, "does not answer to TLS within 6 s"},
		{"no answer to EHLO", accounts.None, ready + "stall", StepEHLO, CauseLost, "no answer within 6 s"},
		{"no answer to STARTTLS", accounts.STARTTLS, ready + "S: 250-hi\nS: 250 STARTTLS\nC: STARTTLS\nstall", StepTLS, CauseTLSSilent, "TLS"},
		{"no answer to the login", accounts.None, ready + "S: 250-hi\nS: 250 AUTH PLAIN\nC: AUTH *\nstall", StepLogin, CauseSilent, "login within 8 s"},
		{"no answer to MAIL", accounts.None, ready + "S: 250-hi\nS: 250 AUTH PLAIN\nC: AUTH *\nS: 235 ok\nC: MAIL *\nstall", StepFrom, CauseLost, "no answer within 6 s"},
		{"slow all the way", accounts.None, "pause 7s\nS: 220 hi\nC: EHLO *\npause 5s\nS: 250-hi\nS: 250 AUTH PLAIN\nC: AUTH *\npause 7900ms\nS: 235 ok\nC: <end>", StepLogin, CauseTimeOver, "time of the check"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.security, 587)
			w.account.Mailbox = accounts.Mailbox{Host: host, Port: 993, Security: accounts.TLS, Protocol: accounts.IMAP}
			synctest.Test(t, func(t *testing.T) {
				w.tb = t
				silent := smtptest.ServeInMemory(t, "--- *20\nstall", nil)
				server := silent
				if test.dialogue != "stall" {
					server = smtptest.ServeInMemory(t, test.dialogue, nil)
				}
				dials := 0
				dial := func(ctx context.Context, _, address string) (net.Conn, error) {
					_, port, _ := net.SplitHostPort(address)
					switch {
					case port != strconv.Itoa(587):
						return silent.Dial(ctx, "", "")
					case test.dialogue == "":
						return never(ctx)
					}
					if dials++; dials > 1 { // to knock
						return silent.Dial(ctx, "", "")
					}
					return server.Dial(ctx, "", "")
				}
				book, err := accounts.NewBook("", w.account)
				if err != nil {
					t.Fatal(err)
				}
				zone := "example.org SILENCE\n*.example.org SILENCE"
				start := time.Now()
				report := Run(t.Context(), book.Accounts[0], Options{Dial: dial, Resolver: dnstest.ServeInMemory(t, zone).Resolver()})
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("it took %s", took)
				}
				s := failure(report)
				if s.Name != test.step || s.Cause != test.cause || !strings.Contains(s.Found, test.says) {
					t.Errorf("%+v", s)
				}
				if s.Name == StepLogin && s.Cause == CauseSilent && !strings.Contains(s.Hint, "the password") { // which may be what it waits for
					t.Errorf("%+v", s)
				}
				for _, s := range report.Steps {
					if s.Part() == PartDomain && (s.State != Skipped || s.Cause != CauseNoDNS) {
						t.Errorf("%+v", s)
					}
				}
				if s := step(t, report, "mailbox-tls"); s.State != Fail || s.Cause != CauseTLSSilent {
					t.Errorf("%+v", s)
				}
				server.Finish()
				silent.Finish()
			})
		})
	}
}

// The server that gives tokens is not the place where a secret is kept: there is
// nothing to unlock.
func TestRun_TellsTheServerOfTokensFromTheSecret(t *testing.T) {
	dnstest.BeforeBubble(t)
	path := filepath.Join(t.TempDir(), "accounts.toml")
	text := "[oauth.home]\nclient_id = 'me'\nauth_url = 'https://login.example.org/auth'\ntoken_url = 'https://login.example.org/token'\n" +
		"[[account]]\nname = 'work'\nfrom = 'ada@example.org'\n[account.smtp]\nhost = 'smtp.example.org'\nusername = 'ada'\nsecret = { oauth = 'home' }\n" +
		"[account.mailbox]\nhost = 'imap.example.org'\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	book, err := accounts.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		get   func(ctx context.Context) error
		cause Cause
		says  string
	}{
		{"slow", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, CauseTokenServer, "did not answer in time"},
		{"in trouble", func(context.Context) error {
			return fmt.Errorf("login.example.org answers 503: %w", accounts.ErrTryLater)
		}, CauseTokenServer, "login.example.org answers 503"},
		{"refusing", func(context.Context) error { return errors.New("login.example.org says invalid_grant") }, CauseSecret, "invalid_grant"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				book := book.WithTokens(func(ctx context.Context, _ accounts.Account, _ accounts.OAuthClient, _ string) (string, error) {
					return "", test.get(ctx)
				})
				dial := func(context.Context, string, string) (net.Conn, error) {
					return nil, errors.New("no secret, no connection")
				}
				start := time.Now()
				report := Run(t.Context(), book.Accounts[0], Options{Dial: dial, Resolver: dnstest.ServeInMemory(t, "example.org SILENCE").Resolver()})
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("it took %s", took)
				}
				for _, name := range []string{StepSecret, "mailbox-" + StepSecret} {
					if s := step(t, report, name); s.State != Fail || s.Cause != test.cause || !strings.Contains(s.Found, test.says) || strings.Contains(s.Hint, "unlock") {
						t.Errorf("%+v", s)
					}
				}
			})
		})
	}
}

// Somebody who has waited enough is not kept.
func TestRun_EndsWithItsContext(t *testing.T) {
	w := newWorld(t, accounts.None, 587)
	dnstest.BeforeBubble(t)
	synctest.Test(t, func(t *testing.T) {
		silent := smtptest.ServeInMemory(t, "--- *20\nstall", nil)
		book, err := accounts.NewBook("", w.account)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		report := Run(ctx, book.Accounts[0], Options{Dial: silent.Dial, Resolver: dnstest.ServeInMemory(t, "example.org SILENCE").Resolver()})
		if took := time.Since(start); took > 3*time.Second || report.OK() {
			t.Errorf("%+v after %s", report, took)
		}
		silent.Finish()
	})
}
