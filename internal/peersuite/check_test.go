package peersuite

import (
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/accounts/check"
	"sendoff/internal/peers"
)

// A whole check with the loop-back test: Dovecot takes the message, Postfix
// delivers it, and Dovecot shows it, by either protocol and in either way of
// securing the line. SCRAM goes on in each protocol after the server's proof, and
// Dovecot is strict about how.
func TestCheck(t *testing.T) {
	needLong(t)
	for _, mechanisms := range []string{"plain login", "plain login scram-sha-256"} {
		t.Run(mechanisms, func(t *testing.T) { checkAtDovecot(t, mechanisms) })
	}
}

func checkAtDovecot(t *testing.T, mechanisms string) {
	p := startPostfix(t)
	submission, imap, pop3s := peers.FreeAddress(t), peers.FreeAddress(t), peers.FreeAddress(t)
	certificate, key := p.authority.Files()
	own, relay := at(t, submission, accounts.STARTTLS), at(t, p.address, accounts.None)
	d := peers.NeedDovecot(t, submission, peers.DovecotSettings{
		Services: []string{"submission", "imap", "pop3"}, Host: own.Host, Certificate: certificate, Key: key, Password: password, Home: filepath.Dir(p.mail),
		Lines: fmt.Sprintf(`submission_relay_host = %s
submission_relay_port = %d
auth_mechanisms = %s
service submission-login {
  inet_listener submission {
    port = %d
  }
}
%s`, relay.Host, relay.Port, mechanisms, own.Port, mailboxServices(at(t, imap, accounts.STARTTLS).Port, at(t, pop3s, accounts.TLS).Port)),
	})
	peers.AwaitListener(t, imap)
	peers.AwaitListener(t, pop3s)
	t.Setenv("CHECK_PASSWORD", password)
	t.Setenv("CHECK_WRONG_PASSWORD", "wrong")
	account := accounts.Account{Name: "work", From: mail.Address{Name: "Ada", Address: "ada@example.org"}, SMTP: own}
	account.SMTP.Username, account.SMTP.Secret = "ada", accounts.Secret{Env: "CHECK_PASSWORD"}
	for _, m := range []accounts.Mailbox{
		{Protocol: accounts.IMAP, Host: own.Host, Port: at(t, imap, accounts.STARTTLS).Port, Security: accounts.STARTTLS},
		{Protocol: accounts.POP3, Host: own.Host, Port: at(t, pop3s, accounts.TLS).Port, Security: accounts.TLS},
	} {
		t.Run(string(m.Protocol), func(t *testing.T) {
			account := account
			account.Mailbox = m
			book, err := accounts.NewBook("", account)
			if err != nil {
				t.Fatal(err)
			}
			report := check.Run(t.Context(), book.Accounts[0], check.Options{RootCAs: p.authority.Pool, Loopback: true})
			last := report.Steps[len(report.Steps)-1]
			if !report.OK() || last.Name != check.StepLoopback || last.State != check.OK || !strings.Contains(last.Found, "From and Message-ID are as they were sent") {
				t.Errorf("%+v", report)
			}
			if seen, err := filepath.Glob(filepath.Join(p.mail, "cur", "*:2,*S*")); err != nil || len(seen) > 0 {
				t.Errorf("marked as read: %v, %v", seen, err)
			}

			before := strings.Count(d.Log(t), "auth failed, 1 attempts")
			account.SMTP.Secret = accounts.Secret{Env: "CHECK_WRONG_PASSWORD"}
			if book, err = accounts.NewBook("", account); err != nil {
				t.Fatal(err)
			}
			report = check.Run(t.Context(), book.Accounts[0], check.Options{RootCAs: p.authority.Pool, Loopback: true})
			for _, s := range report.Steps {
				want := check.Cause("")
				switch s.Name {
				case check.StepLogin:
					want = check.CauseLoginRefused
				case "mailbox-login":
					want = check.CauseSamePassword
				default:
					continue
				}
				if s.Cause != want {
					t.Errorf("%+v", s)
				}
			}
			var refused int
			for deadline := time.Now().Add(5 * time.Second); refused == 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
				refused = strings.Count(d.Log(t), "auth failed, 1 attempts") - before // Dovecot tells when the line is closed
			}
			if report.OK() || refused != 1 {
				t.Errorf("%d logins with a wrong password", refused)
			}
		})
	}
	if entries, err := os.ReadDir(filepath.Join(p.mail, "tmp")); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// mailboxServices are lines of Dovecot's settings: IMAP with STARTTLS at one port,
// POP3 with TLS at the other.
func mailboxServices(imap, pop3s int) string {
	return fmt.Sprintf(`service imap-login {
  inet_listener imap {
    port = %[1]d
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = 0
  }
  inet_listener pop3s {
    port = %[2]d
    ssl = yes
  }
}
`, imap, pop3s)
}
