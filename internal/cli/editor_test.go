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
	x.See("1 Drafts")
	x.Raw("q")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}
	check("an account in the interface")
}
