package ui

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

// How soon a notice may leave because somebody goes on.
const (
	noticeLeast    = 1500 * time.Millisecond // what a glance takes
	noticeALetter  = 30 * time.Millisecond   // about 33 letters a second, which is fast for reading
	noticeKeysLeft = 2                       // one may have been on its way already
)

// readable is how long a notice stays at least, whatever is pressed. A bad one has all
// the time that others have.
func (n notice) readable() time.Duration {
	if n.bad {
		return noticeTime
	}
	return min(max(noticeLeast, time.Duration(ansi.StringWidth(n.text))*noticeALetter), noticeTime)
}

// goneOn counts a key that was pressed under a notice and led to no other one: who has
// read it and goes on need not see it any more. A bad one stays where text is typed, as
// who types may not look, and while the draft cannot be saved.
func (d *desk) goneOn(under notice) {
	if under.text == "" || d.notice.generation != under.generation || d.now.Sub(under.since) < under.readable() {
		return
	}
	if under.bad && (d.top().bindings().typing || d.composer() != nil && d.composer().saver.failing()) {
		return
	}
	if d.notice.keys++; d.notice.keys >= noticeKeysLeft {
		d.clearNotice()
	}
}

// seen is what a person looks at, and what a notice belongs to: a pane, and in the list the
// section.
type seen struct {
	pane    pane
	section section
}

func (m *Model) seen() seen { return seen{m.top(), m.home.section} }

// movedOn ends the notice of a screen that is left for another one. Not what was said just
// now, which tells of where that leads to; not what can still be undone; and nothing bad
// that nobody can have read yet, or that has to stay.
func (d *desk) movedOn() {
	n := d.notice
	switch {
	case n.text == "" || n.turn == d.turn || n.offer || d.unread():
	default:
		d.clearNotice()
	}
}

// begun ends the notice of what was done before something else is begun, which may take its
// time: what stands there then would be taken for what came of it. Not what is bad and nobody
// can have read yet, and not what has to stay.
func (d *desk) begun() {
	if !d.unread() {
		d.clearNotice()
	}
}

// unread tells that something bad is said that nobody can have read yet, or that has to stay.
func (d *desk) unread() bool {
	n := d.notice
	return n.bad && (d.now.Sub(n.since) < noticeLeast || d.composer() != nil && d.composer().saver.failing())
}

// offerUndo says what was done, and that a key undoes it, which holds on all screens on
// which the key does that, and is seen on no other.
func (d *desk) offerUndo(text string) tea.Cmd {
	said := d.say(text)
	d.notice.offer = true
	return said
}

// takesUndo tells that the key that undoes what was done does that now: on a message that
// is about to leave it takes that one back.
func (d *desk) takesUndo() bool {
	switch top := d.top().(type) {
	case *outboxPane:
		return !top.filter.typing && !d.canTakeBack(top.item())
	case *itemPane:
		return !d.canTakeBack(&top.item)
	}
	return false
}

func (d *desk) canTakeBack(i *outbox.Item) bool { return i != nil && inUndoWindow(*i, d.now) }

// sayDead says of a key that it does nothing on a pane. Not where something is said that
// has to stay; not where text is typed; not before the list is there, for which keys are
// kept; and of no key but those that people try out.
func (d *desk) sayDead(msg tea.KeyPressMsg, on pane) tea.Cmd {
	name, tried := triedKey(msg)
	b := on.bindings()
	if !tried || b.typing || !d.givesWay() || d.question != nil || d.status.counts == nil {
		return nil
	}
	for _, g := range d.allKeys(b) {
		if key.Matches(msg, g.bindings...) {
			return nil
		}
	}
	if b.bind(msg) || key.Matches(msg, d.bound("", "view.back", "view.close")) {
		return nil
	}
	text := name + " does nothing here."
	if slices.ContainsFunc(b.all(), func(k key.Binding) bool { return k.Enabled() && actionOf(k) == helpAction }) {
		text = name + d.keyed(" does nothing here; {"+helpAction+"} shows the keys.")
	}
	if why := d.whyDead(msg, on); why != "" {
		text = why
	}
	said := d.say(text)
	d.notice.here, d.notice.dead = true, true
	return said
}

// givesWay tells that the word of a dead key may take the place of what is said now: of
// the word of another one, and of what could be read, unless a draft cannot be saved.
func (d *desk) givesWay() bool {
	n := d.notice
	if n.text == "" || n.dead {
		return true
	}
	return d.now.Sub(n.since) >= n.readable() && !(n.bad && d.composer() != nil && d.composer().saver.failing())
}

const helpAction = "everywhere.help"
