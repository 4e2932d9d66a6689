package cli_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/internal/clitest"
)

// killMidway runs a flush and kills it when some more messages have arrived, or
// when it has not got that far in ten seconds and a while for each.
func killMidway(t *testing.T, p *clitest.Program, maildir string, more int) {
	t.Helper()
	cmd := p.Command("flush")
	want := arrivals(t, maildir) + more
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	late := time.After(10*time.Second + time.Duration(more)*5*time.Millisecond)
	for waiting := true; waiting && arrivals(t, maildir) < want; {
		select {
		case <-ticker.C:
		case <-late:
			waiting = false
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
}

// arrivals is how many messages are in a Maildir.
func arrivals(t *testing.T, maildir string) int {
	t.Helper()
	dir, err := os.Open(filepath.Join(maildir, "new"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// Killed at any moment, no message is lost: each has arrived, or waits, or is
// uncertain; and none has arrived twice.
func TestBuilt_KilledInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel() // it waits for most of its time
	p := clitest.Install(t)
	maildir := t.TempDir()
	p.Account(startSandbox(t, maildir).Addr())
	const count, kills, connections = 120, 8, 4
	for i := range count {
		p.Must("hello\n", "send", "--to", fmt.Sprintf("user%d@example.org", i))
	}
	for kill := range kills {
		killMidway(t, p, maildir, 3+kill)
	}
	p.Run("", "flush") // sends what was recovered
	for line := range strings.Lines(p.Must("", "list", "--state", "waiting")) {
		id := strings.Fields(line)[0]
		// Only what was interrupted three times in a row waits a minute by itself.
		if log := p.Must("", "show", id, "--log"); strings.Count(log, "  work  ") < 3 {
			t.Errorf("%s still waits:\n%s", id, log)
		}
		p.Must("", "retry", id)
	}
	if r := p.Run("", "flush"); r.Code != 0 {
		t.Errorf("exit %d: %s", r.Code, r.Err)
	}
	arrived, states := clitest.Copies(t, maildir), p.States()
	for id, n := range arrived {
		if n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
		if !states["sent"][id] && !states["uncertain"][id] {
			t.Errorf("%s arrived, and is neither sent nor uncertain", id)
		}
	}
	for id := range states["sent"] {
		if arrived[id] == 0 {
			t.Errorf("%s is sent and has not arrived", id)
		}
	}
	sent, uncertain := len(states["sent"]), len(states["uncertain"])
	if sent+uncertain != count {
		t.Errorf("%d sent and %d uncertain of %d", sent, uncertain, count)
	}
	if uncertain > kills*connections {
		t.Errorf("%d uncertain: more than were on the wire when it was killed", uncertain)
	}
}
