package config

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/pelletier/go-toml/v2"
)

// sampleFile has every shape that our files use.
type sampleFile struct {
	Title   string        `toml:"title"`
	Wrap    bool          `toml:"wrap"`
	Width   int           `toml:"width"`
	Words   []string      `toml:"words"`
	Entries []sampleEntry `toml:"entry"`
}

type sampleEntry struct {
	Name string     `toml:"name"`
	Line sampleLine `toml:"line"`
}

type sampleLine struct {
	Host     string      `toml:"host"`
	Port     int         `toml:"port"`
	MaxSize  int64       `toml:"max_size"`
	Username string      `toml:"username"`
	Inner    sampleInner `toml:"inner"`
}

type sampleInner struct {
	Tags []string `toml:"tags"`
}

func TestDecode_NamesPlaceAndRemedyOfEveryMistake(t *testing.T) {
	for _, test := range []struct{ name, text, want, hint string }{
		{"unknown key at the top", "titel = 'x'", "f:1: titel: unknown key", `did you mean "title"?`},
		{"unknown key in a table", "[[entry]]\n[entry.line]\nhosst = 'x'", "f:3: entry.line.hosst: unknown key", `did you mean "host"?`},
		{"only the keys of that table are offered", "[[entry]]\ntitle = 'x'", "f:2: entry.title: unknown key", "possible here: name, line"},
		{"the case counts", "Title = 'x'", "f:1: Title: unknown key", `did you mean "title"?`},
		{"unknown dotted key", "[[entry]]\nline.prot = 1", "f:2: entry.line.prot: unknown key", `did you mean "port"?`},
		{"unknown key of an inline table", "entry = [\n { name = 'x' },\n { nmae = 'y' } ]", "f:3: entry.nmae: unknown key", `did you mean "name"?`},
		{"unknown table", "[[entry]]\n[entry.lime]", "f:2: entry.lime: unknown key", `did you mean "line"?`},
		{"control characters in a key", `"\u001b[2J" = 1`, "f:1: \ufffd[2J: unknown key", "possible here: title, wrap, width, words, entry"},

		{"text where a number belongs", "width = '80'", "f:1: width: wants a whole number, not a text", "write it as width = 1"},
		{"fraction", "width = 80.5", "f:1: width: wants a whole number, not a number with a fraction", "write it as width = 1"},
		{"text where a list belongs", "words = 'a b'", "f:1: words: wants a list, not a text", `write it as words = ["…"]`},
		{"wrong element of a list", "words = ['a',\n 'b',\n 3]", "f:3: words: wants a text, not a whole number", `write it as words = "…"`},
		{"list in a list", "words = ['a',\n ['b']]", "f:1: words: wants a text, not a list", `write it as words = "…"`},
		{"date", "title = 2026-01-02", "f:1: title: wants a text, not a date or time", `write it as title = "…"`},
		{"bool", "wrap = 'yes'", "f:1: wrap: wants true or false, not a text", "write it as wrap = true"},
		{"text where a table belongs", "[[entry]]\nline = 'x'", "f:2: entry.line: wants a table, not a text", "write it as line = { … = … }"},
		{"table where a text belongs", "[title]", "f:1: title: wants a text, not a table", `write it as title = "…"`},
		{"list of tables where a text belongs", "[[title]]", "f:1: title: wants a text, not a list of tables", `write it as title = "…"`},
		{"dotted key into a text", "title.x = 1", "f:1: title: wants a text, not a table", `write it as title = "…"`},
		{"number where entries belong", "entry = 1", "f:1: entry: wants a list, not a whole number", "begin each entry with [[entry]]"},

		{"entry with single brackets", "[entry]\nname = 'x'", "f:1: entry: no entry has been opened yet", "begin each one with [[entry]]"},
		{"table of an entry before any entry", "[entry.line]", "f:1: entry: no entry has been opened yet", "begin each one with [[entry]]"},
		{"table with double brackets", "[[entry]]\n[[entry.line]]", "f:2: entry.line: is one table, and double brackets begin a list of them", "write single brackets: [entry.line]"},

		{"key twice", "[[entry]]\nname = 'a'\nname = 'b'", "f:3: entry.name: is set twice, first in line 2", "keep one of them"},
		{"key twice, once dotted", "[[entry]]\nline.host = 'a'\n[entry.line]\nhost = 'b'", "f:3: table line already exists as defined by a dotted key", ""},
		{"key twice in an inline table", "[[entry]]\nline = { port = 1, port = 1 }", "f:2: entry.line.port: is set twice, first in line 2", "keep one of them"},
		{"table twice", "[[entry]]\n[entry.line]\n[entry.line]", "f:3: table line already exists", ""},
		{"single brackets after double ones", "[[entry]]\n[entry]", "f:2: table entry already exists as an array of tables", ""},
		{"number too large", "width = 99999999999999999999", "f:1: decimal number is too large to fit in a 64-bit signed integer", ""},
		{"syntax", "wrap = true\ntitle = x", "f:2: unexpected character U+0078 'x' at start of value", "a text stands in quotes"},
		{"unfinished text", "title = \"x", "f:1: unterminated basic string", ""},
		{"not UTF-8", "title = \"\xff\"", "f:1: invalid UTF-8 character in basic string", ""},
		{"an earlier unknown key wins over later syntax", "titel = 1\n====", "f:1: titel: unknown key", `did you mean "title"?`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var into sampleFile
			_, err := Decode("f", []byte(test.text), &into)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if e.Error() != test.want || e.Hint != test.hint {
				t.Errorf("got  %s\nhint %s\nwant %s\nhint %s", e, e.Hint, test.want, test.hint)
			}
			if e.Line == 0 || e.Column == 0 {
				t.Errorf("no place: %+v", e)
			}
		})
	}
}

