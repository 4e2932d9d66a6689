package cli_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"sendoff/internal/clitest"
	"sendoff/internal/sandbox"
	"sendoff/internal/uitest"
)

// What a terminal does to the built program that no screen can show: it changes its size
// without end, takes nothing, answers nothing, or gives it to a shell.

// arrived waits until so many messages have come to a server.
func arrived(t *testing.T, server *sandbox.Server, count int) {
	t.Helper()
	eventually(t, fmt.Sprintf("message %d", count), func() bool { return len(server.Messages()) >= count })
}

func TestBuilt_AStormOfSizesLosesNoKeyAndEndsRight(t *testing.T) {
	t.Parallel() // it waits for most of its time
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	for _, subject := range []string{"one", "two", "three"} {
		p.Must("hello\n", "send", "--hold", "-s", subject, "--to", "ana@example.org")
	}
	x := atTerminal(t, p.Command())
	x.See("held      three")
	x.See("q quit") // which is drawn last
	before := x.Screen()
	x.Raw("m\t")
	x.See("New message")
	random := rand.New(rand.NewPCG(8, 300))
	var typed strings.Builder
	for i := range 200 {
		x.Resize(3+random.IntN(298), 2+random.IntN(99))
		key := string(rune('a' + i%26))
		x.Raw(key)
		typed.WriteString(key)
	}
	x.Resize(80, 24)
	x.Until("the end of what was typed", func(screen string) bool {
		text := typed.String()
		return strings.Contains(screen, "New message") && strings.Contains(screen, text[len(text)-30:])
	})
	x.Raw("\x1b")
	x.See("Drafts 1")
	if got := draftSubjects(t, p); len(got) != 1 || got[0] != typed.String() {
		t.Errorf("drafts %q", got)
	}
	x.Raw("2")
	x.Until("the screen of before", func(screen string) bool {
		now, then := strings.Split(screen, "\n"), strings.Split(before, "\n")
		for y := 3; y < len(then) && y < len(now); y++ { // below the counts, and without the age of a message
			if cells := 60; ansi.Truncate(now[y], cells, "") != ansi.Truncate(then[y], cells, "") {
				return false
			}
		}
		return len(now) == len(then)
	})
	quits(t, x)
}

// ctrl+z gives the terminal to the shell. fg takes it back, also when the program was stopped
// from outside.
func TestBuilt_IsStoppedAndBroughtBack(t *testing.T) {
	p := clitest.Install(t)
	server := startSandbox(t, "")
	p.Account(server.Addr())
	inner := p.Command()
	cmd := exec.Command("sh", "-m", "-c", p.Path+`; for n in 1 2; do echo "stopped by $?"; read line; fg; done; echo "ended with $?"`)
	cmd.Dir, cmd.Env = inner.Dir, inner.Env
	x := atTerminal(t, cmd)
	x.See("Nothing is on its way")
	x.Raw("mana@example.org")
	x.See("To       ana@example.org")
	if x.Cooked() {
		t.Error("the terminal makes lines while the interface has it")
	}
	for n, stop := range []func(){
		func() { x.Raw("\x1a") },
		func() {
			pid := foreground(t, x)
			if err := syscall.Kill(pid, syscall.SIGTSTP); err != nil {
				t.Fatal(err)
			}
		},
	} {
		eventually(t, "nothing left to write", func() bool {
			sent, drafts := p.Must("", "list", "--json", "--state", "sent"), p.Must("", "list", "--json", "--state", "draft")
			return strings.Count(sent, `"message_id"`) == n && strings.Contains(drafts, "ana@example.org"+strings.Repeat("x", n)+`"`)
		})
		stop()
		x.See(fmt.Sprintf("stopped by %d", 128+int(syscall.SIGSTOP)))
		x.Until("its words", func(screen string) bool {
			return strings.Count(screen, "sendoff is stopped and sends nothing; fg brings it back.") == n+1
		})
		if _, _, shown := x.Cursor(); !x.Cooked() || x.AltScreen() || !shown {
			t.Errorf("stop %d: the terminal is cooked: %v, on the other screen: %v, its cursor shown: %v", n, x.Cooked(), x.AltScreen(), shown)
		}
		p.Must("hello\n", "send", "-s", fmt.Sprint("while stopped ", n), "--to", "ana@example.org")
		x.Resize(90, 24+n)
		x.Raw("\n")
		x.Until("the form in a raw terminal", func(screen string) bool {
			return strings.Contains(screen, "New message") && x.AltScreen() && !x.Cooked()
		})
		arrived(t, server, n+1)
		x.Raw("x")
		x.See("To       ana@example.org" + strings.Repeat("x", n+1))
		x.See("Subject")
	}
	x.Raw("\x03")
	x.See("ended with 0")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
}

