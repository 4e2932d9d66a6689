package scenario

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
)

// unsafe tells rows whose line is not as safe as the account wants it: the
// account is stopped and says why; nothing is said but what finds that out,
// neither at the first try nor at the next. When it is mended it goes on by
// itself. (An account that waits for that is what "held" means here: a message
// is only held by a person.)
func unsafe(t *testing.T, set func(r *rig), said string, words ...string) {
	t.Helper()
	story(t, func(r *rig) {
		set(r)
		id := r.send(ana)
		r.try(id, 2)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 2, words: words})
		park := r.park("work")
		if park.Class != outbox.ClassAccount || park.Until.IsZero() || r.item(id).Attempts != 0 {
			r.Errorf("%d tries counted, parked: %+v", r.item(id).Attempts, park)
		}
		r.between("the second try", r.gap(id, 1), leastRetry, mostRetry)
		var heard []string
		for _, c := range r.commands {
			if !c.at.Before(r.attempts(id)[1].Started) && c.verb != "CONNECT" {
				heard = append(heard, c.verb)
			}
		}
		if got := strings.Join(heard, " "); got != said {
			r.Errorf("the client said %q, want %q", got, said)
		}

		r.answer, r.login, r.secure = nil, "PLAIN", r.authority.Server(nil)
		if r.clear != nil {
			r.clear = []string{"STARTTLS"}
		} else if r.accounts["work"].SMTP.Security == accounts.STARTTLS {
			r.change("work", func(s *accounts.SMTP) { s.Security = accounts.TLS })
		}
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 3, logins: 1})
	})
}

// useSTARTTLS makes the account and its server begin in the clear. offers are
// what EHLO says there.
func (r *rig) useSTARTTLS(offers ...string) {
	r.Helper()
	r.change("work", func(s *accounts.SMTP) { s.Security = accounts.STARTTLS })
	r.clear = offers
}

func TestB01_STARTTLSStripped(t *testing.T) {
	unsafe(t, func(r *rig) { r.useSTARTTLS("AUTH PLAIN", "SIZE 1000000") }, "EHLO", "offers no STARTTLS", "nothing is sent over a clear line")
}

func TestB02_STARTTLSPutOff(t *testing.T) {
	notYet(t, func(r *rig) {
		r.useSTARTTLS("STARTTLS", "AUTH PLAIN")
		r.answer = table(rule{"STARTTLS", "", 1, "454 4.7.0 TLS not available due to temporary reason"})
	}, "TLS not available")
}

// What somebody puts behind the answer to STARTTLS, to have it taken for one
// from inside TLS, ends the connection.
func TestB03_TextInjectedBeforeTLS(t *testing.T) {
	unsafe(t, func(r *rig) {
		r.useSTARTTLS("STARTTLS", "AUTH PLAIN")
		r.answer = table(rule{"STARTTLS", "", 0, "220 2.0.0 go\n250-test\n250 AUTH PLAIN"})
	}, "EHLO STARTTLS", "text in the clear behind its STARTTLS answer", "tampering")
}

func TestB04_CertificateExpired(t *testing.T) {
	unsafe(t, func(r *rig) {
		r.secure = r.authority.Server(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)
		})
	}, "", "1999-12-31", "it has expired, or the clock of this machine is wrong")
}

func TestB05_CertificateOfAnotherHost(t *testing.T) {
	unsafe(t, func(r *rig) {
		r.secure = r.authority.Server(func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"mail.example.net"}, nil })
	}, "", "localhost", "mail.example.net")
}

func TestB06_CertificateOfAnUnknownAuthority(t *testing.T) {
	unsafe(t, func(r *rig) { r.secure = smtptest.NewAuthority(r).Server(nil) }, "", "authority that is not trusted", "SHA-256")
}

func TestB07_OldTLSOnly(t *testing.T) {
	unsafe(t, func(r *rig) { r.secure.MinVersion, r.secure.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, "", "speaks only old TLS")
}

func TestB08_HandshakeStalls(t *testing.T) {
	story(t, func(r *rig) {
		secure := r.secure
		r.secure, r.answer = nil, table(rule{"CONNECT", "", 1, "stall"}) // it does not even read
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, words: []string{"no answer during the TLS handshake within 1 min"}})
		a := r.attempts(id)[0]
		r.between("the try", a.Finished.Sub(a.Started), time.Minute, time.Minute+time.Second)
		r.secure = secure
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2, connections: 2, logins: 1})
	})
}

func TestB09_PlainSMTPOnTheTLSPort(t *testing.T) {
	unsafe(t, func(r *rig) {
		r.secure, r.answer = nil, table(rule{"CONNECT", "", 0, "220 test ready\nstall"})
	}, "", "port 465 speaks plain SMTP", `security = "starttls"`, "587")
}

// Both ends wait for the other to speak first.
func TestB10_TLSOnTheSTARTTLSPort(t *testing.T) {
	unsafe(t, func(r *rig) {
		r.change("work", func(s *accounts.SMTP) { s.Security = accounts.STARTTLS })
	}, "", "this port speaks TLS from the first byte", `security = "tls"`)
}

func TestB11_OnlyWhatIsOfferedInsideTLSCounts(t *testing.T) {
	story(t, func(r *rig) {
		r.useSTARTTLS("STARTTLS", "SIZE 10", "AUTH CRAM-MD5 LOGIN")
		id := r.send(ana)
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 1, connections: 1, logins: 1, transactions: 1})
		if line := r.heard("AUTH")[0].line; !strings.HasPrefix(line, "AUTH PLAIN ") {
			r.Error("the login is not by PLAIN") // what it says is a secret
		}
		if tls := r.attempts(id)[0].TLS; tls != "TLS 1.3" || r.count("EHLO") != 2 {
			r.Errorf("%q, %d EHLO", tls, r.count("EHLO"))
		}
	})
}

func TestB12_ALoginIsOfferedInTheClearAlone(t *testing.T) {
	unsafe(t, func(r *rig) {
		r.useSTARTTLS("STARTTLS", "AUTH PLAIN LOGIN")
		r.login = ""
	}, "EHLO STARTTLS EHLO", "offers no login")
}

// That TLS does not end in order takes nothing back of what was said in it.
func TestB13_TLSCutOffBehindThe250(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{".", "", 1, "250 2.0.0 ok queued as X1\nclose"})
		id := r.send(ana)
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 1, connections: 1, transactions: 1})
		next := r.send(bob)
		r.settle(time.Minute)
		r.want(next, want{state: "sent", tries: 1, connections: 2, transactions: 2})
	})
}
