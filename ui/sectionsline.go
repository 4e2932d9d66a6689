package ui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// tab is a section in the line of sections.
type tab struct {
	section section
	name    string
	start   int // the column that the name begins at
	room    int // the columns that its count may take, behind a blank
	reserve int // those of them that leave what stands between two sections as it is
}

// countAt is the column that the count of a tab begins at.
func (t tab) countAt() int { return t.start + ansi.StringWidth(t.name) + 1 }

// tabGap stands between two sections.
const tabGap = " · "

// Columns that are kept free for a count. The least is too few for some, which then take
// the place of what stands between two sections.
const (
	leastReserved = 2
	mostReserved  = 6
	widestShort   = 4 // "100k": no number takes more in short
)

// reserves are the columns that are kept for the counts of each where there is room enough:
// with them what is common has all of its digits.
var reserves = [sections]int{sectionDrafts: 3, sectionOutbox: 5, sectionScheduled: 3, sectionFailed: 5, sectionSent: mostReserved, sectionCampaigns: 3}

// sectionSigns are the digits of the sections' keys where a line has no room for a blank
// behind each.
var sectionSigns = [sections]string{"¹", "²", "³", "⁴", "⁵", "⁶"}

// numbering is how the key of a section stands before its name.
type numbering int

const (
	withDigit numbering = iota // "1 Drafts"
	withSign                   // "¹Drafts"
	nameAlone
)

// tabName is the name of a section with its key.
func tabName(s section, by numbering) string {
	switch by {
	case withDigit:
		return fmt.Sprintf("%d %s", s+1, sectionNames[s])
	case withSign:
		return sectionSigns[s] + sectionNames[s]
	}
	return sectionNames[s]
}

// reserved is how many columns are kept for the count of a section. Where keys take their
// room, those are fewer for drafts and for what is scheduled, which are seldom more than nine.
func reserved(s section, by numbering, reserve int) int {
	if by == withSign && reserve == leastReserved && (s == sectionDrafts || s == sectionScheduled) {
		reserve--
	}
	return min(reserve, reserves[s])
}

// tabs lays the sections out, by the width and by which one is open, and by nothing else:
// whatever is counted, no name moves. Where not all of them have room there are as many as
// have, in groups, of which that with the open one is shown.
func tabs(width int, open section) []tab {
	for shown := sections; shown > 0; shown-- {
		for _, by := range []numbering{withDigit, withSign, nameAlone} {
			for reserve := mostReserved; reserve >= leastReserved; reserve-- {
				if tabsFit(width, shown, by, reserve) {
					return layTabs(width, firstOf(shown, open), shown, by, reserve)
				}
			}
		}
	}
	return layTabs(width, open, 1, nameAlone, leastReserved)
}

// firstOf is the first section of the group of so many that has the open one.
func firstOf(shown, open section) section { return min(open/shown*shown, sections-shown) }

// tabsFit tells that each group has room. Where there are several, the last column says
// that there are more, and nothing behind the last count can give way to it.
func tabsFit(width int, shown section, by numbering, reserve int) bool {
	least, margin := 0, 0
	if shown < sections {
		least, margin = widestShort, 1
	}
	for open := section(0); open < sections; open += shown {
		all := layTabs(width, firstOf(shown, open), shown, by, reserve)
		if last := all[len(all)-1]; last.countAt()+max(last.reserve, least) > width-margin {
			return false
		}
	}
	return true
}

// layTabs gives sections their columns.
func layTabs(width int, first, shown section, by numbering, reserve int) (all []tab) {
	column := 1
	for s := first; s < first+shown; s++ {
		t := tab{section: s, name: tabName(s, by), start: column, reserve: reserved(s, by, reserve)}
		column = t.countAt() + t.reserve + ansi.StringWidth(tabGap)
		t.room = column - 1 - t.countAt()
		if s == first+shown-1 {
			t.room = width - 1 - t.countAt()
			if shown == sections {
				t.room++
			}
		}
		all = append(all, t)
	}
	return all
}

// countIn writes a count into the columns of a tab, in short where there is no room for all
// of its digits.
func (t tab) countIn(n int) string {
	whole := number(n)
	if n == 0 || len(whole) <= min(t.reserve+1, t.room) {
		return whole
	}
	if short := inShort(n); len(short) <= t.room {
		return short
	}
	return cut("…", t.room)
}

