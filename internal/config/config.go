// Package config reads the files that people write, config.toml and
// accounts.toml, strictly, and names the place of what is wrong in them.
//
// It knows TOML, places and [Settings]; what the keys of accounts.toml mean is
// the business of package accounts. It never writes a file.
//
// Its one hard rule: a key that the program does not honour is an error, so
// that a slip of the finger never silently becomes a default.
package config

import (
	"errors"
	"strconv"
	"strings"

	"sendoff/internal/cleantext"
)

// Error is what is wrong with a configuration file, in words for the person
// who wrote it.
type Error struct {
	File    string
	Line    int    // from 1; 0 if it is about the file as a whole
	Column  int    // in bytes, from 1; 0 without a line
	Key     string // "account.smtp.host"; "" if it is about no single key
	Problem string // lower case, reads well behind the key
	Hint    string // what to do about it; may be empty

	path    string // as Key, with the index of each element; "" if the error was not made by a Document
	unknown bool   // there is no such key
	cause   error  // ErrWrongType, or why a file cannot be read
}

// ErrWrongType is wrapped by the error for a value of the wrong type, so that
// a caller can say more about its own key.
var ErrWrongType = errors.New("wrong type")

// Error is the place, the key and the problem on one line, without the hint.
func (e *Error) Error() string {
	var parts []string
	switch {
	case e.File != "" && e.Line > 0:
		parts = append(parts, e.File+":"+strconv.Itoa(e.Line))
	case e.File != "":
		parts = append(parts, e.File)
	}
	if e.Key != "" {
		parts = append(parts, e.Key)
	}
	return cleantext.Line(strings.Join(append(parts, e.Problem), ": "))
}

// Unwrap gives [ErrWrongType], or what the system said of a file that cannot be
// read: errors.Is(err, fs.ErrNotExist) tells a missing one.
func (e *Error) Unwrap() error { return e.cause }
