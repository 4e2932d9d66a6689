package cli_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"sendoff/internal/clitest"
)

type mailLiteral struct{ *strings.Reader }

func (l mailLiteral) Size() int64 { return l.Reader.Size() }

func arrive(t *testing.T, user *imapmemserver.User, text string) {
	t.Helper()
	text = strings.ReplaceAll(text, "\n", "\r\n")
	if _, err := user.Append("INBOX", mailLiteral{strings.NewReader(text)}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

// withBounces is an account that sends to the sandbox and whose bounces arrive in a
// mailbox, with its password in a file.
func withBounces(t *testing.T) (p *clitest.Program, user *imapmemserver.User, secret string) {
	t.Helper()
	user, port := imapStore(t, "correct horse")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	p = clitest.Install(t)
	host, smtpPort, _ := strings.Cut(startSandbox(t, t.TempDir()).Addr(), ":")
	secret = filepath.Join(p.Home, "mailbox.secret")
	writeSecret(t, secret, "correct horse")
	p.WriteAccounts(fmt.Sprintf("[[account]]\nname = 'work'\nfrom = 'Ada Example <ada@example.org>'\n"+
		"[account.smtp]\nhost = %q\nport = %s\nsecurity = 'none'\n"+
		"[account.mailbox]\nhost = '127.0.0.1'\nport = %d\nsecurity = 'none'\nusername = 'ada'\nsecret.file = %q\nevery = '10s'\n", host, smtpPort, port, secret))
	return p, user, secret
}

func sentMessageID(p *clitest.Program, id string) string {
	_, messageID, _ := strings.Cut(p.Must("", "show", id), "message-id ")
	messageID, _, _ = strings.Cut(messageID, "\n")
	return messageID
}

func TestBuilt_BouncesAreFetched(t *testing.T) {
	p, user, secret := withBounces(t)
	id := strings.TrimSpace(p.Must("hello\n", "send", "--wait", "-s", "figures", "--to", "ana@example.org", "--to", "ben@example.org"))
	arrive(t, user, "From: kim@example.com\nSubject: lunch\n\n550 5.1.1 ben@example.org\n")
	arrive(t, user, reportOf(sentMessageID(p, id), "ana@example.org"))

	writeSecret(t, secret, "wrong")
	for range 2 {
		if r := p.Run("", "bounce", "fetch"); r.Code != 77 || !strings.Contains(r.Err, "work: the mailbox could not be looked through: NO") || strings.Contains(r.Err, "wrong") {
			t.Errorf("exit %d: %s%s", r.Code, r.Out, r.Err)
		}
	}
	if r := p.Run("", "doctor"); r.Code != 75 || !strings.Contains(r.Out, "!!  mailbox     of work is not looked into for bounces: NO") {
		t.Errorf("exit %d:\n%s", r.Code, r.Out)
	}
	if listed := p.Must("", "account", "list"); !strings.Contains(listed, "mailbox not looked into for bounces until you change it: NO") {
		t.Errorf("listed:\n%s", listed)
	}
	writeSecret(t, secret, "correct horse")
	r := p.Run("", "bounce", "fetch", "-a", "work")
	if r.Code != 0 || r.Out != "work: INBOX 2: "+id+", ana@example.org: There is no mailbox of that name at example.org. Check the spelling.\n" || !strings.Contains(r.Err, "work: delivery reports: 1") {
		t.Errorf("exit %d: %s%s", r.Code, r.Out, r.Err)
	}
	if shown := p.Must("", "show", id); !strings.Contains(shown, "bounced  ana@example.org") {
		t.Errorf("shown:\n%s", shown)
	}
	if r := p.Run("", "bounce", "fetch"); r.Code != 0 || r.Out != "" {
		t.Errorf("exit %d: %s%s", r.Code, r.Out, r.Err)
	}
	arrive(t, user, reportOf(sentMessageID(p, id), "ben@example.org"))
	if out := p.Must("", "bounce", "fetch", "--json"); !strings.HasPrefix(out, `{"file":"work: INBOX 3","mail":"delivery report","again":false,"item":"`+id+`"`) || strings.Count(out, "\n") != 1 {
		t.Errorf("as JSON: %s", out)
	}
	if r := p.Run("", "doctor"); !strings.Contains(r.Out, "ok  mailbox     of work, last looked into for bounces 2") {
		t.Errorf("exit %d:\n%s", r.Code, r.Out)
	}
	if listed := p.Must("", "account", "list"); !strings.Contains(listed, "mailbox last looked into for bounces 2") {
		t.Errorf("listed:\n%s", listed)
	}
	if listed := p.Must("", "account", "list", "--json"); !strings.Contains(listed, `"looked": "2`) || !strings.Contains(listed, `"class": ""`) {
		t.Errorf("listed:\n%s", listed)
	}
	if r := p.Run("", "account", "check"); !strings.Contains(r.Out, "its mailbox was last looked into for bounces 2") {
		t.Errorf("checked: exit %d\n%s", r.Code, r.Out)
	}
	status, err := user.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true})
	if err != nil || *status.NumMessages != 3 || *status.NumUnseen != 3 {
		t.Errorf("the mailbox was changed: %+v, %v", status, err)
	}
	for _, test := range []struct {
		code int
		want string
		args []string
	}{
		{78, "nobody", []string{"bounce", "fetch", "-a", "nobody"}},
		{64, "unknown", []string{"bounce", "fetch", "--now"}},
	} {
		if r := p.Run("", test.args...); r.Code != test.code || !strings.Contains(r.Err, test.want) {
			t.Errorf("%q: exit %d: %s", test.args, r.Code, r.Err)
		}
	}
	p.Account("127.0.0.1:1")
	if r := p.Run("", "bounce", "fetch"); r.Code != 78 || !strings.Contains(r.Err, "no mailbox is set") || !strings.Contains(r.Err, "hint: [account.mailbox]") {
		t.Errorf("without a mailbox: exit %d: %s", r.Code, r.Err)
	}
}

// The daemon looks by itself, soon after something was sent.
func TestBuilt_TheDaemonFetchesBounces(t *testing.T) {
	t.Parallel() // it waits for most of its time
	p, user, _ := withBounces(t)
	daemon := start(t, p.Command("daemon"))
	daemon.says(t, "sendoff: sending; ctrl+c ends it")
	id := strings.TrimSpace(p.Must("hello\n", "send", "--wait", "-s", "figures", "--to", "ana@example.org"))
	arrive(t, user, reportOf(sentMessageID(p, id), "ana@example.org"))
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if strings.Contains(p.Must("", "show", id), "bounced  ana@example.org") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nothing was fetched in a minute")
		}
	}
	daemon.Process.Signal(syscall.SIGTERM)
	daemon.ends(t, 10*time.Second)
}
