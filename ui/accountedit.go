package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
)

// accountEdit is a copy of accounts.toml while an editor has it. The file itself is
// replaced only by what is right.
type accountEdit struct {
	*desk
	file *accounts.File
	dir  string // private, holds the copy alone
	line int    // where the account begins

	environ []string // of the editor; nil: that of this process
}

func (e *accountEdit) path() string { return filepath.Join(e.dir, "accounts.toml") }

// editAccount opens accounts.toml in the editor where an account begins.
func (d *desk) editAccount(name string) tea.Cmd {
	return d.takeTurn(func() (editorTurn, error) {
		e, err := d.copyAccounts(name)
		if err != nil {
			return editorTurn{}, err
		}
		return editorTurn{command: e.command(), closed: e.take, dropped: e.forget}, nil
	})
}

func (d *desk) copyAccounts(name string) (*accountEdit, error) {
	file, err := accounts.OpenFile(d.options.AccountsFile)
	if err != nil {
		return nil, err
	}
	e := &accountEdit{desk: d, file: file}
	if e.line, err = file.Line(name); err != nil {
		return nil, err
	}
	if d.options.Environ != nil {
		e.environ = d.options.Environ()
	}
	if e.dir, err = os.MkdirTemp("", "sendoff-"); err != nil { // 0700
		return nil, err
	}
	if err := os.WriteFile(e.path(), file.Text(), 0o600); err != nil {
		return nil, errors.Join(err, os.RemoveAll(e.dir))
	}
	return e, nil
}

// command is the editor with the copy.
func (e *accountEdit) command() *exec.Cmd {
	argv := EditorAt(e.options.Editor, e.path(), e.line)
	command := exec.Command(argv[0], argv[1:]...)
	command.Env = e.environ
	return command
}

// again goes on with a copy that is not right yet.
func (e *accountEdit) again() tea.Cmd {
	return e.takeTurn(func() (editorTurn, error) {
		return editorTurn{command: e.command(), closed: e.take, dropped: e.leave}, nil
	})
}

// leave tells where the copy is, which stays.
func (e *accountEdit) leave() tea.Cmd {
	return e.desk.say("What you wrote is in " + clean(e.path()) + ".")
}

// take replaces accounts.toml by the copy, if that is right; else the person may go
// on with it.
func (e *accountEdit) take(editorErr error) tea.Cmd {
	changed := false
	return e.changeAccounts("", func(context.Context, string) error {
		if editorErr != nil {
			return fmt.Errorf("run the editor: %w", editorErr)
		}
		text, err := os.ReadFile(e.path())
		if err != nil {
			return err
		}
		if bytes.Equal(text, e.file.Text()) {
			return nil
		}
		changed = true
		if err := e.file.Rewrite(text); err != nil {
			return err
		}
		return e.file.Save()
	}, func(err error) tea.Cmd { return e.say(changed, err) })
}

// say tells what came of it. What was written is not lost where it is wrong, or
// where somebody else was faster.
func (e *accountEdit) say(changed bool, err error) tea.Cmd {
	switch {
	case err != nil && changed:
		e.ask("Edit it again?", "leave it", yes("edit", e.again))
		e.question.declined = e.leave
		return nil
	case err == nil && changed:
		return tea.Batch(e.desk.say("accounts.toml is changed."), e.forget())
	case err == nil:
		return tea.Batch(e.desk.say("Nothing was changed."), e.forget())
	}
	return e.forget()
}

// forget removes the copy: what it says is in place, or nothing new.
func (e *accountEdit) forget() tea.Cmd {
	return e.do(func(context.Context) tea.Msg {
		_ = os.RemoveAll(e.dir) // what stays of it is private
		return nil
	})
}
