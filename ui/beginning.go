package ui

import (
	"context"
	"errors"
	"io"
	"os/exec"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// beginning is a way to begin: a key or a command, and what it does.
type beginning struct {
	what, how string
	action    string // of the key; "": it is a command
}

// waysToBegin are the actions by which a screen begins.
type waysToBegin struct{ add, taken, demo, compose string }

// beginKeys are their keys, as far as they lead somewhere now: none does once there is an
// account.
type beginKeys struct{ Add, Import, Demo, Compose key.Binding }

func (d *desk) beginKeys(by waysToBegin) beginKeys {
	none := len(d.accounts) == 0
	return beginKeys{
		Add:     when(none && d.options.Setup != nil, d.bound("add an account", by.add)),
		Import:  when(none && len(d.options.Import) > 0, d.bound("import accounts", by.taken)),
		Demo:    when(none && len(d.options.Demo) > 0, d.bound("try the demo", by.demo)),
		Compose: when(none, d.bound("compose", by.compose)),
	}
}

func (d *desk) beginnings(by waysToBegin) []beginning {
	file := d.options.AccountsFile
	if file == "" {
		file = "accounts.toml"
	}
	demo := beginning{what: "sendoff demo", how: "tries everything with a built-in server; nothing leaves this machine."}
	if len(d.options.Demo) > 0 {
		demo = beginning{d.keyed("{" + by.demo + "}  try the demo"), "It has a built-in server; nothing leaves this machine.", by.demo}
	}
	if d.options.Setup == nil {
		return []beginning{{what: clean(file), how: "is where an account is described; the README shows how, in five minutes."}, demo}
	}
	taken := beginning{what: "sendoff account import", how: "in the shell takes over those of msmtp, mutt, aerc, himalaya, git, Thunderbird."}
	if len(d.options.Import) > 0 {
		taken = beginning{d.keyed("{" + by.taken + "}  import accounts"), "Those of msmtp, mutt, aerc, himalaya, git, Thunderbird are shown, and each is asked about.", by.taken}
	}
	return []beginning{{d.keyed("{" + by.add + "}  add an account"), "Your address is enough to begin.", by.add}, taken, demo}
}

// runDemo has the demo run in the terminal. It is a process with an outbox of its own, so
// that nothing of it can get into this one.
func (d *desk) runDemo() tea.Cmd {
	return d.takeTurn(func() (editorTurn, error) {
		return editorTurn{command: commandOf(d.options.Demo), ours: true, closed: func(err error) tea.Cmd {
			if err != nil {
				return d.fail(err)
			}
			return d.say("The demo is over; nothing of it is kept.")
		}}, nil
	})
}

// runImport has the accounts of other mail programs taken over in the terminal, where
// each is shown and asked about. What it says stays until somebody has read it.
func (d *desk) runImport() tea.Cmd {
	return d.takeTurn(func() (editorTurn, error) {
		return editorTurn{command: commandOf(d.options.Import), ours: true, pause: true, closed: d.imported}, nil
	})
}

// imported looks for what was taken over. That the command ended with an error has been
// read where it ran.
func (d *desk) imported(err error) tea.Cmd {
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		return d.fail(err)
	}
	return d.do(func(context.Context) tea.Msg {
		all := d.options.setUp()
		say := "No account was taken over."
		if len(all) > 0 {
			say = "There " + accountsAre(len(all)) + d.keyed(" now; {list.accounts} shows what can be done with them.")
		}
		return accountsChanged{say: say, setUp: all}
	})
}

func accountsAre(n int) string {
	if n == 1 {
		return "is 1 account"
	}
	return "are " + number(n) + " accounts"
}

func commandOf(argv []string) *exec.Cmd { return exec.Command(argv[0], argv[1:]...) }

// pausedProcess is a process whose last words can be read: it has the terminal until
// enter is pressed.
type pausedProcess struct{ editorProcess }

func (p pausedProcess) Run() error {
	err := p.editorProcess.Run()
	if _, cannot := io.WriteString(p.Stdout, "\nEnter goes back to sendoff. "); cannot != nil {
		return err
	}
	for one := make([]byte, 1); one[0] != '\n' && one[0] != '\r'; {
		if n, ended := p.Stdin.Read(one); ended != nil || n == 0 {
			return err
		}
	}
	return err
}
