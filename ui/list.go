package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// list is the cursor and the window of a list. It knows only numbers, so it
// costs the same for ten rows and for a hundred thousand.
type list struct {
	cursor int // the selected row
	top    int // the first row on the screen
}

// fit brings cursor and window into the bounds of count rows, of which height
// fit on the screen.
func (l *list) fit(count, height int) {
	height = max(height, 1)
	l.cursor = min(max(l.cursor, 0), max(count-1, 0))
	l.top = min(max(l.top, l.cursor-height+1, 0), l.cursor, max(count-height, 0))
}

// scroll moves the window and takes the cursor along only where it must.
func (l *list) scroll(by, count, height int) {
	height = max(height, 1)
	l.top = min(max(l.top+by, 0), max(count-height, 0))
	l.cursor = min(max(l.cursor, l.top), l.top+height-1)
	l.fit(count, height)
}

// moveKeys move in a list or a text.
type moveKeys struct {
	Up, Down, PageUp, PageDown, Top, Bottom key.Binding

	times int // how often; 0: nothing was said, which is once
}

func (d *desk) moveKeys() moveKeys {
	return moveKeys{
		Up:       d.bound("up", "move.up"),
		Down:     d.bound("down", "move.down"),
		PageUp:   d.bound("a page up", "move.page-up"),
		PageDown: d.bound("a page down", "move.page-down"),
		Top:      d.bound("first", "move.first"),
		Bottom:   d.bound("last", "move.last"),
		times:    d.count,
	}
}

func (k moveKeys) all() []key.Binding {
	return []key.Binding{k.Up, k.Down, k.PageUp, k.PageDown, k.Top, k.Bottom}
}

// lastRow stands for the last row of a list. It is more than any has, and there is
// room above it for a step from it on machines of 32 bits.
const lastRow = 1 << 30

// target is the row that a key of k goes to from another one, and whether it is such a
// key. It may lie outside of the list. With a number the first and the last row are the
// row of that number.
func (k moveKeys) target(msg tea.KeyPressMsg, from, height int) (row int, ok bool) {
	times := max(k.times, 1)
	switch {
	case key.Matches(msg, k.Up):
		return from - times, true
	case key.Matches(msg, k.Down):
		return from + times, true
	case key.Matches(msg, k.PageUp):
		return from - times*height, true
	case key.Matches(msg, k.PageDown):
		return from + times*height, true
	case key.Matches(msg, k.Top, k.Bottom) && k.times > 0:
		return k.times - 1, true
	case key.Matches(msg, k.Top):
		return 0, true
	case key.Matches(msg, k.Bottom):
		return lastRow, true
	}
	return 0, false
}

// press moves the cursor if the key is one of k's, and tells whether it was.
func (l *list) press(msg tea.KeyPressMsg, k moveKeys, count, height int) bool {
	row, ok := k.target(msg, l.cursor, height)
	if ok {
		l.cursor = row
		l.fit(count, height)
	}
	return ok
}

// wheelStep is how many rows a notch of the mouse wheel moves.
const wheelStep = 3

// wheel gives the rows that a turn of the wheel moves.
func wheel(msg tea.MouseWheelMsg) int {
	switch msg.Button {
	case tea.MouseWheelUp:
		return -wheelStep
	case tea.MouseWheelDown:
		return wheelStep
	}
	return 0
}

// scroller shows lines that are longer than the screen is high.
type scroller struct {
	lines []string
	top   int
}

// view gives the lines that are on the screen.
func (s *scroller) view(height int) []string {
	top := min(s.top, max(len(s.lines)-height, 0))
	return s.lines[top:min(top+height, len(s.lines))]
}

// update scrolls if the message is about that.
func (s *scroller) update(msg tea.Msg, k moveKeys, height int) bool {
	switch msg := msg.(type) {
	case tea.MouseWheelMsg:
		s.top += wheel(msg)
	case tea.KeyPressMsg:
		row, ok := k.target(msg, s.top, height)
		if !ok {
			return false
		}
		s.top = row
	default:
		return false
	}
	s.top = min(max(s.top, 0), max(len(s.lines)-height, 0))
	return true
}

// more tells in a few words how much stands above and below.
func (s *scroller) more(height int) string {
	switch {
	case len(s.lines) <= height:
		return ""
	case s.top <= 0:
		return "↓ more"
	case s.top >= len(s.lines)-height:
		return "↑ more"
	}
	return "↑↓ more"
}
