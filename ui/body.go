package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// body is the text of a message, edited in place. It keeps every byte that nobody
// touches, whatever that is, and works on the lines around the cursor alone, so that
// a key costs the same in a long text as in a short one.
//
// It stands in for bubbles' textarea, which works through the whole text at every key
// (0.7 ms/KiB), cuts it at 10,000 lines, makes spaces of tabs, and deletes a part of
// what is seen as one character.
type body struct {
	content string
	at      int // the cursor, in bytes: before a whole character or a line end
	mark    int // the other end of what is selected; -1: nothing is
	goal    int // the column that up and down keep to; -1: that of the cursor
	top     int // a place in the first row on the screen

	width, height int // as it was drawn last
	focused       bool
	styles        *styles
	keys          editKeys
}

func newBody(s *styles, keys editKeys, text string) *body {
	return &body{content: text, mark: -1, goal: -1, styles: s, keys: keys}
}

// text is the body: the very bytes that came, but for what was edited.
func (b *body) text() string { return b.content }

// set puts a text in, with the cursor at its beginning.
func (b *body) set(text string) { b.content, b.at, b.mark, b.goal, b.top = text, 0, -1, -1, 0 }

// rewrite puts in a text that is nearly the same; the cursor stays where it is in
// what both have in common.
func (b *body) rewrite(text string) {
	start := 0
	for start < min(len(text), len(b.content)) && text[start] == b.content[start] {
		start++
	}
	end := 0
	for end < min(len(text), len(b.content))-start && text[len(text)-1-end] == b.content[len(b.content)-1-end] {
		end++
	}
	b.splice(start, len(b.content)-end, text[start:len(text)-end])
}

// splice puts a text in place of a part of the content, given in bytes. A cursor
// behind it stays with what it stands at, one within it goes behind the new text.
func (b *body) splice(start, end int, text string) {
	moved := func(at int) int {
		switch {
		case at >= end:
			return at + len(text) - (end - start)
		case at > start:
			return start + len(text)
		}
		return at
	}
	b.content = b.content[:start] + text + b.content[end:]
	b.goTo(moved(b.at))
	b.top = min(moved(b.top), len(b.content))
}

// goTo puts the cursor at a place of the text, in bytes, and selects nothing.
func (b *body) goTo(at int) {
	at = min(max(at, 0), len(b.content))
	line := b.lineStart(at)
	b.at, b.mark, b.goal = line+wholeCharacters(b.content[line:], at-line), -1, -1
}

// position is where the cursor stands, in bytes.
func (b *body) position() int { return b.at }

func (b *body) setFocus(on bool) { b.focused = on }

// insert types a text, in place of what is selected.
func (b *body) insert(text string) {
	start, end := b.selected()
	b.at = start
	b.splice(start, end, text)
	b.goTo(start + len(text))
}

// paste puts a text in at the cursor, but for what no keyboard types: a message has
// no use for control characters, and NUL would stop it.
func (b *body) paste(text string) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	b.insert(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text))
}

// selected is what is selected; nothing, at the cursor, if nothing is.
func (b *body) selected() (start, end int) {
	if b.mark < 0 {
		return b.at, b.at
	}
	return min(b.at, b.mark), max(b.at, b.mark)
}

// update edits.
func (b *body) update(msg tea.Msg) {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		b.paste(msg.Content)
	case tea.KeyPressMsg:
		b.press(msg)
	}
}

func (b *body) press(msg tea.KeyPressMsg) {
	action, selects := b.keys.action(msg)
	if b.moveCursor(action, selects) {
		return
	}
	if start, end, ok := b.deletion(action); ok {
		if b.mark >= 0 {
			start, end = b.selected()
		}
		b.at = start
		b.splice(start, end, "")
		return
	}
	switch action {
	case "text.new-line":
		b.insert("\n")
	case "text.upper-case":
		b.recase(strings.ToUpper)
	case "text.lower-case":
		b.recase(strings.ToLower)
	case "text.capital":
		b.recase(capitalised)
	default:
		if msg.Text != "" {
			b.insert(msg.Text)
		}
	}
}

// deletion is what an action deletes. At its end a line goes on with the line end, as
// in readline.
func (b *body) deletion(action string) (start, end int, ok bool) {
	switch action {
	case "text.delete-left":
		return b.before(b.at), b.at, true
	case "text.delete-right":
		return b.at, b.after(b.at), true
	case "text.delete-word-left":
		return b.wordBefore(b.at), b.at, true
	case "text.delete-word-right":
		return b.at, b.wordAfter(b.at), true
	case "text.delete-line-start":
		if start := b.lineStart(b.at); start < b.at {
			return start, b.at, true
		}
		return b.before(b.at), b.at, true
	case "text.delete-line-end":
		if end, _ := b.lineEnd(b.at); end > b.at {
			return b.at, end, true
		}
		return b.at, b.after(b.at), true
	}
	return 0, 0, false
}

// recase writes the rest of the word otherwise, and goes behind it.
func (b *body) recase(write func(string) string) {
	start, end := b.at, b.wordAfter(b.at)
	text := write(b.content[start:end])
	b.splice(start, end, text)
	b.goTo(start + len(text))
}

func capitalised(text string) string {
	at := strings.IndexFunc(text, unicode.IsLetter)
	if at < 0 {
		return text
	}
	_, n := utf8.DecodeRuneInString(text[at:])
	return text[:at] + strings.ToUpper(text[at:at+n]) + strings.ToLower(text[at+n:])
}
