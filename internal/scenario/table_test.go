package scenario

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sendoff/internal/uitest"
)

// The table stands between these lines.
const (
	tablePath  = "../../doc/reliability.md"
	tableBegin = "<!-- The table begins: go test ./internal/scenario -run TestRows -update -->\n"
	tableEnd   = "<!-- The table ends. -->\n"
)

// ownRoom is this package; the tests of a row may be in others too.
const ownRoom = "internal/scenario"

var otherRooms = []string{"internal/crash", "internal/cli", "outbox", "ui"}

// TestRows demands a row for each test, a test for each row, and that what the
// table says of states is what the tests demand. It writes the table with -update.
func TestRows(t *testing.T) {
	suite := map[string]functions{ownRoom: parse(t, ".")}
	for _, room := range otherRooms {
		suite[room] = parse(t, "../../"+room)
	}
	checkComplete(t, suite)
	var table strings.Builder
	table.WriteString("\n| | what happens | what becomes of the mail | tests |\n|---|---|---|---|\n")
	for _, r := range rows {
		tests := testsOf(t, r, suite)
		if len(tests) == 0 {
			t.Errorf("%s has no test", r.id)
		}
		checkStates(t, r, suite[ownRoom])
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", r.id, r.happens, ends(r), strings.Join(tests, ", "))
	}
	table.WriteString("\n")
	compareTable(t, table.String())
}

// functions are those of a room's tests, by name.
type functions map[string]*ast.FuncDecl

func parse(t *testing.T, dir string) functions {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %d files with tests, %v", dir, len(paths), err)
	}
	all := make(functions)
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				all[f.Name.Name] = f
			}
		}
	}
	return all
}

var ofRow = regexp.MustCompile(`^Test([A-I]\d\d)_`)

// checkComplete demands all rows that there are, and no test of an unknown one.
func checkComplete(t *testing.T, suite map[string]functions) {
	t.Helper()
	known := make(map[string]bool)
	for _, r := range rows {
		if known[r.id] {
			t.Errorf("%s stands there twice", r.id)
		}
		known[r.id] = true
	}
	for group, count := range groups {
		for n := 1; n <= count; n++ {
			if id := fmt.Sprintf("%s%02d", group, n); !known[id] {
				t.Errorf("%s is missing", id)
			}
		}
	}
	for room, tests := range suite {
		for name := range tests {
			if m := ofRow.FindStringSubmatch(name); m != nil && !known[m[1]] {
				t.Errorf("%s %s is of no row", room, name)
			}
		}
	}
}

// testsOf names a row's tests, each as Markdown, with its room where that is
// another one.
func testsOf(t *testing.T, r row, suite map[string]functions) (all []string) {
	t.Helper()
	for _, room := range append([]string{ownRoom}, otherRooms...) {
		for _, name := range slices.Sorted(maps.Keys(suite[room])) {
			if strings.HasPrefix(name, "Test"+r.id+"_") {
				all = append(all, inRoom(room, name))
			}
		}
	}
	for test := range strings.SplitSeq(r.tests, ", ") {
		if test == "" {
			continue
		}
		room, name, _ := strings.Cut(test, " ")
		if suite[room][name] == nil {
			t.Errorf("%s: there is no %s", r.id, test)
		}
		all = append(all, inRoom(room, name))
	}
	return all
}

func inRoom(room, name string) string {
	if room == ownRoom {
		return "`" + name + "`"
	}
	return room + " `" + name + "`"
}

func ends(r row) string {
	states := strings.NewReplacer(" ", ", then ", "|", " or ").Replace(r.states)
	if states != "" && r.becomes != "" {
		states += ": "
	}
	return states + r.becomes
}

// checkStates demands that each state a row speaks of is one that its tests, or
// what they call, demand.
func checkStates(t *testing.T, r row, own functions) {
	t.Helper()
	demanded := make(map[string]bool)
	seen := make(map[string]bool)
	for name := range own {
		if strings.HasPrefix(name, "Test"+r.id+"_") {
			own.demands(name, seen, demanded)
		}
	}
	for state := range strings.FieldsFuncSeq(r.states, func(c rune) bool { return c == ' ' || c == '|' }) {
		if !demanded[state] {
			t.Errorf("%s: no test of it demands that the message is %s", r.id, state)
		}
	}
}

// demands collects the states in want{state: "…"} of a function and of all that it
// calls.
func (all functions) demands(name string, seen, demanded map[string]bool) {
	if seen[name] || all[name] == nil {
		return
	}
	seen[name] = true
	ast.Inspect(all[name], func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			key, isName := n.Key.(*ast.Ident)
			if value, isText := n.Value.(*ast.BasicLit); isName && isText && key.Name == "state" {
				demanded[strings.Trim(value.Value, `"`)] = true
			}
		case *ast.Ident:
			all.demands(n.Name, seen, demanded)
		}
		return true
	})
}

// compareTable compares the table with the one in the document, or writes it there.
func compareTable(t *testing.T, table string) {
	t.Helper()
	text, err := os.ReadFile(tablePath)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), tableBegin)
	old, after, ended := strings.Cut(rest, tableEnd)
	if !found || !ended {
		t.Fatalf("%s has no place for the table", tablePath)
	}
	if uitest.Updating() && !t.Failed() && old != table {
		if err := os.WriteFile(tablePath, []byte(before+tableBegin+table+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != table {
		t.Errorf("the table in %s is not up to date: run the test with -update", tablePath)
	}
}
