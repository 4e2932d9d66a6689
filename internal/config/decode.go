package config

import (
	"bytes"
	"errors"
	"reflect"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"sendoff/internal/cleantext"
)

// Document knows where in a decoded file each key stands, so that a value that
// is well formed and still wrong can be told by its line. The zero Document
// knows no file and no places.
//
// A path names a place: keys joined by dots, elements of lists by their index
// from 0, as in "account[1].smtp.host".
type Document struct {
	file    string
	data    []byte
	offsets map[string]int // path → first byte of the key or element

	statements []Statement
	wrong      []*Error // what was found so far
}

// Decode reads TOML into the struct that into points to. The toml tags of its
// fields, and of the structs within, are all the keys there are, but for those of
// a map of structs: any word is one.
//
// An error is an [*Error] or [Errors]: all that is wrong. Where some keys are, and
// the file is TOML, the document is given with it, and into has the others: what that says
// of them can be told with it, by [Document.Errors]. Else the document is nil.
func Decode(file string, data []byte, into any) (*Document, error) {
	d := &Document{file: file, data: data, offsets: make(map[string]int)}
	sound := d.walk(reflect.TypeOf(into).Elem())
	if err := toml.Unmarshal(sound, into); err != nil {
		d.wrong = append(d.wrong, d.decodeError(err))
		return nil, d.Errors()
	}
	if err := d.Errors(); err != nil {
		return d, err
	}
	return d, nil
}

// decodeError tells in our form what the library found wrong: syntax, a table
// that stands twice, a number that is too large. The key that it gives lacks
// the table around it, so ours stays empty: the line says enough.
func (d *Document) decodeError(err error) *Error {
	e := newError(d.file, "", strings.TrimPrefix(err.Error(), "toml: "), "")
	if strings.Contains(e.Problem, "at start of value") {
		e.Hint = "a text stands in quotes"
	}
	var at *toml.DecodeError
	if errors.As(err, &at) {
		e.Line, e.Column = at.Position()
	}
	return e
}

// Has tells whether the file says anything at path.
func (d *Document) Has(path string) bool {
	_, ok := d.offsets[path]
	return ok
}

// Error is a complaint about what stands at path. Where the file has nothing
// there, it points at the table that lacks it.
func (d *Document) Error(path, problem, hint string) *Error {
	for at := path; at != ""; at = parent(at) {
		if offset, ok := d.offsets[at]; ok {
			return d.errorAt(offset, path, problem, hint)
		}
	}
	return newError(d.file, path, problem, hint)
}

// errorAt is a complaint about path at a place of its own.
func (d *Document) errorAt(offset int, path, problem, hint string) *Error {
	e := newError(d.file, path, problem, hint)
	e.Line, e.Column = d.line(offset), offset-bytes.LastIndexByte(d.data[:offset], '\n')
	return e
}

// line is the line of an offset, from 1.
func (d *Document) line(offset int) int { return bytes.Count(d.data[:offset], []byte("\n")) + 1 }

// newError cleans what comes out of the file: keys and values are quoted in it.
func newError(file, path, problem, hint string) *Error {
	return &Error{
		path:    path,
		File:    file,
		Key:     cleantext.Line(plainKey(path)),
		Problem: cleantext.Line(problem),
		Hint:    cleantext.Line(hint),
	}
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// plainKey leaves out the indexes where a person reads a path: the line says
// which element it is.
func plainKey(path string) string { return indexes.ReplaceAllLiteralString(path, "") }

// parent is the path of the table or list around path, "" for a top-level key.
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}
