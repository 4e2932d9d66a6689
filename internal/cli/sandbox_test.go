package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/internal/clitest"
)

// withSandbox has an account at a sandbox of its own, which serves the mailbox in which
// the bounces of what it has taken arrive. lines go into the account and its mailbox.
func withSandbox(t *testing.T, protocol, account, mailbox string) (p *clitest.Program, stop func()) {
	t.Helper()
	p = clitest.Install(t)
	server := p.Command("sandbox", "--smtp", "127.0.0.1:0", "--"+protocol, "127.0.0.1:0")
	addresses := filepath.Join(p.Work, "addresses")
	out, err := os.Create(addresses)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	server.Stdout = out
	running := start(t, server)
	running.says(t, "sendoff: catching mail; ctrl+c ends it")
	at := strings.Fields(read(t, addresses))
	if len(at) != 2 {
		t.Fatalf("it listens at %q", at)
	}
	secret := filepath.Join(p.Home, "mailbox.secret")
	writeSecret(t, secret, "correct horse")
	_, smtpPort, _ := strings.Cut(at[0], ":")
	_, mailboxPort, _ := strings.Cut(at[1], ":")
	p.WriteAccounts(fmt.Sprintf("[[account]]\nname = 'work'\nfrom = 'Ada Example <ada@example.org>'\n%s\n"+
		"[account.smtp]\nhost = '127.0.0.1'\nport = %s\nsecurity = 'none'\n"+
		"[account.mailbox]\nprotocol = '%s'\nhost = '127.0.0.1'\nport = %s\nsecurity = 'none'\nusername = 'ada@example.org'\nsecret.file = %q\n%s\n", account, smtpPort, protocol, mailboxPort, secret, mailbox))
	return p, func() {
		t.Helper()
		running.Process.Signal(syscall.SIGTERM)
		running.ends(t, 10*time.Second)
	}
}

// The sandbox on its own serves the mailbox in which the bounces of what it has taken
// arrive.
func TestBuilt_TheSandboxSendsBouncesBack(t *testing.T) {
	t.Parallel() // it waits for most of its time
	for _, protocol := range []string{"imap", "pop3"} {
		t.Run(protocol, func(t *testing.T) {
			p, stop := withSandbox(t, protocol, "", "")
			id := strings.TrimSpace(p.Must("hello\n", "send", "--wait", "-s", "figures", "--to", "bounce@example.org", "--to", "ana@example.org"))
			eventually(t, "the bounce", func() bool {
				time.Sleep(200 * time.Millisecond)
				p.Must("", "bounce", "fetch")
				return strings.Contains(p.Must("", "show", id), "state      partial")
			})
			if shown := p.Must("", "show", id); !strings.Contains(shown, "bounced  bounce@example.org\n  There is no mailbox of that name at example.org.") {
				t.Errorf("shown:\n%s", shown)
			}
			stop()
		})
	}
}

// A report that says neither which message nor whom it is about is understood by the
// address that it comes to, and seen as soon as it is there, though a look by itself is
// a day away.
func TestBuilt_AVagueBounceFindsItsMessageAtOnce(t *testing.T) {
	t.Parallel() // it waits for most of its time
	p, stop := withSandbox(t, "imap", "bounce_address = 'ada+{token}@example.org'", "every = '24h'")
	daemon := start(t, p.Command("daemon"))
	daemon.says(t, "sendoff: sending; ctrl+c ends it")
	eventually(t, "a first look", func() bool {
		time.Sleep(100 * time.Millisecond)
		return strings.Contains(p.Must("", "account", "list"), "mailbox last looked into for bounces 2")
	})
	ids := make(map[string]string)
	for _, to := range []string{"vague@example.org", "vague@example.com"} {
		ids[to] = strings.TrimSpace(p.Must("hello\n", "send", "-s", "figures", "--to", to))
	}
	for to, id := range ids {
		eventually(t, "the bounce", func() bool {
			time.Sleep(200 * time.Millisecond)
			return strings.Contains(p.Must("", "show", id), "bounced  "+to)
		})
	}
	daemon.Process.Signal(syscall.SIGTERM)
	daemon.ends(t, 10*time.Second)
	stop()
}
