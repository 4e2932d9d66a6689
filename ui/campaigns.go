package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

// there tells that a section is shown: that of the campaigns only where there is one.
func (p *outboxPane) there(s section) bool {
	return s != sectionCampaigns || s == p.section || len(p.status.campaigns) > 0
}

// beside is the section that is some steps further, or the next one that is there; with a
// filter the next one in which that finds something.
func (p *outboxPane) beside(steps section) section {
	if s, ok := p.foundBeside(steps); ok {
		return s
	}
	s := (p.section + steps) % sections
	if !p.there(s) {
		s = (s + steps) % sections
	}
	return s
}

// rowCount is how many rows the section has, as far as they are read.
func (p *outboxPane) rowCount() int {
	if p.section == sectionCampaigns {
		return len(p.status.campaigns)
	}
	return len(p.rows.items)
}

// campaign is the selected one, or nil.
func (p *outboxPane) campaign() *outbox.Campaign {
	if p.section != sectionCampaigns || p.list.cursor >= len(p.status.campaigns) {
		return nil
	}
	return &p.status.campaigns[p.list.cursor]
}

// followCampaign keeps the cursor on its campaign when others come and go.
func (p *outboxPane) followCampaign() {
	if p.section != sectionCampaigns {
		return
	}
	if i := slices.IndexFunc(p.status.campaigns, func(c outbox.Campaign) bool { return c.ID == p.chosen }); i >= 0 {
		p.list.cursor = i
	}
}

func (p *outboxPane) chooseCampaign() {
	p.list.fit(p.rowCount(), p.rowsHeight())
	if c := p.campaign(); c != nil {
		p.chosen = c.ID
	}
}

// campaignActions are those on a campaign of the list; all of its rows are written out.
func (p *outboxPane) campaignActions(c outbox.Campaign) campaignActions {
	return campaignActions{desk: p.desk, on: p, campaign: c, chosen: rowChoices[0].name, read: p.load}
}

// openSelected shows the item or the campaign under the cursor.
func (p *outboxPane) openSelected() tea.Cmd {
	if c := p.campaign(); c != nil {
		return p.openCampaign(*c)
	}
	return p.openItem(p.item())
}

var campaignLooks = map[outbox.CampaignState]look{
	outbox.CampaignImporting: {"…", "importing", toneWait},
	outbox.CampaignRunning:   {"↑", "running", toneAccent},
	outbox.CampaignPaused:    {"‖", "paused", toneWait},
	outbox.CampaignDone:      {"✓", "done", toneGood},
	outbox.CampaignCancelled: {"⊘", "cancelled", toneQuiet},
}

// campaignLook is the state of a campaign; before its time it is scheduled.
func (d *desk) campaignLook(c outbox.Campaign) look {
	if beginsLater(c, d.now) {
		return stateLooks[outbox.StateScheduled]
	}
	return campaignLooks[c.State]
}

// beginsLater tells that the time of a campaign has not come.
func beginsLater(c outbox.Campaign, now time.Time) bool {
	return c.State == outbox.CampaignRunning && c.Begun.IsZero() && c.NotBefore.After(now)
}

// campaignColumns are the widths of a campaign's parts; 0 leaves one out.
type campaignColumns struct {
	state, name, bar, sent int
	note                   int  // what is trouble, when it begins or ended, or why it is paused
	short                  bool // "20/23"
}

// newCampaignColumns shares the width out, by what stays the same while letters are sent:
// nothing moves when a count grows or the first letter fails. On a narrow screen the words
// of what was sent go first, then those of the state, then what was sent.
func newCampaignColumns(width int, all []outbox.Campaign) campaignColumns {
	const (
		state     = 11 // "✗ cancelled"
		gap       = 2
		leastNote = 9 // "Tue 09:00"; what is trouble has its signs there
	)
	longest, sent, short := 8, 0, 0
	for _, c := range all {
		longest = max(longest, ansi.StringWidth(clean(c.Name)))
		most := outbox.CampaignCounts{Rows: c.Counts.Letters(), Sent: c.Counts.Letters()}
		sent, short = max(sent, len(sentOf(most))), max(short, len(sentInShort(most)))
	}
	least := min(longest, 16)
	room := 0
	c := campaignColumns{}
	for _, c = range []campaignColumns{{state: state, sent: sent}, {state: state, sent: short, short: true}, {state: 1, sent: short, short: true}, {state: 1}} {
		room = width - 2 - c.state - 1 - least - gap - leastNote
		if c.sent > 0 {
			room -= c.sent + gap
		}
		if room >= 0 {
			break
		}
	}
	c.name = max(least+min(room, longest-least), 0)
	room -= c.name - least
	const bar, shortBar = 12, 10
	beside := 13 - leastNote // what a note has beside a bar
	if width >= 76 {
		beside = 21 - leastNote // "1 failed · 1 in doubt"
	}
	switch {
	case room >= bar+gap+beside:
		c.bar = bar
	case room >= shortBar+gap+beside:
		c.bar = shortBar
	}
	if c.bar > 0 {
		room -= c.bar + gap
	}
	c.note = leastNote + max(room, 0)
	return c
}

