package ui

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/internal/cleantext"
)

// actionMark begins what stands for an action among the keys of a binding, so that
// the palette can do what has no key. No keyboard sends it.
const actionMark = "\x00"

// bound is the binding of an action, with a word or two for what it does now. With
// several actions it has the keys of all.
func (d *desk) bound(what string, names ...string) key.Binding {
	if len(names) > 1 {
		var keys []string
		for _, name := range names {
			keys = append(keys, d.options.Keys.of(actionNamed(name))...)
		}
		return newBinding(what, marked(names[0], keys))
	}
	keys, known := d.bindable[names[0]]
	if !known {
		keys = marked(names[0], d.options.Keys.of(actionNamed(names[0])))
		d.bindable[names[0]] = keys
	}
	return newBinding(what, keys)
}

// boundTyping is bound where text is typed: there the keys that write and edit do that.
func (d *desk) boundTyping(what string, names ...string) key.Binding {
	b := d.bound(what, names...)
	return newBinding(what, marked(names[0], slices.DeleteFunc(pressable(b.Keys()), func(pressed string) bool {
		_, edits := d.editKeys[pressed]
		return edits || types(pressed)
	})))
}

// marked are the keys of an action with what stands for it behind them.
func marked(name string, keys []string) []string {
	return append(slices.Clone(keys), actionMark+name)
}

// newBinding makes a binding of marked keys, which it shares with others.
func newBinding(what string, marked []string) (b key.Binding) {
	shown := ""
	if len(marked) > 1 {
		shown = keyName(marked[0])
	}
	b.SetKeys(marked...)
	b.SetHelp(shown, what)
	return b
}

// pressable are those keys of a binding that a keyboard has.
func pressable(keys []string) (all []string) {
	for _, pressed := range keys {
		if !strings.HasPrefix(pressed, actionMark) {
			all = append(all, pressed)
		}
	}
	return all
}

// keyOf is the key of an action in a sentence.
func (d *desk) keyOf(name string) string {
	if keys := d.options.Keys.of(actionNamed(name)); len(keys) > 0 {
		return keyName(keys[0])
	}
	return name
}

// keyed puts the keys of actions, written {in.braces}, into a sentence of ours.
func (d *desk) keyed(sentence string) string {
	out := ""
	for { // what is put in is not looked at again: a brace may be a key
		before, rest, ok := strings.Cut(sentence, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			return out + sentence
		}
		out, sentence = out+before+d.keyOf(name), after
	}
}

// keyName is a key as it is written for people.
func keyName(name string) string {
	switch name {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	}
	return name
}

// shortKeyName is a key as it is written where there is little room.
func shortKeyName(name string) string { return strings.Replace(name, "ctrl+", "^", 1) }

// numbers binds the digits from 1 to most, which take what is offered by number.
func numbers(what string, most int) key.Binding {
	all := digits(max(most, 1))
	b := key.NewBinding(key.WithKeys(all...), key.WithHelp(all[0], what))
	if most > 1 {
		b.SetHelp("1-"+all[most-1], what)
	}
	return b
}

// digits are those from 1 to most.
func digits(most int) (all []string) {
	for n := range most {
		all = append(all, strconv.Itoa(n+1))
	}
	return all
}

// numbered binds one digit, for the answer of that number.
func numbered(what string, n int) key.Binding {
	return key.NewBinding(key.WithKeys(strconv.Itoa(n)), key.WithHelp(strconv.Itoa(n), what))
}

// numberOf is the digit that was pressed, of what [numbers] has bound.
func numberOf(msg tea.KeyPressMsg) int { return int(msg.String()[0] - '0') }

// countModifier is held with the first digit of a number where digits have a meaning
// of their own, as in a shell.
const countModifier = "alt+"

// digitOf is the digit of a number that is typed before a key, and whether the modifier
// was held with it.
func digitOf(msg tea.KeyPressMsg) (n int, modified, ok bool) {
	typed, modified := strings.CutPrefix(msg.String(), countModifier)
	if !isDigit(typed) {
		return 0, false, false
	}
	return int(typed[0] - '0'), modified, true
}

func isDigit(pressed string) bool { return len(pressed) == 1 && pressed >= "0" && pressed <= "9" }

// digitKeys binds what takes a digit as the number before a key, for the help.
func digitKeys(what string, modified bool) key.Binding {
	modifier := ""
	if modified {
		modifier = countModifier
	}
	return key.NewBinding(key.WithKeys(modifier+"1-9"), key.WithHelp(modifier+"1-9", what))
}

// triedKey is the name of a key that somebody may try out: one that types a letter, or
// would without a modifier.
func triedKey(msg tea.KeyPressMsg) (name string, ok bool) {
	name = msg.String()
	if strings.HasPrefix(name, actionMark) || isDigit(name) {
		return "", false
	}
	last := name[strings.LastIndexByte(name[:max(len(name)-1, 0)], '+')+1:]
	return cleantext.Line(name), types(last)
}
