package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"
)

// maxInline is the longest body, in bytes, that is edited in the program:
// textarea works through the whole text at every key (0.7 ms/KiB) and cuts it
// at 10,000 lines. A longer one is shown by its head and edited in $EDITOR.
const maxInline = 32 << 10

// body is the text of a message. What was not touched here keeps its bytes,
// though textarea makes spaces of tabs and drops control characters.
type body struct {
	area  textarea.Model
	raw   string // the text as it came
	shown string // what textarea made of it

	width, height int // that area has
}

func newBody(s *styles, text string) *body {
	b := &body{area: textarea.New()}
	b.area.ShowLineNumbers, b.area.Prompt = false, ""
	b.area.MaxHeight, b.area.MaxWidth = 0, 0 // or it would stop at line 99 and column 500
	b.area.SetVirtualCursor(false)
	b.area.KeyMap.Paste.SetEnabled(false) // it would run a program; terminals paste by themselves
	b.area.KeyMap.CopySelection.SetEnabled(false)
	b.area.SetStyles(s.body)
	b.set(text)
	return b
}

// set puts a text in, with the cursor at its beginning.
func (b *body) set(text string) {
	b.raw = text
	b.area.SetValue(head(text))
	b.area.MoveToBegin()
	b.shown = b.area.Value()
}

// replace puts in a text that is the same up to the cursor, which stays.
func (b *body) replace(text string) {
	row, column := b.area.Line(), b.area.Column()
	b.set(text)
	b.goTo(offset(b.shown, row, column))
}

// rewrite puts in a text that is nearly the same; the cursor stays about where it
// is.
func (b *body) rewrite(text string) {
	if text == b.text() {
		return
	}
	at := b.position()
	b.set(text)
	b.goTo(at)
}

// insert types a text at the cursor, in a body that is not long.
func (b *body) insert(text string) { b.area.InsertString(text) }

// goTo puts the cursor at a place of what is shown, in bytes. The text has not
// been touched.
func (b *body) goTo(at int) {
	at = min(max(at, 0), len(b.shown))
	for at < len(b.shown) && !utf8.RuneStart(b.shown[at]) {
		at++
	}
	b.area.SetValue(b.shown[at:])
	b.area.MoveToBegin()
	b.area.InsertString(b.shown[:at]) // the cursor is behind it then
	b.shown = b.area.Value()
	b.area, _ = b.area.Update(nil) // which scrolls to the cursor
}

// head is the beginning of a text that may be too long to edit here.
func head(text string) string {
	if len(text) <= maxInline {
		return text
	}
	return strings.ToValidUTF8(text[:maxInline], "")
}

// text is the body: the very bytes that came, unless they were edited here.
func (b *body) text() string {
	if value := b.area.Value(); value != b.shown {
		return value
	}
	return b.raw
}

// long tells that the body can only be edited in $EDITOR.
func (b *body) long() bool { return len(b.raw) > maxInline }

func (b *body) setFocus(on bool) {
	if on {
		b.area.Focus()
	} else {
		b.area.Blur()
	}
}

func (b *body) setStyles(s *styles) { b.area.SetStyles(s.body) }

// outcome is what became of a key or a paste.
type outcome int

const (
	done     outcome = iota
	refused          // the text is too long to be edited here
	appended         // at the end, for the same reason
)

// update edits. It never gives a command: the cursor is the terminal's.
func (b *body) update(msg tea.Msg) outcome {
	if paste, ok := msg.(tea.PasteMsg); ok {
		return b.paste(paste.Content)
	}
	if b.long() && !b.movesOnly(msg) {
		return refused
	}
	b.area, _ = b.area.Update(msg)
	return done
}

// movesOnly tells keys that leave the text as it is.
func (b *body) movesOnly(msg tea.Msg) bool {
	press, ok := msg.(tea.KeyPressMsg)
	k := b.area.KeyMap
	return ok && key.Matches(press, k.LinePrevious, k.LineNext, k.CharacterBackward, k.CharacterForward, k.WordBackward, k.WordForward,
		k.LineStart, k.LineEnd, k.PageUp, k.PageDown, k.InputBegin, k.InputEnd)
}

// paste puts a text in at the cursor. textarea would make two line breaks of
// CRLF, and cut what is too long for it. Of a long text only the head is in the
// textarea, so that there is no cursor to go by.
func (b *body) paste(text string) outcome {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if b.long() {
		if !strings.HasSuffix(b.raw, "\n") {
			text = "\n" + text
		}
		b.raw += text
		return appended
	}
	if current := b.text(); len(current)+len(text) > maxInline {
		at := b.position()
		value := b.area.Value()
		b.set(value[:at] + text + value[at:])
		return done
	}
	b.area, _ = b.area.Update(tea.PasteMsg{Content: text})
	return done
}

// position is where the cursor stands in Value, in bytes.
func (b *body) position() int { return offset(b.area.Value(), b.area.Line(), b.area.Column()) }

// offset is where a column of a line begins, in bytes; the nearest to it if
// there is none such.
func offset(value string, row, column int) int {
	start := 0
	for range row {
		next := strings.IndexByte(value[start:], '\n')
		if next < 0 {
			break
		}
		start += next + 1
	}
	line, _, _ := strings.Cut(value[start:], "\n")
	runes := []rune(line)
	return start + len(string(runes[:min(column, len(runes))]))
}

// atTop tells that the cursor stands in the first line on the screen of the text.
func (b *body) atTop() bool { return b.area.Line() == 0 && b.area.LineInfo().RowOffset == 0 }

// view gives the lines, and where the cursor stands.
func (b *body) view(width, height int) ([]string, *tea.Cursor) {
	if width <= 0 || height <= 0 {
		return nil, nil
	}
	if b.width != width || b.height != height { // both work through the whole text
		b.width, b.height = width, height
		b.area.SetWidth(width)
		b.area.SetHeight(height)
		b.area.View()            // QUIRK: bubbles scrolls within the lines of the last frame,
		b.area.SetHeight(height) // so that the cursor would be out of sight for one
	}
	lines := strings.Split(strings.Map(withoutMarks, b.area.View()), "\n")
	for i, line := range lines {
		lines[i] = narrow(line, width)
	}
	return lines, b.area.Cursor()
}

// withoutMarks leaves out, of what is shown, the marks that would turn or hide
// the text around them. They take no column, so the cursor stays right.
func withoutMarks(r rune) rune {
	const nonJoiner, joiner = '\u200c', '\u200d'
	if unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) && r != nonJoiner && r != joiner {
		return -1
	}
	return r
}
