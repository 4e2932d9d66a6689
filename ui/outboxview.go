package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

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

// window is the list as it fits above the foot, which is higher while something is asked:
// the row that it is about stays on the screen.
func (p *outboxPane) window() list {
	l := p.list
	l.fit(p.rowCount(), p.rowsHeight())
	return l
}

// hasHead tells that the header and the sections have room.
func (p *outboxPane) hasHead() bool { return p.paneHeight() >= headFrom }

// above is how many lines stand above the rows.
func (p *outboxPane) above() int {
	n := 0
	if p.hasHead() {
		n = headLines
	}
	if p.filter.on() {
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
	if p.filter.on() {
		line, column := p.filterLine(width)
		if column >= 0 {
			cursor = tea.NewCursor(column, len(lines))
			cursor.Shape = tea.CursorBar
		}
		lines = append(lines, line)
	}
	if p.section == sectionCampaigns && len(p.status.campaigns) > 0 {
		return append(lines, p.campaignLines(width)...), cursor
	}
	if len(p.rows.items) == 0 {
		return append(lines, p.emptyLines(width, height-len(lines))...), cursor
	}
	columns, top := newColumns(width, p.accountWidth()), p.window().top
	for n, item := range p.visible() {
		selected := top+n == p.list.cursor
		lines = append(lines, p.row(&item, columns, selected))
		if reason := p.reasonLine(width); selected && reason != "" {
			lines = append(lines, reason)
		}
	}
	return lines, cursor
}

// rowAt is the row on a line of the screen.
func (p *outboxPane) rowAt(y int) (int, bool) {
	top := p.window().top
	row := top + y - p.above()
	if p.reasonLine(p.width) != "" && row > p.list.cursor {
		row--
	}
	return row, y >= p.above() && row < p.rowCount() && row < top+p.rowsHeight()
}

func (p *outboxPane) filterLine(width int) (string, int) {
	return p.searchLine(p.filter.line, p.filterWhere(width-1-filterRoom(p.filter.line)-len(" / ")), " / ", width-1)
}

// filterRoom is the room that what is typed needs, and a gap.
func filterRoom(in *input) int {
	const least, gap = 20, 2
	return max(ansi.StringWidth(in.value())+1, least) + gap
}

// searchLine is a search that is typed behind a label, and where it looks, if there is room
// for that. The column of the cursor is -1 without the focus.
func (d *desk) searchLine(in *input, where, label string, width int) (string, int) {
	room := width - len(label)
	if ansi.StringWidth(where)+filterRoom(in) > room {
		where = ""
	}
	text, column := in.view(room - ansi.StringWidth(where))
	if column >= 0 {
		column += len(label)
	}
	return between(d.styles.accent.Render(label)+text, d.styles.dim.Render(where), width), column
}

// columns are the widths of a row's parts; 0 leaves one out.
type columns struct{ state, subject, who, when, account int }

// whenFrom is the width from which the rows have a time. Below it what is being sent
// says in place of its state how far it is.
const whenFrom = 56

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
	if width >= whenFrom {
		c.when = when
		room -= c.when + 2
	}
	if room >= 24 {
		c.who = min(room*2/5, 48) // longer addresses are rare
		room -= c.who + 2
	}
	c.subject = max(room, 0)
	return c
}

// row draws one item.
func (p *outboxPane) row(i *outbox.Item, c columns, selected bool) string {
	var b strings.Builder
	l := p.look(i)
	if c.when == 0 && i.State == outbox.StateSending {
		l.word = orElse(p.stage(i, shortSteps), l.word)
	}
	state := l.String()
	if c.state == 1 {
		state = l.glyph
	}
	if p.marked(i.ID) {
		b.WriteString(p.styles.marked(selected))
	} else {
		b.WriteString(p.styles.mark(selected))
	}
	b.WriteString(inked(p.styles.of(l.tone), cell(state, c.state)) + " ")
	drawn := func(padded string) string { return padded }
	if i.State == outbox.StateCancelled || i.Resent { // apart from what the section counts
		drawn = func(padded string) string { return inked(p.styles.dim, padded) }
	}
	if name := cell(subject(*i), c.subject); selected {
		b.WriteString(p.styles.name(name, selected))
	} else {
		b.WriteString(drawn(name))
	}
	if c.who > 0 {
		b.WriteString("  " + drawn(cell(who(i, c.who), c.who)))
	}
	if c.when > 0 {
		b.WriteString("  " + inked(p.styles.dim, right(p.when(i), c.when)))
	}
	if c.account > 0 {
		b.WriteString("  " + inked(p.styles.dim, cell(clean(i.Account), c.account)))
	}
	return b.String()
}

