package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// moveCursor moves the cursor if that is what an action does, and selects what it goes
// over if that is wanted.
func (b *body) moveCursor(action string, selects bool) bool {
	if action == "text.select-all" {
		b.goTo(len(b.content))
		b.mark = 0
		return true
	}
	mark := -1
	if selects {
		if mark = b.mark; mark < 0 {
			mark = b.at
		}
	}
	if by, ok := b.rowsBy(action); ok {
		b.moveRows(by)
		b.mark = mark
		return true
	}
	at, ok := b.motion(action)
	if ok {
		b.goTo(at)
		b.mark = mark
	}
	return ok
}

// rowsBy is how many rows down an action goes.
func (b *body) rowsBy(action string) (by int, ok bool) {
	switch action {
	case "cursor.up":
		return -1, true
	case "cursor.down":
		return 1, true
	case "cursor.page-up":
		return -max(b.height-1, 1), true
	case "cursor.page-down":
		return max(b.height-1, 1), true
	}
	return 0, false
}

// motion is where an action goes that keeps to no column.
func (b *body) motion(action string) (at int, ok bool) {
	switch action {
	case "cursor.left":
		return b.before(b.at), true
	case "cursor.right":
		return b.after(b.at), true
	case "cursor.word-left":
		return b.wordBefore(b.at), true
	case "cursor.word-right":
		return b.wordAfter(b.at), true
	case "cursor.line-start":
		return b.lineStart(b.at), true
	case "cursor.line-end":
		end, _ := b.lineEnd(b.at)
		return end, true
	case "cursor.first":
		return 0, true
	case "cursor.last":
		return len(b.content), true
	}
	return 0, false
}

// moveRows goes some rows down, or up, and keeps to the column.
func (b *body) moveRows(by int) {
	if by < 0 && b.row().start == 0 || by > 0 && b.row().isLastOf(b.content) {
		return
	}
	goal := b.goal
	if goal < 0 {
		goal = b.column()
	}
	to := b.rowAbove(b.at, max(-by, 0))
	if by > 0 {
		below := b.rowsFrom(b.at, by+1)
		to = below[len(below)-1]
	}
	b.goTo(to.at(b.content, goal))
	b.goal = goal
}

// lineStart is where the line of a place begins.
func (b *body) lineStart(at int) int { return strings.LastIndexByte(b.content[:at], '\n') + 1 }

// lineEnd is where the line of a place ends, before its line end, and where the next
// one begins; -1 without one.
func (b *body) lineEnd(at int) (end, next int) {
	length := strings.IndexByte(b.content[at:], '\n')
	if length < 0 {
		return len(b.content), -1
	}
	end = at + length
	if end > at && b.content[end-1] == '\r' {
		return end - 1, end + 1
	}
	return end, end + 1
}

// before is where the character before a place begins; a line end is one.
func (b *body) before(at int) int {
	if at == 0 {
		return 0
	}
	line := b.lineStart(at)
	if line == at { // the line end of the line before
		if strings.HasSuffix(b.content[:at], "\r\n") {
			return at - 2
		}
		return at - 1
	}
	return line + characterBefore(b.content[line:], at-line)
}

// after is where the character at a place ends.
func (b *body) after(at int) int { return characterAfter(b.content, at) }

// wordBefore is where the word before a place begins.
func (b *body) wordBefore(at int) int {
	text := strings.TrimRightFunc(b.content[:at], unicode.IsSpace)
	space := strings.LastIndexFunc(text, unicode.IsSpace)
	if space < 0 {
		return 0
	}
	_, n := utf8.DecodeRuneInString(text[space:])
	return space + n
}

// wordAfter is where the word at a place, or behind it, ends.
func (b *body) wordAfter(at int) int {
	rest := strings.TrimLeftFunc(b.content[at:], unicode.IsSpace)
	if end := strings.IndexFunc(rest, unicode.IsSpace); end >= 0 {
		rest = rest[end:]
		return len(b.content) - len(rest)
	}
	return len(b.content)
}

// characterAfter is where the character at a place of a text ends.
func characterAfter(text string, at int) int {
	if at == len(text) {
		return at
	}
	n, _ := character(text[at:], 0)
	return at + n
}

// characterBefore is where the character before a place of a line begins.
func characterBefore(line string, at int) int {
	if at >= 2 && plainASCII(line[at-1]) && line[at-2] < utf8.RuneSelf { // it is never a part of another
		return at - 1
	}
	start := 0
	for next := 0; next < at; {
		start = next
		n, _ := character(line[next:], 0)
		next += n
	}
	return start
}

// wholeCharacters is the last beginning of a character up to a place of a line.
func wholeCharacters(line string, at int) int {
	if at == 0 || at >= len(line) {
		return min(at, len(line))
	}
	if plainASCII(line[at]) && line[at-1] < utf8.RuneSelf {
		return at
	}
	start := 0
	for start < at {
		n, _ := character(line[start:], 0)
		if start+n > at {
			break
		}
		start += n
	}
	return start
}

func plainASCII(c byte) bool { return c >= ' ' && c < 0x7f }
