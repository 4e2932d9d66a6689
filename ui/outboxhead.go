package ui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

// header is the name and the health of each account; only of those that are not
// well where not all fit.
func (p *outboxPane) header(width int) string {
	return between(p.headerName(), p.headerAccounts(width).text, width-1)
}

func (p *outboxPane) headerName() string {
	return " " + p.styles.bold.Inherit(p.styles.accent).Render("sendoff")
}

// headerHealth is an account in the header.
type headerHealth struct {
	account string
	text    string // as it is drawn
	bad     bool
}

// headerAccounts is the accounts in the header, with where each of them stands.
type headerAccounts struct {
	text   string
	starts []int // columns of the screen
	shown  []headerHealth
}

func (p *outboxPane) headerAccounts(width int) (h headerAccounts) {
	room := width - ansi.StringWidth(p.headerName()) - 3
	all := p.healths(room)
	for most := room; ansi.StringWidth(joinHealths(all)) > room && most >= leastName; most-- { // how they do says more than their names
		all = slices.DeleteFunc(p.healths(most), func(a headerHealth) bool { return !a.bad })
	}
	h.shown, h.text = all, cut(joinHealths(all), room)
	column := width - 1 - ansi.StringWidth(h.text)
	for _, a := range all {
		h.starts = append(h.starts, column)
		column += ansi.StringWidth(a.text + healthGap)
	}
	return h
}

// healthGap stands between two accounts.
const healthGap = "   "

func joinHealths(all []headerHealth) string {
	var texts []string
	for _, a := range all {
		texts = append(texts, a.text)
	}
	return strings.Join(texts, healthGap)
}

// leastName is what is left of an account's name at least where it is cut.
const leastName = 5

// healths is how each account does, with names of at most so many columns.
func (p *outboxPane) healths(most int) (all []headerHealth) {
	for _, a := range p.accounts {
		name := cut(clean(a.Name), most)
		h := headerHealth{account: a.Name, text: p.styles.dim.Render(name+" ") + p.styles.good.Render("●")}
		if !p.status.sent[a.Name] { // nobody knows yet whether it does
			h.text = p.styles.dim.Render(name + " ○")
		}
		if park, ok := p.parked(a.Name); ok {
			h.text, h.bad = p.styles.wait.Render(name+" ◐ "+parkWords(park.Result)), true
			if p.triedAgain(park) {
				h.text = p.styles.accent.Render(name + " ↑ tried again")
			}
		} else if q, ok := p.full(a.Name); ok {
			h.text, h.bad = p.styles.wait.Render(name+" ◷ "+quotaWords(q)), true
		}
		all = append(all, h)
	}
	return all
}

// headerAccountAt is the account in a column of the header.
func (p *outboxPane) headerAccountAt(column int) (name string, ok bool) {
	h := p.headerAccounts(p.width)
	for i, a := range h.shown {
		if end := min(h.starts[i]+ansi.StringWidth(a.text), p.width-1); column >= h.starts[i] && column < end {
			return a.account, true
		}
	}
	return "", false
}

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
