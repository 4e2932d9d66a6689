package ui

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// mostTimes is the largest number that can be typed before a key: more rows than any
// outbox is meant for.
const mostTimes = 999_999

// takeDigit takes a digit of the number that says how often the next key is done, as
// in vi, and tells whether the key was one. Where digits have a meaning of their own
// the first is typed with a modifier.
func (d *desk) takeDigit(msg tea.KeyPressMsg) bool {
	digit, modified, ok := digitOf(msg)
	if !ok || d.count == 0 && digit == 0 {
		return false
	}
	b := d.top().bindings()
	if !b.move() || d.count == 0 && (b.bind(msg) || !modified && b.bindDigits()) {
		return false
	}
	if n := d.count*10 + digit; n <= mostTimes {
		d.count = n
	}
	return true
}

// all are the bindings of a screen, disabled ones among them.
func (b bindings) all() []key.Binding {
	all := slices.Concat(b.footer, b.end)
	for _, g := range b.help {
		all = append(all, g.bindings...)
	}
	return all
}

// bind tells that a key does something now.
func (b bindings) bind(msg tea.KeyPressMsg) bool { return key.Matches(msg, b.all()...) }

// bindDigits tells that digits have a meaning of their own, if not just now.
func (b bindings) bindDigits() bool {
	return slices.ContainsFunc(b.all(), func(k key.Binding) bool { return slices.ContainsFunc(k.Keys(), isDigit) })
}

// move tells that something moves on the screen, which can be done several times.
func (b bindings) move() bool { return slices.ContainsFunc(b.all(), moves) }

func moves(k key.Binding) bool { return actionOf(k) == "move.down" }

// timesKey is for the help: how the number is typed.
func (d *desk) timesKey(b bindings) key.Binding {
	if b.bindDigits() {
		return digitKeys(d.keyed("so often: "+countModifier+"5 {move.down}"), true)
	}
	return digitKeys(d.keyed("so often: 5{move.down}, 3{move.last}"), false)
}

// noted has the number that is being typed in front of the footer.
func (d *desk) noted(b bindings) bindings {
	if d.count > 0 {
		b.note = strings.TrimSpace(b.note + "  " + strconv.Itoa(d.count))
	}
	return b
}
