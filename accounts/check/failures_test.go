package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
)

// failures has a row for each way in which a sending server can fail: who answers
// how, and the step, the cause and some of the words that it must come to.
var failures = []struct {
	name     string
	security accounts.Security
	port     int
	serve    func(w *world)
	change   func(a *accounts.Account)
	step     string
	cause    Cause
	says     []string // in Found, Server or Hint
}{
	{"a host with a scheme", "tls", 465, nil, func(a *accounts.Account) { a.SMTP.Host = "https://smtp.example.org" }, StepSettings, CauseSettings, []string{"URL"}},
	{"a host with a port", "tls", 465, nil, func(a *accounts.Account) { a.SMTP.Host = "smtp.example.org:465" }, StepSettings, CauseSettings, []string{"port = 465"}},
	{"a host with a space", "tls", 465, nil, func(a *accounts.Account) { a.SMTP.Host = "smtp example.org" }, StepSettings, CauseSettings, []string{"not a host name"}},
	{"a port out of range", "tls", 99999, nil, nil, StepSettings, CauseSettings, []string{"out of range", "465"}},
	{"a From that is no address", "tls", 465, nil, func(a *accounts.Account) { a.From.Address = "ada" }, StepSettings, CauseSettings, []string{"not an address"}},

	{"a secret that cannot be had (C13)", "tls", 465, nil, func(a *accounts.Account) { a.SMTP.Secret = accounts.Secret{Command: []string{"false"}} },
		StepSecret, CauseSecret, []string{"command false"}},

	{"a misspelt host", "tls", 465, nil, func(a *accounts.Account) { a.SMTP.Host = "smtp.gmial.com" }, StepDNS, CauseHostUnknown,
		[]string{"no such server: smtp.gmial.com", "did you mean smtp.gmail.com?"}},
	{"an unknown host", "tls", 465, nil, func(a *accounts.Account) { a.SMTP.Host = "mail.nowhere.example" }, StepDNS, CauseHostUnknown, []string{"check the host"}},
	{"no name server", "tls", 465, at(465, &net.DNSError{Err: "i/o timeout", Name: host, IsTimeout: true}), nil, StepDNS, CauseOffline, []string{"are you online", "unchecked"}},
	{"a name server in trouble", "tls", 465, at(465, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}), nil, StepDNS, CauseOffline, []string{"online"}},
	{"no network", "tls", 465, at(465, os.NewSyscallError("connect", syscall.ENETUNREACH)), nil, StepDNS, CauseOffline, []string{"online"}},

	{"a closed port, another is open", "starttls", 587, func(w *world) { w.serve(465, "tls\nstall", nil) }, nil, StepConnect, CausePortClosed,
		[]string{"nothing listens on port 587", `port 465 is open: set port = 465 and security = "tls"`}},
	{"all ports closed", "starttls", 587, nil, nil, StepConnect, CausePortClosed, []string{"check the port"}},
	{"no way to the host", "tls", 465, func(w *world) {
		at(465, os.NewSyscallError("connect", syscall.EHOSTUNREACH))(w)
		w.serve(2525, "S: 220 hi\nstall", nil)
	}, nil, StepConnect, CauseNoAnswer, []string{"firewall", "587 ✗, 2525 ✓", `port = 2525 and security = "starttls"`}},

	{"plain SMTP on the port of TLS (B09)", "tls", 465, func(w *world) { w.serve(465, "S: 220 smtp.example.org ESMTP\nstall\n---\nS: 220 hi\nstall", nil) }, nil,
		StepTLS, CausePlainPort, []string{"in the clear", "starttls"}},
	{"no TLS at all on the port of TLS", "tls", 465, func(w *world) { w.serve(465, "S: HTTP/1.1 400 Bad Request\nstall\n---\nclose", nil) }, nil,
		StepTLS, CauseNotMail, []string{"not a mail server"}},
	{"old TLS (B07)", "tls", 465, func(w *world) { w.old(465) }, nil, StepTLS, CauseTLSOld, []string{"1.0 or 1.1", "1.2"}},
	// In TLS 1.3 the server says so in place of its greeting.
	{"a certificate that is wanted", "tls", 465, func(w *world) { w.wantsCertificate(465) }, nil, StepGreeting, CauseClientCert, []string{"client_cert"}},
	{"TLS that ends at once", "tls", 465, func(w *world) { w.serve(465, "close\n---\nclose", nil) }, nil, StepTLS, CauseLost, nil},

	{"an expired certificate (B04)", "tls", 465, func(w *world) {
		w.serve(465, "tls\nstall", func(c *x509.Certificate) { c.NotAfter = time.Date(2020, 2, 3, 12, 0, 0, 0, time.UTC) })
	}, nil, StepCertificate, CauseCertExpired, []string{"expired on 2020-02-03", "your clock (" + time.Now().Local().Format("2006-01-02")}},
	{"a certificate of tomorrow", "tls", 465, func(w *world) {
		w.serve(465, "tls\nstall", func(c *x509.Certificate) { c.NotBefore = time.Date(2190, 2, 3, 12, 0, 0, 0, time.UTC) })
	}, nil, StepCertificate, CauseCertNotYetValid, []string{"valid from 2190-02-03", "set the clock"}},
	{"the certificate of another host (B05)", "tls", 465, func(w *world) {
		w.serve(465, "tls\nstall", func(c *x509.Certificate) { c.DNSNames = []string{"smtp.good.example"} })
	}, nil, StepCertificate, CauseCertName, []string{"for smtp.good.example, not smtp.example.org", `host = "smtp.good.example"`}},
	{"an unknown authority (B06)", "tls", 465, func(w *world) {
		w.serve(465, "tls\nstall", nil)
		w.authority = smtptest.NewAuthority(w.tb) // another is trusted
	}, nil, StepCertificate, CauseCertAuthority, []string{"unknown authority", `pin_sha256 = "`, "only if you run this server"}},
	{"another certificate than the pinned one", "tls", 465, func(w *world) { w.serve(465, "tls\nstall", nil) },
		func(a *accounts.Account) { a.SMTP.PinSHA256 = strings.Repeat("ab", 32) }, StepCertificate, CauseCertPin, []string{"fingerprint", "renewed"}},

	{"a network that is not welcome", "tls", 465, func(w *world) { w.serve(465, "tls\nS: 554 5.7.1 blocked using zen.spamhaus.org", nil) }, nil,
		StepGreeting, CauseUnwelcome, []string{"refuses this network", "554 5.7.1 blocked using zen.spamhaus.org"}},
	{"a network that is not welcome (521)", "tls", 465, func(w *world) { w.serve(465, "tls\nS: 521 no mail here", nil) }, nil, StepGreeting, CauseUnwelcome, []string{"521 no mail here"}},
	{"a busy server", "tls", 465, func(w *world) { w.serve(465, "tls\nS: 421 4.3.2 try later", nil) }, nil, StepGreeting, CauseBusy, []string{"busy", "421 4.3.2 try later"}},
	{"too many connections", "tls", 465, func(w *world) { w.serve(465, "tls\nS: 421 4.7.0 too many connections from 192.0.2.1", nil) }, nil,
		StepGreeting, CauseTooManyConns, []string{"too many connections"}},
	{"a web server", "starttls", 587, func(w *world) { w.serve(587, "S: HTTP/1.1 400 Bad Request\n---\nclose", nil) }, nil, StepGreeting, CauseNotMail, []string{"not a mail server", "log-in page"}},
	{"the port of IMAP", "tls", 993, func(w *world) {
		w.serve(993, "tls\nS: * OK IMAP4rev1 ready\n---\ntls", nil)
		w.serve(465, "tls\nstall", nil)
	}, nil, StepGreeting, CauseNotMail,
		[]string{"does not speak SMTP: the port is that of IMAP", `port 465 is open: set port = 465 and security = "tls"`}},
	{"the port of POP3", "starttls", 110, func(w *world) { w.serve(110, "S: +OK ready\n---\nclose", nil) }, nil, StepGreeting, CauseNotMail,
		[]string{"the port is that of POP3", "check the port"}},
	{"a server that hangs up", "starttls", 587, func(w *world) { w.serve(587, "close\n---\nclose", nil) }, nil, StepGreeting, CauseLost, []string{"closed it"}},

	{"no STARTTLS (B01)", "starttls", 587, func(w *world) {
		w.serve(587, "S: 220 hi\nC: EHLO *\nS: 250-hi\nS: 250 AUTH PLAIN\nC: <end>\n---\nS: 220 hi\nstall", nil)
	}, nil, StepEHLO, CauseNoSTARTTLS, []string{"no encryption", "in the clear"}},
	{"STARTTLS refused (B02)", "starttls", 587, func(w *world) {
		w.serve(587, "S: 220 hi\nC: EHLO *\nS: 250-hi\nS: 250 STARTTLS\nC: STARTTLS\nS: 454 4.7.0 TLS not available\n---\nS: 220 hi\nstall", nil)
	}, nil, StepTLS, CauseTLSRefused, []string{"nothing is sent over a clear one", "454 4.7.0 TLS not available"}},
	{"text behind STARTTLS (B03)", "starttls", 587, func(w *world) {
		w.serve(587, "S: 220 hi\nC: EHLO *\nS: 250-hi\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nS: 250-AUTH PLAIN\nC: <end>", nil)
	}, nil, StepTLS, CauseTampered, []string{"tampering"}},
	{"a login only before TLS (B11, B12)", "starttls", 587, func(w *world) {
		w.serve(587, "S: 220 hi\nC: EHLO *\nS: 250-hi\nS: 250-AUTH PLAIN\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\ntls\nC: EHLO *\nS: 250 hi\n---\nS: 220 hi\nstall", nil)
	}, nil, StepLogin, CauseNoLogin, []string{"no login"}},
	{"no login on this port (C09)", "tls", 465, func(w *world) { w.serve(465, "tls\nS: 220 hi\nC: EHLO *\nS: 250 hi\n---\ntls\nstall", nil) }, nil,
		StepLogin, CauseNoLogin, []string{"relay"}},

	{"a wrong password (C01, C02)", "tls", 465, login("535 5.7.8 authentication failed"), nil, StepLogin, CauseLoginRefused, []string{"535 5.7.8 authentication failed", "check the user name"}},
	{"a server that repeats the login", "tls", 465, login("535 5.7.8 no: " + plainIR + " " + password), nil, StepLogin, CauseLoginRefused, []string{"[hidden]"}},
	{"a user name without a domain", "tls", 465, func(w *world) { w.serve(465, begins+"C: AUTH PLAIN *\nS: 535 5.7.8 no", nil) }, func(a *accounts.Account) { a.SMTP.Username = "ada" },
		StepLogin, CauseLoginRefused, []string{"ada@example.org"}},
	{"an app password is wanted (C04)", "tls", 465, login("534 5.7.9 Application-specific password required. https://support.google.com/mail/?p=InvalidSecondFactor"), nil,
		StepLogin, CauseAppPassword, []string{"app password", "https://support.google.com/mail/?p=InvalidSecondFactor"}},
	{"sending is off in the organisation", "tls", 465, login("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."), nil,
		StepLogin, CauseSMTPOff, []string{"your organisation", "Authenticated SMTP"}},
	{"passwords are over", "tls", 465, login("550 5.7.30 Basic authentication is not supported for Client Submission."), nil, StepLogin, CauseOAuthOnly, []string{"OAuth", "xoauth2"}},
	{"only tokens are offered", "tls", 465, func(w *world) {
		w.serve(465, "tls\nS: 220 hi\nC: EHLO *\nS: 250-hi\nS: 250 AUTH XOAUTH2 OAUTHBEARER\nC: <end>", nil)
	}, nil, StepLogin, CauseOAuthOnly, []string{"was not sent"}},
	{"no method fits", "tls", 465, func(w *world) {
		w.serve(465, "tls\nS: 220 hi\nC: EHLO *\nS: 250-hi\nS: 250 AUTH CRAM-MD5 GSSAPI\nC: <end>", nil)
	}, nil, StepLogin, CauseLoginMethod, []string{"CRAM-MD5, GSSAPI"}},
	{"no mechanism is known (C08)", "tls", 465, func(w *world) {
		w.serve(465, begins+"C: AUTH PLAIN *\nS: 504 5.5.4 no\nC: AUTH LOGIN\nS: 504 5.5.4 nor that", nil)
	}, nil, StepLogin, CauseLoginMethod, []string{"PLAIN, LOGIN"}},
	{"service is off", "tls", 465, login("550 5.7.1 Your account is not enabled for SMTP authentication. Please enable SMTP access."), nil, StepLogin, CauseServiceOff, []string{"not switched on"}},
	{"the password has expired", "tls", 465, login("535 5.7.8 Your password has expired; please change your password."), nil, StepLogin, CausePasswordExpired, []string{"change"}},
	{"a browser is wanted", "tls", 465, login("534 5.7.14 Please log in with your web browser and then try again."), nil, StepLogin, CauseBrowserLogin, []string{"browser"}},
	{"the account is blocked", "tls", 465, login("535 5.7.0 Your account has been suspended"), nil, StepLogin, CauseAccountBlocked, []string{"blocked"}},
	{"too many logins", "tls", 465, login("454 4.7.0 Too many login attempts, please try again later."), nil, StepLogin, CauseTooManyLogins, []string{"wait an hour"}},
	{"the server cannot look (C05)", "tls", 465, login("454 4.7.0 Temporary authentication failure"), nil, StepLogin, CauseLoginFault, []string{"quarter of an hour"}},
	{"the server cannot look, and says refused (C06)", "tls", 465, login("535 5.7.8 Connection lost to authentication server"), nil, StepLogin, CauseLoginFault, []string{"535"}},
	{"endless challenges (C10)", "tls", 465, func(w *world) { w.serve(465, begins+"C: AUTH PLAIN *\nS: 334 \nC: <end>", nil) }, nil, StepLogin, CauseSenseless, nil},
	{"a hang-up at the login (C12)", "tls", 465, func(w *world) { w.serve(465, begins+"C: AUTH PLAIN *\nclose", nil) }, nil, StepLogin, CauseLoginHangUp, []string{"locked out"}},
	{"a token that is refused (C15)", "tls", 465, func(w *world) {
		w.serve(465, "tls\nS: 220 hi\nC: EHLO *\nS: 250-hi\nS: 250 AUTH XOAUTH2\nC: AUTH XOAUTH2 *\nS: 334 eyJzdGF0dXMiOiI0MDAifQ==\nC: \nS: 535 5.7.8 no", nil)
	}, func(a *accounts.Account) {
		a.SMTP.Auth, a.SMTP.Secret = accounts.AuthXOAUTH2, accounts.Secret{Command: []string{"echo", "token"}}
	}, StepLogin, CauseTokenRefused, []string{"fresh token", "535 5.7.8 no"}},

	{"a login is wanted and none offered (C07)", "none", 587, func(w *world) {
		w.serve(587, "S: 220 hi\nC: EHLO *\nS: 250 hi\nC: MAIL *\nS: 530 5.7.0 authentication required\n---\nS: 220 hi\nstall", nil)
	}, withoutLogin, StepFrom, CauseLoginNeeded, []string{"offers no way"}},
	{"not the sender's address (C16)", "tls", 465, func(w *world) {
		w.serve(465, begins+loggingIn+"C: MAIL *\nS: 553 5.7.1 <ada@example.org>: not owned by user", nil)
	}, nil, StepFrom, CauseFromRefused, []string{"may not send as ada@example.org", "alias", "not owned by user"}},
	{"not the sender's address, at RCPT", "tls", 465, func(w *world) {
		w.serve(465, begins+loggingIn+"C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 550 5.7.1 Sender address rejected: not owned by user ada", nil)
	}, nil, StepFrom, CauseFromRefused, nil},
	{"no mail to oneself", "tls", 465, func(w *world) {
		w.serve(465, begins+loggingIn+"C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 550 5.1.1 no such user", nil)
	}, nil, StepFrom, CauseSelfRefused, []string{"spelling"}},
	{"an address beyond ASCII", "tls", 465, func(w *world) { w.serve(465, begins+loggingIn, nil) }, func(a *accounts.Account) { a.From.Address = "zoë@example.org" },
		StepFrom, CauseNoUTF8, []string{"ASCII"}},
	{"too much was sent", "tls", 465, func(w *world) {
		w.serve(465, begins+loggingIn+"C: MAIL *\nS: 550 5.4.5 Daily user sending limit exceeded", nil)
	}, nil, StepFrom, CauseSendLimit, nil},
}

