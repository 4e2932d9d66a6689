package cli_test

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
)

const importedPassword = "correct-horse-battery"

// The built program at a terminal: one account declined, one taken with its
// password left where it stands, one with its password copied to a chosen file.
func TestBuilt_AccountImportAsksForEachAccountAndPassword(t *testing.T) {
	p := clitest.Install(t)
	rc := `account no
host smtp.no.example
tls on
from ada@no.example
account left
host smtp.left.example
tls on
auth on
from ada@left.example
user ada
password ` + importedPassword + `
account copied
host smtp.copied.example
tls on
auth on
from ada@copied.example
user ada
password "` + importedPassword + `"
account default : copied
`
	writeHome(t, p, ".msmtprc", rc)
	kept := filepath.Join(p.Home, "copied.pw")
	x := atTerminal(t, p.Command("account", "import", "--from", "msmtp"))
	answers(x,
		"Write account no? (y/n):", "n",
		"Write account left? (y/n):", "y",
		".msmtprc:11.", "1",
		"Write account copied? (y/n):", "yes",
		".msmtprc:18.", "2",
		"New file for it [", kept,
	)
	x.See("account copied stands in")
	if err := x.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, x.Screen())
	}
	const want = `default = "copied"

[[account]]
name = "left"
from = "ada@left.example"

[account.smtp]
host = "smtp.left.example"
port = 25
security = "starttls"
username = "ada"
secret = { file = "HOME/config/sendoff/left.secret" }

[[account]]
name = "copied"
from = "ada@copied.example"

[account.smtp]
host = "smtp.copied.example"
port = 25
security = "starttls"
username = "ada"
secret = { file = "HOME/copied.pw" }
`
	if got := strings.ReplaceAll(read(t, filepath.Join(p.Home, "config/sendoff/accounts.toml")), p.Home, "HOME"); got != want {
		t.Errorf("accounts.toml is\n%s", got)
	}
	if got := read(t, kept); got != importedPassword+"\n" {
		t.Errorf("kept is %q", got)
	}
	if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := os.Stat(filepath.Join(p.Home, "config/sendoff/left.secret")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a password that was to be left was copied (%v)", err)
	}
	noPassword(t, p, x.Screen(), ".msmtprc", "copied.pw")
}

// ctrl+c at a question leaves what was written before, and says so.
func TestBuilt_AccountImportCanBeLeftHalfway(t *testing.T) {
	p := clitest.Install(t)
	writeHome(t, p, ".msmtprc", "defaults\ntls on\naccount a\nhost smtp.a.example\nfrom ada@a.example\naccount b\nhost smtp.b.example\nfrom ada@b.example\n")
	x := atTerminal(t, p.Command("account", "import", "--from", "msmtp"))
	answers(x, "Write account a? (y/n):", "y")
	x.See("Write account b? (y/n):")
	x.Raw("\x03")
	x.See("the accounts before stand there, this one does not")
	if err := x.Wait(); err == nil {
		t.Error("it ended well")
	}
	if got := p.Must("", "account", "list"); !strings.Contains(got, "smtp.a.example") || strings.Contains(got, "smtp.b.example") {
		t.Errorf("the accounts are\n%s", got)
	}
}

// Nothing that the program writes or prints holds a password, in whatever form,
// and an imported account delivers.
func TestBuilt_AnImportedAccountDelivers(t *testing.T) {
	p := clitest.Install(t)
	maildir := t.TempDir()
	host, port, _ := strings.Cut(startSandbox(t, maildir).Addr(), ":")
	writeHome(t, p, ".muttrc", "set from=\"Ada Example <ada@example.org>\"\nset smtp_url=smtp://"+host+":"+port+"/ ssl_starttls=no ssl_force_tls=no\n"+
		"set smtp_pass="+importedPassword+"\nfolder-hook x 'set smtp_url=smtps://ada:"+importedPassword+"@smtp.x.example from=ada@x.example'\n")
	r := p.Run("", "account", "import", "--yes", "--json")
	if r.Code != 0 || !strings.Contains(r.Out, `"state": "written"`) {
		t.Fatalf("exit %d\n%s\n%s", r.Code, r.Out, r.Err)
	}
	p.Must("hello\n", "send", "-a", "example", "--to", "ana@example.org")
	p.Must("", "flush")
	if arrived := clitest.Copies(t, maildir); len(arrived) != 1 {
		t.Errorf("%d messages arrived", len(arrived))
	}
	noPassword(t, p, r.Out+r.Err, ".muttrc")
}

func writeHome(t *testing.T, p *clitest.Program, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.Home, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// noPassword looks for the password in what was shown and in all files of the
// home but some.
func noPassword(t *testing.T, p *clitest.Program, shown string, but ...string) {
	t.Helper()
	held := func(text string) bool {
		return strings.Contains(text, importedPassword) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(importedPassword)))
	}
	if held(shown) {
		t.Errorf("the password is shown:\n%s", shown)
	}
	looked := 0
	err := filepath.WalkDir(p.Home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		for _, name := range but {
			if path == filepath.Join(p.Home, name) {
				return nil
			}
		}
		looked++
		if held(read(t, path)) {
			t.Errorf("the password stands in %s", path)
		}
		return nil
	})
	if err != nil || looked == 0 {
		t.Errorf("%d files, %v", looked, err)
	}
}
