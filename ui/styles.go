package ui

import (
	"image/color"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// styles are all colours of the program. There is one accent, for what is
// selected or has the focus; green says sent, red failed, yellow waiting. The
// rest is plain or dim. Nothing is said by colour alone.
type styles struct {
	plain, dim, bold lipgloss.Style
	accent           lipgloss.Style
	good, bad, wait  lipgloss.Style
	chosen           lipgloss.Style // the name of the selected row
	key              lipgloss.Style // a key in the footer
	input            textinput.Styles
}

// styles makes the styles of a theme.
func (t theme) styles() *styles {
	colour := func(of string) lipgloss.Style {
		if of == "" {
			return lipgloss.NewStyle()
		}
		return lipgloss.NewStyle().Foreground(shortest(of))
	}
	s := &styles{
		plain: lipgloss.NewStyle(), bold: lipgloss.NewStyle().Bold(true),
		dim: colour(t.dim), accent: colour(t.accent), good: colour(t.good), bad: colour(t.bad), wait: colour(t.wait),
	}
	s.key, s.chosen = s.accent, s.accent.Reverse(true).Bold(true)
	s.input = textinput.Styles{
		Focused: textinput.StyleState{Text: s.plain, Prompt: s.plain, Placeholder: s.dim, Suggestion: s.dim},
		Blurred: textinput.StyleState{Text: s.plain, Prompt: s.plain, Placeholder: s.dim, Suggestion: s.dim},
		Cursor:  textinput.CursorStyle{Shape: tea.CursorBar},
	}
	return s
}

// shortest is a colour by its number where it is one of the 256 that terminals have had for
// long: the same colour in 11 bytes instead of 19, some times a key. The first 16 are
// whatever a terminal makes of them, and not taken.
func shortest(hex string) color.Color {
	exact := lipgloss.Color(hex)
	n, ok := colorprofile.ANSI256.Convert(exact).(ansi.IndexedColor)
	if !ok || n < 16 {
		return exact
	}
	r, g, b, _ := exact.RGBA()
	if r2, g2, b2, _ := n.RGBA(); r2 != r || g2 != g || b2 != b {
		return exact
	}
	return n
}

// row is a row of a list, which is name and rest: what it is known by, and what else
// there is to say, in plain style, both in their columns.
func (s *styles) row(name, rest string, selected bool) string {
	return s.mark(selected) + " " + s.name(name, selected) + rest
}

// mark begins a row.
func (s *styles) mark(selected bool) string {
	if !selected {
		return " "
	}
	return s.accent.Render("▌")
}

// marked is mark for a row that is marked itself.
func (s *styles) marked(selected bool) string {
	if !selected {
		return s.accent.Render("●")
	}
	return s.accent.Render("◉")
}

// name draws what a row is known by, in its column. That of the selected row stands out, as
// far as its text goes: what else is in the row looks as in the others, so that a key sends no
// more than two marks and two names over a slow line (decision 27).
func (s *styles) name(padded string, selected bool) string {
	if !selected {
		return padded
	}
	return inked(s.chosen, padded)
}

// inked draws the text of a cell in a style, and not its blanks: a colour that nobody sees
// takes as many bytes as one that is seen.
func inked(style lipgloss.Style, padded string) string {
	text := strings.Trim(padded, " ")
	if text == "" {
		return padded
	}
	before, after, _ := strings.Cut(padded, text)
	return before + style.Render(text) + after
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
