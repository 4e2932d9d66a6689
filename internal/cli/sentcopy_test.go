package cli_test

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"sendoff/internal/clitest"
)

// imapStore is a mailbox of ada on this machine.
func imapStore(t *testing.T, password string) (*imapmemserver.User, int) {
	t.Helper()
	user := imapmemserver.NewUser("ada", password)
	if err := user.Create("Sent Items", nil); err != nil {
		t.Fatal(err)
	}
	store := imapmemserver.New()
	store.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return store.NewSession(), nil, nil
		},
		Logger: log.New(io.Discard, "", 0), InsecureAuth: true,
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}},
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		running.Wait()
	})
	return user, listener.Addr().(*net.TCPAddr).Port
}

func writeSecret(t *testing.T, path, secret string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func filedCopies(t *testing.T, user *imapmemserver.User, folder string) uint32 {
	t.Helper()
	status, err := user.Status(folder, &imap.StatusOptions{NumMessages: true})
	if err != nil {
		return 0
	}
	return *status.NumMessages
}

func TestBuilt_ACopyOfWhatIsSentComesIntoSent(t *testing.T) {
	user, port := imapStore(t, "correct horse")
	p := clitest.Install(t)
	host, smtpPort, _ := strings.Cut(startSandbox(t, t.TempDir()).Addr(), ":")
	secret := filepath.Join(p.Home, "mailbox.secret")
	writeSecret(t, secret, "wrong")
	p.WriteAccounts(fmt.Sprintf("[[account]]\nname = 'work'\nfrom = 'Ada Example <ada@example.org>'\n"+
		"[account.smtp]\nhost = %q\nport = %s\nsecurity = 'none'\n"+
		"[account.mailbox]\nhost = '127.0.0.1'\nport = %d\nsecurity = 'none'\nusername = 'ada'\nsecret.file = %q\n", host, smtpPort, port, secret))
	p.Must("", "account", "edit", "work", "--sent-copy")
	if text := read(t, filepath.Join(p.Home, "config/sendoff/accounts.toml")); !strings.Contains(text, "sent_copy = true") {
		t.Errorf("accounts.toml:\n%s", text)
	}

	id := strings.TrimSpace(p.Must("hello\n", "send", "--wait", "--to", "ana@example.org", "-s", "hi"))
	if shown := p.Must("", "show", id); !strings.Contains(shown, "state      sent") || !strings.Contains(shown, "sent, but the copy waits for another password") {
		t.Errorf("shown with a wrong password:\n%s", shown)
	}
	second := strings.TrimSpace(p.Must("hello\n", "send", "--wait", "--to", "ana@example.org"))
	if filedCopies(t, user, "Sent Items") != 0 {
		t.Error("a wrong password was enough")
	}
	writeSecret(t, secret, "correct horse")
	p.Must("", "flush")
	if n := filedCopies(t, user, "Sent Items"); n != 2 {
		t.Errorf("%d copies with the right password", n)
	}
	p.Must("", "flush")
	if n := filedCopies(t, user, "Sent Items"); n != 2 {
		t.Errorf("%d copies after another pass", n)
	}
	if shown := p.Must("", "show", second); !strings.Contains(shown, "copy       in Sent Items") {
		t.Errorf("shown at last:\n%s", shown)
	}
	if json := p.Must("", "show", "--json", second); !strings.Contains(json, `"state": "filed",`) || !strings.Contains(json, `"text": "Sent Items"`) {
		t.Errorf("as JSON:\n%s", json)
	}
	if r := p.Run("", "retry", id); r.Code == 0 {
		t.Error("what is sent and filed was tried again")
	}
}
