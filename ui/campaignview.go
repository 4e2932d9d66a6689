package ui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

// leastRows is how many rows are shown, whatever there is to say above them.
const leastRows = 3

func (p *campaignPane) rowsHeight() int {
	height := p.paneHeight()
	return max(height-len(p.head(p.width, height)), 1)
}

// window is the list as it fits below the head, which changes with what is to say.
func (p *campaignPane) window() list {
	l := p.list
	l.fit(len(p.rows), p.rowsHeight())
	return l
}

func (p *campaignPane) view(width, height int) ([]string, *tea.Cursor) {
	lines := p.head(width, height)
	var cursor *tea.Cursor
	if p.filter.typing {
		_, column := p.filterLine(max(width-2, 1))
		cursor = tea.NewCursor(column+1, len(lines)-1)
		cursor.Shape = tea.CursorBar
	}
	if len(p.rows) == 0 {
		text := "reading…"
		if p.loaded {
			text = p.nothing()
		}
		for _, line := range wrap(text, max(width-2, 1)) {
			lines = append(lines, " "+p.styles.dim.Render(line))
		}
	}
	l, columns := p.window(), newCampaignRowColumns(width, rowChoices[p.only])
	for n, row := range p.rows[l.top:min(l.top+p.rowsHeight(), len(p.rows))] {
		lines = append(lines, p.rowLine(&row, columns, l.top+n == l.cursor))
	}
	return lines[:min(len(lines), height)], cursor
}

// head is what stands above the rows. On a low screen its end gives way, except for
// the line that says which rows those are, or in which that is typed.
func (p *campaignPane) head(width, height int) []string {
	room := max(width-2, 1)
	l := p.campaignLook(p.campaign)
	lines := []string{between(p.styles.bold.Render(clean(p.campaign.Name)), p.styles.of(l.tone).Render(l.String()), room)}
	lines = append(lines, p.counts(room)...)
	why := p.why()
	if why == "" && p.waited != "" { // its lines are kept, so that the rows stay where they are
		lines = append(lines, make([]string, len(wrap(p.waited, room)))...)
	}
	if why != "" {
		for _, line := range wrap(why, room) {
			lines = append(lines, p.styles.wait.Render(line))
		}
	}
	most := max(height-1-leastRows, 1)
	for _, line := range p.aheadLines(most-len(lines), room) {
		lines = append(lines, p.styles.dim.Render(line))
	}
	last := p.heading(p.which(), room)
	if p.filter.typing {
		last, _ = p.filterLine(room)
	}
	lines = append(upTo(lines, most, room), last)
	for i, line := range lines {
		lines[i] = " " + line
	}
	return lines
}

// counts is a bar and what became of the rows, in as many lines as that needs; what is
// trouble comes first.
func (p *campaignPane) counts(room int) []string {
	n := p.campaign.Counts
	start := ""
	if bar := barWidth(n.Letters(), room); bar > 0 {
		start = p.styles.bar(n.Sent, n.Letters(), bar) + "  "
	}
	texts := []string{p.styles.plain.Render(sentOf(n) + " sent")}
	for _, text := range trouble(n) {
		texts = append(texts, p.styles.bad.Render(text))
	}
	sending := "being sent or next" // some are claimed ahead
	switch {
	case p.stands():
		sending = "with a sender that stands still"
	case !p.sends():
		sending = "left by a sender that is gone"
	}
	for _, c := range []struct {
		n    int
		word string
	}{{n.Sending, sending}, {n.Waiting, "waiting"}, {n.Ready, "not begun"}, {n.Skipped, "skipped"}, {n.Cancelled, "cancelled"}} {
		if c.n > 0 {
			texts = append(texts, p.styles.dim.Render(number(c.n)+" "+c.word))
		}
	}
	gap := p.styles.dim.Render(" · ")
	return flow(start, texts, gap, room)
}

// barWidth is how wide the bar of a campaign is, by what stands behind it when all has
// gone; 0: there is no room for one.
func barWidth(letters, room int) int {
	const wide, short, gap = 16, 10, 2
	sent := ansi.StringWidth(sentOf(outbox.CampaignCounts{Sent: letters, Rows: letters}) + " sent")
	switch {
	case room >= 60:
		return wide
	case room >= short+gap+sent:
		return short
	}
	return 0
}

// flow writes texts behind each other, and where one does not fit on in another line.
func flow(line string, texts []string, gap string, room int) (lines []string) {
	empty := true
	for _, text := range texts {
		if !empty && ansi.StringWidth(line)+ansi.StringWidth(gap)+ansi.StringWidth(text) > room {
			lines = append(lines, line)
			line, empty = "", true
		}
		if !empty {
			line += gap
		}
		line, empty = line+cut(text, room-ansi.StringWidth(line)), false
	}
	return append(lines, line)
}

