package ui

import (
	"bytes"
	"io"
	"os"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"
)

const (
	// restMark is what the renderer is given to write when it may rest: a byte that
	// terminals pass over, should it ever come to one, and that no frame holds.
	restMark = "\x00"
	// longestRest bounds how long the renderer rests. Bubble Tea waits for it where it
	// ends by itself, as in a crash.
	longestRest = time.Second
	// frameRate is how many frames a second are drawn while one follows the other:
	// the most that Bubble Tea can. One behind a rest is drawn at once.
	frameRate = 120
)

// frames is the output of a Program whose renderer draws as soon as there is
// something to draw, and rests while there is not (decision 26).
//
// QUIRK: Bubble Tea 2.1.1 looks for a new frame at every tick of a clock, which can
// neither be stopped nor be called by hand, and the ticks cost more than all else that an
// idle interface does. But before it looks it writes what [tea.Raw] was given, with the
// same goroutine. So it is given restMark, and the Write of that takes until there is
// news. Nobody waits for the clock meanwhile, which then does not run either.
//
// One mark is under way at any time: behind each rest run sends the next one. What
// makes Bubble Tea itself write to the terminal would wait for the rest to end; so
// filter ends it before such a message.
//
// While the terminal is behind with what it was given (pen), nothing is drawn: the next
// frame is that of the moment when it has caught up.
type frames struct {
	out    io.Writer
	pen    pen           // writes to out
	caught chan struct{} // a token: the terminal is not behind any more
	due    chan struct{} // a token: there may be something to draw, or to write
	handed chan struct{} // a token: a message came, whose frame is to be drawn
	rested chan struct{} // a token: a rest is over
	ended  chan struct{} // closed when there is no more rest
	once   sync.Once     // closes it
}

type (
	// handedOver comes behind a message: by then its frame is with the renderer.
	handedOver struct{}
	// caughtUp says that there may be more to see than was drawn.
	caughtUp struct{}
)

func newFrames(out io.Writer) *frames {
	f := &frames{
		out: out, caught: make(chan struct{}, 1), due: make(chan struct{}, 1), handed: make(chan struct{}, 1), rested: make(chan struct{}, 1),
		ended: make(chan struct{}),
	}
	f.pen.out, f.pen.caughtUp = out, func() { token(f.caught) }
	f.rested <- struct{}{} // the first mark is sent as the others are
	return f
}

// options are those of the Program that draws on f.
func (f *frames) options() []tea.ProgramOption {
	return []tea.ProgramOption{tea.WithOutput(f.output()), tea.WithFilter(f.filter), tea.WithFPS(frameRate)}
}

// run sends what must come through the event loop, until end. It uses the send of the
// Program, which gives up when that has ended.
func (f *frames) run(send func(tea.Msg)) {
	for {
		select {
		case <-f.handed:
			send(handedOver{})
		case <-f.caught:
			send(caughtUp{})
		case <-f.rested:
			send(tea.RawMsg{Msg: restMark})
		case <-f.ended:
			return
		}
	}
}

// end ends the rest and allows no other. It may be called more than once.
func (f *frames) end() { f.once.Do(func() { close(f.ended) }) }

// filter sees every message before Bubble Tea does.
func (f *frames) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	switch msg := msg.(type) {
	case handedOver:
		token(f.due)
		return nil
	case tea.RawMsg:
		if msg.Msg == restMark {
			return msg
		}
		token(f.due)
	case tea.KeyMsg, tea.MouseMsg, tea.PasteMsg:
		// Nothing is written for these but their frame, which is drawn at once if the
		// renderer rests until it is there.
	case tea.QuitMsg, tea.InterruptMsg:
		f.end()
	default:
		token(f.due)
	}
	token(f.handed)
	return msg
}

func token(ch chan<- struct{}) {
	select {
	case ch <- struct{}{}:
	default: // one is there still, and is enough
	}
}

// Write writes to the terminal, and rests where restMark stands.
func (f *frames) Write(p []byte) (int, error) {
	text := bytes.ReplaceAll(p, []byte(restMark), nil)
	if len(text) > 0 {
		if _, err := f.pen.Write(text); err != nil {
			return 0, err
		}
	}
	if len(text) < len(p) {
		f.rest()
	}
	return len(p), nil
}

func (f *frames) rest() {
	limit := time.NewTimer(longestRest)
	defer limit.Stop()
	select {
	case <-f.due:
	case <-f.ended:
	case <-limit.C:
	}
	token(f.rested)
}

// output is f as Bubble Tea wants it: a terminal if it is one.
func (f *frames) output() io.Writer {
	if file, ok := f.out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return terminal{f, file}
	}
	return f
}

// terminal is frames on a terminal, of which Bubble Tea asks more than to be written to.
type terminal struct {
	*frames
	file *os.File
}

func (t terminal) Read(p []byte) (int, error) { return t.file.Read(p) }
func (t terminal) Close() error               { return t.file.Close() }
func (t terminal) Fd() uintptr                { return t.file.Fd() }

// terminalFor is the terminal for another program, with all written that was to be: the
// file itself, since a pipe would be made of anything else.
func terminalFor(w io.Writer) io.Writer {
	if t, ok := w.(terminal); ok {
		t.pen.settle()
		return t.file
	}
	return w
}

// framed is a model that is not asked for what it shows where nothing has changed, which
// a mark does not, and where it could not be drawn.
type framed struct {
	tea.Model
	behind func() bool // the terminal is; nil: it never is
	shown  tea.View
	same   bool // shown is what the model would say
}

func (m *framed) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case caughtUp:
		return m, nil
	case tea.RawMsg:
		if msg.Msg == restMark {
			return m, nil
		}
	}
	var cmd tea.Cmd
	m.Model, cmd = m.Model.Update(msg)
	m.same = false
	return m, cmd
}

func (m *framed) View() tea.View {
	if !m.same && (m.behind == nil || !m.behind()) {
		m.shown, m.same = m.Model.View(), true
	}
	return m.shown
}
