package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// keyedLine is a line in which keys stand, behind a text. It is what is drawn and what a
// click is looked up in.
type keyedLine struct {
	text string // as it is drawn
	keys []placedKey
}

// placedKey is a key with what it does, in its columns.
type placedKey struct {
	key.Binding
	start, end int
}

const (
	keysGap  = 2       // columns between two keys
	anyWidth = 1 << 30 // where the width does not matter
)

// layKeys puts keys that can be shown into a line, as many as fit: behind one that is too
// long for what is left come shorter ones.
func layKeys(all []key.Binding, gap, width int) (l keyedLine) {
	for _, k := range inFooter(all) {
		l.add(k, gap, width)
	}
	return l
}

// layFirstKeys is layKeys without any behind the first that does not fit.
func layFirstKeys(all []key.Binding, gap, width int) (l keyedLine) {
	for _, k := range inFooter(all) {
		if !l.add(k, gap, width) {
			break
		}
	}
	return l
}

// add puts a key at the end, if it fits.
func (l *keyedLine) add(k key.Binding, gap, width int) bool {
	start := l.end()
	if start > 0 {
		start += gap
	}
	end := start + keyWidth(k)
	if end > width {
		return false
	}
	l.keys = append(l.keys, placedKey{k, start, end})
	return true
}

// keyLines puts all keys that can be shown into as many lines as they need. What one does
// is cut where even a line of its own has no room for it.
func keyLines(all []key.Binding, width int) (lines []keyedLine) {
	for shown := inFooter(all); len(shown) > 0; {
		l := layFirstKeys(shown, keysGap, width)
		if len(l.keys) == 0 {
			h := shown[0].Help()
			shown[0].SetHelp(cut(h.Key, width), cut(h.Desc, width-ansi.StringWidth(h.Key)-1))
			l = layKeys(shown[:1], keysGap, anyWidth)
		}
		lines, shown = append(lines, l), shown[len(l.keys):]
	}
	if len(lines) == 0 {
		return []keyedLine{{}}
	}
	return lines
}

// end is the column behind the line.
func (l keyedLine) end() int {
	if n := len(l.keys); n > 0 {
		return l.keys[n-1].end
	}
	return ansi.StringWidth(l.text)
}

// behind is the keys of a line behind a text that is drawn.
func (l keyedLine) behind(text string) keyedLine {
	return keyedLine{text: text, keys: l.movedBy(ansi.StringWidth(text))}
}

// movedBy are the keys of a line some columns further to the right.
func (l keyedLine) movedBy(columns int) (keys []placedKey) {
	for _, k := range l.keys {
		keys = append(keys, placedKey{k.Binding, k.start + columns, k.end + columns})
	}
	return keys
}

// at is the key in a column.
func (l keyedLine) at(column int) (key.Binding, bool) {
	for _, k := range l.keys {
		if k.start <= column && column < k.end {
			return k.Binding, true
		}
	}
	return key.Binding{}, false
}

// keyed draws a line with keys.
func (s *styles) keyed(l keyedLine) string {
	line, column := l.text, ansi.StringWidth(l.text)
	for _, k := range l.keys {
		line += spaces(k.start-column) + s.keyText(k.Binding)
		column = k.end
	}
	return line
}

// keyText is a key with what it does.
func (s *styles) keyText(k key.Binding) string {
	text := s.key.Render(k.Help().Key)
	if does := k.Help().Desc; does != "" {
		text += s.dim.Render(" " + does) // a blank in the one colour or the other is shorter than one in none
	}
	return text
}

// footer lays as many keys out as fit, and always those of the end.
func (s *styles) footer(b bindings, width int) keyedLine {
	if !b.fits(width, len(b.footer)) && (width < shortBelow || !b.fits(width, keysThatMatter)) {
		b = b.short()
	}
	end := layKeys(b.end, keysGap, width)
	note := ""
	if b.note != "" {
		note = s.accent.Render(cut(b.note, width-end.end()-keysGap)) + spaces(keysGap)
	}
	line := layKeys(b.footer, keysGap, width-end.end()-keysGap-ansi.StringWidth(note)).behind(note)
	line.keys = append(line.keys, end.movedBy(width-end.end())...)
	return line
}

// keyedFoot is the last lines of the screen, in which keys stand: the question that is
// asked, or the keys of the pane on top.
func (d *desk) keyedFoot() []keyedLine {
	switch {
	case d.question != nil:
		return d.questionLines()
	case d.height >= keysFrom:
		return []keyedLine{d.styles.footer(d.noted(d.top().bindings()), max(d.width-2, 1))}
	}
	return nil
}

// click is a click of the mouse: of a key in the foot, else of the pane on top.
func (m *Model) click(msg tea.MouseClickMsg) tea.Cmd {
	if msg.Y < m.paneHeight() {
		if m.question != nil {
			return nil
		}
		return m.top().update(msg)
	}
	lines := m.keyedFoot()
	row := msg.Y - (m.height - len(lines))
	if msg.Button != tea.MouseLeft || row < 0 || row >= len(lines) {
		return nil
	}
	if k, ok := lines[row].at(msg.X - 1); ok {
		if pressed, ok := pressOf(k); ok {
			return m.press(pressed)
		}
	}
	return nil
}

// pressOf is the press of what a binding is for. One that stands for several keys, each of
// which does something else, has none.
func pressOf(b key.Binding) (msg tea.KeyPressMsg, ok bool) {
	if name := actionOf(b); name != "" {
		return tea.KeyPressMsg{Text: actionMark + name}, true
	}
	if all := b.Keys(); len(all) == 1 {
		return tea.KeyPressMsg{Text: all[0]}, true
	}
	return msg, false
}
