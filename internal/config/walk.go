package config

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"github.com/pelletier/go-toml/v2/unstable"
)

// walker compares a file with the Go type it is decoded into, key by key.
//
// The library's own strict mode would do for unknown keys alone. It matches
// keys without regard to case, tells a wrong type in the words of Go, and
// keeps no places for later; hence a walk over its syntax tree. That part of
// its API is called unstable: when the library is updated, this file may need
// a hand.
type walker struct {
	doc    *Document
	tables map[string]int // how many [[…]] of each path were seen
}

// place is a spot in the structure: where the walk is and what may stand there.
type place struct {
	path string
	typ  reflect.Type
}

// walk notes the offset of every key, and an [*Error] for each that is unknown or of
// the wrong type. It gives the file with blanks in place of those, and of tables that are
// unknown with all they have, so that the decoder can take in the rest. Syntax errors end
// the walk silently: the decoder, which comes next, tells them.
func (d *Document) walk(root reflect.Type) (sound []byte) {
	w := walker{doc: d, tables: make(map[string]int)}
	sound = bytes.Clone(d.data)
	var p unstable.Parser
	p.Reset(d.data)
	table, lost := place{typ: root}, false // lost: the table that is open is none that we know
	for p.NextExpression() {
		var err error
		e := p.Expression()
		switch e.Kind {
		case unstable.Table:
			table, err = w.table(place{typ: root}, e)
		case unstable.ArrayTable:
			table, err = w.arrayTable(place{typ: root}, e)
		case unstable.KeyValue:
			if !lost {
				err = w.assign(table, e)
			}
		}
		header := e.Kind != unstable.KeyValue
		if header {
			lost = err != nil
		}
		w.found(err)
		if err != nil || lost {
			start, end := w.extent(e, header)
			blank(sound[start:end])
		}
	}
	return sound
}

// assign checks one "key = value" of a table, and notes where it stands.
func (w *walker) assign(table place, e *unstable.Node) error {
	at, err := w.keyValue(table, e)
	if err == nil {
		w.assignment(e, table, at)
	}
	return err
}

// found notes what is wrong, once: a table without an entry to stand in is wrong as often as
// it has tables of its own.
func (w *walker) found(err error) {
	for _, e := range ErrorsOf(err) {
		known := slices.ContainsFunc(w.doc.wrong, func(other *Error) bool { return other.path == e.path && other.Problem == e.Problem })
		if !known {
			w.doc.wrong = append(w.doc.wrong, e)
		}
	}
}

// extent is where a header or a "key = value" begins and ends.
func (w *walker) extent(e *unstable.Node, header bool) (start, end int) {
	if header {
		return w.brackets(e)
	}
	return int(e.Raw.Offset), int(e.Raw.Offset + e.Raw.Length)
}

// blank leaves nothing but the ends of lines.
func blank(text []byte) {
	for i, b := range text {
		if b != '\n' && b != '\r' {
			text[i] = ' '
		}
	}
}

// table follows a [header] to the table it opens.
func (w *walker) table(root place, e *unstable.Node) (place, error) {
	at, err := w.follow(root, e.Key())
	if err != nil {
		return place{}, err
	}
	opened, err := w.enter(at)
	if err == nil {
		w.header(e, opened)
	}
	return opened, err
}

// arrayTable follows a [[header]] and gives the new element.
func (w *walker) arrayTable(root place, e *unstable.Node) (place, error) {
	at, err := w.follow(root, e.Key())
	if err != nil {
		return place{}, err
	}
	switch {
	case tableKind(at.typ):
		return place{}, w.doc.Error(at.path, "is one table, and double brackets begin a list of them", "write single brackets: ["+plainKey(at.path)+"]")
	case !listOfTables(at.typ):
		return place{}, w.mismatch(at, "a list of tables")
	}
	n := w.tables[at.path]
	w.tables[at.path]++
	element := place{path: fmt.Sprintf("%s[%d]", at.path, n), typ: at.typ.Elem()}
	w.note(element.path, lastKey(e))
	w.header(e, element)
	return element, nil
}

