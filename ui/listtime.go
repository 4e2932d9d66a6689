package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/outbox"
)

// What is read of the outbox stands until something in it changes, which the watch hears
// of. Where only time passes, the times on the screen are written anew, and the list is read
// when one of the moments has come of which it tells.

// listHolds is how long a list that nothing changes is not read again at most: what is left of
// a limit, say, also grows when nobody sends.
const listHolds = time.Minute

// nextMoment is the first moment behind a time at which the outbox is another one though
// nothing was written: something leaves Scheduled, or an account may go on. Zero if there is none.
func (st status) nextMoment(after time.Time) (next time.Time) {
	soonest := func(t time.Time) {
		if t.After(after) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	soonest(st.due)
	for _, park := range st.parks {
		soonest(park.Until)
	}
	for _, q := range st.full {
		soonest(q.From)
	}
	for _, c := range st.campaigns {
		soonest(c.NotBefore)
	}
	return next
}

// outdated tells that the list may be another one by now, as far as time alone makes it so.
// What a search with fields finds, as by before:2d, does so at any moment.
func (p *outboxPane) outdated() bool {
	if !p.loaded || p.now.Sub(p.readAt) >= listHolds || strings.Contains(p.filter.search(), ":") {
		return true
	}
	next := p.status.nextMoment(p.readAt)
	return !next.IsZero() && !next.After(p.now)
}

// glanced is what can be another thing at any time, and is in no outbox: the accounts, and
// whether some process sends.
type glanced struct {
	setUp  []accounts.Account // nil where that cannot be told
	wrong  string             // what is wrong with their file
	sender outbox.SenderSeen
}

func (p *outboxPane) handleTicked() tea.Cmd {
	if p.outdated() {
		return p.load()
	}
	return p.do(func(context.Context) tea.Msg {
		return glanced{p.options.setUp(), p.options.setUpWrong(), p.options.Outbox.Sender()}
	})
}

// handleGlanced takes in whether some process sends. What is shown of accounts goes by much
// in the outbox: where there are others now, all of it is read.
func (p *outboxPane) handleGlanced(msg glanced) tea.Cmd {
	p.status.sender, p.status.setUpWrong = msg.sender, msg.wrong
	if msg.setUp == nil || slices.EqualFunc(p.accounts, msg.setUp, sameAccount) {
		return nil
	}
	return p.load()
}