// inShort is a number in at most four columns, for less than a thousand millions.
func inShort(n int) string {
	switch {
	case n >= 1_000_000:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 1000:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}

// text is a tab as it is written.
func (t tab) text(n int) string {
	if count := t.countIn(n); n > 0 && count != "" {
		return t.name + " " + count
	}
	return t.name
}

// tabs are those of the screen. One that is not there keeps its room.
func (p *outboxPane) tabs(width int) (shown []tab) {
	for _, t := range tabs(width, p.section) {
		if p.there(t.section) {
			shown = append(shown, t)
		}
	}
	return shown
}

// sectionsLine is the names of the sections with their counts.
func (p *outboxPane) sectionsLine(width int) string {
	shown := p.tabs(width)
	var b strings.Builder
	column := 0
	to := func(next int) {
		b.WriteString(spaces(next - column))
		column = max(next, column)
	}
	if shown[0].section > 0 {
		b.WriteString(p.styles.dim.Render("‹"))
		column++
	}
	for i, t := range shown {
		if i > 0 && column < t.start-2 { // the count before it has left it its place
			to(t.start - 2)
			b.WriteString(p.styles.dim.Render("·"))
			column++
		}
		to(t.start)
		text := t.text(t.section.count(p.status))
		b.WriteString(p.tabStyle(t.section).Render(text))
		column += ansi.StringWidth(text)
	}
	if more := p.moreSections(shown, width-column); more != "" {
		to(width - ansi.StringWidth(more))
		b.WriteString(more)
	}
	return cut(b.String(), width)
}

func (p *outboxPane) tabStyle(s section) lipgloss.Style {
	switch n := s.count(p.status); {
	case s == p.section:
		return p.styles.bold.Inherit(p.styles.accent)
	case s == sectionFailed && n > 0:
		return p.styles.bad
	case n > 0:
		return p.styles.plain
	}
	return p.styles.dim
}

// moreSections is what stands at the right end of the line where not all sections are in
// it: that something has failed, if that is not seen, and that there are more to the right.
func (p *outboxPane) moreSections(shown []tab, room int) string {
	more := ""
	if last := shown[len(shown)-1].section; last < sections-1 && p.there(last+1) {
		more = p.styles.dim.Render("›")
	}
	n := sectionFailed.count(p.status)
	if n == 0 || p.inLine(sectionFailed) {
		return more
	}
	bad := p.styles.bad.Render("✗") // without a number, which would be taken for that of the section before it
	for _, text := range []string{bad + more, bad} {
		if ansi.StringWidth(text)+1 <= room {
			return text
		}
	}
	return more
}

// inLine tells that a section's name is on the screen.
func (p *outboxPane) inLine(s section) bool {
	return slices.ContainsFunc(p.tabs(p.width), func(t tab) bool { return t.section == s })
}

// sectionsRule is heavy under the section that is open, so that it shows
// without colour too. At its end stands which rows the count leaves out.
func (p *outboxPane) sectionsRule(width int) string {
	for _, t := range p.tabs(width) {
		if t.section == p.section {
			end := min(t.start+ansi.StringWidth(t.text(t.section.count(p.status))), width-1)
			return " " + p.styles.dim.Render(repeat("─", t.start-1)) + p.styles.accent.Render(repeat("━", end-t.start)) +
				p.styles.dim.Render(ruleTo(width-1-end, p.section.apartWords(p.status)))
		}
	}
	return p.rule()
}

// ruleTo is a rule with the first of some texts near its right end that leaves some of it.
func ruleTo(width int, texts []string) string {
	const least, end = 2, " ─"
	for _, text := range texts {
		text = " " + text + end
		if rest := width - ansi.StringWidth(text); rest >= least {
			return repeat("─", rest) + text
		}
	}
	return repeat("─", width)
}

// sectionAt is the section that a column of the line belongs to. A sign at its end belongs
// to what it stands for.
func (p *outboxPane) sectionAt(column int) (section, bool) {
	shown := p.tabs(p.width)
	end := 0
	for _, t := range shown {
		end = t.start + ansi.StringWidth(t.text(t.section.count(p.status)))
		if column >= t.start && column < end {
			return t.section, true
		}
	}
	first, last := shown[0].section, shown[len(shown)-1].section
	more := ansi.Strip(p.moreSections(shown, p.width-end))
	switch {
	case column == 0 && first > 0:
		return first - 1, true
	case column < p.width-ansi.StringWidth(more) || more == "":
		return 0, false
	case column == p.width-1 && strings.HasSuffix(more, "›"):
		return last + 1, true
	}
	return sectionFailed, strings.HasPrefix(more, "✗")
}