// keyValue checks one "key = value" of a table, and gives the place of the value.
func (w *walker) keyValue(table place, e *unstable.Node) (place, error) {
	at, err := w.follow(table, e.Key())
	if err != nil {
		return place{}, err
	}
	if first, here := w.doc.offsets[at.path], int(lastKey(e).Raw.Offset); first != here {
		return place{}, w.doc.errorAt(here, at.path, fmt.Sprintf("is set twice, first in line %d", w.doc.line(first)), "keep one of them")
	}
	return at, w.value(at, e.Value())
}

// follow goes from a table along a dotted key, and enters all but the last part.
func (w *walker) follow(at place, keys unstable.Iterator) (place, error) {
	for keys.Next() {
		name := string(keys.Node().Data)
		next := place{path: name}
		if at.path != "" {
			next.path = at.path + "." + name
		}
		w.note(next.path, keys.Node())
		var known []string
		if next.typ, known = fieldType(at.typ, name); next.typ == nil {
			e := w.doc.Error(next.path, "unknown key", Suggest(name, known))
			e.unknown = true
			return place{}, e
		}
		at = next
		if keys.IsLast() {
			break
		}
		var err error
		if at, err = w.enter(at); err != nil {
			return place{}, err
		}
	}
	return at, nil
}

// enter gives the table that a key names: for a list of tables its last element.
func (w *walker) enter(at place) (place, error) {
	if tableKind(at.typ) {
		return at, nil
	}
	if !listOfTables(at.typ) {
		return place{}, w.mismatch(at, "a table")
	}
	n := w.tables[at.path]
	if n == 0 {
		return place{}, w.doc.Error(at.path, "no entry has been opened yet", "begin each one with [["+at.path+"]]")
	}
	return place{path: fmt.Sprintf("%s[%d]", at.path, n-1), typ: at.typ.Elem()}, nil
}

// value checks that a value is of the kind that its place wants.
func (w *walker) value(at place, v *unstable.Node) error {
	kind := at.typ.Kind()
	switch {
	case tableKind(at.typ) && v.Kind == unstable.InlineTable:
		var wrong []error
		for it := v.Children(); it.Next(); {
			_, err := w.keyValue(at, it.Node())
			wrong = append(wrong, err)
		}
		return Join(wrong...)
	case kind == reflect.Interface: // what it may be is checked where it is read
		return nil
	case kind == reflect.Slice && v.Kind == unstable.Array:
		var wrong []error
		it := v.Children()
		for i := 0; it.Next(); i++ {
			element := place{path: fmt.Sprintf("%s[%d]", at.path, i), typ: at.typ.Elem()}
			w.note(element.path, it.Node())
			wrong = append(wrong, w.value(element, it.Node()))
		}
		return Join(wrong...)
	case kind == reflect.String && v.Kind == unstable.String,
		kind == reflect.Bool && v.Kind == unstable.Bool,
		(kind == reflect.Int || kind == reflect.Int64) && v.Kind == unstable.Integer:
		return nil
	}
	return w.mismatch(at, nodeNoun(v.Kind))
}

// tableKind tells that a table may stand in a place.
func tableKind(t reflect.Type) bool {
	kind := t.Kind()
	return kind == reflect.Struct || kind == reflect.Map || kind == reflect.Interface
}

func (w *walker) mismatch(at place, got string) error {
	want, example := typeNoun(at.typ)
	hint := "write it as " + lastPart(at.path) + " = " + example
	if listOfTables(at.typ) {
		hint = "begin each entry with [[" + at.path + "]]"
	}
	e := w.doc.Error(at.path, "wants "+want+", not "+got, hint)
	e.cause = ErrWrongType
	return e
}

// note keeps the first place of a path. Lists and dates carry no place of their
// own in the syntax tree; complaints about them go to what is around them.
func (w *walker) note(path string, n *unstable.Node) {
	if _, ok := w.doc.offsets[path]; !ok && n.Raw.Length > 0 {
		w.doc.offsets[path] = int(n.Raw.Offset)
	}
}

func lastKey(e *unstable.Node) *unstable.Node {
	var last *unstable.Node
	for it := e.Key(); it.Next(); {
		last = it.Node()
	}
	return last
}