// anotherCampaign says how there is another one.
const anotherCampaign = "{list.new-campaign} begins another."

// campaignLines are the campaigns that are on the screen, and where there is room
// how to begin another.
func (p *outboxPane) campaignLines(width int) (lines []string) {
	all, columns := p.status.campaigns, newCampaignColumns(width, p.status.campaigns)
	top := min(p.window().top, len(all))
	for n, c := range all[top:min(top+p.rowsHeight(), len(all))] {
		lines = append(lines, p.campaignRow(c, columns, top+n == p.list.cursor))
	}
	if len(lines)+2 < p.rowsHeight() && p.options.Campaigns != nil {
		lines = append(lines, "", "  "+p.styles.dim.Render(cut(p.keyed(anotherCampaign), width-3)))
	}
	return lines
}

func (p *outboxPane) campaignRow(c outbox.Campaign, columns campaignColumns, selected bool) string {
	l := p.campaignLook(c)
	state := l.String()
	if columns.state == 1 {
		state = l.glyph
	}
	var b strings.Builder
	b.WriteString(p.styles.mark(selected) + inked(p.styles.of(l.tone), cell(state, columns.state)) + " ")
	b.WriteString(p.styles.name(cell(clean(c.Name), columns.name), selected))
	if columns.bar > 0 {
		full := filled(c.Counts, columns.bar)
		b.WriteString("  " + p.styles.accent.Render(repeat("━", full)) + p.styles.dim.Render(repeat("─", columns.bar-full)))
	}
	if columns.sent > 0 {
		sent := sentOf(c.Counts)
		if columns.short {
			sent = sentInShort(c.Counts)
		}
		b.WriteString("  " + right(sent, columns.sent))
	}
	b.WriteString("  " + p.campaignNote(c, columns))
	return b.String()
}

// campaignNote is what a campaign's line says beside its counts: what is trouble, and when
// it begins or ended, or why it is paused. Where the state has no room for its word, that
// stands here if nothing else does.
func (p *outboxPane) campaignNote(c outbox.Campaign, columns campaignColumns) string {
	const leastWords = 16 // fewer tell nothing
	bad, quiet := strings.Join(trouble(c.Counts), " · "), p.campaignWhenOrWhy(c)
	if ansi.StringWidth(bad) > columns.note {
		bad = cut(troubleSigns(c.Counts), columns.note)
	}
	room := columns.note
	if bad != "" {
		room -= ansi.StringWidth(bad) + len(" - ")
	}
	if ansi.StringWidth(quiet) > max(room, 0) && room < leastWords {
		quiet = ""
	}
	quiet = cut(quiet, room)
	switch {
	case bad != "" && quiet != "":
		return p.styles.bad.Render(bad) + p.styles.dim.Render(" · "+quiet)
	case bad != "":
		return p.styles.bad.Render(bad)
	case quiet == "" && columns.state == 1:
		quiet = cut(p.campaignLook(c).word, room)
	}
	return p.styles.dim.Render(quiet)
}

// campaignWhenOrWhy is when a campaign begins or ended, or why it is paused.
func (d *desk) campaignWhenOrWhy(c outbox.Campaign) string {
	switch {
	case beginsLater(c, d.now):
		return ahead(c.NotBefore, d.now)
	case c.State == outbox.CampaignPaused:
		return clean(c.Reason)
	}
	return ago(c.Finished, d.now)
}

// filled is how much of a bar is full: the share of the letters that were sent.
func filled(n outbox.CampaignCounts, width int) int {
	if n.Letters() == 0 {
		return 0
	}
	return n.Sent * width / n.Letters()
}

func sentOf(n outbox.CampaignCounts) string {
	return fmt.Sprintf("%s of %s", number(n.Sent), number(n.Letters()))
}

// sentInShort is sentOf for a narrow screen.
func sentInShort(n outbox.CampaignCounts) string { return number(n.Sent) + "/" + number(n.Letters()) }

// troubleSigns is trouble for a narrow screen: the signs of the states, and how many.
func troubleSigns(n outbox.CampaignCounts) string {
	var signs []string
	if n.Failed > 0 {
		signs = append(signs, stateLooks[outbox.StateFailed].glyph+number(n.Failed))
	}
	if n.Uncertain > 0 {
		signs = append(signs, stateLooks[outbox.StateUncertain].glyph+number(n.Uncertain))
	}
	return strings.Join(signs, " ")
}

// trouble is what of a campaign somebody should look at.
func trouble(n outbox.CampaignCounts) (texts []string) {
	if n.Failed > 0 {
		texts = append(texts, number(n.Failed)+" failed")
	}
	if n.Uncertain > 0 {
		texts = append(texts, number(n.Uncertain)+" in doubt")
	}
	return texts
}
