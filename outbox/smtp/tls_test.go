package smtp

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
)

// awayDialer makes a connection look as if it left the machine.
func awayDialer(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return awayConn{conn}, err
	}
}

type awayConn struct{ net.Conn }

func (awayConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 25} }

func withTLS(a *accounts.Account)      { a.SMTP.Security = accounts.TLS }
func withSTARTTLS(a *accounts.Account) { a.SMTP.Security = accounts.STARTTLS }

func TestTLS_DeliversWithALogin(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	const inside = "S: 250-test\nS: 250 AUTH PLAIN\nC: AUTH PLAIN *\nS: 235 ok" + mail
	t.Run("tls", func(t *testing.T) {
		r := newSecureRig(t, "tls\nS: 220 test\nC: EHLO *\n"+inside, withTLS)
		withLogin(&r.account)
		if report := r.deliver(t, delivery(hello)); classes(report) != "accepted" || report.TLS != "TLS 1.3" {
			t.Errorf("%+v", report)
		}
	})
	// B11: only what is offered inside TLS counts.
	t.Run("starttls", func(t *testing.T) {
		r := newSecureRig(t, "S: 220 test\nC: EHLO *\nS: 250-x\nS: 250-SIZE 1\nS: 250-AUTH CRAM-MD5\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\ntls\nC: EHLO *\n"+inside, withSTARTTLS)
		withLogin(&r.account)
		if report := r.deliver(t, delivery(hello)); classes(report) != "accepted" || report.TLS != "TLS 1.3" {
			t.Errorf("%+v", report)
		}
	})
}

// Whatever ends the opening of a session, the report tells what it had reached.
func TestTLS_IsReportedOfWhatFails(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	for _, c := range []struct {
		dialogue string
		security func(*accounts.Account)
		want     string
	}{
		{"tls\nS: 220 test\nC: EHLO *\nS: 250-test\nS: 250 AUTH PLAIN\nC: AUTH PLAIN *\nS: 535 5.7.8 no", withTLS, "TLS 1.3"},
		{"tls\nS: 554 5.7.1 not you", withTLS, "TLS 1.3"},
		{"S: 220 test\nC: EHLO *\nS: 250-x\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\ntls\nC: EHLO *\nS: 250 none", withSTARTTLS, "TLS 1.3"},
		{"S: 554 5.7.1 not you", withSTARTTLS, ""},
	} {
		r := newSecureRig(t, c.dialogue, c.security)
		withLogin(&r.account)
		if report := r.deliver(t, delivery(hello)); report.TLS != c.want || report.Began {
			t.Errorf("%s\nTLS %q, want %q: %+v", report.Dialogue, report.TLS, c.want, report.Results)
		}
	}
}

func TestTLS_TrustsTheAccountsAuthority(t *testing.T) {
	authority := smtptest.NewAuthority(t)
	server := smtptest.Serve(t, "tls\nS: 220 test\nC: EHLO *\nS: 250 test"+mail, authority.Server(nil))
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, authority.PEM, 0o600); err != nil {
		t.Fatal(err)
	}
	r := rigFor(t, server, Options{}, func(a *accounts.Account) {
		withTLS(a)
		a.SMTP.Host, a.SMTP.CAFile = "localhost", file
	})
	if report := r.deliver(t, delivery(hello)); classes(report) != "accepted" {
		t.Errorf("%+v", report)
	}
	r.account.SMTP.CAFile = filepath.Join(t.TempDir(), "none.pem")
	if report := r.deliver(t, delivery(hello)); classes(report) != "account" || !strings.Contains(report.Results[0].Text, "ca_file") {
		t.Errorf("%+v", report)
	}
}

