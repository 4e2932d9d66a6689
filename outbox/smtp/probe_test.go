package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
)

// probeOf opens a probe of a rig's account and gives the stages that it has
// entered, as one word each.
func probeOf(tb testing.TB, r *rig, o ProbeOptions) (p *Probe, stages string, err error) {
	tb.Helper()
	var entered []string
	o.Entered = func(s Stage) { entered = append(entered, string(s)) }
	p = r.Probe(r.account, o)
	tb.Cleanup(p.Close)
	err = p.Open(tb.Context())
	return p, strings.Join(entered, " "), err
}

func TestProbe_OpensASessionAsADeliveryDoes(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	const inside = `
		C: EHLO [127.0.0.1]
		S: 250-test
		S: 250-SIZE 1000
		S: 250-LIMITS RCPTMAX=20
		S: 250 AUTH PLAIN
		C: AUTH PLAIN ` + plainIR + `
		S: 235 welcome
		C: MAIL FROM:<ada@example.org> SIZE=1024
		S: 250 ok
		C: RCPT TO:<ada@example.org>
		S: 250 ok
		C: RSET
		S: 250 ok
	`
	for _, test := range []struct{ security, dialogue, stages string }{
		{"tls", "tls\nS: 220 test ready" + inside, "secret dial tls greeting ehlo login"},
		{"starttls", "S: 220 test ready\nC: EHLO [127.0.0.1]\nS: 250-test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\ntls" + inside, "secret dial greeting ehlo tls ehlo login"},
	} {
		t.Run(test.security, func(t *testing.T) {
			r := newSecureRig(t, test.dialogue, withLogin)
			r.account.SMTP.Security = accounts.Security(test.security)
			p, stages, err := probeOf(t, r, ProbeOptions{})
			if err != nil || stages != test.stages {
				t.Fatalf("%v after %s", err, stages)
			}
			if err := p.MaySend(t.Context(), "ada@example.org", "ada@example.org"); err != nil {
				t.Error(err)
			}
			if p.TLS() == nil || p.TLS().Version != tls.VersionTLS13 || p.Greeting() != "test ready" || p.MaxSize() != 1000 || p.Limit("RCPTMAX") != 20 || p.Login() != "PLAIN" {
				t.Errorf("TLS %v, greeting %q, size %d, limit %d, login %q", p.TLS(), p.Greeting(), p.MaxSize(), p.Limit("RCPTMAX"), p.Login())
			}
			p.Close()
			if all := r.finish(); len(all) != 1 || all[0].Commands("QUIT") != 1 || all[0].Commands("DATA") != 0 {
				t.Errorf("the server heard %+v", all)
			}
		})
	}
}

func TestProbe_SaysWhereItEnded(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	for _, test := range []struct {
		name, dialogue string
		change         func(*accounts.Account)
		stage          Stage
		reason         error
	}{
		{"greeting", "S: 554 go away", nil, StageGreeting, nil},
		{"web server", "S: HTTP/1.1 400 Bad Request", nil, StageGreeting, ErrNotMail},
		{"no STARTTLS", greeting, withSTARTTLS, StageEHLO, ErrNoSTARTTLS},
		{"STARTTLS refused", "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250 STARTTLS\nC: STARTTLS\nS: 454 4.7.0 not now", withSTARTTLS, StageTLS, nil},
		{"text behind STARTTLS", "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nS: 250 AUTH PLAIN", withSTARTTLS, StageTLS, ErrTampered},
		{"plain text for TLS", "S: 220 test\nstall", withTLS, StageTLS, ErrSpeaksPlain},
		{"no login", greeting, withLogin, StageLogin, ErrNoLogin},
		{"no fitting login", "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250 AUTH XOAUTH2", withLogin, StageLogin, ErrNoMethod},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newSecureRig(t, test.dialogue, func(a *accounts.Account) { // over TCP: both ends may speak first
				if a.SMTP.Security = accounts.None; test.change != nil {
					test.change(a)
				}
			})
			_, _, err := probeOf(t, r, ProbeOptions{})
			var e *ProbeError
			if !errors.As(err, &e) || e.Stage != test.stage || e.Result.Class == 0 || test.reason != nil && !errors.Is(err, test.reason) {
				t.Errorf("%#v", err)
			}
		})
	}
}

func TestProbe_GivesEachStageItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "pause 4s\nS: 220 test ready\nC: EHLO *\nstall", nil)
		start := time.Now()
		_, _, err := probeOf(t, r, ProbeOptions{Limit: func(Stage) time.Duration { return 5 * time.Second }})
		var e *ProbeError
		if took := time.Since(start); !errors.As(err, &e) || e.Stage != StageEHLO || !errors.Is(err, os.ErrDeadlineExceeded) || took != 9*time.Second {
			t.Errorf("%v after %s", err, took)
		}
		if !strings.Contains(e.Result.Text, "5 s") {
			t.Error(e.Result.Text)
		}
		r.finish()
	})
}

func TestProbe_MaySendSaysWhoIsRefused(t *testing.T) {
	for _, test := range []struct {
		name, dialogue string
		stage          Stage
		code           int
	}{
		{"sender", "C: MAIL *\nS: 553 5.7.1 not owned by user ada", StageMail, 553},
		{"recipient", "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 550 5.1.1 no such user", StageRcpt, 550},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, greeting+test.dialogue, nil)
			p, _, err := probeOf(t, r, ProbeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			err = p.MaySend(t.Context(), "ada@example.org", "ada@example.org")
			var e *ProbeError
			if !errors.As(err, &e) || e.Stage != test.stage || e.Result.Code != test.code {
				t.Errorf("%#v", err)
			}
		})
	}
}

// A secret that a server repeats is not in what a probe says.
func TestProbe_HidesWhatAServerRepeats(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	r := newRig(t, greeting[:len(greeting)-len("S: 250 test\n\t")]+"S: 250-test\nS: 250 AUTH PLAIN\nC: AUTH *\nS: 535 5.7.8 wrong: "+password+" "+plainIR, withLogin)
	_, _, err := probeOf(t, r, ProbeOptions{})
	if err == nil || strings.Contains(err.Error(), password) || strings.Contains(err.Error(), plainIR[:12]) {
		t.Error(err)
	}
}

func TestKnock(t *testing.T) {
	for _, test := range []struct {
		dialogue string
		want     Door
	}{
		{"tls", DoorTLS},
		{"raw \"220 test\\r\\n\"\nstall", DoorPlain},
		{"raw \"554-no\"\nstall", DoorPlain},
		{"raw \"HTTP/1.1 400 Bad Request\\r\\n\"\nstall", DoorOther},
		{"close", DoorSilent},
	} {
		t.Run(test.dialogue, func(t *testing.T) {
			r := newSecureRig(t, test.dialogue, nil)
			if got := r.Knock(t.Context(), r.account.SMTP); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
	t.Run("silent", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, "stall", nil)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			if got := r.Knock(ctx, r.account.SMTP); got != DoorSilent {
				t.Errorf("%s, want silent", got)
			}
			r.finish()
		})
	})
	t.Run("shut", func(t *testing.T) {
		refuse := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") }
		r := rigFor(t, &smtptest.Server{Host: "127.0.0.1", Port: 1}, Options{Dial: refuse}, nil)
		if got := r.Knock(t.Context(), r.account.SMTP); got != DoorShut {
			t.Error(got)
		}
	})
}
