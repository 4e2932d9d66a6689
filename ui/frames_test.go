package ui

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// counter shows how many keys were pressed, and does what it is sent.
type counter struct{ keys int }

func (c *counter) Init() tea.Cmd { return nil }

func (c *counter) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		c.keys++
	case tea.Cmd:
		return c, msg
	}
	return c, nil
}

func (c *counter) View() tea.View { return tea.NewView(fmt.Sprintf("pressed %d", c.keys)) }

// paper notes what is written, and when.
type paper struct {
	mu   sync.Mutex
	text string
	at   time.Time // the last of it
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text, p.at = p.text+string(b), time.Now()
	return len(b), nil
}

// newest takes what was written since it was asked last.
func (p *paper) newest() (text string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, p.text = p.text, ""
	return text, p.at
}

// resting measures how long its Write takes where nothing but a rest does.
type resting struct {
	io.Writer
	mu    sync.Mutex
	times int
	took  time.Duration
}

func (r *resting) Write(p []byte) (int, error) {
	start := time.Now()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.times, r.took = r.times+1, r.took+time.Since(start)
	}()
	return r.Writer.Write(p)
}

func (r *resting) sums() (times int, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.times, r.took
}

// onFrames runs a counter on frames, in virtual time, while do does.
func onFrames(t *testing.T, do func(program *tea.Program, written *paper, rests *resting)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		written := new(paper)
		f := newFrames(written)
		rests := &resting{Writer: f}
		program := tea.NewProgram(&framed{Model: new(counter)}, append(f.options(),
			tea.WithOutput(rests), tea.WithInput(nil), tea.WithoutSignalHandler(), tea.WithWindowSize(40, 3),
			tea.WithColorProfile(colorprofile.Ascii), tea.WithEnvironment(nil))...)
		var running sync.WaitGroup
		running.Go(func() { f.run(program.Send) })
		running.Go(func() {
			defer f.end()
			if _, err := program.Run(); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Second)
		do(program, written, rests)
		start := time.Now()
		program.Quit()
		running.Wait()
		if took := time.Since(start); took > time.Second/frameRate {
			t.Errorf("it ends after %v", took)
		}
	})
}

var aKey = tea.KeyPressMsg{Code: 'x', Text: "x"}

// No time passes but that of waiting: a frame that waits for a clock comes later than
// its key.
func TestFrames_AKeyIsDrawnAtOnce(t *testing.T) {
	onFrames(t, func(program *tea.Program, written *paper, _ *resting) {
		for i := range 100 {
			time.Sleep(100*time.Millisecond + time.Duration(i)*time.Millisecond)
			written.newest()
			pressed := time.Now()
			program.Send(aKey)
			time.Sleep(50 * time.Millisecond)
			text, at := written.newest()
			if text == "" || !at.Equal(pressed) {
				t.Errorf("key %d: %q is drawn after %v", i, text, at.Sub(pressed))
			}
		}
	})
}

func TestFrames_KeysInARowWaitForNoMoreThanAFrame(t *testing.T) {
	onFrames(t, func(program *tea.Program, written *paper, _ *resting) {
		for range 200 {
			program.Send(aKey)
			time.Sleep(time.Millisecond)
		}
		last := time.Now()
		time.Sleep(time.Second)
		text, at := written.newest()
		if !strings.Contains(text, "2") || at.Sub(last) > time.Second/frameRate {
			t.Errorf("%q is drawn %v after the last key", text, at.Sub(last))
		}
		if frames := strings.Count(text, "\r"); frames > 200*frameRate/1000+10 {
			t.Errorf("%d frames in a fifth of a second", frames)
		}
	})
}

func TestFrames_NothingWakesTheRendererWithoutNews(t *testing.T) {
	onFrames(t, func(_ *tea.Program, written *paper, rests *resting) {
		written.newest()
		times, took := rests.sums()
		time.Sleep(time.Minute)
		timesAfter, tookAfter := rests.sums()
		if n := timesAfter - times; n > 60 {
			t.Errorf("it was woken %d times in a minute", n)
		}
		if rested := tookAfter - took; rested < 58*time.Second {
			t.Errorf("it rested for %v of a minute", rested)
		}
		if text, _ := written.newest(); text != "" {
			t.Errorf("%q is written", text)
		}
	})
}

// What Bubble Tea writes besides frames would wait behind a rest.
func TestFrames_ARestEndsForWhatIsWrittenBesides(t *testing.T) {
	onFrames(t, func(program *tea.Program, written *paper, _ *resting) {
		for _, c := range []struct {
			cmd  tea.Cmd
			text string
		}{{tea.Raw("\a"), "\a"}, {tea.SetClipboard("copied"), "\x1b]52;"}, {tea.ClearScreen, "pressed 0"}} {
			written.newest()
			start := time.Now()
			program.Send(c.cmd)
			time.Sleep(100 * time.Millisecond)
			text, at := written.newest()
			if !strings.Contains(text, c.text) || at.Sub(start) > 2*time.Second/frameRate {
				t.Errorf("%q is written instead of %q after %v", text, c.text, at.Sub(start))
			}
		}
	})
}

// brief is what has the terminal for a while.
type brief struct{ out io.Writer }

func (b *brief) Run() error {
	time.Sleep(shortestEdit)
	_, err := io.WriteString(b.out, "from another program")
	return err
}

func (b *brief) SetStdin(io.Reader)    {}
func (b *brief) SetStdout(w io.Writer) { b.out = w }
func (b *brief) SetStderr(io.Writer)   {}

func TestFrames_AnotherProgramGetsTheTerminalAndGivesItBack(t *testing.T) {
	onFrames(t, func(program *tea.Program, written *paper, _ *resting) {
		for range 20 {
			program.Send(tea.Exec(new(brief), nil))
			time.Sleep(time.Second) // without a keyboard Bubble Tea waits half of that for its reader
			if text, _ := written.newest(); !strings.Contains(text, "from another program") {
				t.Errorf("%q is written", text)
			}
			pressed := time.Now()
			program.Send(aKey)
			time.Sleep(50 * time.Millisecond)
			if text, at := written.newest(); text == "" || at.Sub(pressed) > time.Second/frameRate {
				t.Errorf("%q is drawn %v after a key", text, at.Sub(pressed))
			}
		}
	})
}

func TestProgram_TheEditorHasTheTerminalItself(t *testing.T) {
	seen := filepath.Join(t.TempDir(), "seen")
	x := start(t, t.TempDir(), "VISUAL="+editor(t, fmt.Sprintf(`test -t 0 && test -t 1 && test -t 2 && printf yes > %q`, seen)))
	x.See("Nothing is on its way")
	x.Raw("m\t\tBefore\x05")
	x.Until("the form", func(string) bool {
		_, err := os.Stat(seen)
		return err == nil
	})
	x.See("Before")
}