// at makes a connection to a port fail.
func at(port int, err error) func(*world) {
	return func(w *world) {
		w.ports[port] = func(context.Context) (net.Conn, error) { return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	}
}

// login answers to the one login that a check may try.
func login(answer string) func(*world) {
	return func(w *world) { w.serve(465, begins+"C: AUTH PLAIN "+plainIR+"\nS: "+answer, nil) }
}

func withoutLogin(a *accounts.Account) { a.SMTP.Username, a.SMTP.Secret = "", accounts.Secret{} }

// old serves TLS of before 1.2.
func (w *world) old(port int) {
	config := w.authority.Server(nil)
	config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	w.serveTLS(port, config)
}

func (w *world) wantsCertificate(port int) {
	config := w.authority.Server(func(c *x509.Certificate) { c.DNSNames = []string{host} })
	config.ClientAuth = tls.RequireAnyClientCert
	w.serveTLS(port, config)
}

func (w *world) serveTLS(port int, config *tls.Config) {
	server := smtptest.Serve(w.tb, "tls\n---\ntls", config)
	w.at(port, server)
}

func TestRun_NamesTheCause(t *testing.T) {
	for _, test := range failures {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.security, test.port)
			if test.serve != nil {
				test.serve(w)
			}
			if test.change != nil {
				test.change(&w.account)
			}
			report := w.check(Options{})
			s := failure(report)
			if report.OK() || s.Name != test.step || s.Cause != test.cause {
				t.Fatalf("step %q, cause %q: %+v", s.Name, s.Cause, s)
			}
			said := s.Found + "\n" + s.Server + "\n" + s.Hint
			for _, words := range test.says {
				if !strings.Contains(said, words) {
					t.Errorf("%q is not in %q", words, said)
				}
			}
			for _, odd := range []string{"tls:", "x509:", "dial tcp", "EOF", "i/o timeout", "errno"} {
				if strings.Contains(said, odd) {
					t.Errorf("%q speaks Go", said)
				}
			}
			for _, server := range w.servers {
				for _, heard := range server.Finish() {
					if heard.Commands("AUTH") > 1 && test.cause != CauseLoginMethod || heard.Commands("DATA") > 0 {
						t.Errorf("the server heard %q", heard.Lines)
					}
				}
			}
		})
	}
}
