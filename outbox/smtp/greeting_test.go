package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
)

// B10: a clear line to a port that speaks TLS is told in a quarter of a minute,
// and the second connection, which finds it out, carries nothing of the account.
func TestGreeting_NamesAPortThatSpeaksTLS(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	authority := smtptest.NewAuthority(t)
	certificate, key := authority.Files()
	old := authority.Server(nil)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	expired := authority.Server(func(c *x509.Certificate) { c.NotAfter = c.NotBefore.Add(time.Hour) })
	for _, test := range []struct {
		name     string
		security accounts.Security
		config   *tls.Config
	}{
		{"starttls", accounts.STARTTLS, authority.Server(nil)},
		{"none", accounts.None, authority.Server(nil)},
		{"whatever its certificate", accounts.STARTTLS, expired},
		{"whatever its version", accounts.STARTTLS, old},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var shown atomic.Int32
				test.config.ClientAuth = tls.RequestClientCert
				test.config.VerifyConnection = func(state tls.ConnectionState) error {
					shown.Add(int32(len(state.PeerCertificates)))
					return nil
				}
				server := smtptest.ServeInMemory(t, "tls\n---\ntls\nC: <end>", test.config)
				r := rigFor(t, server, Options{Dial: server.Dial}, withLogin)
				r.account.SMTP.Security = test.security
				if test.security != accounts.None {
					r.account.SMTP.ClientCert, r.account.SMTP.ClientKey = certificate, key
				}
				start := time.Now()
				report := r.Deliver(t.Context(), delivery(hello))
				took := time.Since(start)
				if classes(report) != "account" || !strings.Contains(report.Results[0].Text, `set security = "tls"`) || took != silenceLimit {
					t.Errorf("%+v after %s", report.Results[0], took)
				}
				all := r.finish()
				if len(all) != 2 || len(all[0].Lines)+len(all[1].Lines) != 0 || shown.Load() != 0 {
					t.Errorf("the server was told %+v, and shown %d certificates", all, shown.Load())
				}
			})
		})
	}
}

// Silence alone is not held against a server: one that only takes its time gets
// the message over the first connection.
func TestGreeting_WaitsForASlowServer(t *testing.T) {
	slow := "pause 40s\n" + greeting + mail
	for _, test := range []struct {
		name     string
		dialogue string
		took     time.Duration
	}{
		{"as slow the second time", slow + "---\nstall", 40 * time.Second},
		{"greeting early the second time", slow + "---\nraw \"220 test\\r\\n\"\nstall", 40 * time.Second},
		{"hanging up on the second", slow + "---\nclose", 40 * time.Second},
		{"greeting while it is asked", "pause 17s\n" + greeting + mail + "---\nstall", silenceLimit + probeLimit},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, test.dialogue, nil)
				start := time.Now()
				report := r.Deliver(t.Context(), delivery(hello))
				if took := time.Since(start); classes(report) != "accepted" || took != test.took {
					t.Errorf("%+v after %s, want it after %s", report.Results[0], took, test.took)
				}
				r.finish()
			})
		})
	}
	t.Run("no second connection to be had", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, slow, nil)
			dials, dial := 0, r.options.Dial
			r.options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				if dials++; dials > 1 {
					return nil, errors.New("too many connections")
				}
				return dial(ctx, network, address)
			}
			if report := r.Deliver(t.Context(), delivery(hello)); classes(report) != "accepted" || dials != 2 {
				t.Errorf("%+v after %d dials", report.Results[0], dials)
			}
			r.finish()
		})
	})
}

// The end of the delivery ends the second look too.
func TestGreeting_IsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "stall\n---\nstall", nil)
		ctx, cancel := context.WithTimeout(t.Context(), silenceLimit+time.Second)
		defer cancel()
		start := time.Now()
		report := r.Deliver(ctx, delivery(hello))
		if took := time.Since(start); classes(report) != "network" || !strings.Contains(report.Results[0].Text, "stopped") || took != silenceLimit+time.Second {
			t.Errorf("%+v after %s", report.Results[0], took)
		}
		r.finish()
	})
}
