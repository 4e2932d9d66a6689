package peersuite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/internal/clitest"
	"sendoff/internal/peers"
	"sendoff/internal/smtptest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	clitest.Remove()
	os.Exit(code)
}

// world is what lies between our program and its mailbox: a Postfix that takes
// everything and hands it on to servers with an answer each, and Dovecot in front of
// the Maildirs into which Postfix puts what comes back.
type world struct {
	postfix     *peers.Postfix
	smtp        accounts.SMTP
	imap, pop3s accounts.SMTP
	authority   string // file
	secret      string // file
}

// answers are what the servers say behind Postfix, by the domain that each has.
var answers = map[string][]string{
	"fine.example":  nil,
	"gone.example":  {"-f", "RCPT", "-B", "550 5.1.1 no such mailbox here"},
	"full.example":  {"-f", "RCPT", "-B", "552 5.2.2 the mailbox is full"},
	"later.example": {"-r", "RCPT", "-b", "450 4.2.1 the mailbox is busy"},
}

// startWorld starts it, with a Maildir for each of the users, whose addresses are at
// example.org.
func startWorld(t *testing.T, users ...string) *world {
	t.Helper()
	dir := peers.OpenDir(t)
	var routes, maps strings.Builder
	for domain, flags := range answers {
		address := peers.FreeAddress(t)
		peers.Serve(t, address, peers.Sink(t, address, flags...))
		host, port, _ := strings.Cut(address, ":")
		fmt.Fprintf(&routes, "{%s=smtp:[%s]:%s} ", domain, host, port)
	}
	for _, user := range users {
		maildirAt(t, filepath.Join(dir, user))
		fmt.Fprintf(&maps, "{%s@example.org=%s/} ", user, user)
	}
	door := peers.FreeAddress(t)
	w := &world{smtp: at(t, door, accounts.None)}
	w.postfix = peers.NeedPostfix(t, fmt.Sprintf(`%s
transport_maps = inline:{ %s}
virtual_mailbox_domains = example.org
virtual_mailbox_base = %s
virtual_mailbox_maps = inline:{ %s}
recipient_delimiter = +
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_recipient_restrictions = permit_mynetworks, reject
delay_warning_time = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
`, peers.PostfixLog, routes.String(), dir, maps.String()), peers.Door{Address: door})
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(w.postfix.Log(t))
		}
	})
	w.serveMail(t, dir)
	return w
}

// serveMail lets Dovecot serve a folder of Maildirs.
func (w *world) serveMail(t *testing.T, dir string) {
	t.Helper()
	free := peers.FreeAddresses(t, 2)
	imap, pop3s := free[0], free[1]
	w.imap, w.pop3s = at(t, imap, accounts.STARTTLS), at(t, pop3s, accounts.TLS)
	authority := smtptest.NewAuthority(t)
	certificate, key := authority.Files()
	peers.NeedDovecot(t, imap, peers.DovecotSettings{
		Services: []string{"imap", "pop3"}, Host: w.imap.Host, Certificate: certificate, Key: key, Password: password, Home: dir,
		Lines: "auth_mechanisms = plain login\nmail_location = maildir:~/%n\n" + mailboxServices(w.imap.Port, w.pop3s.Port),
	})
	peers.AwaitListener(t, pop3s)
	own := t.TempDir()
	w.authority, w.secret = filepath.Join(own, "authority.pem"), filepath.Join(own, "secret")
	for path, text := range map[string]string{w.authority: string(authority.PEM), w.secret: password + "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// account writes accounts.toml for a user whose bounces arrive by a protocol; by IMAP
// at an address for each message.
func (w *world) account(p *clitest.Program, user string, protocol accounts.Protocol) {
	mailbox, own := w.imap, fmt.Sprintf("bounce_address = '%s+{token}@example.org'", user)
	if protocol == accounts.POP3 {
		mailbox, own = w.pop3s, ""
	}
	p.WriteAccounts(fmt.Sprintf(`[[account]]
name = "work"
from = "Ada Example <%[1]s@example.org>"
%[10]s
[account.smtp]
host = %[2]q
port = %[3]d
security = "none"
[account.mailbox]
protocol = %[4]q
host = %[5]q
port = %[6]d
security = %[7]q
username = %[1]q
secret.file = %[8]q
ca_file = %[9]q
`, user, w.smtp.Host, w.smtp.Port, protocol, mailbox.Host, mailbox.Port, mailbox.Security, w.secret, w.authority, own))
}

// fetchUntil looks for reports until a message is shown as it is to be.
func fetchUntil(t *testing.T, p *clitest.Program, id string, want ...string) {
	t.Helper()
	var shown string
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		p.Must("", "bounce", "fetch")
		shown = p.Must("", "show", id)
		if containsAll(shown, want) {
			return
		}
	}
	t.Errorf("%s, want %q", shown, want)
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// What Postfix has taken and then could not deliver comes back to whom it was about,
// by either protocol: the built program sends, fetches and shows it.
func TestLoop(t *testing.T) {
	w := startWorld(t, "imap", "pop3")
	for _, protocol := range []accounts.Protocol{accounts.IMAP, accounts.POP3} {
		t.Run(string(protocol), func(t *testing.T) {
			p := clitest.Install(t)
			w.account(p, string(protocol), protocol)
			send := func(to ...string) string {
				t.Helper()
				return strings.TrimSpace(p.Must("The figures.\n", append([]string{"send", "--wait", "-s", "Quarterly figures"}, to...)...))
			}
			gone, full := send("ana@gone.example"), send("ben@full.example")
			partial, delayed := send("eve@fine.example", "kim@gone.example"), send("sam@later.example")
			fetchUntil(t, p, gone, "state      bounced", "bounced  ana@gone.example\n  There is no mailbox of that name at gone.example.", "550 5.1.1 no such mailbox here")
			fetchUntil(t, p, full, "bounced  ben@full.example\n  The recipient's mailbox is full.", "552 5.2.2 the mailbox is full")
			fetchUntil(t, p, partial, "state      partial", "sent  eve@fine.example", "bounced  kim@gone.example\n  There is no mailbox of that name at gone.example.")
			fetchUntil(t, p, delayed, "state      sent", "delayed  sam@later.example\n  Not delivered yet; the server goes on trying.", "450 4.2.1 the mailbox is busy")
			own := fmt.Sprintf("from=<%s+", protocol)
			if strings.Contains(w.postfix.Log(t), own) != (protocol == accounts.IMAP) {
				t.Errorf("Postfix has seen %q, or not", own)
			}
			if unknown := p.Must("", "bounce", "list", "--unknown"); unknown != "" {
				t.Errorf("reports of no known message:\n%s", unknown)
			}
		})
	}
}