// look is the item's state; the undo window counts down and a parked account
// shows at its messages, unless it is being tried again.
func (d *desk) look(i *outbox.Item) look {
	l := stateLooks[i.State]
	if i.Resent {
		return resentLook
	}
	switch i.State {
	case outbox.StateScheduled:
		if inUndoWindow(*i, d.now) {
			l.word = "undo " + countdown(i.NotBefore.Sub(d.now))
		}
	case outbox.StateWaiting:
		if park, ok := d.parked(i.Account); ok && !d.triedAgain(park) {
			return parkedLook
		}
		if i.Late(d.now) {
			return lateLook
		}
	}
	return l
}

// countdown is what is left of an undo window, as short as its column.
func countdown(left time.Duration) string {
	if left > 99*time.Second {
		return fmt.Sprintf("%d m", (left+time.Minute-1)/time.Minute)
	}
	return seconds(left)
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

// stage is how far an item is that is being sent, with words for the steps of it.
func (p *outboxPane) stage(i *outbox.Item, words map[outbox.Step]string) string {
	g, ok := p.progress[i.ID]
	switch {
	case i.Stopping && g.Step != outbox.StepDot:
		return "stopping"
	case p.stands():
		return "not moving"
	case !ok: // it is claimed for a connection that sends another one
		return "next"
	case g.Total == 0:
		return ""
	case g.Step != outbox.StepBody: // nothing of it is out, or all
		return words[g.Step]
	}
	return fmt.Sprintf("%d %%", g.Done*100/g.Total)
}

// when is the one time, or share, that matters of an item.
func (p *outboxPane) when(i *outbox.Item) string {
	switch i.State {
	case outbox.StateSending:
		return p.stage(i, stepWords)
	case outbox.StateScheduled:
		if inUndoWindow(*i, p.now) {
			return "u: undo"
		}
		return ahead(i.NotBefore, p.now)
	case outbox.StateWaiting:
		switch park, ok := p.parked(i.Account); {
		case ok && !p.triedAgain(park):
			return ahead(park.Until, p.now)
		case ok && !i.NextAttempt.After(p.now):
			return "after a try" // of another, which tells whether the account works
		}
		return ahead(i.NextAttempt, p.now)
	}
	return ago(i.Updated, p.now)
}

// reasonLine explains the selected item, in plain words and then the server's, or says how
// the bytes of one go out that takes its time; "" if there is nothing to explain.
func (p *outboxPane) reasonLine(width int) string {
	i := p.item()
	if i == nil || p.paneHeight() < headFrom {
		return ""
	}
	indent := newColumns(width, p.accountWidth()).state + 2
	if i.State == outbox.StateSending {
		if line := p.uploadLine(i.ID, width-indent-1); line != "" {
			return spaces(indent) + line
		}
	}
	if i.Reason == "" {
		return ""
	}
	text := clean(i.Reason)
	if p.reason.id == i.ID && p.reason.text != "" {
		text = p.reason.text
	}
	if i.State == outbox.StateSending { // what comes of this try is not known
		text = "the last try: " + text
	}
	return spaces(indent) + p.styles.dim.Render(cut(text, width-indent-1))
}

// accountWidth is the width of the column of accounts, which longer names have more of on
// wider screens; 0 if there is but one.
func (p *outboxPane) accountWidth() (width int) {
	const widest = 24
	most := min(p.width/6, widest)
	if len(p.accounts) < 2 {
		return 0
	}
	for _, a := range p.accounts {
		width = max(width, min(ansi.StringWidth(clean(a.Name)), most))
	}
	return width
}
