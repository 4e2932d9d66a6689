package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// firstLine is a line of the first screen.
type firstLine struct {
	text   string // as it is drawn
	action string // that a click of it does; "": none
}

// textsOf are the lines as they are drawn.
func textsOf(lines []firstLine) (texts []string) {
	for _, line := range lines {
		texts = append(texts, line.text)
	}
	return texts
}

// firstRun says how to begin. Where there is no room for how each way goes, it names them,
// and where there is none for blank lines either, it has none.
func (d *desk) firstRun(by waysToBegin, width, height int) []firstLine {
	room := max(width-3, 1)
	var ways, brief []firstLine
	for _, step := range d.beginnings(by) {
		what := firstLine{"  " + d.styles.accent.Render(cut(step.what, room)), step.action}
		ways, brief = append(ways, what), append(brief, what)
		for _, line := range wrap(step.how, width-7) {
			ways = append(ways, firstLine{"    " + d.styles.dim.Render(line), step.action})
		}
	}
	blank, head := firstLine{}, firstLine{text: "  " + d.styles.bold.Render(cut("No account is set up yet.", room))}
	end := firstLine{"  " + d.styles.dim.Render(cut(d.draftsBefore(by, room), room)), by.compose}
	screens := [][]firstLine{
		slices.Concat([]firstLine{blank, head, blank}, ways, []firstLine{blank, end}),
		slices.Concat([]firstLine{blank, head, blank}, brief, []firstLine{blank, end}),
		slices.Concat([]firstLine{head, blank}, brief, []firstLine{blank, end}),
		slices.Concat([]firstLine{head}, brief, []firstLine{end}),
		slices.Concat([]firstLine{head}, brief),
	}
	for _, lines := range screens {
		if len(lines) <= height {
			return lines
		}
	}
	return brief
}

// draftsBefore says what can be done without an account.
func (d *desk) draftsBefore(by waysToBegin, room int) string {
	if text := d.keyed("What you write before that is kept as a draft: {" + by.compose + "}"); ansi.StringWidth(text) <= room {
		return text
	}
	return d.keyed("{" + by.compose + "}  write a draft before that")
}

// pressFirst is the press of what a click of a line of the first screen does.
func pressFirst(lines []firstLine, row int) (msg tea.KeyPressMsg, ok bool) {
	if row < 0 || row >= len(lines) || lines[row].action == "" {
		return msg, false
	}
	return tea.KeyPressMsg{Text: actionMark + lines[row].action}, true
}
