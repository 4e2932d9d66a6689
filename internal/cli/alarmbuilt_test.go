package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/internal/clitest"
)

// The daemon has a command tell of what was refused, and says it once.
func TestBuilt_TheDaemonTellsOfFailures(t *testing.T) {
	p := clitest.Install(t)
	p.Account(startSandbox(t, t.TempDir()).Addr())
	told := filepath.Join(p.Work, "told")
	script := filepath.Join(p.Work, "tell")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nprintf '%s|%s\\n' \"$1\" \"$2\" >>"+told+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	settings := "notify = 'command'\nnotify_command = ['" + script + "']\n"
	if err := os.WriteFile(filepath.Join(p.Home, "config/sendoff/config.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, sends := filepath.Join(p.StateDir(), "notified.json"), filepath.Join(p.DataDir(), "sender.pid")
	run := func(during func()) {
		t.Helper()
		daemon := start(t, p.Command("daemon"))
		for _, path := range []string{kept, sends} { // the first run leaves the one, and takes the other with it
			eventually(t, path, func() bool { _, err := os.Stat(path); return err == nil })
		}
		during()
		daemon.Process.Signal(syscall.SIGTERM)
		daemon.ends(t, 10*time.Second)
	}
	run(func() {
		p.Must("hello\n", "send", "--to", "reject@example.org", "-s", "Lunch")
		eventually(t, "a notification", func() bool { text, _ := os.ReadFile(told); return strings.HasSuffix(string(text), "\n") })
	})
	run(func() { time.Sleep(500 * time.Millisecond) }) // it looks at once
	if text := read(t, told); text != "Not delivered: “Lunch”|To reject@example.org. There is no mailbox of that name at example.org.\n" {
		t.Errorf("told:\n%s", text)
	}
	if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}
