package ui

import (
	"github.com/charmbracelet/x/ansi"

	"sendoff/compose/addressbook"
)

// completeIndentFrom is the width from which the choices stand under the field,
// and not at the edge.
const completeIndentFrom = 60

// lay puts the choices over the lines below the field, at most most.
func (m *completion) lay(lines []string, at, width int) {
	if !m.open() {
		return
	}
	indent := 1
	if width >= completeIndentFrom {
		indent = labelWidth
	}
	for i, e := range m.choices {
		if at+i >= len(lines) {
			return
		}
		lines[at+i] = spaces(indent) + m.row(e, i == m.chosen, width-indent-1)
	}
}

// row draws one choice: whom, and how it is known.
func (m *completion) row(e addressbook.Entry, chosen bool, width int) string {
	s := m.composer.styles
	first, second, note, style := e.Address, e.Name, m.note(e), s.dim
	if e.Address == "" {
		first, second = e.Name, e.Text()
	}
	if e.Warning != "" {
		note, style = "✗ "+e.Warning, s.bad
	}
	const gap = 2
	room := max(width-1, 0) // beside the mark
	firstWidth, secondWidth := room, 0
	switch {
	case e.Warning != "": // why is more than the name
		firstWidth = min(ansi.StringWidth(clean(first)), room/2)
	case room >= 44:
		firstWidth, secondWidth = room*2/5, room*3/10
	}
	noteWidth := room - firstWidth - gap
	if secondWidth > 0 {
		noteWidth -= secondWidth + gap
	}
	line := s.mark(chosen) + s.name(cell(clean(first), firstWidth), chosen)
	if secondWidth > 0 {
		line += spaces(gap) + cell(clean(second), secondWidth)
	}
	if noteWidth > 0 {
		line += spaces(gap) + inked(style, cell(clean(note), noteWidth))
	}
	return line
}

// note tells how an entry is known.
func (m *completion) note(e addressbook.Entry) string {
	switch {
	case e.Address == "":
		return "group of " + number(len(e.Members))
	case e.Last.IsZero():
		return "address book"
	case e.Sent == 0:
		return "not sent yet"
	}
	return number(e.Sent) + " sent, " + ago(e.Last, m.composer.now)
}
