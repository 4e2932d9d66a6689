package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/internal/clitest"
	"sendoff/internal/uitest"
	"sendoff/outbox"
)

// inShell is the program as a job of a shell that says how often it was stopped, and brings
// it back for a line.
func inShell(t *testing.T, p *clitest.Program, env ...string) *uitest.Term {
	t.Helper()
	inner := p.Command()
	cmd := exec.Command("sh", "-m", "-c", p.Path+`; code=$?; n=0; while [ $code -gt 128 ]; do n=$((n+1)); echo "stop $n"; read line; fg >/dev/null; code=$?; done; echo ended`)
	cmd.Dir, cmd.Env = inner.Dir, inner.Env
	return atTerminal(t, cmd, env...)
}

// Who stops it from outside in the middle of its work keeps nobody from the outbox.
func TestBuilt_AStopFromOutsideComesBetweenTwoWrites(t *testing.T) {
	p := clitest.Install(t)
	server := startSandbox(t, "")
	p.Account(server.Addr())
	const messages, stops = 400, 8
	box, err := outbox.Open(t.Context(), outbox.Options{Dir: p.DataDir(), State: p.StateDir()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range messages {
		d := compose.Draft{Account: "work", From: "ada@example.org", To: fmt.Sprintf("person%d@example.org", i), Body: "hello"}
		if _, err := box.Submit(t.Context(), d, outbox.SubmitOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	x := inShell(t, p)
	for n := range stops {
		arrived(t, server, 1+n*messages/(stops+2))
		if err := syscall.Kill(foreground(t, x), syscall.SIGTSTP); err != nil {
			t.Fatal(err)
		}
		x.See(fmt.Sprintf("stop %d", n+1))
		if !x.Cooked() || x.AltScreen() {
			t.Errorf("stop %d: the terminal is cooked: %v, on the other screen: %v", n+1, x.Cooked(), x.AltScreen())
		}
		start := time.Now()
		p.Must("hello\n", "send", "-s", "while stopped", "--to", "ana@example.org")
		if took := time.Since(start); took > 4*time.Second { // who waits for a writer does so for five
			t.Errorf("stop %d: another process waited %v to write", n+1, took)
		}
		x.Raw("\n")
		x.Until("the list in a raw terminal", func(screen string) bool { return strings.Contains(screen, "Outbox") && x.AltScreen() && !x.Cooked() })
	}
	arrived(t, server, messages+stops)
	x.Raw("\x03")
	x.See("ended")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
}

// An editor in front is stopped with it and brought back with it, whether its key or
// somebody else stops the two.
func TestBuilt_TheEditorIsStoppedAndBroughtBackWithIt(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	editor := filepath.Join(t.TempDir(), "editor")
	script := "#!/bin/sh\necho \"editor $$ here\"\nread line; echo \"one $line\"; read line; echo \"two $line\"; read line; echo \"$line\" >\"$1\"\n"
	if err := os.WriteFile(editor, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	x := inShell(t, p, "VISUAL="+editor)
	x.See("Nothing is on its way")
	x.Raw("m\x05") // ctrl+e
	x.See("here")
	var pid int
	_, after, _ := strings.Cut(x.Screen(), "editor ")
	if _, err := fmt.Sscan(after, &pid); err != nil {
		t.Fatal(err)
	}
	for n, stop := range []func(){
		func() { x.Raw("\x1a") },
		func() {
			if err := syscall.Kill(foreground(t, x), syscall.SIGTSTP); err != nil {
				t.Fatal(err)
			}
		},
	} {
		stop()
		x.See(fmt.Sprintf("stop %d", n+1))
		if says := "sendoff is stopped and sends nothing; fg brings it back."; strings.Count(x.Screen(), says) != n+1 {
			t.Errorf("stop %d: what does not go on is not said:\n%s", n+1, x.Screen())
		}
		eventually(t, "the editor stands still", func() bool { return processState(t, pid) == "T" })
		p.Must("hello\n", "send", "--hold", "--to", "ana@example.org")
		x.Raw("\n")
		eventually(t, "the editor goes on", func() bool { return processState(t, pid) == "S" })
		x.Raw("more\n")
		x.See([]string{"one", "two"}[n] + " more")
	}
	x.Raw("written at last\n")
	x.Until("the form", func(screen string) bool {
		return strings.Contains(screen, "written at last") && x.AltScreen() && !x.Cooked()
	})
	x.Raw("\x1a") // its own key is none any more
	x.See("stop 3")
	x.Raw("\n")
	x.Until("the form again", func(screen string) bool {
		return strings.Contains(screen, "written at last") && x.AltScreen() && !x.Cooked()
	})
	x.Raw("\x03")
	x.See("ended")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
}

// processState is what ps calls the state of a process.
func processState(t *testing.T, pid int) (state string) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, fields, _ := strings.Cut(string(data), ") ")
	state, _, _ = strings.Cut(fields, " ")
	return state
}

// What sends without a person has the signal as every program has it.
func TestBuilt_TheDaemonIsStoppedAsAnyProgram(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	cmd := p.Command("daemon")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // of this session, as a job of a shell is
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	eventually(t, "the daemon", func() bool {
		_, err := os.Stat(filepath.Join(p.DataDir(), "outbox.db"))
		return err == nil
	})
	if err := cmd.Process.Signal(syscall.SIGTSTP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the daemon stands still", func() bool { return processState(t, cmd.Process.Pid) == "T" })
}
