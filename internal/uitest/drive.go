package uitest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// Drive runs a model without a Program: Update and View are called on the
// test's goroutine, and commands on goroutines of their own, as a Program does.
//
// Inside a [synctest.Test] bubble everything is certain: Send and the others
// return when every command has come to an end or waits for time or for the
// outside, and results that came together are handed over in the order in which
// their commands were given. Outside of one use [Drive.Until].
type Drive struct {
	Model tea.Model
	Quit  bool // a command asked for the end of the program

	t             testing.TB
	bubble        bool
	width, height int
	drawn         string // the content of the last view

	running  sync.WaitGroup // commands
	mu       sync.Mutex
	started  int      // commands so far
	results  []result // not yet handed over
	arrived  chan struct{}
	finished bool
}

type result struct {
	order int
	msg   tea.Msg
}

// NewDrive starts the model on a screen, inside a bubble.
func NewDrive(t testing.TB, m tea.Model, width, height int) *Drive {
	t.Helper()
	return newDrive(t, m, width, height, true)
}

// NewDriveOutside starts the model outside of a bubble, as benchmarks must.
func NewDriveOutside(t testing.TB, m tea.Model, width, height int) *Drive {
	t.Helper()
	return newDrive(t, m, width, height, false)
}

func newDrive(t testing.TB, m tea.Model, width, height int, bubble bool) *Drive {
	d := &Drive{Model: m, t: t, bubble: bubble, width: width, height: height, arrived: make(chan struct{}, 1)}
	t.Cleanup(d.finish)
	d.start(m.Init())
	d.Send(tea.WindowSizeMsg{Width: width, Height: height})
	return d
}

// finish drops what still comes, and in a bubble waits for it: timers there take
// no time, and what waits for the outside ends with the test's context.
func (d *Drive) finish() {
	d.mu.Lock()
	d.finished = true
	d.mu.Unlock()
	if d.bubble {
		d.running.Wait()
	}
}

// Send hands the model a message, and then all that follows from it.
func (d *Drive) Send(msg tea.Msg) {
	d.update(msg)
	d.settle()
}

// Keys sends key presses, named as Bubble Tea names them: "j", "ctrl+s",
// "shift+tab", "enter", "f1".
func (d *Drive) Keys(names ...string) {
	d.t.Helper()
	for _, name := range names {
		k, err := Key(name)
		if err != nil {
			d.t.Fatal(err)
		}
		d.Send(k)
	}
}

// Type sends the text as key presses.
func (d *Drive) Type(text string) {
	for _, r := range text {
		d.Send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// Resize changes the size of the screen.
func (d *Drive) Resize(width, height int) {
	d.width, d.height = width, height
	d.Send(tea.WindowSizeMsg{Width: width, Height: height})
}

// Advance lets virtual time pass, with all that happens in it. It needs a bubble.
func (d *Drive) Advance(t time.Duration) {
	end := time.NewTimer(t)
	defer end.Stop()
	for {
		d.settle()
		select {
		case <-d.arrived:
		case <-end.C:
			d.settle()
			return
		}
	}
}

// patience is how long Until and the terminals wait for what must come.
const patience = 20 * time.Second

// Until handles results as they come, until ok says yes of the screen.
func (d *Drive) Until(what string, ok func(screen string) bool) {
	d.t.Helper()
	end := time.NewTimer(patience)
	defer end.Stop()
	for {
		d.handOver()
		if ok(d.Screen()) {
			return
		}
		select {
		case <-d.arrived:
		case <-end.C:
			d.t.Fatalf("no %s on the screen:\n%s", what, d.Screen())
		}
	}
}

// See fails the test unless every text is on the screen.
func (d *Drive) See(texts ...string) {
	d.t.Helper()
	screen := d.Screen()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			d.t.Fatalf("no %q on the screen:\n%s", text, screen)
		}
	}
}

// SeeNot fails the test if one of the texts is on the screen.
func (d *Drive) SeeNot(texts ...string) {
	d.t.Helper()
	screen := d.Screen()
	for _, text := range texts {
		if strings.Contains(screen, text) {
			d.t.Fatalf("%q is on the screen:\n%s", text, screen)
		}
	}
}

func (d *Drive) settle() {
	if !d.bubble {
		d.handOver()
		return
	}
	for {
		synctest.Wait()
		if !d.handOver() {
			return
		}
	}
}

// handOver gives the model what commands came to, and tells whether there was
// anything.
func (d *Drive) handOver() bool {
	d.mu.Lock()
	results := d.results
	d.results = nil
	d.mu.Unlock()
	slices.SortFunc(results, func(a, b result) int { return a.order - b.order })
	for _, r := range results {
		d.update(r.msg)
	}
	return len(results) > 0
}

// update does one turn of a Program's loop.
func (d *Drive) update(msg tea.Msg) {
	switch msg := msg.(type) {
	case nil:
		return
	case tea.QuitMsg:
		d.Quit = true
		return
	case tea.BatchMsg:
		for _, cmd := range msg {
			d.start(cmd)
		}
		return
	}
	var cmd tea.Cmd
	d.Model, cmd = d.Model.Update(msg)
	d.drawn = d.Model.View().Content
	d.start(cmd)
}

func (d *Drive) start(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	d.mu.Lock()
	d.started++
	order := d.started
	d.mu.Unlock()
	d.running.Go(func() { d.run(cmd, order) })
}

// run is a command's goroutine.
func (d *Drive) run(cmd tea.Cmd, order int) {
	msg := cmd()
	if v := reflect.ValueOf(msg); v.IsValid() && v.Type() != reflect.TypeFor[tea.BatchMsg]() &&
		v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() { // of tea.Sequence, whose type has no name
		for i := range v.Len() {
			if next, ok := v.Index(i).Interface().(tea.Cmd); ok && next != nil {
				d.run(next, order)
			}
		}
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.finished {
		return
	}
	d.results = append(d.results, result{order, msg})
	select {
	case d.arrived <- struct{}{}:
	default: // one token says it all
	}
}

// Screen is what the view puts on the screen: plain text, without the spaces at
// the ends of lines. It goes through the cells that a real renderer draws into,
// so what is too wide is cut and a wide character takes two columns.
func (d *Drive) Screen() string {
	return textOf(lipgloss.NewCanvas(d.width, d.height).Compose(lipgloss.NewLayer(d.Model.View().Content)))
}

// Overflow names the lines drawn last that are wider or more than the screen,
// and the control characters in them that are not colours.
func (d *Drive) Overflow() (bad []string) {
	lines := strings.Split(d.drawn, "\n")
	if len(lines) > d.height {
		bad = append(bad, fmt.Sprintf("%d lines on %d", len(lines), d.height))
	}
	for i, line := range lines {
		text := ansi.Strip(line)
		if w := ansi.StringWidth(line); w > d.width {
			bad = append(bad, fmt.Sprintf("line %d is %d wide: %q", i, w, text))
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			bad = append(bad, fmt.Sprintf("line %d has a control character: %q", i, text))
		}
	}
	return bad
}

// Cursor is where the terminal's cursor stands; shown is false if it is hidden.
func (d *Drive) Cursor() (x, y int, shown bool) {
	c := d.Model.View().Cursor
	if c == nil {
		return 0, 0, false
	}
	return c.X, c.Y, true
}
