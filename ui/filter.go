package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// filter is a search that is typed above rows, which follow it: those of a section, or
// those of a campaign. The zero filter is off, and all rows are there.
type filter struct {
	line   *input // nil: it is off
	typing bool   // it has the keys
}

func (f *filter) on() bool { return f.line != nil }

// search is what rows must fit; "": all do.
func (f *filter) search() string {
	if !f.on() {
		return ""
	}
	return outbox.BegunSearch(f.line.value())
}

func (f *filter) restyled(s *styles) {
	if f.on() {
		f.line.model.SetStyles(s.input)
	}
}

// begin gives it the keys.
func (f *filter) begin(d *desk) {
	if !f.on() {
		f.line = d.newInput("")
	}
	f.line.setFocus(true)
	f.typing = true
}

// press is a key that ends the typing, clears the filter or is typed, and tells whether
// other rows may fit now.
func (f *filter) press(msg tea.KeyPressMsg, k filterKeys) (changed bool) {
	switch {
	case key.Matches(msg, k.Clear):
		*f = filter{}
		return true
	case key.Matches(msg, k.Done):
		f.typing = false
		f.line.setFocus(false)
		if f.line.value() == "" {
			f.line = nil
		}
		return false
	}
	before := f.line.value()
	f.line.update(msg)
	return f.line.value() != before
}

// filterKeys are the keys while a filter is typed.
type filterKeys struct{ Done, Elsewhere, Clear, Up, Down key.Binding }

func (d *desk) filterKeys() filterKeys {
	return filterKeys{
		Done: d.bound("to the list", "filter.done"), Clear: d.bound("clear", "filter.clear"),
		Up: d.bound("up", "filter.up"), Down: d.bound("down", "filter.down"),
	}
}

func (k filterKeys) all() []key.Binding {
	return []key.Binding{k.Done, k.Elsewhere, k.Clear, k.Up, k.Down}
}