// Nothing but what is needed to find out is said on a line that cannot be
// secured as the account wants it.
func TestTLS_NoDowngrade(t *testing.T) {
	const ehlo = "S: 220 test\nC: EHLO *\n"
	rows := []struct {
		name     string
		security accounts.Security
		dialogue string
		class    string
		text     string
		lines    int // said in all
	}{
		{"B01 stripped", accounts.STARTTLS, ehlo + "S: 250-test\nS: 250 AUTH PLAIN\nC: <end>", "account", "offers no STARTTLS", 1},
		{"A15 no ESMTP", accounts.STARTTLS, ehlo + "S: 502 what\nC: HELO *\nS: 250 STARTTLS\nC: <end>", "account", "offers no STARTTLS", 2},
		{"B02 later", accounts.STARTTLS, ehlo + "S: 250-test\nS: 250 STARTTLS\nC: STARTTLS\nS: 454 4.7.0 later\nC: <end>", "network", "later", 2},
		{"B03 injection", accounts.STARTTLS, ehlo + "S: 250-test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nS: 250 AUTH PLAIN\nC: <end>", "account", "tampering", 2},
		{"B09 plain on 465", accounts.TLS, "S: 220 test\npause 50ms", "account", "speaks plain SMTP", 0},
		{"A07 portal", accounts.TLS, "S: HTTP/1.1 302 Found\npause 50ms", "network", "captive portal", 0},
		{"garbage", accounts.TLS, "S: SSH-2.0-OpenSSH\npause 50ms", "protocol", "does not speak TLS", 0},
		{"handshake cut", accounts.TLS, "close", "network", "TLS handshake", 0},
	}
	t.Setenv("SMTP_TEST_PASSWORD", password)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := newSecureRig(t, row.dialogue, withLogin)
			r.account.SMTP.Security = row.security
			report := r.deliver(t, delivery(hello))
			if classes(report) != row.class || !strings.Contains(report.Results[0].Text, row.text) || report.Began {
				t.Errorf("%+v, want %s %q", report, row.class, row.text)
			}
			_ = r.Close()
			if row.lines == 0 {
				return // the first bytes of a handshake are no lines
			}
			if heard := r.server.Finish()[0]; len(heard.Lines) != row.lines {
				t.Errorf("the server heard %q", heard.Lines)
			}
		})
	}
}

func TestTLS_NamesWhatIsWrongWithACertificate(t *testing.T) {
	authority := smtptest.NewAuthority(t)
	old := authority.Server(nil)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	rows := []struct {
		name    string
		config  *tls.Config
		roots   *x509.CertPool
		problem string
	}{
		{"B04 expired", authority.Server(func(c *x509.Certificate) { c.NotAfter = time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC) }), authority.Pool, "to 2001-02-03"},
		{"B05 other name", authority.Server(func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"login.hotspot.example"} }), authority.Pool, "login.hotspot.example"},
		{"B06 unknown issuer", authority.Server(nil), x509.NewCertPool(), "SHA-256"},
		{"B07 old versions", old, authority.Pool, "old TLS"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			server := smtptest.Serve(t, "tls\nS: 220 test\nC: <end>", row.config)
			r := rigFor(t, server, Options{RootCAs: row.roots}, withTLS)
			report := r.deliver(t, delivery(hello))
			if classes(report) != "account" || !strings.Contains(report.Results[0].Text, row.problem) {
				t.Errorf("%+v, want %q", report.Results[0], row.problem)
			}
		})
	}
}

// A pin stands for authority, name and dates: it is this certificate or none.
func TestTLS_TrustsThePinnedCertificateAlone(t *testing.T) {
	authority := smtptest.NewAuthority(t)
	spoiled := func(c *x509.Certificate) {
		c.IPAddresses, c.DNSNames, c.NotAfter = nil, []string{"elsewhere.example"}, time.Date(2001, 2, 3, 0, 0, 0, 0, time.UTC)
	}
	config := authority.Server(spoiled)
	sum := sha256.Sum256(config.Certificates[0].Certificate[0])
	pin := hex.EncodeToString(sum[:])
	other := strings.Repeat("ab", len(sum))
	old := config.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	const whole = "tls\nS: 220 test\nC: EHLO *\nS: 250 test" + mail
	rows := []struct {
		name     string
		dialogue string
		config   *tls.Config
		pin      string
		class    string
		text     string
	}{
		{"right", whole, config, pin, "accepted", ""},
		{"wrong", "tls\nC: <end>", config, other, "account", "fingerprint " + strings.ToUpper(pin)},
		{"wrong, though an authority vouches", "tls\nC: <end>", authority.Server(nil), other, "account", "not that of pin_sha256"},
		{"nonsense", "", config, "abc", "account", "pin_sha256"},
		{"right, over old TLS", "tls\nC: <end>", old, pin, "account", "old TLS"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			server := smtptest.Serve(t, row.dialogue, row.config)
			r := rigFor(t, server, Options{RootCAs: authority.Pool}, withTLS)
			r.account.SMTP.PinSHA256 = row.pin
			report := r.deliver(t, delivery(hello))
			if classes(report) != row.class || row.text != "" && !strings.Contains(report.Results[0].Text, row.text) {
				t.Errorf("%+v, want %s %q", report.Results[0], row.class, row.text)
			}
		})
	}
}

