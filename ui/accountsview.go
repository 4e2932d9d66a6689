package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/outbox"
)

const (
	accountsHead = 2 // lines above the list
	rowLines     = 2 // lines of an account
)

// rowsHeight is how many accounts fit.
func (p *accountsPane) rowsHeight() int {
	return max((p.paneHeight()-accountsHead-len(p.wrongLines(p.width)))/rowLines, 1)
}

func (p *accountsPane) view(width, height int) ([]string, *tea.Cursor) {
	room := max(width-2, 1)
	n := count(len(p.accounts), "account")
	if len(p.accounts) == 0 {
		n = ""
	}
	lines := []string{" " + between(p.styles.bold.Render("Accounts"), p.styles.dim.Render(n), room), p.rule()}
	if len(p.accounts) == 0 {
		lines = append(lines, textsOf(p.firstRun(accountsBegin(), width, height-accountsHead))...)
		return upTo(lines, height, width), nil
	}
	end := min(p.list.top+p.rowsHeight(), len(p.accounts))
	for i := min(p.list.top, end); i < end; i++ {
		lines = append(lines, p.row(p.accounts[i], i == p.list.cursor, width)...)
	}
	lines = append(lines, p.wrongLines(width)...)
	return upTo(lines, height, width), nil
}

// shortName is what is left of a name where how its account does has no room beside it.
const shortName = 10

// row is an account: its name and how it does, and below who it is and what it has
// done.
func (p *accountsPane) row(a accounts.Account, selected bool, width int) []string {
	state, known := p.known.states[a.Name]
	mark := p.styles.mark(selected)
	room := max(width-2, 1)
	text := p.styles.name(clean(a.Name), selected)
	if a.Name == p.accounts[0].Name && len(p.accounts) > 1 {
		text += p.styles.dim.Render(" · default")
	}
	health := ""
	if known {
		l := p.health(state)
		health = p.styles.of(l.tone).Render(cut(l.String(), max(room-shortName-1, room*2/3, 12)))
	}
	below := append([]string{fromLine(a)}, use(state)...)
	below = append(below, serverText(a))
	second := inked(p.styles.dim, cut("  "+clean(strings.Join(below, " · ")), room))
	return []string{mark + between(text, health, room), mark + second}
}

// use is what of an account's limits is used, and what waits for it.
func use(s outbox.AccountState) (texts []string) {
	if s.Unsent > 0 {
		texts = append(texts, fmt.Sprintf("%s to send", number(s.Unsent)))
	}
	if len(s.Limits) > 0 {
		texts = append(texts, limitText(s.Limits[len(s.Limits)-1]))
	}
	return texts
}

// limitText says how much of a limit is used.
func limitText(q outbox.Quota) string {
	unit := "a second"
	switch {
	case q.Window > time.Hour:
		unit = "today" // the 24 hours up to now
	case q.Window == time.Hour:
		unit = "this hour"
	case q.Window == time.Minute:
		unit = "this minute"
	}
	return fmt.Sprintf("%s of %s %s", number(q.Used), number(q.Most), unit)
}

func serverText(a accounts.Account) string {
	return accounts.Server{Host: a.SMTP.Host, Port: a.SMTP.Port, Security: a.SMTP.Security}.String()
}

// health says in words how an account does.
func (d *desk) health(s outbox.AccountState) look {
	if s.Park != nil {
		text := parkWords(s.Park.Result) + ", waits for you"
		if !s.Park.Until.IsZero() {
			text = parkWords(s.Park.Result) + ", goes on " + onward(s.Park.Until, d.now)
		}
		return look{"◐", text, toneWait}
	}
	if text := d.sendingThrough(s.Account); text != "" {
		return look{"↑", text, toneAccent}
	}
	full := slices.IndexFunc(s.Limits, func(q outbox.Quota) bool { return q.Room == 0 && q.Window >= time.Hour })
	switch {
	case full >= 0 && s.Limits[full].From.IsZero():
		return look{"◷", "limit reached", toneWait}
	case full >= 0:
		return look{"◷", "limit reached, goes on " + onward(s.Limits[full].From, d.now), toneWait}
	case s.LastSent.IsZero():
		return look{"○", "nothing sent yet", toneQuiet}
	}
	return look{"●", "well, last sent " + lately(s.LastSent, d.now), toneGood}
}

// sendingThrough says what goes out through an account now, and how fast, if that is known.
func (d *desk) sendingThrough(account string) string {
	var n int
	var speed int64
	for id, g := range d.progress {
		if g.Account == account {
			n++
			speed += d.uploads[id].speed()
		}
	}
	switch {
	case n == 0:
		return ""
	case speed == 0:
		return "sending " + number(n)
	}
	return "sending " + number(n) + " · " + size(speed) + "/s"
}

// lately is ago in a sentence.
func lately(t, now time.Time) string {
	text := ago(t, now)
	switch {
	case strings.HasSuffix(text, " min"):
		return text + " ago"
	case text == "just now" || text == "yesterday":
		return text
	}
	return "at " + text
}
