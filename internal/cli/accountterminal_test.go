package cli_test

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
	"sendoff/internal/sandbox"
	"sendoff/internal/uitest"
)

// atTerminal runs the program where it can ask.
func atTerminal(t *testing.T, cmd *exec.Cmd, env ...string) *uitest.Term {
	t.Helper()
	cmd.Env = append(append(cmd.Env, "TERM=xterm-256color"), env...)
	return uitest.Start(t, 80, 24, cmd)
}

// answers types an answer to each question in turn.
func answers(x *uitest.Term, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		x.See(pairs[i])
		x.Raw(pairs[i+1] + "\r")
	}
}

func TestBuilt_AccountAddAsksForWhatIsMissing(t *testing.T) {
	const password = "correct-horse-battery"
	p := clitest.Install(t)
	x := atTerminal(t, p.Command("account", "add", "ada"))
	x.See(`"ada" is not an address with a domain`)
	if err := x.Wait(); err == nil {
		t.Error("half an address was taken")
	}

	kept := filepath.Join(p.Home, "ada.secret")
	x = atTerminal(t, p.Command("account", "add", "--offline", "--per-day", "500"))
	answers(x,
		"Your address:", "ada@",
		"write it as ada@example.org", "ada@example.org",
		"Your name", "Ada Ünal",
		"Nothing was found.\nServer that takes your mail", "smtp.example.org",
		"starttls or none [tls]:", "",
		"Port [465]:", "",
		"A name for the account, for you alone [example]:", "work",
		"User name for the login [ada@example.org]:", "",
		"Number:", "9",
		`"9" is none of them`, "4",
		"Password (it is not shown):", password, // before anything that is shown
		"The same once more:", "a slip",
		"the two are not the same\nPassword (it is not shown):", password,
		"The same once more:", password,
		"New file for it [", kept,
	)
	x.See("account work stands in")
	answers(x, "Prove it now? Nothing is sent (y/n) [y]:", "n")
	x.See("hint: sendoff account check work tries it")
	if err := x.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, x.Screen())
	}
	if strings.Contains(x.Screen(), password) {
		t.Errorf("the password is on the screen:\n%s", x.Screen())
	}
	const want = `default = "work"

[[account]]
name = "work"
from = "Ada Ünal <ada@example.org>"

[account.smtp]
host = "smtp.example.org"
security = "tls"
username = "ada@example.org"
secret = { file = "KEPT" }

[account.limits]
per_day = 500
`
	if got := read(t, filepath.Join(p.Home, "config/sendoff/accounts.toml")); got != strings.Replace(want, "KEPT", kept, 1) {
		t.Errorf("accounts.toml is\n%s", got)
	}
	if got := read(t, kept); got != password+"\n" {
		t.Errorf("kept is %q", got)
	}
	if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}

	x = atTerminal(t, p.Command("account", "secret", "work"))
	answers(x, "Number:", "1", "Command", "pass 'x", "has a quote that does not end", "pass show 'mail/my work'")
	if err := x.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, x.Screen())
	}
	if got := read(t, filepath.Join(p.Home, "config/sendoff/accounts.toml")); !strings.Contains(got, `secret = { command = ["pass", "show", "mail/my work"] }`) {
		t.Errorf("accounts.toml is\n%s", got)
	}
}

