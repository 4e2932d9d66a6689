package config

import (
	"bytes"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Statement is one header or one "key = value" of a file and the bytes it takes
// up, for who wants to change it and leave the rest as it is. Neither its
// indentation nor a remark behind it belongs to it.
type Statement struct {
	Path   string // of the table that is opened, or of the value
	Table  string // of a value: the table whose header it stands below; "" above all
	Header bool
	Nested bool // the value is a list or an inline table: lines of it may be comments

	// Offsets in the file: of the first byte, of the value, behind the last one.
	Start, Value, End int
}

// Within tells that a statement is about path or something in it.
func (s Statement) Within(path string) bool { return within(s.Path, path) }

// Holds tells that a statement is about something that path lies in, and so
// says all there is about path.
func (s Statement) Holds(path string) bool {
	return !s.Header && s.Path != path && within(path, s.Path)
}

func within(inner, outer string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Statements are all that the file has, in its order.
func (d *Document) Statements() []Statement { return d.statements }

// LineBounds are where the lines begin that hold the bytes from start to end,
// and where the one behind them does.
func (d *Document) LineBounds(start, end int) (first, behind int) {
	first = bytes.LastIndexByte(d.data[:start], '\n') + 1
	behind = len(d.data)
	if i := bytes.IndexByte(d.data[end:], '\n'); i >= 0 {
		behind = end + i + 1
	}
	return first, behind
}

// header notes that a table is opened.
func (w *walker) header(e *unstable.Node, opened place) {
	start, end := w.brackets(e)
	w.doc.statements = append(w.doc.statements, Statement{Path: opened.path, Header: true, Start: start, End: end})
}

// brackets are where a header begins and ends. Blanks are all that may stand before it and
// within its brackets.
func (w *walker) brackets(e *unstable.Node) (start, end int) {
	key := lastKey(e)
	brackets := 1
	if e.Kind == unstable.ArrayTable {
		brackets = 2
	}
	first, _ := w.doc.LineBounds(firstKey(e), firstKey(e))
	behind := int(key.Raw.Offset + key.Raw.Length)
	return first + bytes.IndexByte(w.doc.data[first:], '['), behind + bytes.IndexByte(w.doc.data[behind:], ']') + brackets
}

// assignment notes a "key = value" at the place at; those within an inline table
// are part of its statement.
func (w *walker) assignment(e *unstable.Node, table, at place) {
	key, value := lastKey(e), e.Value()
	behind := int(key.Raw.Offset + key.Raw.Length)
	behind += bytes.IndexByte(w.doc.data[behind:], '=') + 1
	blanks := len(w.doc.data[behind:]) - len(bytes.TrimLeft(w.doc.data[behind:], " \t"))
	w.doc.statements = append(w.doc.statements, Statement{
		Path: at.path, Table: table.path, Nested: value.Kind == unstable.Array || value.Kind == unstable.InlineTable,
		Start: int(e.Raw.Offset), Value: behind + blanks, End: int(e.Raw.Offset + e.Raw.Length),
	})
}

func firstKey(e *unstable.Node) int {
	it := e.Key()
	it.Next()
	return int(it.Node().Raw.Offset)
}
