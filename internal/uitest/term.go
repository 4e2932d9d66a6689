package uitest

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/termios"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Term is a program's terminal: an emulated screen and a keyboard.
type Term struct {
	Program *tea.Program // with Run
	Command *exec.Cmd    // with Start
	Done    chan error   // how the program ended; then closed

	t        testing.TB
	keyboard io.Writer
	pty      *os.File

	reading sync.Mutex // held while nobody reads what the command writes

	mu       sync.Mutex // guards emulator, whose Safe variant hands out live cells
	emulator *vt.Emulator
	title    string
	hidden   bool // the cursor; the emulator has a cursor for each screen, terminals one for both
}

func newTerm(t testing.TB, width, height int) *Term {
	x := &Term{t: t, emulator: vt.NewEmulator(width, height), Done: make(chan error, 1)}
	hide := func(hidden bool) func(ansi.Mode) {
		return func(mode ansi.Mode) {
			if mode == ansi.ModeTextCursorEnable {
				x.hidden = hidden
			}
		}
	}
	x.emulator.SetCallbacks(vt.Callbacks{Title: func(s string) { x.title = s }, EnableMode: hide(false), DisableMode: hide(true)})
	return x
}

// Write takes the program's output.
func (x *Term) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.emulator.Write(p)
}

// Run runs the model as a real Program in this process; it is ended with the
// test. Options come after the ones that put it on the emulated screen.
func Run(t testing.TB, m tea.Model, width, height int, options ...tea.ProgramOption) *Term {
	t.Helper()
	return RunWith(t, width, height, func(onScreen ...tea.ProgramOption) error {
		onScreen = append(onScreen, tea.WithContext(t.Context()))
		_, err := tea.NewProgram(m, append(onScreen, options...)...).Run()
		return err
	})
}

// RunWith runs a function that makes and runs a Program with the options it is
// given. It must return when the test's context ends.
//
// The keyboard is an [os.Pipe] and not the emulator itself: that answers queries
// while it is written to, and an unbuffered answer would wait for a reader that
// waits for the event loop that waits for the renderer that is writing.
func RunWith(t testing.TB, width, height int, run func(...tea.ProgramOption) error) *Term {
	t.Helper()
	x := newTerm(t, width, height)
	in, keyboard, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x.keyboard = keyboard
	var copying sync.WaitGroup
	copying.Go(func() { io.Copy(keyboard, x.emulator) }) // answers to queries
	// LNM: there is no tty that makes \r\n of \n, and the renderer counts on one.
	if _, err := x.Write([]byte("\x1b[20h")); err != nil {
		t.Fatal(err)
	}
	options := []tea.ProgramOption{
		tea.WithInput(in), tea.WithOutput(x), tea.WithWindowSize(width, height),
		tea.WithColorProfile(colorprofile.TrueColor), tea.WithEnvironment([]string{"TERM=xterm-256color"}),
		tea.WithoutSignalHandler(), tea.WithFPS(120),
	}
	go func() {
		x.Done <- run(options...)
		close(x.Done)
	}()
	t.Cleanup(func() {
		x.drain()
		closeEmulator(x.emulator)
		keyboard.Close()
		in.Close()
		copying.Wait()
	})
	return x
}

// Start runs a command in a pty; it is killed at the end of the test. The tty
// is the command's controlling terminal, without which there is no SIGWINCH,
// no ctrl+z and no /dev/tty.
func Start(t testing.TB, width, height int, cmd *exec.Cmd) *Term {
	t.Helper()
	return start(t, width, height, cmd, func(p *os.File) io.Writer { return p })
}

// StartMute is [Start] in a terminal that never answers what it is asked.
func StartMute(t testing.TB, width, height int, cmd *exec.Cmd) *Term {
	t.Helper()
	return start(t, width, height, cmd, func(*os.File) io.Writer { return io.Discard })
}

// start runs a command in a pty whose answers go where answers says.
func start(t testing.TB, width, height int, cmd *exec.Cmd, answers func(*os.File) io.Writer) *Term {
	t.Helper()
	x := newTerm(t, width, height)
	p, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)})
	if err != nil {
		t.Fatal(err)
	}
	x.pty, x.keyboard, x.Command = p, p, cmd
	var copying sync.WaitGroup
	copying.Go(func() { io.Copy(answers(p), x.emulator) })
	copying.Go(func() { io.Copy(reader{x}, p) })
	go func() {
		x.Done <- cmd.Wait()
		close(x.Done)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill() // fails if it has ended, which is as good
		x.drain()
		closeEmulator(x.emulator)
		p.Close()
		copying.Wait()
	})
	return x
}

