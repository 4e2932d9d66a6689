package ui

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/compose/merge"
)

// Lines below the problems for the selected one, and the heights of the pane from
// which there is room for them.
const (
	detailLines  = 3
	detailNarrow = 4 // the same words take more lines there
	detailFrom   = 14
	cutFrom      = 10 // the same on a narrow screen, whose rows are cut: what is known of the files gives way
	hintFrom     = 7
	rowsWideFrom = 76 // the width of a screen that is not narrow
)

// detailHeight is how many lines the selected problem has below the others.
func (p *lookPane) detailHeight(width, height int) int {
	from, most := detailFrom, detailLines
	if width < rowsWideFrom {
		from, most = cutFrom, detailNarrow
	}
	switch {
	case len(p.problems) == 0 || height < hintFrom:
		return 0
	case height < from:
		return 1
	}
	return most
}

func (p *lookPane) rowsHeight() int {
	height := p.paneHeight()
	return max(height-len(p.head(p.width, height))-p.detailHeight(p.width, height), 1)
}

// window is the list as it fits below the head.
func (p *lookPane) window() list {
	l := p.list
	l.fit(len(p.problems), p.rowsHeight())
	return l
}

func (p *lookPane) view(width, height int) ([]string, *tea.Cursor) {
	lines := p.head(width, height)
	l := p.window()
	for n, problem := range p.problems[l.top:min(l.top+p.rowsHeight(), len(p.problems))] {
		lines = append(lines, p.row(problem, width, l.top+n == l.cursor))
	}
	if detail := p.detailHeight(width, height); detail > 0 {
		for len(lines) < height-detail {
			lines = append(lines, "")
		}
		lines = append(lines, p.detail(width, detail)...)
	}
	return lines[:min(len(lines), height)], nil
}

// head is what stands above the problems. On a low screen what is known of the files gives
// way to them, and how it stands only where hardly any would be left.
func (p *lookPane) head(width, height int) []string {
	room := max(width-2, 1)
	title := "New campaign · " + clean(filepath.Base(p.launch.files.Template))
	lines := []string{between(p.styles.bold.Render(title), p.styles.dim.Render(stepLook), room)}
	lines = append(lines, p.verdict(room)...)
	about := p.about(room)
	if len(p.problems) > 0 {
		const fewRows = 2
		free := height - 1 - p.detailHeight(width, height)
		lines = upTo(lines, max(free-fewRows, 1), room)
		about = append(upTo(about, free-leastRows-len(lines), room), p.heading(p.found.found(), room))
	}
	lines = append(lines, about...)
	for i, line := range lines {
		lines[i] = " " + line
	}
	return lines
}

// found counts what is in the list of problems.
func (k lookedAt) found() string {
	if k.err != nil {
		return "what is wrong"
	}
	var all []string
	whole := merge.Problems(nil)
	if k.Campaign != nil {
		whole = k.Campaign.Warnings
	}
	if k.Errors > 0 {
		all = append(all, count(k.Errors, "error"))
	}
	if n := k.Warnings + len(whole); n > 0 {
		all = append(all, count(n, "warning"))
	}
	text := strings.Join(all, ", ")
	if n := len(k.Problems); n < k.Errors+k.Warnings {
		text += " · the first " + number(n)
	}
	return text
}

// verdict is how it stands.
func (p *lookPane) verdict(room int) []string {
	k := p.found
	style, text := p.styles.good, ""
	switch {
	case !p.over():
		at := "every letter"
		if p.launch.rules.Domains != nil {
			at = "every domain and letter"
		}
		style, text = p.styles.wait, fmt.Sprintf("… looking at %s, %d %%", at, int(p.share*100))
	case k.err != nil && len(p.problems) > 0:
		style, text = p.styles.bad, "✗ There are no letters yet: the two files do not go together."
	case k.err != nil:
		style, text = p.styles.bad, "✗ "+sentence(mistake(k.err))
	case k.Errors > 0 && p.launch.rules.SkipInvalid:
		style, text = p.styles.wait, "! "+k.share()+"; wrong rows are left out."
	case k.Errors > 0:
		style, text = p.styles.bad, "✗ "+k.share()+"; nothing goes while something is wrong."
		if ansi.StringWidth(text) > room {
			text = "✗ " + k.share() + "; nothing goes."
		}
	case k.Letters == 0:
		style, text = p.styles.bad, "✗ "+k.share()+"."
	default:
		text = "✓ " + k.share() + "."
	}
	var lines []string
	for _, line := range wrap(text, room) {
		lines = append(lines, style.Render(line))
	}
	return lines
}

