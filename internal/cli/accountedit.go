package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/internal/config"
	"sendoff/ui"
)

func (p *program) accountEditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "edit NAME [flags]",
		Short: "Change the settings of an account, or open accounts.toml in the editor",
		Long: "With flags it changes those settings; an empty value takes a setting out. Without any it opens a copy of accounts.toml in your " +
			"editor, where the account begins, and puts it back when it is right. Comments stay.",
		Args: nameOfOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changeAccounts(func(file *accounts.File, where places) error {
				a, err := file.Account(args[0])
				if err != nil {
					return err
				}
				given, err := applyAccountFlags(cmd, &a)
				if err != nil {
					return err
				}
				if !given {
					return p.editAccounts(cmd.Context(), file, where, args[0])
				}
				if err := file.Set(args[0], a); err != nil {
					return err
				}
				return file.Save()
			})
		},
	}
	addAccountFlags(cmd)
	return cmd
}

// editAccounts has the person edit a copy, until it is right or given up.
func (p *program) editAccounts(ctx context.Context, file *accounts.File, where places, name string) error {
	d := p.dialogue()
	if d == nil || !isTerminal(p.Out) {
		return hinted{usagef("nothing is said to change"), "sendoff account edit --help lists the flags; the editor needs a terminal"}
	}
	settings, err := loadSettings(where)
	if err != nil {
		return err
	}
	line, err := file.Line(name)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sendoff-") // 0700
	if err != nil {
		return err
	}
	copied := filepath.Join(dir, "accounts.toml")
	if err := os.WriteFile(copied, file.Text(), 0o600); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	again, err := d.editUntilRight(ctx, file, copied, ui.EditorAt(settings.Editor, copied, line))
	if err == nil {
		err = file.Save()
	}
	if err != nil && again {
		return hinted{err, "accounts.toml is as it was; what you wrote is in " + copied}
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// editUntilRight runs the editor on a copy of file and gives that its text.
// written tells that there is something to keep where err is not nil.
func (d *dialogue) editUntilRight(ctx context.Context, file *accounts.File, copied string, argv []string) (written bool, err error) {
	for {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		if book := file.Book(); book != nil {
			cmd.Env = book.Environ() // a person edits where secrets are kept, not the secrets
		}
		cmd.Stdin, cmd.Stdout, cmd.Stderr = d.p.In, d.p.Out, d.p.Err
		if err := cmd.Run(); err != nil {
			return true, fmt.Errorf("run the editor: %w", err)
		}
		text, _, err := config.Read(copied)
		if err != nil {
			return true, err
		}
		if bytes.Equal(text, file.Text()) {
			fmt.Fprintln(d.p.Err, "sendoff: nothing was changed")
			return false, nil
		}
		wrong := file.Rewrite(text)
		if wrong == nil {
			return true, nil
		}
		_, hint := exitFor(wrong)
		d.p.say(wrong, hint)
		again, err := d.askYes(ctx, "Edit it again?")
		if err != nil || !again {
			return true, errors.Join(wrong, err)
		}
	}
}
