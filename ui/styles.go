package ui

import (
	"charm.land/bubbles/v2/textarea"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// styles are all colours of the program. There is one accent, for what is
// selected or has the focus; green says sent, red failed, yellow waiting. The
// rest is plain or dim. Nothing is said by colour alone.
type styles struct {
	plain, dim, bold lipgloss.Style
	accent           lipgloss.Style
	good, bad, wait  lipgloss.Style
	selection        lipgloss.Style // under the selected row
	key              lipgloss.Style // a key in the footer
	input            textinput.Styles
	body             textarea.Styles
}

// newStyles makes the styles for a dark or a light background. The colours hold
// a contrast of 4.5:1 against usual backgrounds; Bubble Tea brings them down to
// what the terminal has.
func newStyles(dark bool) *styles {
	pick := lipgloss.LightDark(dark)
	colour := func(light, dark string) lipgloss.Style {
		return lipgloss.NewStyle().Foreground(pick(lipgloss.Color(light), lipgloss.Color(dark)))
	}
	s := &styles{
		plain:     lipgloss.NewStyle(),
		bold:      lipgloss.NewStyle().Bold(true),
		dim:       colour("#6a6f7d", "#8b92a5"),
		accent:    colour("#2158d0", "#7fb0ff"),
		good:      colour("#1d7f37", "#8fd19e"),
		bad:       colour("#c02533", "#f08a94"),
		wait:      colour("#8a6100", "#e6c36f"),
		selection: lipgloss.NewStyle().Background(pick(lipgloss.Color("#e4eaf7"), lipgloss.Color("#2a3042"))),
	}
	s.key = s.accent
	s.input = textinput.Styles{
		Focused: textinput.StyleState{Text: s.plain, Prompt: s.plain, Placeholder: s.dim, Suggestion: s.dim},
		Blurred: textinput.StyleState{Text: s.plain, Prompt: s.plain, Placeholder: s.dim, Suggestion: s.dim},
		Cursor:  textinput.CursorStyle{Shape: tea.CursorBar},
	}
	area := textarea.StyleState{
		Base: s.plain, Text: s.plain, CursorLine: s.plain, EndOfBuffer: s.plain, Prompt: s.plain,
		LineNumber: s.dim, CursorLineNumber: s.dim, Placeholder: s.dim, Selection: s.selection,
	}
	s.body = textarea.Styles{Focused: area, Blurred: area, Cursor: textarea.CursorStyle{Shape: tea.CursorBar}}
	return s
}

// tone is what a state means to the person, and so its colour.
type tone uint8

const (
	toneQuiet tone = iota
	tonePlain
	toneGood
	toneBad
	toneWait
	toneAccent
)

func (s *styles) of(t tone) lipgloss.Style {
	switch t {
	case tonePlain:
		return s.plain
	case toneGood:
		return s.good
	case toneBad:
		return s.bad
	case toneWait:
		return s.wait
	case toneAccent:
		return s.accent
	}
	return s.dim
}
