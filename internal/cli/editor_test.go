package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
)

// The editor is a program of somebody else, with plugins and shells of its own: it
// has nothing to do with the variables in which accounts have secrets.
func TestBuilt_TheEditorDoesNotSeeSecretsOfTheEnvironment(t *testing.T) {
	const password = "correct-horse-battery"
	p := clitest.Install(t)
	p.WriteAccounts("[[account]]\nname = 'work'\nfrom = 'ada@example.org'\n" +
		"[account.smtp]\nhost = '127.0.0.1'\nport = 9\nsecurity = 'none'\nusername = 'ada'\nsecret = { env = 'ADAS_PASSWORD' }\n" +
		"proxy = 'socks5://ada@127.0.0.1:9'\nproxy_secret = { env = 'PROXY_PASSWORD' }\n")
	p.Env = []string{"ADAS_PASSWORD=" + password, "PROXY_PASSWORD=" + password, "ADAS_SHELF=books"}
	seen := filepath.Join(t.TempDir(), "seen")
	editor := filepath.Join(t.TempDir(), "editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\nenv >'"+seen+"'\ncase $1 in */message.txt) echo all of it >\"$1\"; esac\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	check := func(what string) {
		t.Helper()
		got := read(t, seen)
		if strings.Contains(got, password) || strings.Contains(got, "PASSWORD") || !strings.Contains(got, "ADAS_SHELF=books\n") || !strings.Contains(got, "HOME="+p.Home+"\n") {
			t.Errorf("%s: the editor saw\n%s", what, got)
		}
		if err := os.Remove(seen); err != nil {
			t.Error(err)
		}
	}

	x := atTerminal(t, p.Command("account", "edit", "work"), "VISUAL="+editor)
	x.See("nothing was changed")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
	check("account edit")

	x = atTerminal(t, p.Command("compose", "ana@example.org"), "VISUAL="+editor)
	x.See("New message")
	x.Raw("\x05") // ctrl+e
	x.See("all of it")
	x.Raw("\x1b")
	x.See("Kept as a draft.")
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
	check("the composer")

	x = atTerminal(t, p.Command(), "VISUAL="+editor)
	x.See("work ")
	x.Raw("A")
	x.See("▌work")
	x.Raw("e")
	x.See("Nothing was changed.")
	x.Raw("\x1b")
	x.See("Drafts")
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
	check("an account in the interface")
}

// Nor has the program that looks up addresses.
func TestBuilt_TheAddressBookIsAskedWithoutSecrets(t *testing.T) {
	const password = "correct-horse-battery"
	p := clitest.Install(t)
	p.WriteAccounts("[[account]]\nname = 'work'\nfrom = 'ada@example.org'\n" +
		"[account.smtp]\nhost = '127.0.0.1'\nport = 9\nsecurity = 'none'\nusername = 'ada'\nsecret = { env = 'ADAS_PASSWORD' }\n")
	p.Env = []string{"ADAS_PASSWORD=" + password, "ADAS_SHELF=books"}
	seen := filepath.Join(t.TempDir(), "seen")
	look := filepath.Join(t.TempDir(), "look")
	script := "#!/bin/sh\nenv >'" + seen + "'\nprintf '%s.lee@example.org\\tKim Lee\\tfriends\\n' \"$2\"\n"
	if err := os.WriteFile(look, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	settings := "address_book_command = ['" + look + "', '-q', '%s']\naddress_groups = '" + p.Home + "/groups'\n"
	for path, text := range map[string]string{"config/sendoff/config.toml": settings, "groups": "team: ana@example.org, bo@example.org\n"} {
		if err := os.WriteFile(filepath.Join(p.Home, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	x := atTerminal(t, p.Command())
	x.See("Nothing is on its way")
	x.Raw("mkim")
	x.See("kim.lee@example.org")
	x.Raw("\t")
	x.See("Kim Lee <kim.lee@example.org>")
	x.Raw(", tea")
	x.See("group of 2")
	x.Raw("\t")
	x.See("Kim Lee <kim.lee@example.org>, ana@example.org, bo@example.org")
	x.Raw("\x03")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
	got := read(t, seen)
	if strings.Contains(got, password) || !strings.Contains(got, "ADAS_SHELF=books\n") {
		t.Errorf("the program saw\n%s", got)
	}
	if to := p.Must("", "list", "--state", "draft", "--json"); !strings.Contains(to, "kim.lee@example.org") {
		t.Errorf("the draft is %s", to)
	}
}
