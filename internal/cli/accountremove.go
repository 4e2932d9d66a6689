package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/outbox"
)

func (p *program) accountRemoveCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove NAME",
		Short: "Take an account out of accounts.toml; its messages stay",
		Args:  nameOfOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.changeAccounts(func(file *accounts.File, where places) error {
				kept, err := belongingsOf(file, args[0], where)
				if err != nil {
					return err
				}
				return withOutbox(cmd.Context(), func(b *outbox.Outbox, _ places) error {
					return p.removeAccount(cmd.Context(), b, file, kept, yes)
				})
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask, even if messages of it wait")
	return cmd
}

// unsent are the states of a message that its account still has to send.
var unsent = []outbox.State{outbox.StateWaiting, outbox.StateScheduled, outbox.StateSending, outbox.StateHeld}

func (p *program) removeAccount(ctx context.Context, b *outbox.Outbox, file *accounts.File, kept belongings, yes bool) error {
	name := kept.account
	waiting, err := b.Count(ctx, outbox.Query{Account: name, States: unsent})
	if err != nil {
		return err
	}
	if waiting > 0 && !yes {
		sure, err := p.sureToRemove(ctx, name, waiting)
		if err != nil {
			return err
		}
		if !sure {
			fmt.Fprintln(p.Err, "sendoff: nothing was changed")
			return nil
		}
	}
	before := file.Book().Default
	if err := takeOut(file, name); err != nil {
		return err
	}
	if err := kept.forget(ctx); err != nil { // the account is gone all the same
		p.say(err, "")
	}
	if waiting > 0 {
		fmt.Fprintf(p.Err, "sendoff: %s; %s\n", stranger{name, waiting}, hintStranger)
	}
	if book := file.Book(); book != nil && book.Default != before {
		fmt.Fprintf(p.Err, "sendoff: %s is the default now\n", book.Default)
	}
	return nil
}

// takeOut removes an account from accounts.toml.
func takeOut(file *accounts.File, name string) error {
	if err := file.Remove(name); err != nil {
		return err
	}
	return file.Save()
}

func (p *program) sureToRemove(ctx context.Context, name string, waiting int) (bool, error) {
	d := p.dialogue()
	if d == nil {
		return false, hinted{usagef("account %s has %s still to send", name, messages(waiting)), "--yes removes it all the same: what waits stays, and " + hintStranger}
	}
	return d.askYes(ctx, fmt.Sprintf("Account %s has %s still to send. What waits stays, and can be moved to another account. Remove it?", name, messages(waiting)))
}

func messages(n int) string {
	if n == 1 {
		return "1 message"
	}
	return fmt.Sprintf("%d messages", n)
}
