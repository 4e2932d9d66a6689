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

// newStyles makes the styles for a dark or a light background. The colours are
// of the 256 that terminals have had for long, so that they are the same where
// there are no more, and hold a contrast of 4.5:1 against black or white.
func newStyles(dark bool) *styles {
	pick := lipgloss.LightDark(dark)
	colour := func(light, dark string) lipgloss.Style {
		return lipgloss.NewStyle().Foreground(pick(lipgloss.Color(light), lipgloss.Color(dark)))
	}
	s := &styles{
		plain:     lipgloss.NewStyle(),
		bold:      lipgloss.NewStyle().Bold(true),
		dim:       colour("#626262", "#949494"),
		accent:    colour("#005fd7", "#87afff"),
		good:      colour("#008700", "#87d787"),
		bad:       colour("#af0000", "#ff8787"),
		wait:      colour("#875f00", "#d7af5f"),
		selection: lipgloss.NewStyle().Background(pick(lipgloss.Color("#e4e4e4"), lipgloss.Color("#303030"))),
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
