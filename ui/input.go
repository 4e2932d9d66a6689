package ui

import (
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/internal/cleantext"
)

// input is a text field of one line with the terminal's own cursor. It scrolls
// sideways by itself, since textinput.Cursor counts characters where the screen
// counts columns (bubbles#906) and does not know its own offset.
type input struct {
	model  textinput.Model
	offset int  // columns that are scrolled out at the left
	hidden bool // what is typed is not shown
}

func (d *desk) newInput(value string) *input {
	in := &input{model: textinput.New()}
	in.model.Prompt = ""
	in.model.SetVirtualCursor(false)
	in.model.KeyMap = d.keyMap()
	in.model.SetStyles(d.styles.input)
	in.set(value)
	return in
}

// set puts a text in, with the cursor behind it.
func (in *input) set(value string) {
	in.model.SetValue(value)
	in.model.CursorEnd()
}

func (in *input) value() string { return in.model.Value() }

// position is where the cursor stands in the value, in bytes.
func (in *input) position() int {
	return len(string([]rune(in.model.Value())[:in.model.Position()]))
}

// replace puts a text in place of a part of the value, given in bytes, with the
// cursor behind it.
func (in *input) replace(start, end int, text string) {
	value := in.value()
	in.model.SetValue(value[:start] + text + value[end:])
	in.model.SetCursor(utf8.RuneCountInString(value[:start] + text))
}

// update edits. It never gives a command: the cursor is the terminal's.
func (in *input) update(msg tea.Msg) {
	if paste, ok := msg.(tea.PasteMsg); ok && in.hidden { // else its end of line would be a blank of the password
		paste.Content = strings.TrimRight(paste.Content, "\r\n")
		msg = paste
	}
	if press, ok := msg.(tea.KeyPressMsg); ok && in.takeCharacter(press) {
		return
	}
	in.model, _ = in.model.Update(msg)
}

// takeCharacter goes over, or deletes, one whole character if that is what a key does.
// textinput would take a part of it: of a family one head.
func (in *input) takeCharacter(press tea.KeyPressMsg) bool {
	value, at := in.value(), in.position()
	k := in.model.KeyMap
	switch {
	case key.Matches(press, k.CharacterBackward):
		in.goTo(characterBefore(value, at))
	case key.Matches(press, k.CharacterForward):
		in.goTo(characterAfter(value, at))
	case key.Matches(press, k.DeleteCharacterBackward):
		in.replace(characterBefore(value, at), at, "")
	case key.Matches(press, k.DeleteCharacterForward):
		end := characterAfter(value, at)
		in.model.SetValue(value[:at] + value[end:])
		in.goTo(at)
	default:
		return false
	}
	return true
}

// deletes tells that a key deletes a character.
func (in *input) deletes(press tea.KeyPressMsg) bool {
	return key.Matches(press, in.model.KeyMap.DeleteCharacterBackward, in.model.KeyMap.DeleteCharacterForward)
}

func (in *input) setFocus(on bool) {
	if on {
		in.model.Focus()
	} else {
		in.model.Blur()
	}
}

// view gives the field in width columns, and the column of the cursor, -1
// without the focus.
func (in *input) view(width int) (string, int) {
	if width <= 0 {
		return "", -1
	}
	value := []rune(cleantext.Line(in.model.Value())) // of as many characters
	if in.hidden {
		value = []rune(strings.Repeat("•", len(value)))
	}
	column := ansi.StringWidth(string(value[:in.model.Position()]))
	in.offset = min(in.offset, column, max(ansi.StringWidth(string(value))+1-width, 0))
	in.offset = max(in.offset, column-width+1)
	if !in.model.Focused() {
		in.offset = 0
		return narrow(cut(string(value), width), width), -1
	}
	return narrow(ansi.Cut(string(value), in.offset, in.offset+width), width), column - in.offset
}

// addressLines makes one list of addresses that were pasted or stored on lines
// of their own, which a field of one line would run together.
func addressLines(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")), "\r", "\n")
	if !strings.Contains(s, "\n") {
		return s
	}
	var parts []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.Trim(line, " \t,;"); line != "" {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, ", ")
}
