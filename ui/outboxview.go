package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/accounts"
	"sendoff/outbox"
)

// Lines above the rows. On a low screen the header gives way first, then the
// rule and the sections.
const (
	headerLine  = 0
	sectionLine = 1
	headLines   = 3
	headFrom    = 7 // the least height of the pane that has them
)

// rowsHeight is how many rows fit: the selected one may take two lines.
func (p *outboxPane) rowsHeight() int {
	height := p.paneHeight() - p.above()
	if p.reasonLine(max(p.width, 1)) != "" {
		height--
	}
	return max(height, 1)
}

// above is how many lines stand above the rows.
func (p *outboxPane) above() int {
	n := 0
	if p.paneHeight() >= headFrom {
		n = headLines
	}
	if p.filter != nil {
		n++
	}
	return n
}

func (p *outboxPane) view(width, height int) ([]string, *tea.Cursor) {
	var lines []string
	var cursor *tea.Cursor
	if height >= headFrom {
		lines = append(lines, p.header(width), p.sectionsLine(width), p.sectionsRule(width))
	}
	if p.filter != nil {
		line, column := p.filterLine(width)
		if column >= 0 {
			cursor = tea.NewCursor(column, len(lines))
			cursor.Shape = tea.CursorBar
		}
		lines = append(lines, line)
	}
	if len(p.rows.items) == 0 {
		return append(lines, p.emptyLines(width)...), cursor
	}
	columns := newColumns(width, p.accountWidth())
	for n, item := range p.visible() {
		selected := p.list.top+n == p.list.cursor
		lines = append(lines, p.row(&item, columns, selected))
		if reason := p.reasonLine(width); selected && reason != "" {
			lines = append(lines, reason)
		}
	}
	return lines, cursor
}

