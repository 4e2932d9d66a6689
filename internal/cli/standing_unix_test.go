//go:build unix

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
	"sendoff/outbox"
)

// stoppedDaemon is a daemon that was stopped in the middle of two messages.
type stoppedDaemon struct {
	*clitest.Program
	*background
	ids   []string
	goOn  func() // the daemon, and its servers
	beats string // the file with its pulse
}

func stopDaemon(t *testing.T) stoppedDaemon {
	t.Helper()
	p := clitest.Install(t)
	d := stoppedDaemon{Program: p, beats: filepath.Join(p.DataDir(), "sender.pid")}
	large := filepath.Join(t.TempDir(), "large.bin")
	if err := os.WriteFile(large, make([]byte, 12<<20), 0o600); err != nil { // more than the two ends of a line hold
		t.Fatal(err)
	}
	servers := map[string]*slowServer{"a": {}, "b": {}}
	var book strings.Builder
	for name, s := range servers {
		host, port, _ := strings.Cut(s.start(t), ":")
		fmt.Fprintf(&book, "[[account]]\nname = %q\nfrom = \"Ada <ada@example.org>\"\n[account.smtp]\nhost = %q\nport = %s\nsecurity = \"none\"\n", name, host, port)
	}
	p.WriteAccounts("default = \"a\"\n" + book.String())
	for name := range servers {
		d.ids = append(d.ids, strings.TrimSpace(p.Must("Hi.\n", "send", "-a", name, "--attach", large, "ana@example.org")))
	}
	d.background = start(t, p.Command("daemon"))
	for _, s := range servers {
		<-s.waits
	}
	d.signal(t, syscall.SIGSTOP)
	d.goOn = func() {
		d.signal(t, syscall.SIGCONT)
		for _, s := range servers {
			close(s.goOn)
		}
	}
	return d
}

func (d stoppedDaemon) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := d.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// A sender that was stopped is told by all that look at it, and again one that goes on.
func TestBuilt_ASenderThatWasStoppedIsTold(t *testing.T) {
	t.Parallel() // it waits for most of its time
	d := stopDaemon(t)
	if r := d.Run("", "doctor", "--quick"); r.Code != 0 || !strings.Contains(r.Out, "running") {
		t.Fatalf("at once: %d\n%s%s", r.Code, r.Out, r.Err)
	}
	ago := time.Now().Add(-40 * time.Second) // as if it stood for so long: nothing but it would change that
	if err := os.Chtimes(d.beats, ago, ago); err != nil {
		t.Fatal(err)
	}
	words := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	says := fmt.Sprintf("s (process %d, perhaps stopped with ctrl+z)", d.Process.Pid)
	helps := fmt.Sprintf("in its terminal fg lets it go on; kill -KILL %d ends it", d.Process.Pid)
	if r := d.Run("", "doctor", "--quick"); r.Code != 75 || !strings.Contains(words(r.Out), "the sender has not moved for 4") || !strings.Contains(words(r.Out), says) || !strings.Contains(words(r.Out), helps) {
		t.Errorf("doctor: %d\n%s", r.Code, r.Out)
	}
	if r := d.Run("Hi.\n", "send", "-a", "a", "jo@example.org"); r.Code != 0 || !strings.Contains(words(r.Err), "queued, but the sender has not moved") || !strings.Contains(words(r.Err), says) || !strings.Contains(words(r.Err), helps) {
		t.Errorf("send: %d\n%s", r.Code, r.Err)
	}
	if r := d.Run("", "show", d.ids[0]); !strings.Contains(r.Out, says) {
		t.Errorf("show:\n%s", r.Out)
	}
	began := time.Now()
	if r := d.Run("", "cancel", d.ids[0]); !strings.Contains(r.Err, "stays asked") || !strings.Contains(words(r.Err), says) || time.Since(began) > 5*time.Second {
		t.Errorf("cancel: %d after %v\n%s", r.Code, time.Since(began), r.Err)
	}
	if r := d.Run("", "flush", "--timeout", "1s"); !strings.Contains(words(r.Err), says) {
		t.Errorf("flush: %d\n%s", r.Code, r.Err)
	}
	d.goOn()
	eventually(t, "the sender runs again", func() bool { return d.Run("", "doctor", "--quick").Code == 0 })
	eventually(t, "it is stopped", func() bool { return strings.Contains(d.Must("", "list", "--state", "cancelled"), d.ids[0]) })
}

// All are asked to stop before one is waited for: each goes on until it is.
func TestBuilt_CancelAsksAllBeforeItWaitsForOne(t *testing.T) {
	t.Parallel() // it waits for most of its time
	d := stopDaemon(t)
	box, err := outbox.Open(t.Context(), outbox.Options{Dir: d.DataDir(), State: d.StateDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	began := time.Now()
	cancel := start(t, d.Command(append([]string{"cancel"}, d.ids...)...))
	eventually(t, "both are asked to stop", func() bool {
		asked := 0
		for _, text := range d.ids {
			id, err := box.Find(t.Context(), text)
			if err != nil {
				t.Fatal(err)
			}
			item, err := box.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if item.Stopping {
				asked++
			}
		}
		return asked == len(d.ids)
	})
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the second was asked to stop after %v", took)
	}
	d.goOn()
	cancel.ends(t, 15*time.Second)
	for _, id := range d.ids {
		if !strings.Contains(cancel.said.String(), id+" was being sent, and is stopped") {
			t.Errorf("of %s it says nothing:\n%s", id, cancel.said)
		}
	}
}
