package ui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/compose/addressbook"
)

const (
	// maxChoices is how many are offered: more would be read, not recognised.
	maxChoices = 6

	// completeFrom is how many letters say enough; of others than ASCII one does.
	completeFrom = 2
)

// completion offers, under the field in which an address is typed, whom that may
// mean.
type completion struct {
	composer *composer
	active   bool   // something is typed that may be completed
	typed    string // what it is
	choices  []addressbook.Entry
	chosen   int // -1: none, and tab and enter are not for the choices

	separated bool // what was taken has just been given its comma
}

// listSeparator stands between two addresses of a list.
const listSeparator = ", "

// hasTyped tells that a key types the comma, or the blank behind it, that stands there
// already.
func (m *completion) hasTyped(text string) bool { return m.separated && (text == "," || text == " ") }

// endList takes off the comma behind which nobody was typed.
func (c *composer) endList(f field) {
	if in := c.inputs[f]; strings.HasSuffix(in.value(), listSeparator) {
		in.set(strings.TrimSuffix(in.value(), listSeparator))
	}
}

// open tells that there is something to choose from.
func (m *completion) open() bool { return m.active && len(m.choices) > 0 }

// hide offers nothing until something else is typed.
func (m *completion) hide() { *m = completion{composer: m.composer} }

// follow looks what is typed in the field that has the focus, after a key has
// changed it.
func (m *completion) follow() tea.Cmd {
	c := m.composer
	m.hide()
	in := c.input()
	text, at := in.value(), in.position()
	start, end := compose.PieceAt(text, at)
	if strings.TrimSpace(text[min(at, end):end]) != "" {
		return nil // in the middle of an address: what follows is not to be replaced
	}
	m.typed = text[start:end]
	if m.active = enough(m.typed); !m.active {
		return nil
	}
	m.refresh()
	return c.lookUpSoon(m.typed)
}

// enough tells whether so little is typed that everybody would be meant.
func enough(typed string) bool {
	letters := strings.Trim(typed, `"<>`)
	return utf8.RuneCountInString(letters) >= completeFrom || len(letters) > 1
}

// refresh looks for the choices anew. The first is chosen, so that one key takes
// it, unless what is typed may be meant as it stands, or something is known
// against the first.
func (m *completion) refresh() {
	if !m.active {
		return
	}
	typed, err := compose.ParseOne(m.typed)
	whole := err == nil && strings.Contains(typed.Domain, ".")
	var chosen addressbook.Entry
	if m.chosen >= 0 && m.chosen < len(m.choices) {
		chosen = m.choices[m.chosen]
	}
	m.choices = nil
	for _, e := range m.composer.people.match(m.typed, m.composer.now, maxChoices+1) {
		if whole && strings.EqualFold(e.Address, bareAddress(m.typed)) || len(m.choices) == maxChoices {
			continue // it stands there already
		}
		m.choices = append(m.choices, e)
	}
	m.chosen = -1
	switch {
	case whole || len(m.choices) == 0:
	case chosen.Text() != "" && contains(m.choices, chosen):
		for i, e := range m.choices {
			if e.Address == chosen.Address && e.Name == chosen.Name {
				m.chosen = i
			}
		}
	case m.choices[0].Warning == "":
		m.chosen = 0
	}
}

// move chooses another one, round the ends.
func (m *completion) move(by int) {
	if m.chosen < 0 && by < 0 {
		m.chosen = 0
	}
	m.chosen = (m.chosen + by + len(m.choices)) % len(m.choices)
}

// take puts the chosen one in place of what is typed.
func (m *completion) take() {
	c := m.composer
	in := c.input()
	start, end := compose.PieceAt(in.value(), in.position())
	text := m.choices[m.chosen].Text()
	next := strings.TrimSpace(in.value()[end:]) == "" // whom else it is for is typed behind it
	if next {
		text, end = text+listSeparator, len(in.value())
	}
	in.replace(start, end, text)
	m.hide()
	m.separated = next
	c.warn(c.focus)
}
