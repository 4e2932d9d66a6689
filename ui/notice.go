package ui

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
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