// why says what the campaign waits for; "" if it does not wait.
func (p *campaignPane) why() string {
	waits, until := clean(p.outlook.Waits), p.outlook.Until
	switch {
	case waits == "", !until.IsZero() && !until.After(p.now): // that is over, and is about to be read
		return ""
	case p.campaign.State == outbox.CampaignPaused && p.campaign.Reason != "": // the state stands above it
		return sentence(clean(p.campaign.Reason)) + p.keyed(" {campaign.pause} lets it go on.")
	case p.campaign.State == outbox.CampaignPaused:
		return p.keyed("{campaign.pause} lets it go on.")
	case beginsLater(p.campaign, p.now) && until.After(p.now) && p.sends():
		return "It begins " + p.until(until) + "."
	}
	unsent := p.outlook.Unsent != "" && !p.sends() // it may have begun since
	switch {
	case p.outlook.Waits != p.outlook.Unsent && unsent:
		return "It waits: " + waits + ". " + p.nothingSends()
	case p.outlook.Waits != p.outlook.Unsent:
		return "It waits: " + waits
	case unsent:
		return p.nothingSends()
	}
	return ""
}

// aheadLines say how it will go on, or when it ended, in as many words as fit into so many
// lines; none where not even the fewest do.
func (p *campaignPane) aheadLines(most, room int) []string {
	for _, text := range p.ahead() {
		if lines := wrap(text, room); text != "" && len(lines) <= most {
			return lines
		}
	}
	return nil
}

// ahead is that in more and in fewer words.
func (p *campaignPane) ahead() []string {
	c, brief := p.campaign, clean(p.outlook.Brief)
	if !c.Finished.IsZero() {
		brief = "finished " + clock(c.Finished, p.now)
	}
	full := brief
	if open := c.Counts.Open(); p.outlook.Forecast != "" && open > 0 { // which is newer than the outlook
		full = "left: " + count(open, "letter") + clean(p.outlook.Course)
	}
	n := p.outlook.PerMinute
	if n == 0 {
		return []string{full, brief}
	}
	pace := number(n) + " in the last minute"
	return []string{besides(pace, full), besides(brief, pace), besides(brief, number(n)+" a minute"), brief}
}

// besides is two things that are told in a line; either may be "".
func besides(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " · " + b
}

// chosen names the rows that are shown.
func (p *campaignPane) chosen() string {
	if p.filter.search() == "" {
		return rowChoices[p.only].name
	}
	return fmt.Sprintf("%s with %q", rowChoices[p.only].name, clean(p.filter.search()))
}

// which says which rows are shown, and how many.
func (p *campaignPane) which() string {
	c := rowChoices[p.only]
	if p.filter.search() != "" {
		text := p.chosen()
		if len(p.after) > 1 || p.more { // how many there are in all is not counted
			from := p.first() + 1
			text += fmt.Sprintf(" · %s–%s", number(from), number(from+max(len(p.rows)-1, 0)))
		}
		return text
	}
	if len(p.after) == 1 && !p.more {
		return c.name
	}
	from := (len(p.after)-1)*page + 1
	return fmt.Sprintf("%s · %s–%s of %s", c.name, number(from), number(from+max(len(p.rows)-1, 0)), number(c.count(p.campaign.Counts)))
}

// rowLook is the state of a row; most are those of items.
func rowLook(state string) look {
	if state == "ready" {
		return look{"·", "not begun", toneQuiet}
	}
	for s, l := range stateLooks {
		if s.String() == state {
			return l
		}
	}
	return look{"·", clean(state), toneQuiet}
}

// campaignRowColumns are the widths of a row's parts.
type campaignRowColumns struct{ state, address, reason int }

// newCampaignRowColumns shares the width out by what the rows are, and not by those that
// are read: nothing moves from page to page.
func newCampaignRowColumns(width int, of rowChoice) campaignRowColumns {
	const (
		narrow  = 60
		longest = 34 // longer addresses are rare
		least   = 16 // of which most can be told from one another
		account = 10
		gap     = 2
	)
	c := campaignRowColumns{state: 11}
	if width < 40 || width < narrow && of.alike { // the glyph must do
		c.state = 1
	}
	room := max(width-2-c.state-1, 0)
	switch {
	case room < 24:
		c.address = room
		return c
	case of.brief && width < narrow:
		c.address = min(room-account-gap, longest)
	default: // who it is matters more than the end of why
		c.address = min(max(room/2, min(least, room-account)), longest)
	}
	c.reason = room - c.address - gap
	return c
}

func (p *campaignPane) rowLine(r *outbox.CampaignRow, c campaignRowColumns, selected bool) string {
	l := rowLook(r.State)
	state := l.String()
	if c.state == 1 {
		state = l.glyph
	}
	line := p.styles.mark(selected) + inked(p.styles.of(l.tone), cell(state, c.state)) + " " + p.styles.name(cell(rowName(r), c.address), selected)
	if c.reason > 0 {
		line += "  " + inked(p.styles.dim, cell(rowReason(r), c.reason))
	}
	return line
}

// rowName is the address of a row, or where it stands if it has none.
func rowName(r *outbox.CampaignRow) string {
	if r.Address != "" {
		return clean(r.Address)
	}
	return fmt.Sprintf("line %d", r.Line)
}

// rowReason says why a row is not sent, or what is known of one that is.
func rowReason(r *outbox.CampaignRow) string {
	if r.State == outbox.StateSent.String() && !r.Unsubscribed.IsZero() {
		return "has unsubscribed since"
	}
	if r.State == outbox.StateSent.String() || r.State == outbox.StateSending.String() {
		return clean(r.Account)
	}
	if words := reply(r.Recipient.Result); words != "" {
		return words
	}
	return clean(r.Reason)
}