// foreground is the process that a terminal's keys go to.
func foreground(t *testing.T, x *uitest.Term) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", x.Command.Process.Pid))
	if err != nil {
		t.Skip("processes cannot be looked at here:", err)
	}
	_, fields, _ := strings.Cut(string(data), ") ")
	var state string
	var parent, group, session, tty, owner int
	if _, err := fmt.Sscan(fields, &state, &parent, &group, &session, &tty, &owner); err != nil {
		t.Fatal(err)
	}
	return owner
}

// Where no shell could take the terminal, nothing stops.
func TestBuilt_WithoutAShellItDoesNotStop(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	x := atTerminal(t, p.Command())
	x.See("Nothing is on its way")
	x.Raw("\x1a")
	x.See("no shell")
	x.Raw("mana@example.org")
	x.See("To       ana@example.org")
	x.Raw("\x03")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
}

// A line that stands still stops neither the mail nor the keys, and not the end.
func TestBuilt_ATerminalThatTakesNothing(t *testing.T) {
	for _, end := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(end.String(), func(t *testing.T) {
			t.Parallel()
			ordinary(t, syscall.SIGHUP)
			p := clitest.Install(t)
			server := startSandbox(t, "")
			p.Account(server.Addr())
			x := writing(t, p)
			release := x.Hold()
			for i := range 60 { // until no buffer has room
				x.Resize(200+i%2*100, 60+i%2*40)
				x.Raw("word ")
				time.Sleep(5 * time.Millisecond) // so that each is a frame
			}
			x.Raw("The last words")
			p.Must("hello\n", "send", "--to", "ana@example.org")
			arrived(t, server, 1)
			draft := strings.Repeat("word ", 60) + "The last words"
			untilDraft(t, p, draft)
			if err := x.Command.Process.Signal(end); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			x.Wait()
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it ended after %v", took)
			}
			release()
			if got := draftSubjects(t, p); len(got) != 1 || got[0] != draft {
				t.Errorf("drafts %q", got)
			}
		})
	}
}

// When the line moves again, the screen is right.
func TestBuilt_ATerminalThatTakesAgain(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	x := writing(t, p)
	release := x.Hold()
	for i := range 60 {
		x.Resize(200+i%2*100, 60+i%2*40)
		x.Raw("word ")
		time.Sleep(5 * time.Millisecond)
	}
	untilDraft(t, p, strings.Repeat("word ", 60))
	x.Raw(strings.Repeat("\x7f", 300) + "Figures")
	untilDraft(t, p, "Figures")
	release()
	x.Resize(80, 24)
	x.See("Subject  Figures\n")
	x.See("New message")
	x.Raw("\x1b")
	x.See("Drafts 1")
	quits(t, x)
}

// untilDraft waits until one draft of that subject is on disk.
func untilDraft(t *testing.T, p *clitest.Program, subject string) {
	t.Helper()
	eventually(t, "the draft "+subject, func() bool {
		got := draftSubjects(t, p)
		return len(got) == 1 && strings.TrimSpace(got[0]) == strings.TrimSpace(subject)
	})
}

// ordinary makes a signal one that ends processes that are started, also where the tests
// themselves run under nohup.
func ordinary(t *testing.T, s os.Signal) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, s)
	t.Cleanup(func() { signal.Stop(caught) })
}

func TestBuilt_ATerminalThatAnswersNothing(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	for _, environment := range []string{"TERM=xterm-256color", "TERM=xterm-kitty", "TERM=linux", "TERM=dumb", "TERM="} {
		t.Run(environment, func(t *testing.T) {
			cmd := p.Command()
			cmd.Env = append(cmd.Env, environment)
			x := uitest.StartMute(t, 80, 24, cmd)
			x.See("Nothing is on its way")
			x.Raw("m\t")
			x.See("New message")
			x.Raw("\x1b")
			x.See("Nothing is on its way")
			quits(t, x)
		})
	}
}
