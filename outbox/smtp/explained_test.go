package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/outbox"
	"sendoff/outbox/refusal"
)

// Whatever goes wrong without a reply has a line for it, and not only one for
// its class: outbox goes by the words that are made here.
func TestFailures_AreExplained(t *testing.T) {
	s := &session{server: "mx:465", settings: accounts.SMTP{Port: 465, Security: accounts.TLS}}
	certificate := &x509.Certificate{DNSNames: []string{"other.example"}, NotAfter: time.Unix(0, 0)}
	distrust := func(err error) error {
		return s.tlsFailure(&tls.CertificateVerificationError{UnverifiedCertificates: []*x509.Certificate{certificate}, Err: err})
	}
	odd := func(p phase, class outbox.Class, problem string) error {
		return lost(p, &protocolError{class, problem, "hi"})
	}
	alert := &net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}
	asked := &session{server: "mx:465", wantsCertificate: true}
	named := &session{server: "mx:465", settings: accounts.SMTP{ClientCert: "cert.pem"}}
	through := hop{proxy: accounts.Proxy{Scheme: accounts.SOCKS5, Host: "proxy", Port: 1080}, host: "mx", port: 465}
	dial := func(err error) error { return dialFailure(t.Context(), "mx:465", err) }
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		err  error
		want string
	}{
		{dial(&net.DNSError{Name: "mx", IsNotFound: true}), "does not exist"},
		{dial(&net.DNSError{Name: "mx", IsTimeout: true}), "could not be looked up"},
		{dial(&net.DNSError{Name: "mx", Err: "server misbehaving"}), "could not be looked up"},
		{dial(os.ErrDeadlineExceeded), "could not be reached"},
		{dial(syscall.ECONNREFUSED), "could not be reached"},
		{dial(syscall.ENETUNREACH), "no way to the server"},
		{dialFailure(ended, "mx:465", io.EOF), "was stopped"},

		{lost(phaseGreeting, os.ErrDeadlineExceeded), "did not answer in time"},
		{lost(phaseFirstRcpt, io.EOF), "line broke"},
		{lost(phaseAuth, io.EOF), "hung up on the login"},
		{lost(phaseAuth, os.ErrDeadlineExceeded), "did not answer the login in time"},
		{lost(phaseGreeting, notSMTP("HTTP/1.1 302 Found")), "a web page"},
		{lost(phaseGreeting, notSMTP("\x15\x03\x01")), "wants TLS at once"},
		{lost(phaseGreeting, notSMTP("hello there")), "no mail server"},
		{odd(phaseMail, outbox.ClassProtocol, "an answer without end"), "had no end"},
		{odd(phaseMail, outbox.ClassProtocol, "a line without end"), "had no end"},
		{odd(phaseMail, outbox.ClassProtocol, "an answer with two codes"), "contradicts itself"},
		{odd(phaseMail, outbox.ClassProtocol, "an answer that nobody asked for"), "nobody had asked"},
		{odd(phaseBody, outbox.ClassProtocol, "an answer before the message was over"), "before the message was over"},
		{odd(phaseAuth, outbox.ClassProtocol, "the login makes no sense"), "leads the login nowhere"},

		{distrust(x509.HostnameError{Certificate: certificate, Host: "mx"}), "is for another name"},
		{distrust(x509.CertificateInvalidError{Cert: certificate, Reason: x509.Expired}), "not valid today"},
		{distrust(x509.UnknownAuthorityError{}), "nobody who is trusted"},
		{distrust(errors.New("odd")), "cannot be trusted"},
		{s.tlsFailure(errors.New("tls: protocol version not supported")), "not secure the line well enough"},
		{s.tlsFailure(&net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}), "does not secure the line"},
		{s.tlsFailure(os.ErrDeadlineExceeded), "did not answer in time"},
		{s.tlsFailure(tls.RecordHeaderError{RecordHeader: [5]byte([]byte("220 x"))}), "one for STARTTLS"},
		{s.tlsFailure(tls.RecordHeaderError{RecordHeader: [5]byte([]byte("hello"))}), "does not speak TLS"},
		{s.startTLS(t.Context(), nil), "does not offer to secure the line"},

		{s.tlsFailure(&pinError{}), "another certificate than the pinned one"},
		{asked.tlsFailure(alert), "wants a certificate"},
		{named.tlsFailure(alert), "does not take the certificate"},

		{through.dialFailure(t.Context(), &net.DNSError{Name: "proxy", IsNotFound: true}), "The proxy of the account work does not exist"},
		{through.dialFailure(t.Context(), syscall.ECONNREFUSED), "proxy of the account work could not be reached"},
		{through.failure(t.Context(), io.EOF), "made no connection"},
		{through.failure(t.Context(), os.ErrDeadlineExceeded), "made no connection"},
		{through.cannotReach("no"), "made no connection"},
		{through.refuses("no"), "cannot be used for its server"},
		{through.notSOCKS('2'), "as the proxy of the account work is no SOCKS5 proxy"},
		{through.problem(outbox.ClassProtocol, "does not speak HTTP: an answer without end"), "as the proxy of the account work is no HTTP proxy"},

		{s.senseless(reply{}, errNoProof), "did not prove that it knows the password"},
		{checkIterations("r=x,s=y,i=1"), "not safe, or would take too long"},

		{credentialsFailure("secret from env X: it is no access token, which has no spaces"), "not an access token"},
		{credentialsFailure("the secret is too long for a login"), "cannot be used for a login"},

		{unreadable(fs.ErrNotExist), "cannot be read"},
		{unreadable(errors.New("odd")), "cannot be read"},
		{unreadable(io.EOF), "not as it was made"},
	} {
		r := resultOf(c.err)
		got := outbox.Explain(r, "work", "ana@example.org")
		if !strings.Contains(got.What, c.want) || got.Hint == "" {
			t.Errorf("%s (%s):\n%s %s\nwant %q", r.Text, r.Class, got.What, got.Hint, c.want)
		}
		brief := outbox.Brief(r)
		if (r.Class == outbox.ClassAccount) != (brief != "") || brief == "cannot be used" {
			t.Errorf("%s (%s) is %q in brief", r.Text, r.Class, brief)
		}
	}
}