// share is how many rows get a letter.
func (k lookedAt) share() string {
	if k.Letters == k.Rows {
		return count(k.Letters, "letter") + ", one for every row"
	}
	return count(k.Letters, "letter") + " of " + count(k.Rows, "row")
}

// about is what was found out of the two files.
func (p *lookPane) about(room int) (lines []string) {
	add := func(label, text string) {
		const indent, most = 9, 3 // a list may have hundreds of columns
		for n, line := range wrap(text, max(room-indent, 1)) {
			switch {
			case n == most:
				return
			case n == most-1 && len(text) > most*(room-indent):
				line = cut(line, room-indent-2) + " …"
			}
			if n > 0 {
				label = ""
			}
			lines = append(lines, p.styles.dim.Render(cell(label, min(indent, room-1)))+line)
		}
	}
	add("letter", clean(shortenHome(p.launch.files.Template)))
	add("list", clean(shortenHome(p.launch.files.List)))
	if p.found.Campaign == nil || p.found.err != nil {
		return lines
	}
	const most = 30
	var columns []string
	for i, c := range p.found.Campaign.Columns {
		if i == most {
			columns = append(columns, "and "+number(len(p.found.Campaign.Columns)-most)+" more")
			break
		}
		name := cut(clean(startOf(c.Name)), 40)
		if c.Use != merge.UseNone && string(c.Use) != c.Alias {
			name += " (" + string(c.Use) + ")"
		}
		columns = append(columns, name)
	}
	add("columns", strings.Join(columns, ", "))
	for _, note := range slices.Concat(p.found.Campaign.Notes, p.found.Remarks) {
		add("note", clean(note))
	}
	for _, note := range p.found.lackWords() {
		add("note", note)
	}
	return lines
}

// problemPlace is where a problem is, in short.
func problemPlace(problem merge.Problem) string {
	text := clean(filepath.Base(problem.File))
	if problem.Line > 0 {
		text += fmt.Sprintf(":%d", problem.Line)
	}
	return text
}

// problemPlaceInShort is where a problem is on a narrow screen: file names are long, and
// two files are all there is.
func (l *launch) problemPlaceInShort(problem merge.Problem) string {
	text := clean(filepath.Base(problem.File))
	switch problem.File {
	case l.files.List:
		text = "list"
	case l.files.Template:
		text = "letter"
	}
	if problem.Line > 0 {
		text += fmt.Sprintf(" %d", problem.Line)
	}
	return text
}

func (p *lookPane) row(problem merge.Problem, width int, selected bool) string {
	sign := "✗ "
	if problem.Warning {
		sign = "! "
	}
	room := max(width-3-ansi.StringWidth(sign), 0)
	name, text := cell(problemPlace(problem), min(24, width/4)), " "+clean(problem.Text)
	if width < 60 {
		name, text = p.launch.problemPlaceInShort(problem)+": "+clean(problem.Text), ""
	}
	name = cut(name, room)
	return p.styles.mark(selected) + " " + sign + p.styles.name(name, selected) + cut(text, room-ansi.StringWidth(name))
}

// detail is the selected problem in full, and below it what can be done. Where there is no
// room for both, the problem gives way: its beginning stands in its row too.
func (p *lookPane) detail(width, height int) (lines []string) {
	problem, room := p.problem(), max(width-2, 1)
	if problem == nil {
		return nil
	}
	text, hint := clean(problem.Text)+".", "" // it may begin with a name, which stays as it is
	var hints []string
	if problem.Hint != "" {
		hint = sentence(p.hint(*problem))
		hints = upTo(wrap(hint, room), height, room)
	}
	lines = append(wrap(text, room), hints...)
	if len(lines) > height {
		lines = wrap(text+" "+hint, room)
	}
	if len(lines) > height {
		lines = append(upTo(wrap(text, room), height-len(hints), room), hints...)
	}
	for i, line := range lines {
		lines[i] = " " + p.styles.dim.Render(line)
	}
	return lines
}
