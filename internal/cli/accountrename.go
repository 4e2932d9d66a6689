package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/outbox"
)

func (p *program) accountRenameCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rename OLD NEW",
		Short: "Give an account another name; its messages go along",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return hinted{usagef("two names are wanted, the old and the new one"), "sendoff account list shows the accounts"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changeAccounts(func(file *accounts.File, where places) error {
				if _, err := file.Account(args[0]); err != nil { // before there is an outbox for it
					return err
				}
				return withOutbox(cmd.Context(), func(b *outbox.Outbox, _ places) error {
					return renameAccount(cmd.Context(), b, file, where, args[0], args[1])
				})
			})
		},
	}
}

// renameAccount gives an account another name everywhere.
func renameAccount(ctx context.Context, b *outbox.Outbox, file *accounts.File, where places, old, name string) error {
	kept, err := belongingsOf(file, old, where)
	if err != nil {
		return err
	}
	if err := file.Rename(old, name); err != nil {
		return err
	}
	return kept.moveAnd(ctx, name, func() error { return renameIn(ctx, b, file, old, name) })
}

// renameIn writes the new name into the outbox and, in the same moment, into
// accounts.toml.
func renameIn(ctx context.Context, b *outbox.Outbox, file *accounts.File, old, name string) error {
	saved := false
	err := b.RenameAccount(ctx, old, name, func() error {
		err := file.Save()
		saved = err == nil
		return err
	})
	if err != nil && saved { // and the outbox has it under the old name
		err = errors.Join(err, putBack(file, old, name))
	}
	return err
}

// putBack undoes the renaming in the file.
func putBack(file *accounts.File, old, name string) error {
	if err := errors.Join(file.Rename(name, old), file.Save()); err != nil {
		return fmt.Errorf("accounts.toml says %s already: %w", name, err)
	}
	return nil
}
