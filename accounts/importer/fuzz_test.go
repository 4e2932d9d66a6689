package importer

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/rogpeppe/go-internal/txtar"
)

// fuzzRead gives any bytes to the reader of a program. Whatever they are, what is
// found is an account that accounts.toml takes, nothing acts on a terminal, and a
// file that names itself ends.
func fuzzRead(f *testing.F, kind Kind, main string) {
	paths, err := filepath.Glob(filepath.Join("testdata", string(kind), "*.txtar"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds (%v)", err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(archive.Files[0].Data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		reads := 0
		m := Machine{Home: "/home/ada", User: "ada", Host: "laptop", System: "linux", ReadFile: func(path string) ([]byte, error) {
			if reads++; reads > maxFiles+10 { // signatures are no part of the circle
				t.Fatalf("%d files were read", reads)
			}
			if path != main {
				return nil, fs.ErrNotExist
			}
			return []byte(text), nil
		}}
		found, err := m.Read(kind, main)
		if err != nil {
			return
		}
		for _, one := range found {
			checkFound(t, one)
			shown := one.Problem + one.Place.String()
			for _, n := range one.Notes {
				shown += n.String()
			}
			if strings.ContainsFunc(shown, unicode.IsControl) {
				t.Errorf("control characters in %q", shown)
			}
		}
	})
}

func FuzzMsmtp(f *testing.F)       { fuzzRead(f, Msmtp, "/home/ada/.msmtprc") }
func FuzzMutt(f *testing.F)        { fuzzRead(f, Mutt, "/home/ada/.muttrc") }
func FuzzAerc(f *testing.F)        { fuzzRead(f, Aerc, "/home/ada/.config/aerc/accounts.conf") }
func FuzzHimalaya(f *testing.F)    { fuzzRead(f, Himalaya, "/home/ada/.config/himalaya/config.toml") }
func FuzzGit(f *testing.F)         { fuzzRead(f, Git, "/home/ada/.gitconfig") }
func FuzzThunderbird(f *testing.F) { fuzzRead(f, Thunderbird, "/home/ada/.thunderbird/x/prefs.js") }

// FuzzCommand checks that what is run without a shell has no part that a shell
// would have acted on.
func FuzzCommand(f *testing.F) {
	for _, line := range []string{"pass show mail", "gpg -d ~/x.gpg", "a | b", `sh -c 'a b'`, "X=1 y", "a~b", `"~/x"`, "~root/x", "echo a", ""} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		argv := Machine{Home: "/home/ada"}.command(line)
		if len(argv) == 3 && argv[0] == "sh" && argv[2] == strings.TrimSpace(line) {
			return
		}
		if strings.ContainsAny(strings.TrimSpace(line), "\n{}#") || (len(argv) == 0) != (strings.TrimSpace(line) == "") {
			t.Errorf("%q became %q", line, argv)
		}
	})
}

// FuzzPrinted checks that looking at a command ends, and that what is told of one
// is in it.
func FuzzPrinted(f *testing.F) {
	for _, line := range []string{"echo a", "printf '%s\\n' a", "sh -c 'echo a'", "cat <<< a", "echo `echo \"$(echo a)\"`", "2>&1 >&2 <<EOF", "\\", "'"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		text, says := printed([]string{"sh", "-c", line})
		if (says == saysAll) != (text != "") || len(text) > len(line) {
			t.Errorf("%q: %q, %d", line, text, says)
		}
	})
}
