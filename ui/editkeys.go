package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// editKeys say what keys do to a text that is edited: the action of each. They are
// asked where no key of the screen has been pressed.
type editKeys map[string]string

// editKeys are those of the actions that edit, and what stands for these.
func (k Keys) editKeys() editKeys {
	all := make(editKeys)
	for _, a := range actions {
		if !a.edits() {
			continue
		}
		for _, pressed := range marked(a.name, k.of(a)) {
			all[pressed] = a.name
		}
	}
	return all
}

// Scopes of what edits a text. Where the cursor goes with shift it selects, in a text of
// several lines.
const (
	cursorScope = "cursor"
	textScope   = "text"
	selecting   = "shift+"
)

// edits tells that an action is one on a text.
func (a action) edits() bool { return a.scope() == cursorScope || a.scope() == textScope }

// has tells that a key is one of an action with some keys.
func (a action) has(keys []string, pressed string) bool {
	if slices.Contains(keys, pressed) {
		return true
	}
	plain, shifted := unshifted(pressed)
	return shifted && a.scope() == cursorScope && slices.Contains(keys, plain)
}

func unshifted(pressed string) (plain string, shifted bool) {
	plain = strings.Replace(pressed, selecting, "", 1)
	return plain, plain != pressed
}

// action is what a key does, "" for nothing, and whether it selects.
func (k editKeys) action(msg tea.KeyPressMsg) (name string, selects bool) {
	pressed := msg.String()
	if name, ok := k[pressed]; ok {
		return name, false
	}
	plain, shifted := unshifted(pressed)
	if name := k[plain]; shifted && strings.HasPrefix(name, cursorScope+".") {
		return name, true
	}
	return "", false
}

// keyMap is what a field of one line goes by. Paste is none of it: terminals paste by
// themselves, and textinput would run a program.
func (d *desk) keyMap() textinput.KeyMap {
	return textinput.KeyMap{
		CharacterForward:        d.bound("", "cursor.right"),
		CharacterBackward:       d.bound("", "cursor.left"),
		WordForward:             d.bound("", "cursor.word-right"),
		WordBackward:            d.bound("", "cursor.word-left"),
		DeleteWordBackward:      d.bound("", "text.delete-word-left"),
		DeleteWordForward:       d.bound("", "text.delete-word-right"),
		DeleteAfterCursor:       d.bound("", "text.delete-line-end"),
		DeleteBeforeCursor:      d.bound("", "text.delete-line-start"),
		DeleteCharacterBackward: d.bound("", "text.delete-left"),
		DeleteCharacterForward:  d.bound("", "text.delete-right"),
		LineStart:               d.bound("", "cursor.line-start"),
		LineEnd:                 d.bound("", "cursor.line-end"),
	}
}

// editWords are what edits a text, as the help has it, and whether it means nothing in a
// text of one line.
var editWords = []struct {
	action, what string
	lines        bool
}{
	{"cursor.left", "left", false},
	{"cursor.right", "right", false},
	{"cursor.up", "row up", true},
	{"cursor.down", "row down", true},
	{"cursor.word-left", "word left", false},
	{"cursor.word-right", "word right", false},
	{"cursor.line-start", "start of line", false},
	{"cursor.line-end", "end of line", false},
	{"cursor.page-up", "page up", true},
	{"cursor.page-down", "page down", true},
	{"cursor.first", "start of text", true},
	{"cursor.last", "end of text", true},
	{"text.select-all", "select all", true},
	{"text.delete-left", "delete left", false},
	{"text.delete-right", "delete right", false},
	{"text.delete-word-left", "delete word left", false},
	{"text.delete-word-right", "delete word right", false},
	{"text.delete-line-start", "delete to line start", false},
	{"text.delete-line-end", "delete to line end", false},
	{"text.new-line", "new line", true},
	{"text.upper-case", "word in capitals", true},
	{"text.lower-case", "word in small letters", true},
	{"text.capital", "word with a capital", true},
}

// writing is, for the help, what edits the text that is typed on a screen: without the
// keys that do something else there.
func (d *desk) writing(b bindings) group {
	taken := make(map[string]bool)
	for _, other := range b.all() {
		for _, pressed := range other.Keys() {
			taken[pressed] = taken[pressed] || other.Enabled()
		}
	}
	g := group{title: "Writing"}
	for _, w := range editWords {
		if w.lines && !b.body {
			continue
		}
		keys := slices.DeleteFunc(slices.Clone(d.options.Keys.of(actionNamed(w.action))), func(pressed string) bool { return taken[pressed] })
		g.bindings = append(g.bindings, newBinding(w.what, marked(w.action, keys)))
	}
	if b.body {
		g.bindings = append(g.bindings, key.NewBinding(key.WithKeys(selecting), key.WithHelp("", "select while moving")))
	}
	return g
}