// Who gives up has changed nothing, and has a terminal that shows what is typed.
func TestBuilt_AccountAddCanBeGivenUp(t *testing.T) {
	p := clitest.Install(t)
	accounts := filepath.Join(p.Home, "config/sendoff/accounts.toml")
	for name, end := range map[string]string{"ctrl+d": "\x04", "ctrl+c": "\x03"} {
		t.Run(name, func(t *testing.T) {
			// The shell lives on at the same terminal and echoes what it is told.
			cmd := p.Command()
			shell := exec.Command("sh", "-c", `trap : INT; "$0" account secret work; echo "exit $?"; read line; echo "read $line"`, p.Path)
			shell.Env, shell.Dir = cmd.Env, cmd.Dir
			p.WriteAccounts("[[account]]\nname = 'work'\nfrom = 'ada@example.org'\nsmtp.host = 'h'\nsmtp.username = 'ada'\nsmtp.secret.env = 'X'\n")
			before := read(t, accounts)
			x := atTerminal(t, shell)
			answers(x, "Number:", "4")
			x.See("Password (it is not shown):")
			x.Raw(end)
			x.See("nothing was changed")
			x.See("exit ")
			x.Raw("seen\r")
			x.Until("an echo", func(screen string) bool { return strings.Count(screen, "seen") == 2 })
			if err := x.Wait(); err != nil {
				t.Error(err)
			}
			if got := read(t, accounts); got != before {
				t.Errorf("accounts.toml is\n%s", got)
			}
			if kept, err := filepath.Glob(filepath.Join(p.Home, "config/sendoff/*.secret")); err != nil || len(kept) > 0 {
				t.Errorf("a secret was kept: %v, %v", kept, err)
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// filesWith are the files below a directory in which a text stands.
func filesWith(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && strings.Contains(read(t, path), text) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestBuilt_AccountEditAsksAgainUntilItIsRight(t *testing.T) {
	p := clitest.Install(t)
	const before = "# mine\n[[account]]\nname = 'home'\nfrom = 'ada@example.net'\nsmtp.host = 'h'\n\n[[account]]\nname = 'work'\nfrom = 'ada@example.org'\nsmtp.host = 'h'\n"
	path := filepath.Join(p.Home, "config/sendoff/accounts.toml")
	editor := func(script string) string {
		file := filepath.Join(t.TempDir(), "vi")
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
		return "VISUAL=" + file
	}
	edit := func(script string) *uitest.Term {
		p.WriteAccounts(before)
		return atTerminal(t, p.Command("account", "edit", "work"), editor(script))
	}

	x := edit(`echo "line $1"; case $(cat "$2") in *hosst*) sed -i s/hosst/host/ "$2";; *) sed -i s/host/hosst/ "$2";; esac`)
	x.See("line +7")
	answers(x, "Edit it again? (y/n)", "y")
	if err := x.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, x.Screen())
	}
	for _, text := range []string{path + ":5:", "account.smtp.hosst: unknown key", `did you mean "host"?`} {
		if !strings.Contains(strings.ReplaceAll(x.Screen(), "\n", ""), text) {
			t.Errorf("no %q in\n%s", text, x.Screen())
		}
	}
	if got := read(t, path); got != before {
		t.Errorf("accounts.toml is\n%s", got)
	}

	x = edit(`sed -i "s/'h'/'smtp.example.org'/" "$2"`)
	if err := x.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, x.Screen())
	}
	if got := read(t, path); got != strings.ReplaceAll(before, "'h'", "'smtp.example.org'") {
		t.Errorf("accounts.toml is\n%s", got)
	}

	x = edit(`exit 0`)
	x.See("nothing was changed")
	if err := x.Wait(); err != nil {
		t.Error(err)
	}

	// What was written is not lost when it is given up, or somebody was faster.
	for name, script := range map[string]string{
		"unknown key":                            `echo "port = 'x'" >> "$2"`,
		"was changed by somebody else meanwhile": `echo "# by hand" >> "$2"; echo "# and there" >> ` + path,
	} {
		x = edit(script)
		if strings.HasPrefix(name, "unknown") {
			answers(x, "Edit it again? (y/n)", "n")
		}
		x.See("what you wrote is in")
		if err := x.Wait(); err == nil {
			t.Errorf("%s: it ended well", name)
		}
		_, kept, _ := strings.Cut(strings.ReplaceAll(strings.ReplaceAll(x.Screen(), "is in\n", "is in "), "\n", ""), "what you wrote is in ")
		if got := read(t, kept); !strings.HasPrefix(got, before) || got == before {
			t.Errorf("%s: kept is\n%s", name, got)
		}
		os.RemoveAll(filepath.Dir(kept))
	}
}

func TestBuilt_AccountRemoveAsksWhileMessagesWait(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:1")
	path := filepath.Join(p.Home, "config/sendoff/accounts.toml")
	before := read(t, path)
	p.Must("hello", "send", "--hold", "--to", "ana@example.org")
	p.Must("hello", "send", "--to", "ana@example.org")

	x := atTerminal(t, p.Command("account", "remove", "work"))
	answers(x, "Account work has 2 messages still to send.", "n")
	x.See("nothing was changed")
	if err := x.Wait(); err != nil || read(t, path) != before {
		t.Errorf("%v\n%s", err, read(t, path))
	}
	x = atTerminal(t, p.Command("account", "remove", "work"))
	answers(x, "Remove it? (y/n)", "y")
	x.See("its 2 messages wait")
	if err := x.Wait(); err != nil || read(t, path) != "" {
		t.Errorf("%v\n%s", err, read(t, path))
	}
	if list := p.Must("", "list"); strings.Count(list, " work ") != 2 {
		t.Errorf("the messages are\n%s", list)
	}
}

// From an empty home to a delivered message, in the interface alone: an account by
// hand, its check with the password that was typed, and a letter.
func TestBuilt_TheWizardLeadsFromNothingToADeliveredMessage(t *testing.T) {
	const password = "correct-horse-battery"
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			server, err := sandbox.Start(sandbox.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			host, port, err := net.SplitHostPort(server.Addr())
			if err != nil {
				t.Fatal(err)
			}
			p := clitest.Install(t)
			cmd := p.Command()
			cmd.Env = append(cmd.Env, "TERM=xterm-256color")
			x := uitest.Start(t, size[0], size[1], cmd)
			x.See("No account is set up yet.")
			x.Raw("n")
			x.See("Your address")
			x.Raw("ada@example.org\rAda\x1bm") // alt+m: nobody is asked
			x.See("Servers by hand")
			x.Raw(host + "\r\x1b[D\r" + port + "\r")
			x.See("Login at")
			x.Raw("ada\r\r")
			x.See("It is not shown.")
			x.Raw("wrong" + ctrlS) // which the sandbox refuses
			x.See("✗ it does not work")
			x.See("login")
			x.Raw("\x1b")
			x.See("Login at")
			x.Raw("\x15" + password + ctrlS)
			x.See("✓ all is well, and saved")
			if strings.Contains(x.Screen(), password) {
				t.Errorf("the password is on the screen:\n%s", x.Screen())
			}
			x.Raw("m")
			x.See("New message")
			x.Raw("kim@example.com\tHello\tIt works.")
			x.See("It works.")
			x.Raw(ctrlS)
			x.See("y send")
			x.Raw("y")
			x.See("◷ undo")
			x.Raw("S") // now, and not when the undo window is over
			x.See("✓ sent")
			x.Raw("q")
			if err := x.Wait(); err != nil {
				t.Errorf("it ended with %v\n%s", err, x.Screen())
			}
			if got := server.Messages(); len(got) != 1 || !strings.Contains(string(got[0].Text), "It works.") {
				t.Errorf("delivered are %d", len(got))
			}
			if got := read(t, filepath.Join(p.Home, "config/sendoff/example.secret")); got != password+"\n" {
				t.Errorf("kept is %q", got)
			}
			if got := read(t, filepath.Join(p.Home, "config/sendoff/accounts.toml")); !strings.Contains(got, `name = "example"`) {
				t.Errorf("accounts.toml is\n%s", got)
			}
			if places := filesWith(t, p.Home, password); len(places) != 1 {
				t.Errorf("the password stands in %q", places)
			}
		})
	}
}

func TestBuilt_AccountAddProvesTheAccount(t *testing.T) {
	host, port, _ := strings.Cut(startSandbox(t, t.TempDir()).Addr(), ":")
	p := clitest.Install(t)
	x := atTerminal(t, p.Command("account", "add", "--offline", "--smtp-host", host, "--smtp-port", port, "--security", "none", "--auth", "none"))
	answers(x, "Your address:", "ada@example.org", "Your name", "", "A name for the account", "work", "Prove it now?", "")
	x.See("the server takes mail from ada@example.org")
	if err := x.Wait(); err != nil {
		t.Errorf("%v\n%s", err, x.Screen())
	}
}
