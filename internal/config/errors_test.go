package config

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

// All that is wrong with a file is told at once, each in its line, and nothing that only
// follows from something else.
func TestParseSettings_TellsAllThatIsWrong(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"kinds of mistakes beside each other", "theme = 'drak'\ntitel = 1\nmouse = 'yes'\nspell = '../x'\n[keys]\n'outbox.edit' = 1\n[filters]\nx = ''\ny = 2\nz = ' '\n", `
f:1: theme: "drak" is not a choice
f:2: titel: unknown key
f:3: mouse: wants true or false, not a text
f:4: spell: "../x" is no name of a dictionary
f:8: filters.x: searches for nothing
f:9: filters.y: wants a text, not a whole number
f:10: filters.z: searches for nothing`},
		{"a table of two brackets", "[[filters]]\nlate = 1\n[editor]\nx = 1\n[[check]]\nnmae = 'x'\n[[check]]\nname = 'y'\n", `
f:1: filters: is one table, and double brackets begin a list of them
f:3: editor: wants a list, not a table
f:6: check.nmae: unknown key
f:7: check: it has no command`},
		{"what follows is not told", "notify = 5\nnotify_command = ['ntfy']\nundo_window = ['10']\n", `
f:1: notify: wants a text, not a whole number
f:3: undo_window: wants a text, not a list`},
		{"within braces", "check = [{ name = 'x', comand = ['x'] }, { name = 1, command = 'y' }]\ndate = 'here'", `
f:1: check.comand: unknown key
f:1: check.name: wants a text, not a whole number
f:1: check.command: wants a list, not a text
f:2: date: "here" is not a choice`},
		{"what is no TOML hides only what stands behind it", "mouse = 1\nunknown = 2\ntheme = dark\nspell = 3", `
f:1: mouse: wants true or false, not a whole number
f:2: unknown: unknown key
f:3: unexpected character U+0064 'd' at start of value`},
		{"several lines of one value", "editor = [\n 1,\n '''a\nb''',\n 2]\ndate = 'here'", `
f:2: editor: wants a text, not a whole number
f:5: editor: wants a text, not a whole number
f:6: date: "here" is not a choice`},
	} {
		_, err := parseSettings("f", []byte(test.text))
		if err == nil || "\n"+err.Error() != test.want {
			t.Errorf("%s:\ngot\n%v\nwant%s", test.name, err, test.want)
		}
	}
}

func TestJoin(t *testing.T) {
	one, two := &Error{File: "a", Line: 2, Problem: "x"}, &Error{File: "a", Line: 1, Problem: "y"}
	other := &Error{File: "b", Line: 1, Problem: "z"}
	for _, test := range []struct {
		name string
		errs []error
		want string
	}{
		{"nothing", []error{nil, nil}, ""},
		{"one", []error{nil, one}, "a:2: x"},
		{"by file, then by line", []error{one, other, two}, "a:1: y\na:2: x\nb:1: z"},
		{"several within", []error{Join(one, other), two}, "a:1: y\na:2: x\nb:1: z"},
		{"another kind", []error{nil, fs.ErrClosed}, "file already closed"},
		{"another kind beside one", []error{fs.ErrClosed, one}, "a:2: x"},
	} {
		err := Join(test.errs...)
		if (err == nil) != (test.want == "") || err != nil && err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
	var first *Error
	if !errors.As(Join(one, two), &first) || first != two {
		t.Errorf("the first is %v", first)
	}
	if n := strings.Count(Join(one, two).Error(), "\n"); n != 1 {
		t.Errorf("%d ends of lines", n)
	}
}