func TestDocument_KnowsWhereEachKeyOfEachEntryStands(t *testing.T) {
	const text = `title = "x"
words = [
  "a",
  "b",
]

[[entry]]
name = "one"
[entry.line]
host = "h"

[[entry]]
name = "two"
line = { host = "h", port = 1 }
`
	var into sampleFile
	doc, err := Decode("f", []byte(text), &into)
	if err != nil {
		t.Fatal(err)
	}
	if len(into.Entries) != 2 || into.Entries[1].Line.Port != 1 || len(into.Words) != 2 {
		t.Errorf("decoded %+v", into)
	}
	for _, test := range []struct {
		path         string
		line, column int
		has          bool
	}{
		{"title", 1, 1, true},
		{"words", 2, 1, true},
		{"words[1]", 4, 3, true},
		{"entry[0].name", 8, 1, true},
		{"entry[0].line.host", 10, 1, true},
		{"entry[1].name", 13, 1, true},
		{"entry[1].line.port", 14, 22, true},
		{"entry[0].line.port", 9, 8, false}, // the table that lacks it
		{"entry[1].line.inner.tags[3]", 14, 1, false},
		{"entry[1]", 12, 3, true},
		{"width", 0, 0, false},
	} {
		e := doc.Error(test.path, "is bad", "")
		if e.Line != test.line || e.Column != test.column || doc.Has(test.path) != test.has {
			t.Errorf("%s: got %d:%d, has %v; want %d:%d, has %v",
				test.path, e.Line, e.Column, doc.Has(test.path), test.line, test.column, test.has)
		}
	}
	if got := doc.Error("entry[1].line.port", "is bad", "").Error(); got != "f:14: entry.line.port: is bad" {
		t.Errorf("got %q", got)
	}
}

func TestDocument_ZeroKnowsNoPlaces(t *testing.T) {
	e := new(Document).Error("entry[0].name", "is\nbad", "or\x1bnot")
	if e.Error() != "entry.name: is bad" || e.Hint != "or\ufffdnot" {
		t.Errorf("got %q, hint %q", e, e.Hint)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("title = 'x'\nwords = ['a', \"b\"]\n[[entry]]\nname = 'n'\n[entry.line]\nhost = 'h'\nport = 1\ninner.tags = []"))
	f.Add([]byte("entry = [{ name = 'x', line = { inner = { tags = ['a'] } } }]"))
	f.Add([]byte("[[entry]]\n[[entry]]\nline.max_size = 0x7fffffffffffffff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var into sampleFile
		_, err := Decode("f", data, &into)
		if err == nil {
			// What passed here must pass the library's own strictness.
			var strict sampleFile
			if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(&strict); err != nil {
				t.Fatalf("accepted what the library refuses: %v", err)
			}
			return
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("%T is not an *Error", err)
		}
		if text := e.Error() + e.Hint + e.Key; strings.ContainsFunc(text, unicode.IsControl) {
			t.Fatalf("control characters in %q", text)
		}
	})
}

// The names of some tables are up to the user; what stands in them is not.
func TestDecode_TablesOfTheUsersOwnNames(t *testing.T) {
	var into struct {
		Named map[string]sampleLine `toml:"named"`
	}
	doc, err := Decode("f", []byte("[named.a]\nport = 1\n[named]\nb = { port = 2 }\n"), &into)
	if err != nil {
		t.Fatal(err)
	}
	if len(into.Named) != 2 || into.Named["a"].Port != 1 || into.Named["b"].Port != 2 || !doc.Has("named.b.port") {
		t.Errorf("got %+v", into)
	}
	for text, want := range map[string]string{
		"[named.a]\nprot = 1":     "f:2: named.a.prot: unknown key",
		"named.a.inner = 1":       "f:1: named.a.inner: wants a table, not a whole number",
		"named = { a = 'x' }":     "f:1: named.a: wants a table, not a text",
		"[[named]]":               "f:1: named: is one table, and double brackets begin a list of them",
		"[[named.a]]":             "f:1: named.a: is one table, and double brackets begin a list of them",
		"[named.a]\n[named.a]":    "f:2: table a already exists",
		"[named.a]\nport = 'one'": "f:2: named.a.port: wants a whole number, not a text",
	} {
		if _, err := Decode("f", []byte(text), &into); err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
}