// reader is the end of a pty that can stop reading.
type reader struct{ x *Term }

func (r reader) Write(p []byte) (int, error) {
	r.x.reading.Lock()
	defer r.x.reading.Unlock()
	return r.x.Write(p)
}

// Hold stops reading what a command that [Start] began writes, as a line that stands
// still does, until the function that it returns is called.
func (x *Term) Hold() (release func()) {
	x.reading.Lock()
	once := sync.OnceFunc(x.reading.Unlock)
	x.t.Cleanup(once)
	return once
}

func (x *Term) drain() {
	for range x.Done {
	}
}

// closeEmulator ends the copying of its answers.
func closeEmulator(e *vt.Emulator) {
	if c, ok := e.InputPipe().(io.Closer); ok {
		c.Close()
	}
}

// Wait gives how the program ended. It fails the test if it does not end.
func (x *Term) Wait() error {
	x.t.Helper()
	select {
	case err := <-x.Done:
		return err
	case <-time.After(patience):
		x.t.Fatalf("the program does not end:\n%s", x.Screen())
		return nil
	}
}

// Raw types bytes, as a keyboard would send them.
func (x *Term) Raw(s string) {
	x.t.Helper()
	if _, err := io.WriteString(x.keyboard, s); err != nil {
		x.t.Fatal(err)
	}
}

// HangUp takes the terminal away from a command that [Start] began, as a line that
// breaks does.
func (x *Term) HangUp() {
	x.t.Helper()
	if err := x.pty.Close(); err != nil {
		x.t.Fatal(err)
	}
}

// Resize changes the size of the terminal.
func (x *Term) Resize(width, height int) {
	x.t.Helper()
	x.mu.Lock()
	x.emulator.Resize(width, height)
	x.mu.Unlock()
	if x.pty == nil {
		x.t.Fatal("only a pty can be resized")
	}
	if err := pty.Setsize(x.pty, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		x.t.Fatal(err)
	}
}

// Screen is the text on the screen, without the spaces at the ends of lines.
func (x *Term) Screen() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var lines []string
	for y := range x.emulator.Height() {
		var line strings.Builder
		for column := 0; column < x.emulator.Width(); {
			cell := x.emulator.CellAt(column, y)
			if cell == nil || cell.Width == 0 {
				column++
				continue
			}
			line.WriteString(cell.Content)
			column += cell.Width
		}
		lines = append(lines, strings.TrimRight(line.String(), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// Title is the title of the window.
func (x *Term) Title() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.title
}

// AltScreen tells whether the screen is the one that programs have for themselves.
func (x *Term) AltScreen() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.emulator.IsAltScreen()
}

// Cooked tells whether the terminal of a command that [Start] began makes lines of what
// is typed, and shows it, as a shell wants it.
func (x *Term) Cooked() (cooked bool) {
	x.t.Helper()
	raw, err := x.pty.SyscallConn()
	if err != nil {
		x.t.Fatal(err)
	}
	controlErr := raw.Control(func(fd uintptr) {
		var modes *unix.Termios
		if modes, err = termios.GetTermios(int(fd)); err == nil {
			cooked = modes.Lflag&unix.ICANON != 0 && modes.Lflag&unix.ECHO != 0
		}
	})
	if err := errors.Join(err, controlErr); err != nil {
		x.t.Fatal(err)
	}
	return cooked
}

// Cursor is where the cursor stands.
func (x *Term) Cursor() (column, row int, shown bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := x.emulator.CursorPosition()
	return p.X, p.Y, !x.hidden
}

// Until waits until ok says yes of the screen, and fails the test if it never
// does. Looking is cheap: the screen is in memory.
func (x *Term) Until(what string, ok func(screen string) bool) {
	x.t.Helper()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	end := time.NewTimer(patience)
	defer end.Stop()
	for {
		screen := x.Screen()
		if ok(screen) {
			return
		}
		select {
		case <-look.C:
		case <-end.C:
			x.t.Fatalf("no %s on the screen:\n%s", what, screen)
		}
	}
}

// See waits until a text is on the screen.
func (x *Term) See(text string) {
	x.t.Helper()
	x.Until(text, func(screen string) bool { return strings.Contains(screen, text) })
}
