package importer

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"sendoff/accounts"
)

var update = flag.Bool("update", false, "write what is found into the files of testdata")

// secretMark is in every password of testdata, and in nothing that may be told.
const secretMark = "hunter2"

// TestRead_TestdataIsFoundAsItSays reads the files of testdata: archives of a
// program's own file, those it names, and last what is to be found. The files are
// written by hand after the manual of each program.
func TestRead_TestdataIsFoundAsItSays(t *testing.T) {
	for _, kind := range Kinds() {
		paths, err := filepath.Glob(filepath.Join("testdata", string(kind), "*.txtar"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: no testdata (%v)", kind, err)
		}
		for _, path := range paths {
			t.Run(path, func(t *testing.T) { readArchive(t, kind, path) })
		}
	}
}

func readArchive(t *testing.T, kind Kind, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := &archive.Files[len(archive.Files)-1]
	if last.Name != "found" {
		t.Fatal("the last file of the archive is not called found")
	}
	m := machineOf(archive)
	found, err := m.Read(kind, archive.Files[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	got := tell(found)
	if strings.Contains(got, secretMark) || strings.Contains(fmt.Sprintf("%v %+v %#v", found, found, found), secretMark) {
		t.Errorf("a password can be read:\n%s", got)
	}
	for _, f := range found {
		checkFound(t, f)
	}
	if *update {
		last.Data = []byte(got)
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(last.Data) {
		t.Errorf("found\n%s\nwant\n%s", got, last.Data)
	}
}

// machineOf has the files of an archive.
func machineOf(archive *txtar.Archive) Machine {
	return Machine{
		Home: "/home/ada", ConfigHome: "/home/ada/.config", User: "ada", Host: "laptop.example.org", System: "linux",
		Env: func(name string) string { return map[string]string{"HOME": "/home/ada", "MAILUSER": "ada.env"}[name] },
		ReadFile: func(path string) ([]byte, error) {
			for _, file := range archive.Files {
				if file.Name == path {
					return file.Data, nil
				}
			}
			return nil, fs.ErrNotExist
		},
		IsFolder: func(path string) bool { return strings.HasSuffix(path, "/") },
	}
}

// tell writes down all that was found but passwords.
func tell(all []Found) string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "=== %s", f.Place)
		if f.Default {
			b.WriteString(" default")
		}
		if f.Preset != nil {
			b.WriteString(" preset " + f.Preset.ID)
		}
		b.WriteString("\n")
		if f.Problem != "" {
			fmt.Fprintf(&b, "! %s\n", f.Problem)
		}
		for _, n := range f.Notes {
			fmt.Fprintf(&b, "- %s\n", n)
		}
		for _, clear := range []*Clear{f.Clear, f.ClearMailbox} {
			if clear != nil {
				fmt.Fprintf(&b, "* %s\n", clear)
			}
		}
		if f.WantsSecret() {
			b.WriteString("? secret\n")
		}
		if f.WantsMailboxSecret() {
			b.WriteString("? secret of the mailbox\n")
		}
		b.WriteString(accounts.Entry(f.Account))
	}
	return b.String()
}

// checkFound checks that what is said to be an account is one, once it has the
// secrets it wants.
func checkFound(t testing.TB, f Found) {
	t.Helper()
	for _, clear := range []*Clear{f.Clear, f.ClearMailbox} {
		if clear != nil && clear.Reveal() == "" {
			t.Errorf("%s: an empty password", clear)
		}
	}
	if f.Problem != "" {
		return
	}
	if f.WantsSecret() {
		f.Account.SMTP.Secret.Env = "SECRET"
	}
	if f.WantsMailboxSecret() {
		f.Account.Mailbox.Secret.Env = "MAILBOX_SECRET"
	}
	f.Account.SMTP.ClientCert, f.Account.SMTP.ClientKey = "", "" // they would be read
	if f.Account.SMTP.Auth == accounts.AuthExternal {
		f.Account.SMTP.Auth, f.Account.SMTP.Username = accounts.AuthNone, ""
	}
	if _, err := accounts.NewBook("", f.Account); err != nil {
		t.Errorf("%s: %v", f.Place, err)
	}
}
