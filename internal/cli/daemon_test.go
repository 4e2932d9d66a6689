package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sendoff/internal/clitest"
)

// lines takes a process's output and tells when something stands in it.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(data)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// eventually waits, for at most a quarter of a minute, until something is so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	late := time.After(15 * time.Second)
	for !is() {
		select {
		case <-ticker.C:
		case <-late:
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

// background is a program that runs until the test ends it.
type background struct {
	*exec.Cmd
	said  *lines
	ended chan error
}

func start(t testing.TB, cmd *exec.Cmd) *background {
	t.Helper()
	b := &background{Cmd: cmd, said: new(lines), ended: make(chan error, 1)}
	cmd.Stderr = b.said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		b.ended <- cmd.Wait()
		close(over)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-over
	})
	return b
}

// says waits until the program has said something on standard error.
func (b *background) says(t testing.TB, text string) {
	t.Helper()
	eventually(t, text, func() bool { return strings.Contains(b.said.String(), text) })
}

// ends waits until the program is over.
func (b *background) ends(t testing.TB, within time.Duration) {
	t.Helper()
	select {
	case err := <-b.ended:
		if err != nil {
			t.Errorf("it ended with %v: %s", err, b.said)
		}
	case <-time.After(within):
		t.Fatalf("it did not end within %v", within)
	}
}

// Stopped while the answer to the final dot is awaited, the daemon ends soon;
// what may have arrived is uncertain and not sent again.
func TestBuilt_ADaemonThatIsStoppedDuringADelivery(t *testing.T) {
	p := clitest.Install(t)
	maildir := t.TempDir()
	p.Account(startSandbox(t, maildir).Addr())
	p.Must("hello\n", "send", "--to", "slow@example.org")
	daemon := start(t, p.Command("daemon"))
	daemon.says(t, "sendoff: sending; ctrl+c ends it")
	eventually(t, "the message at the server", func() bool { return len(clitest.Copies(t, maildir)) == 1 })
	daemon.Process.Signal(syscall.SIGTERM)
	daemon.ends(t, 10*time.Second)
	if state := strings.Fields(p.Must("", "list"))[1]; state != "uncertain" {
		t.Errorf("it is %s", state)
	}
	if r := p.Run("", "flush"); r.Code != 0 {
		t.Errorf("flush: exit %d: %s", r.Code, r.Err)
	}
	for id, n := range clitest.Copies(t, maildir) {
		if n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
}

func TestBuilt_ASecondDaemonSaysThatItWaitsAndTakesOver(t *testing.T) {
	p := clitest.Install(t)
	maildir := t.TempDir()
	p.Account(startSandbox(t, maildir).Addr())
	first := start(t, p.Command("daemon"))
	first.says(t, "sending; ctrl+c ends it")
	p.Must("hello\n", "send", "--to", "ana@example.org")
	eventually(t, "the first message", func() bool { return len(clitest.Copies(t, maildir)) == 1 })
	second := start(t, p.Command("daemon"))
	second.says(t, "sendoff: another process is sending; waiting to take over")
	first.Process.Signal(syscall.SIGTERM)
	first.ends(t, 10*time.Second)
	p.Must("hello\n", "send", "--to", "kim@example.org")
	eventually(t, "the second message", func() bool { return len(clitest.Copies(t, maildir)) == 2 })
	second.Process.Signal(os.Interrupt)
	second.ends(t, 10*time.Second)
}

// What nohup started goes on when the terminal is closed; another ends.
func TestBuilt_AHangUpEndsItUnlessItIsIgnored(t *testing.T) {
	p := clitest.Install(t)
	maildir := t.TempDir()
	p.Account(startSandbox(t, maildir).Addr())
	kept := p.Command("daemon")
	kept.Path, kept.Args = "/bin/sh", []string{"sh", "-c", `trap "" HUP; exec "$0" daemon`, p.Path}
	daemon := start(t, kept)
	daemon.says(t, "sending; ctrl+c ends it")
	daemon.Process.Signal(syscall.SIGHUP)
	p.Must("hello\n", "send", "--to", "ana@example.org")
	eventually(t, "a message after the terminal was closed", func() bool { return len(clitest.Copies(t, maildir)) == 1 })
	daemon.Process.Signal(syscall.SIGTERM)
	daemon.ends(t, 10*time.Second)

	ordinary(t, syscall.SIGHUP)
	other := start(t, p.Command("daemon"))
	other.says(t, "sending; ctrl+c ends it")
	other.Process.Signal(syscall.SIGHUP)
	other.ends(t, 10*time.Second)
}

// With deliver = "auto" whatever makes mail due sees to it that it leaves, be it
// only left over from before.
func TestBuilt_AutoDeliveryStartsAFlush(t *testing.T) {
	p := clitest.Install(t)
	maildir := t.TempDir()
	p.Account(startSandbox(t, maildir).Addr())
	arrived := func(n int) func() bool { return func() bool { return len(clitest.Copies(t, maildir)) == n } }
	idle := func() { p.Run("", "flush") } // it waits for the lease, so the one started before is over
	p.Must("hello\n", "send", "--to", "left@example.org")
	p.Must("hello\n", "send", "--hold", "--to", "held@example.org")
	settings := filepath.Join(p.Home, "config/sendoff/config.toml")
	if err := os.WriteFile(settings, []byte("deliver = \"auto\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Must("hello\n", "send", "--wait", "--to", "ana@example.org")
	eventually(t, "what was left over", arrived(2))
	idle()
	p.Must("", "release", "a2")
	eventually(t, "what was released", arrived(3))
	idle()
	p.Must("hello\n", "send", "--to", "kim@example.org")
	eventually(t, "what was sent", arrived(4))
	idle()
}
