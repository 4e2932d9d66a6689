package main_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "sendoff"

// arrows says which of our packages may import which, tests aside; doc/architecture.md
// draws the same. A new arrow is a decision, and its commit says why.
//
// Any package may import those of anybody. Those of testOnly are for _test.go
// files and each other.
const arrows = `
main               → internal/cli
internal/cli       → accounts accounts/check accounts/discover accounts/importer accounts/oauth compose compose/addressbook compose/merge compose/openpgp compose/spell compose/template compose/unsubscribe internal/clipboard internal/config internal/moment internal/notify internal/sandbox outbox outbox/bounce outbox/export outbox/mailbox outbox/pace outbox/smtp internal/review ui internal/campaign
ui                 → accounts accounts/check accounts/discover compose compose/addressbook compose/openpgp compose/spell compose/template internal/moment outbox outbox/export internal/review compose/merge internal/campaign outbox/pace
internal/campaign  → accounts compose compose/merge compose/unsubscribe outbox outbox/pace
internal/review    → accounts compose internal/command outbox
outbox             → compose internal/atomicfile internal/lease internal/mailtoken internal/sqlitefile outbox/bounce outbox/pace outbox/refusal
outbox/smtp        → accounts outbox outbox/refusal
outbox/export      → compose internal/atomicfile outbox
outbox/mailbox     → accounts outbox outbox/bounce outbox/smtp
outbox/bounce      → outbox/refusal
outbox/outboxtest  → outbox
outbox/pace        →
outbox/refusal     →
accounts           → internal/atomicfile internal/command internal/config internal/lease internal/mailtoken
accounts/check     → accounts compose internal/config outbox outbox/mailbox outbox/refusal outbox/smtp
accounts/discover  → accounts
accounts/importer  → accounts internal/config
accounts/oauth     → accounts internal/atomicfile internal/config internal/lease
compose            →
compose/merge      → compose compose/unsubscribe internal/config outbox/pace
compose/addressbook → compose internal/command
compose/openpgp    → accounts compose internal/command
compose/unsubscribe → internal/mailtoken
compose/spell      → internal/command
internal/clipboard → internal/command
compose/template   → compose internal/config
internal/atomicfile →
internal/cleantext →
internal/clitest   →
internal/command   →
internal/config    → internal/atomicfile
internal/crash     →
internal/dnstest   →
internal/gpgtest   → internal/peers
internal/lease     →
internal/notify    → internal/atomicfile internal/command outbox
internal/mailtoken → internal/config
internal/moment    →
internal/oauthtest →
internal/peers     →
internal/peersuite →
internal/readers   → internal/peers
internal/sandbox   →
internal/scenario  →
internal/smtptest  →
internal/sqlitefile →
internal/uitest    →
`

var (
	anybody  = []string{"internal/cleantext"}
	testOnly = []string{"internal/clitest", "internal/dnstest", "internal/gpgtest", "internal/oauthtest", "internal/peers", "internal/readers", "internal/smtptest", "internal/uitest", "outbox/outboxtest"}
)

func TestImports_FollowTheArrows(t *testing.T) {
	allowed, imports := parseArrows(t), readImports(t)
	for from, used := range imports {
		if _, known := allowed[from]; !known {
			t.Errorf("package %s is not in the list", from)
		}
		for to, file := range used {
			if !slices.Contains(anybody, to) && !slices.Contains(allowed[from], to) {
				t.Errorf("%s: a new arrow, %s → %s", file, from, to)
			}
			if slices.Contains(testOnly, to) && !slices.Contains(testOnly, from) {
				t.Errorf("%s: %s is for tests alone", file, to)
			}
		}
	}
	for from, tos := range allowed {
		for _, to := range tos {
			if imports[from][to] == "" {
				t.Errorf("nobody uses the arrow %s → %s: take it out of the list", from, to)
			}
		}
	}
}

func parseArrows(t *testing.T) map[string][]string {
	t.Helper()
	list := make(map[string][]string)
	for line := range strings.Lines(strings.TrimSpace(arrows)) {
		from, to, found := strings.Cut(line, "→")
		if !found {
			t.Fatalf("not an arrow: %s", line)
		}
		list[strings.TrimSpace(from)] = strings.Fields(to)
	}
	return list
}

// readImports gives for each of our packages those of ours that it imports, and
// a file that does. It reads the files of every system, not only of this one.
func readImports(t *testing.T) map[string]map[string]string {
	t.Helper()
	imports := make(map[string]map[string]string)
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skipFolder(name, entry.Name())
		case filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		from := path.Dir(filepath.ToSlash(name))
		if from == "." {
			from = "main"
		}
		if imports[from] == nil {
			imports[from] = make(map[string]string)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if to, ours := strings.CutPrefix(imported, module+"/"); ours {
				imports[from][to] = name
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}

// skipFolder skips what go itself would not build: hidden folders, testdata and
// other modules.
func skipFolder(name, base string) error {
	if name == "." {
		return nil
	}
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}
