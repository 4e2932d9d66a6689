package ui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

// header is the name and the health of each account; only of those that are not
// well where not all fit.
func (p *outboxPane) header(width int) string {
	name := " " + p.styles.bold.Inherit(p.styles.accent).Render("sendoff")
	room := width - ansi.StringWidth(name) - 3
	var all, bad []string
	for _, a := range p.accounts {
		health := p.styles.dim.Render(clean(a.Name)+" ") + p.styles.good.Render("●")
		if !p.status.sent[a.Name] { // nobody knows yet whether it does
			health = p.styles.dim.Render(clean(a.Name) + " ○")
		}
		if park, ok := p.parked(a.Name); ok {
			health = p.styles.wait.Render(clean(a.Name) + " ◐ " + parkWords(park.Result))
			if p.triedAgain(park) {
				health = p.styles.accent.Render(clean(a.Name) + " ↑ tried again")
			}
			bad = append(bad, health)
		} else if q, ok := p.full(a.Name); ok {
			health = p.styles.wait.Render(clean(a.Name) + " ◷ " + quotaWords(q))
			bad = append(bad, health)
		}
		all = append(all, health)
	}
	line := strings.Join(all, healthGap)
	if ansi.StringWidth(line) > room {
		line = strings.Join(bad, healthGap)
	}
	return between(name, cut(line, room), width-1)
}

// healthGap stands between two accounts.
const healthGap = "   "

func (d *desk) parked(account string) (outbox.Park, bool) {
	for _, park := range d.status.parks {
		if park.Account == account {
			return park, true
		}
	}
	return outbox.Park{}, false
}

// triedAgain tells that the one try is under way that a parked account has when its time
// has come: it stays parked until the server has answered. What goes on since before the
// account stopped is no such try.
func (d *desk) triedAgain(park outbox.Park) bool {
	if park.Until.IsZero() || park.Until.After(d.now) {
		return false
	}
	for _, g := range d.progress {
		if g.Account == park.Account && g.Started.After(park.Since) {
			return true
		}
	}
	return false
}

// full tells that an account waits for a limit of its own.
func (d *desk) full(account string) (outbox.Quota, bool) {
	for _, q := range d.status.full {
		if q.Account == account {
			return q, true
		}
	}
	return outbox.Quota{}, false
}

// tab is a section in the line of sections.
type tab struct {
	section    section
	text       string
	start, end int // columns
}

// tabs lays the sections out: with numbers and counts if that fits, else
// without numbers, else the open one and the failed ones, else the open one alone.
func (p *outboxPane) tabs(width int) []tab {
	long := func(s section) string { return fmt.Sprintf("%d %s", s+1, sectionNames[s]) }
	short := func(s section) string { return sectionNames[s] }
	for _, name := range []func(section) string{long, short} {
		var all []tab
		for s := range sections {
			if p.there(s) {
				all = append(all, tab{section: s, text: p.counted(name(s), s)})
			}
		}
		if end := place(all); end < width {
			return all
		}
	}
	few := []tab{{section: p.section, text: p.counted(long(p.section), p.section)}}
	if p.section != sectionFailed && sectionFailed.count(p.status) > 0 {
		few = append(few, tab{section: sectionFailed, text: p.counted(long(sectionFailed), sectionFailed)})
	}
	if place(few) >= width {
		few = few[:1]
	}
	return few
}

func (p *outboxPane) counted(name string, s section) string {
	if n := s.count(p.status); n > 0 {
		return name + " " + number(n)
	}
	return name
}

// tabGap stands between two sections.
const tabGap = " · "

// place gives the tabs their columns, and the column behind the last.
func place(tabs []tab) int {
	column := 1
	for i := range tabs {
		if i > 0 {
			column += ansi.StringWidth(tabGap)
		}
		tabs[i].start = column
		column += ansi.StringWidth(tabs[i].text)
		tabs[i].end = column
	}
	return column
}

func (p *outboxPane) sectionsLine(width int) string {
	var b strings.Builder
	b.WriteByte(' ')
	for i, t := range p.tabs(width) {
		if i > 0 {
			b.WriteString(p.styles.dim.Render(tabGap))
		}
		style := p.styles.dim
		switch {
		case t.section == p.section:
			style = p.styles.bold.Inherit(p.styles.accent)
		case t.section == sectionFailed && t.section.count(p.status) > 0:
			style = p.styles.bad
		case t.section.count(p.status) > 0:
			style = p.styles.plain
		}
		b.WriteString(style.Render(t.text))
	}
	return cut(b.String(), width)
}

// sectionsRule is heavy under the section that is open, so that it shows
// without colour too.
func (p *outboxPane) sectionsRule(width int) string {
	for _, t := range p.tabs(width) {
		if t.section == p.section {
			end := min(t.end, width-1)
			return " " + p.styles.dim.Render(repeat("─", t.start-1)) + p.styles.accent.Render(repeat("━", end-t.start)) +
				p.styles.dim.Render(repeat("─", width-1-end))
		}
	}
	return p.rule()
}

func (p *outboxPane) sectionAt(column int) (section, bool) {
	for _, t := range p.tabs(p.width) {
		if column >= t.start && column < t.end {
			return t.section, true
		}
	}
	return 0, false
}
