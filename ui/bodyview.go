package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/internal/cleantext"
)

// tabStop is how far apart terminals have them.
const tabStop = 8

// character is the first character of a text as a person counts them, a whole
// grapheme cluster: its length in bytes, and its width where it stands in a column.
// A line end is a character as well.
func character(text string, column int) (length, width int) {
	if plainASCII(text[0]) && (len(text) == 1 || text[1] < utf8.RuneSelf) { // nearly always
		return 1, 1
	}
	cluster, _ := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
	for at, r := range cluster { // bytes that are no text are characters of their own
		if _, n := utf8.DecodeRuneInString(cluster[at:]); r == utf8.RuneError && n == 1 {
			cluster = cluster[:at]
			break
		}
	}
	length = max(len(cluster), 1)
	if text[0] == '\t' {
		return length, tabStop - column%tabStop
	}
	return length, ansi.StringWidth(drawn(text[:length], column))
}

// drawn is a character as it is shown.
func drawn(character string, column int) string {
	if character == "\t" {
		return spaces(tabStop - column%tabStop)
	}
	return cleantext.Line(strings.Map(withoutMarks, character))
}

// withoutMarks leaves out, of what is shown, the marks that would turn or hide
// the text around them. They take no column, so the cursor stays right.
func withoutMarks(r rune) rune {
	const nonJoiner = '\u200c'
	if unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) && r != nonJoiner && r != joiner {
		return -1
	}
	return r
}

// bodyRow is a row of the screen: a part of a line of the text, in bytes.
type bodyRow struct {
	start, end int
	last       bool // of its line: the cursor may stand at its end
}

// holds tells that a place from start on is in the row.
func (r bodyRow) holds(at int) bool { return at < r.end || r.last }

func (r bodyRow) isLastOf(text string) bool { return r.last && r.end == len(text) }

// at is the place in a column of the row, or the nearest one.
func (r bodyRow) at(text string, column int) int {
	at, x := r.start, 0
	for at < r.end {
		n, w := character(text[at:r.end], x)
		if x+w > column || at+n >= r.end && !r.last {
			break
		}
		at, x = at+n, x+w
	}
	return at
}

// breakLine breaks a line into rows of at most width columns, between words where that
// is possible. Blanks at the end of a row may stand out.
func breakLine(line string, width int) (rows []bodyRow) {
	start, column := 0, 0
	word, wordColumn := 0, 0 // where the word begins that is looked at
	for at := 0; at < len(line); {
		n, w := character(line[at:], column)
		blank := line[at] == ' ' || line[at] == '\t'
		if !blank && width > 0 && column+w > width && at > start {
			if word <= start {
				word, wordColumn = at, column
			}
			rows = append(rows, bodyRow{start: start, end: word})
			start, column = word, column-wordColumn
		}
		at, column = at+n, column+w
		if blank {
			word, wordColumn = at, column
		}
	}
	return append(rows, bodyRow{start: start, end: len(line), last: true})
}

// lineRows are the rows of the line that begins at a place, and where the next line
// begins; -1 without one.
func (b *body) lineRows(start int) (rows []bodyRow, next int) {
	end, next := b.lineEnd(start)
	rows = breakLine(b.content[start:end], b.width)
	for i := range rows {
		rows[i].start += start
		rows[i].end += start
	}
	return rows, next
}

// rowsFrom gives at most n rows, from the one that holds a place.
func (b *body) rowsFrom(at, n int) (all []bodyRow) {
	for start := b.lineStart(at); start >= 0 && len(all) < n; {
		rows, next := b.lineRows(start)
		for _, r := range rows {
			if len(all) > 0 || r.holds(at) {
				all = append(all, r)
			}
		}
		start = next
	}
	return all[:min(len(all), n)]
}

// rowAbove is the row that stands n rows above the one that holds a place.
func (b *body) rowAbove(at, n int) bodyRow {
	start := b.lineStart(at)
	rows, _ := b.lineRows(start)
	i := 0
	for !rows[i].holds(at) {
		i++
	}
	for n > i && start > 0 {
		n -= i + 1
		start = b.lineStart(start - 1)
		rows, _ = b.lineRows(start)
		i = len(rows) - 1
	}
	return rows[max(i-n, 0)]
}

// row is the row of the cursor.
func (b *body) row() bodyRow { return b.rowAbove(b.at, 0) }

// column is that of the cursor in its row.
func (b *body) column() (column int) {
	for at := b.row().start; at < b.at; {
		n, w := character(b.content[at:], column)
		at, column = at+n, column+w
	}
	return column
}

// atTop tells that the cursor stands in the first row of the text.
func (b *body) atTop() bool { return b.row().start == 0 }

// scroll gives the rows on the screen, which the cursor is among.
func (b *body) scroll() []bodyRow {
	row := b.row()
	rows := b.rowsFrom(b.top, b.height)
	switch {
	case row.start < rows[0].start:
		rows = b.rowsFrom(row.start, b.height)
	case row.start > rows[len(rows)-1].start:
		rows = b.rowsFrom(b.rowAbove(b.at, b.height-1).start, b.height)
	}
	if missing := b.height - len(rows); missing > 0 && rows[0].start > 0 { // there is room for what stands above
		rows = b.rowsFrom(b.rowAbove(rows[0].start, missing).start, b.height)
	}
	b.top = rows[0].start
	return rows
}

// view gives the rows, and where the cursor stands.
func (b *body) view(width, height int) ([]string, *tea.Cursor) {
	if width <= 0 || height <= 0 {
		return nil, nil
	}
	b.width, b.height = width, height
	rows := b.scroll()
	lines := make([]string, len(rows))
	var cursor *tea.Cursor
	row := b.row()
	for i, r := range rows {
		lines[i] = narrow(b.drawRow(r), width)
		if b.focused && r.start == row.start {
			cursor = tea.NewCursor(min(b.column(), width), i)
			cursor.Shape = tea.CursorBar
		}
	}
	return lines, cursor
}

// drawRow draws a row, with what of it is selected.
func (b *body) drawRow(r bodyRow) string {
	start, end := b.selected()
	var line, marked strings.Builder
	column := 0
	for at := r.start; at < r.end; {
		n, w := character(b.content[at:r.end], column)
		part := &line
		if at >= start && at < end {
			part = &marked
		}
		if part == &line && marked.Len() > 0 {
			line.WriteString(b.markedStyle(marked.String()))
			marked.Reset()
		}
		part.WriteString(drawn(b.content[at:at+n], column))
		at, column = at+n, column+w
	}
	if marked.Len() > 0 {
		line.WriteString(b.markedStyle(marked.String()))
	}
	return line.String()
}

// markedStyle shows that a text is selected, also without colours.
func (b *body) markedStyle(text string) string { return b.styles.plain.Reverse(true).Render(text) }