// accountWide are the reasons for which a reply to one recipient is about the
// account, so that it stops what comes behind it.
var accountWide = map[refusal.Reason]bool{
	refusal.DailyLimit: true, refusal.Connections: true, refusal.Rate: true, refusal.Logins: true,
	refusal.LoginNeeded: true, refusal.BasicOff: true, refusal.AppPassword: true, refusal.AccountBlocked: true,
}

// FuzzClassify holds what the outbox relies on, for any reply at any point.
func FuzzClassify(f *testing.F) {
	f.Add(uint8(phaseFirstRcpt), 550, "5.1.1", "user unknown")
	f.Add(uint8(phaseFurtherRcpt), 552, "", "too many recipients")
	f.Add(uint8(phaseAuth), 454, "4.7.0", "too many logins")
	f.Add(uint8(phaseDot), 421, "4.7.0", "\x1b[2J")
	f.Add(uint8(phaseMail), 530, "5.7.0", "STARTTLS first")
	f.Add(uint8(phaseFirstRcpt), 503, "", "")
	f.Fuzz(func(t *testing.T, at uint8, code int, enhanced, text string) {
		p, r := phase(at)%(phaseQuit+1), reply{code: 200 + abs(code)%400, text: enhanced + " " + text}
		got := verdict(p, r)
		if again := verdict(p, r); again != got {
			t.Fatalf("%+v, then %+v", got, again)
		}
		if got.Class.String() == "" || got.Code != r.code || cleantext.Line(got.Text) != got.Text {
			t.Errorf("%d at %s: %+v", r.code, p, got)
		}
		retry, scope := got.Class.Retry(), got.Class.Scope()
		if r.code/100 == 4 && (retry == outbox.RetryNever || retry == outbox.RetryAsk || retry == outbox.RetryNone) {
			t.Errorf("%d at %s ends a message: %+v", r.code, p, got)
		}
		if got.Class == outbox.ClassAccepted && (r.code/100 != 2 || p != phaseDot) {
			t.Errorf("%d at %s is taken for accepted", r.code, p)
		}
		if r.code/100 == 5 && p.isRcpt() && r.code != 503 && r.code != 530 && r.code != 534 && r.code != 535 &&
			(scope == outbox.ScopeAccount || scope == outbox.ScopeConnection) {
			if why := refusal.Of(got.Code, got.Enhanced, got.Text); !accountWide[why] && why != refusal.OutOfStep {
				t.Errorf("%d at %s stops others for reason %d: %+v", r.code, p, why, got)
			}
		}
		if plain := outbox.Explain(got, "work", "ana@example.org"); plain.What == "" || plain.Hint == "" {
			t.Errorf("%+v is not explained: %+v", got, plain)
		}
	})
}

func abs(n int) int { return max(n, -(n + 1)) }

func TestDeliver_OneRefusedRecipientStopsNoOther(t *testing.T) {
	for text, class := range map[string]string{
		"550 5.1.1 user unknown":                               "recipient",
		"550 5.7.1 relaying denied":                            "recipient",
		"552 5.2.2 mailbox full":                               "recipient",
		"550 5.2.1 this account is disabled":                   "recipient",
		"550 5.7.133 sender not authenticated for group":       "recipient",
		"554 5.7.1 blocked using zen.spamhaus.org":             "policy",
		"550 5.7.26 this mail is unauthenticated":              "policy",
		"553 5.7.1 sender address rejected: not owned by user": "message",
		"552 5.3.4 message too big for this mailbox":           "message",
		"500 what?": "recipient",
		"450 4.2.1 the user is receiving mail too quickly": "temporary",
		"451 4.7.1 greylisted":                             "temporary",
		"554 5.7.1 TLS is required for this recipient":     "recipient",
		"550 no": "recipient",
	} {
		r := newRig(t, greeting+`
			C: MAIL FROM:<ada@example.org>
			S: 250 ok
			C: RCPT TO:<ana@example.org>
			S: 250 ok
			C: RCPT TO:<bob@example.org>
			S: `+text+`
			C: RCPT TO:<eve@example.org>
			S: 250 ok
			C: DATA
			S: 354 go
			C: <body>
			S: 250 2.0.0 queued
		`, nil)
		if got, want := classes(r.deliver(t, delivery(hello, "ana@example.org", "bob@example.org", "eve@example.org"))), "accepted "+class+" accepted"; got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
		r.finish()
	}
}