func TestTLS_ShowsTheClientCertificate(t *testing.T) {
	authority := smtptest.NewAuthority(t)
	certificate, key := authority.Files()
	stranger, strangersKey := smtptest.NewAuthority(t).Files()
	// asking makes a server ask, and name an authority that is not ours: a server
	// that knows certificates by fingerprint does.
	asking := func(kind tls.ClientAuthType, version uint16) *tls.Config {
		config := authority.Server(nil)
		config.ClientAuth, config.ClientCAs, config.MaxVersion = kind, smtptest.NewAuthority(t).Pool, version
		if kind == tls.RequireAndVerifyClientCert {
			config.ClientCAs = authority.Pool
		}
		return config
	}
	const (
		whole    = "tls\nS: 220 test\nC: EHLO *\nS: 250 test" + mail
		refusing = "tls\nS: 220 test\nC: <end>"
	)
	rows := []struct {
		name             string
		dialogue         string
		config           *tls.Config
		certificate, key string
		class            string
		text             string
	}{
		{"asked for", whole, asking(tls.RequireAndVerifyClientCert, tls.VersionTLS13), certificate, key, "accepted", ""},
		{"asked for, TLS 1.2", whole, asking(tls.RequireAndVerifyClientCert, tls.VersionTLS12), certificate, key, "accepted", ""},
		{"asked for, of any authority", whole, asking(tls.RequireAnyClientCert, tls.VersionTLS13), certificate, key, "accepted", ""},
		{"not asked for", whole, authority.Server(nil), certificate, key, "accepted", ""},
		{"asked for, none there", refusing, asking(tls.RequireAnyClientCert, tls.VersionTLS13), "", "", "account", "name one with client_cert"},
		{"asked for, none there, TLS 1.2", refusing, asking(tls.RequireAnyClientCert, tls.VersionTLS12), "", "", "account", "name one with client_cert"},
		{"not known", refusing, asking(tls.RequireAndVerifyClientCert, tls.VersionTLS13), stranger, strangersKey, "account", "is client_cert the one"},
		{"gone since it was loaded", "", authority.Server(nil), certificate + ".gone", key, "account", "client_cert: "},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			server := smtptest.Serve(t, row.dialogue, row.config)
			r := rigFor(t, server, Options{RootCAs: authority.Pool}, withTLS)
			r.account.SMTP.ClientCert, r.account.SMTP.ClientKey = row.certificate, row.key
			report := r.deliver(t, delivery(hello))
			if classes(report) != row.class || row.text != "" && !strings.Contains(report.Results[0].Text, row.text) {
				t.Errorf("%+v, want %s %q", report.Results[0], row.class, row.text)
			}
		})
	}
}

// After STARTTLS, too, the refusal of a certificate comes late.
func TestTLS_LateRefusalAfterSTARTTLS(t *testing.T) {
	authority := smtptest.NewAuthority(t)
	config := authority.Server(nil)
	config.ClientAuth = tls.RequireAnyClientCert
	server := smtptest.Serve(t, "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\ntls", config)
	r := rigFor(t, server, Options{RootCAs: authority.Pool}, withSTARTTLS)
	report := r.deliver(t, delivery(hello))
	if classes(report) != "account" || !strings.Contains(report.Results[0].Text, "client_cert") {
		t.Errorf("%+v", report.Results[0])
	}
}
