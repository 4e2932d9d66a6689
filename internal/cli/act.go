package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/outbox"
)

type retryFlags struct {
	account                                      string
	allFailed, resendUncertain, markSent, anyAge bool
}

func (p *program) retryCommand() *cobra.Command {
	var f retryFlags
	cmd := &cobra.Command{
		Use:   "retry ID…",
		Short: "Make items due now: what waits, what failed, what was cancelled",
		Long: "Makes the open and failed recipients of items due now, and tries a stopped account once more. " +
			"An uncertain recipient may have the message already: it is sent again only with --resend-uncertain, and --mark-sent says that it arrived.",
		RunE: func(cmd *cobra.Command, args []string) error { return p.retry(cmd.Context(), f, args) },
	}
	cmd.Flags().StringVarP(&f.account, "account", "a", "", "send through this account from now on")
	cmd.Flags().BoolVar(&f.allFailed, "all-failed", false, "every item with a failed recipient")
	cmd.Flags().BoolVar(&f.resendUncertain, "resend-uncertain", false, "also what may have arrived")
	cmd.Flags().BoolVar(&f.markSent, "mark-sent", false, "do not send: the uncertain recipients have it")
	cmd.Flags().BoolVar(&f.anyAge, "any-age", false, "also what is over four days old, with its old date")
	cmd.MarkFlagsMutuallyExclusive("resend-uncertain", "mark-sent")
	cmd.MarkFlagsMutuallyExclusive("account", "mark-sent")
	return cmd
}

func (p *program) retry(ctx context.Context, f retryFlags, args []string) error {
	return withOutbox(ctx, func(b *outbox.Outbox, where places) error {
		ids, err := findAll(ctx, b, args)
		if err != nil {
			return err
		}
		if f.allFailed {
			failed, err := b.List(ctx, outbox.Query{States: []outbox.State{outbox.StateFailed, outbox.StatePartial}})
			if err != nil {
				return err
			}
			for _, item := range failed {
				ids = append(ids, item.ID)
			}
		} else if len(ids) == 0 {
			return hinted{usagef("no ID is given"), "name the items, or say --all-failed"}
		}
		retry := func(id outbox.ID) error {
			if f.markSent {
				return b.MarkSent(ctx, id)
			}
			if err := mayMove(ctx, b, where, id, f.account); err != nil {
				return err
			}
			return b.Retry(ctx, id, outbox.RetryOptions{Account: f.account, ResendUncertain: f.resendUncertain, AnyAge: f.anyAge})
		}
		if err := each(ids, retry); err != nil {
			return err
		}
		if len(ids) > 0 && !f.markSent && !b.SenderRunning() {
			return p.nobodySends(where)
		}
		return nil
	})
}

// mayMove refuses to move an item to an account that does not send as its From.
func mayMove(ctx context.Context, b *outbox.Outbox, where places, id outbox.ID, name string) error {
	if name == "" {
		return nil
	}
	book, err := accounts.Load(where.accounts)
	if err != nil {
		return err
	}
	account, err := book.Find(name)
	if err != nil {
		return err
	}
	item, err := b.Get(ctx, id)
	if err != nil {
		return err
	}
	if !account.Allows(item.From) {
		return hinted{usagef("account %s does not send as %s", account.Name, item.From), "the server would refuse it, or rewrite the address"}
	}
	return nil
}

func (p *program) holdCommand() *cobra.Command {
	return p.actCommand("hold ID…", "Keep items from being sent until release", (*outbox.Outbox).Hold)
}

func (p *program) releaseCommand() *cobra.Command {
	return p.actCommand("release ID…", "Let held or scheduled items go now", (*outbox.Outbox).Release)
}

func (p *program) cancelCommand() *cobra.Command {
	return p.actCommand("cancel ID…", "Stop what is still open of items; retry brings it back", (*outbox.Outbox).Cancel)
}

func (p *program) deleteCommand() *cobra.Command {
	return p.actCommand("delete ID…", "Remove items with all that is known of them", (*outbox.Outbox).Delete)
}

// actCommand is a command that does one thing to each item named.
func (p *program) actCommand(use, short string, act func(*outbox.Outbox, context.Context, outbox.ID) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return hinted{usagef("no ID is given"), "sendoff list shows the IDs"}
			}
			return withOutbox(cmd.Context(), func(b *outbox.Outbox, _ places) error {
				ids, err := findAll(cmd.Context(), b, args)
				if err != nil {
					return err
				}
				return each(ids, func(id outbox.ID) error { return act(b, cmd.Context(), id) })
			})
		},
	}
}

// findAll resolves every ID before anything is done to one of them.
func findAll(ctx context.Context, b *outbox.Outbox, args []string) ([]outbox.ID, error) {
	var ids []outbox.ID
	for _, text := range args {
		id, err := b.Find(ctx, text)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// each does something to every item; one that refuses does not stop the others.
func each(ids []outbox.ID, do func(outbox.ID) error) error {
	var failures []error
	for _, id := range ids {
		if err := do(id); err != nil {
			failures = append(failures, err)
		}
	}
	if len(failures) < 2 {
		return errors.Join(failures...)
	}
	return severalError(failures)
}

// severalError is more than one failure, on one line each.
type severalError []error

func (e severalError) Error() string {
	var lines []string
	for _, err := range e {
		lines = append(lines, err.Error())
	}
	return fmt.Sprintf("%d of them failed:\n  %s", len(e), strings.Join(lines, "\n  "))
}

func (e severalError) Unwrap() []error { return e }
