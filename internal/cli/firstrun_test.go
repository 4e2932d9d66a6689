package cli_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"sendoff/internal/clitest"
	"sendoff/internal/uitest"
)

// All ways to begin are a key away, and come back to the first screen.
func TestBuilt_TheFirstScreenLeadsToDemoAndImport(t *testing.T) {
	p := clitest.Install(t)
	cmd := p.Command()
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	msmtp := "account work\nhost smtp.example.org\nport 465\ntls on\ntls_starttls off\nauth on\nuser ada\nfrom ada@example.org\npasswordeval \"echo secret\"\n"
	if err := os.WriteFile(filepath.Join(p.Home, ".msmtprc"), []byte(msmtp), 0o600); err != nil {
		t.Fatal(err)
	}
	x := uitest.Start(t, 80, 24, cmd)
	x.See("No account is set up yet.")
	x.See("T  try the demo")
	x.Raw("T")
	x.See("A demo: nothing leaves.")
	x.Raw("q")
	x.See("Quit?")
	x.Raw("y")
	x.See("The demo is over; nothing of it is kept.")
	x.See("i  import accounts")
	x.Raw("i")
	x.See("Write account work?")
	x.Raw("\x03") // which the terminal sends to both: it is meant for the import
	x.See("Enter goes back to sendoff.")
	x.Raw("\x03")
	x.See("^C")
	x.Raw("\r")
	x.See("No account was taken over.")
	x.Raw("i")
	x.See("Write account work?")
	x.Raw("y\r")
	x.See("Number:") // where the password is to stay
	x.Raw("1\r")
	x.See("Enter goes back to sendoff.")
	x.Raw("\r")
	x.See("There is 1 account now")
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Fatal(err)
	}
}

// The system tells the first process of a terminal alone that it is gone. That has the demo
// end which it has begun.
func TestBuilt_TheDemoEndsWithItsTerminal(t *testing.T) {
	ordinary(t, syscall.SIGHUP)
	p := clitest.Install(t)
	cmd := p.Command()
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	x := uitest.Start(t, 80, 24, cmd)
	x.See("T  try the demo")
	x.Raw("T")
	x.See("A demo: nothing leaves.")
	x.HangUp()
	x.Wait() // whatever it says: nobody hears it
}

// What is learnt in the demo holds outside of it: it has the keys and filters of the
// settings, and none of the accounts.
func TestBuilt_TheDemoGoesByTheSettings(t *testing.T) {
	t.Parallel()
	p := clitest.Install(t)
	dir := filepath.Join(p.Home, "config", "sendoff")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	settings := "theme = \"light\"\n\n[keys]\n\"list.compose\" = \"w\"\n\n[filters]\nlate = \"state:waiting\"\n"
	for name, text := range map[string]string{"config.toml": settings, "accounts.toml": "this is no account\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := p.Command("demo")
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	x := uitest.Start(t, 80, 24, cmd)
	x.See("A demo: nothing leaves. w writes")
	x.See("w compose")
	x.See("work ")
	x.Raw("f")
	x.See("state:waiting")
	x.Raw("\x1b")
	x.See("w compose")
	x.Raw("q")
	x.See("Quit?")
	x.Raw("y")
	if err := x.Wait(); err != nil {
		t.Fatal(err)
	}
}