// header is the name and the health of each account; only of those that are not
// well where not all fit.
func (p *outboxPane) header(width int) string {
	name := " " + p.styles.bold.Inherit(p.styles.accent).Render("sendoff")
	room := width - ansi.StringWidth(name) - 3
	var all, bad []string
	for _, a := range p.options.Accounts {
		health := p.styles.dim.Render(clean(a.Name)+" ") + p.styles.good.Render("●")
		if park, ok := p.parked(a.Name); ok {
			health = p.styles.wait.Render(clean(a.Name) + " ◐ " + parkWords(park.Class))
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

func (p *outboxPane) parked(account string) (outbox.Park, bool) {
	for _, park := range p.status.parks {
		if park.Account == account {
			return park, true
		}
	}
	return outbox.Park{}, false
}

// tab is a section in the line of sections.
type tab struct {
	section    section
	text       string
	start, end int // columns
}

// tabs lays the sections out: with numbers and counts if that fits, else
// without numbers, else the open one alone and the failed ones.
func (p *outboxPane) tabs(width int) []tab {
	long := func(s section) string { return fmt.Sprintf("%d %s", s+1, sectionNames[s]) }
	short := func(s section) string { return sectionNames[s] }
	for _, name := range []func(section) string{long, short} {
		var all []tab
		for s := range sections {
			all = append(all, tab{section: s, text: p.counted(name(s), s)})
		}
		if end := place(all); end < width {
			return all
		}
	}
	few := []tab{{section: p.section, text: p.counted(long(p.section), p.section)}}
	if p.section != sectionFailed && sectionFailed.count(p.status) > 0 {
		few = append(few, tab{section: sectionFailed, text: p.counted(long(sectionFailed), sectionFailed)})
	}
	place(few)
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
	return b.String()
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

// rowAt is the row on a line of the screen.
func (p *outboxPane) rowAt(y int) (int, bool) {
	row := p.list.top + y - p.above()
	if p.reasonLine(p.width) != "" && row > p.list.cursor {
		row--
	}
	return row, y >= p.above() && row < len(p.rows.items) && row < p.list.top+p.rowsHeight()
}

func (p *outboxPane) filterLine(width int) (string, int) {
	label := " / "
	text, column := p.filter.view(width - len(label) - 1)
	if column >= 0 {
		column += len(label)
	}
	return p.styles.accent.Render(label) + text, column
}

// columns are the widths of a row's parts; 0 leaves one out.
type columns struct{ state, subject, who, when, account int }

// newColumns shares the width out. The least important goes first: account,
// time, then the recipients. account is the width of the accounts' names.
func newColumns(width, account int) columns {
	const (
		state = 11 // "✗ cancelled"
		when  = 11 // "12 May 2025"
	)
	c := columns{state: state}
	room := width - 2 // the mark and the right margin
	room -= c.state + 1
	if room < 8 { // not even a subject beside the word: the glyph must do
		c.state = 1
		room += state - 1
	}
	if width >= 76 && account > 0 {
		c.account = account
		room -= c.account + 2
	}
	if width >= 56 {
		c.when = when
		room -= c.when + 2
	}
	if room >= 24 {
		c.who = min(room*2/5, 34) // longer addresses are rare
		room -= c.who + 2
	}
	c.subject = max(room, 0)
	return c
}

// row draws one item.
func (p *outboxPane) row(i *outbox.Item, c columns, selected bool) string {
	l := p.look(i)
	paint := func(s lipgloss.Style) lipgloss.Style {
		if selected {
			return s.Background(p.styles.selection.GetBackground())
		}
		return s
	}
	plain, dim := paint(p.styles.plain), paint(p.styles.dim)
	mark, text := plain.Render(" "), plain
	if selected {
		mark, text = paint(p.styles.accent).Render("▌"), paint(p.styles.bold)
	}
	var b strings.Builder
	b.WriteString(mark)
	state := l.String()
	if c.state == 1 {
		state = l.glyph
	}
	b.WriteString(paint(p.styles.of(l.tone)).Render(cell(state, c.state) + " "))
	b.WriteString(text.Render(cell(subject(*i), c.subject)))
	if c.who > 0 {
		b.WriteString(plain.Render("  " + cell(who(i, c.who), c.who)))
	}
	if c.when > 0 {
		b.WriteString(dim.Render("  " + right(p.when(i), c.when)))
	}
	if c.account > 0 {
		b.WriteString(dim.Render("  " + cell(clean(i.Account), c.account)))
	}
	b.WriteString(plain.Render(" "))
	return b.String()
}

// look is the item's state; the undo window counts down and a parked account
// shows at its messages.
func (p *outboxPane) look(i *outbox.Item) look {
	l := stateLooks[i.State]
	switch i.State {
	case outbox.StateScheduled:
		if wait := i.NotBefore.Sub(p.now); inUndoWindow(*i) && wait > 0 {
			l.word = "undo " + seconds(wait)
		}
	case outbox.StateWaiting:
		if _, ok := p.parked(i.Account); ok {
			return parkedLook
		}
	}
	return l
}

// who names the first recipient and counts the others, whose number stays when
// the address is cut.
func who(i *outbox.Item, width int) string {
	all := len(i.To) + len(i.Cc) + len(i.Bcc)
	if all == 0 {
		return ""
	}
	first := ""
	for _, list := range [][]string{i.To, i.Cc, i.Bcc} {
		if len(list) > 0 {
			first = clean(bareAddress(list[0]))
			break
		}
	}
	if all == 1 {
		return first
	}
	more := fmt.Sprintf(" +%d", all-1)
	return cut(first, width-len(more)) + more
}

// bareAddress is the address of "Name <address>".
func bareAddress(s string) string {
	if start := strings.LastIndexByte(s, '<'); start >= 0 && strings.HasSuffix(s, ">") {
		return s[start+1 : len(s)-1]
	}
	return s
}

// when is the one time, or share, that matters of an item.
func (p *outboxPane) when(i *outbox.Item) string {
	switch i.State {
	case outbox.StateSending:
		if g, ok := p.progress[i.ID]; ok && g.Total > 0 {
			return fmt.Sprintf("%d %%", g.Done*100/g.Total)
		}
		return ""
	case outbox.StateScheduled:
		if inUndoWindow(*i) {
			return "u: undo"
		}
		return ahead(i.NotBefore, p.now)
	case outbox.StateWaiting:
		if park, ok := p.parked(i.Account); ok {
			return ahead(park.Until, p.now)
		}
		return ahead(i.NextAttempt, p.now)
	}
	return ago(i.Created, p.now)
}

// reasonLine explains the selected item, in plain words and then the server's;
// "" if there is nothing to explain.
func (p *outboxPane) reasonLine(width int) string {
	i := p.item()
	if i == nil || i.Reason == "" || p.paneHeight() < headFrom {
		return ""
	}
	text := clean(i.Reason)
	if p.reason.id == i.ID && p.reason.text != "" {
		text = p.reason.text
	}
	indent := newColumns(width, p.accountWidth()).state + 2
	return spaces(indent) + p.styles.dim.Render(cut(text, width-indent-1))
}

// accountWidth is the width of the column of accounts; 0 if there is but one.
func (p *outboxPane) accountWidth() (width int) {
	const most = 10
	if len(p.options.Accounts) < 2 {
		return 0
	}
	for _, a := range p.options.Accounts {
		width = max(width, min(ansi.StringWidth(clean(a.Name)), most))
	}
	return width
}

// emptyLines stand where rows would.
func (p *outboxPane) emptyLines(width int) []string {
	var text []string
	switch {
	case !p.loaded:
		return nil
	case p.filter != nil && p.filter.value() != "":
		text = []string{"No message here has that in its subject or its addresses."}
	case len(p.options.Accounts) == 0:
		return p.firstRun(width)
	default:
		text = []string{emptySection[p.section]}
		if p.section == sectionOutbox {
			text = append(text, "", "m writes a message.")
		}
	}
	lines := []string{""}
	for _, line := range text {
		lines = append(lines, "  "+p.styles.dim.Render(cut(line, width-3)))
	}
	return lines
}

// firstRun says how to begin.
func (p *outboxPane) firstRun(width int) []string {
	file := p.options.AccountsFile
	if file == "" {
		file = "accounts.toml"
	}
	lines := []string{"", "  " + p.styles.bold.Render(cut("No account is set up yet.", width-3)), ""}
	for _, step := range []struct{ what, how string }{
		{"sendoff demo", "tries everything with a built-in server; nothing leaves this machine."},
		{clean(file), "is where an account is described; the README shows how, in five minutes."},
	} {
		lines = append(lines, "  "+p.styles.accent.Render(cut(step.what, width-3)))
		for _, line := range wrap(step.how, width-7) {
			lines = append(lines, "    "+p.styles.dim.Render(line))
		}
	}
	return append(lines, "", "  "+p.styles.dim.Render(cut("What you write before that is kept as a draft: m", width-3)))
}

// attention is what needs the person, the most urgent first.
func (p *outboxPane) attention(width int) (lines []string) {
	if p.status.counts == nil {
		return nil
	}
	open := sectionOutbox.count(p.status) + sectionScheduled.count(p.status) - p.status.counts[outbox.StateCancelled]
	if !p.options.Sending && !p.status.sender && len(p.options.Accounts) > 0 {
		text := "Nothing is sending: start `sendoff daemon`, or `sendoff flush` once."
		if open > 0 {
			text = fmt.Sprintf("Nothing is sending, and %s. Start `sendoff daemon`, or `sendoff flush` once.", waits(open))
		}
		lines = append(lines, " "+p.styles.wait.Render(cut(text, width)))
	}
	for _, park := range p.status.parks {
		lines = append(lines, " "+p.styles.wait.Render(cut(p.parkLine(park), width)))
	}
	if p.options.Notice != "" {
		lines = append(lines, " "+p.styles.dim.Render(cut(clean(p.options.Notice), width)))
	}
	return lines
}

func waits(n int) string {
	if n == 1 {
		return "1 message waits"
	}
	return number(n) + " messages wait"
}

// parkLine says why an account stopped and when it goes on.
func (p *outboxPane) parkLine(park outbox.Park) string {
	line := clean(park.Account) + " is parked: " + parkWords(park.Class)
	if park.Code != 0 {
		line += fmt.Sprintf(" (%d)", park.Code)
	}
	if park.Until.IsZero() {
		return line + ". Its messages wait; r on one tries again."
	}
	return line + ". It goes on " + onward(park.Until, p.now) + "; r on a message tries now."
}

// onward is ahead in a sentence.
func onward(t, now time.Time) string {
	text := ahead(t, now)
	if text == "now" || strings.HasPrefix(text, "in ") {
		return text
	}
	return "at " + text
}

// account finds an account by its name.
func (d *desk) account(name string) (accounts.Account, bool) {
	for _, a := range d.options.Accounts {
		if a.Name == name {
			return a, true
		}
	}
	return accounts.Account{}, false
}

// undoUntil is when a message that is sent now leaves.
func (d *desk) undoUntil(now time.Time) time.Time {
	if d.options.UndoWindow <= 0 {
		return time.Time{}
	}
	return now.Add(d.options.UndoWindow)
}
