package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/outbox"
)

type retryFlags struct {
	account                                                            string
	allFailed, resendUncertain, markSent, anyAge, redate, againstLimit bool
}

func (p *program) retryCommand() *cobra.Command {
	var f retryFlags
	cmd := &cobra.Command{
		Use:   "retry ID…",
		Short: "Make items due now: what waits, what failed, what was cancelled",
		Long: "Makes the open and failed recipients of items due now, and tries a stopped account once more. " +
			"An uncertain recipient may have the message already: it is sent again only with --resend-uncertain, and --mark-sent says that it arrived.",
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, pair := range [][]string{
				{"mark-sent", "resend-uncertain"}, {"mark-sent", "account"}, {"mark-sent", "any-age"}, {"mark-sent", "redate"}, {"mark-sent", "against-limit"},
				{"redate", "resend-uncertain"}, {"redate", "account"}, {"redate", "any-age"}, {"redate", "against-limit"},
			} {
				if err := atMostOne(cmd, pair...); err != nil {
					return err
				}
			}
			return p.retry(cmd.Context(), f, args)
		},
	}
	cmd.Flags().StringVarP(&f.account, "account", "a", "", "send through this account from now on")
	cmd.Flags().BoolVar(&f.allFailed, "all-failed", false, "every item with a failed recipient")
	cmd.Flags().BoolVar(&f.resendUncertain, "resend-uncertain", false, "also what may have arrived")
	cmd.Flags().BoolVar(&f.markSent, "mark-sent", false, "do not send: the uncertain recipients have it")
	cmd.Flags().BoolVar(&f.anyAge, "any-age", false, "also what is over four days old, with its old date")
	cmd.Flags().BoolVar(&f.redate, "redate", false, "send what nobody has as a new message, with the date of now; prints its ID")
	cmd.Flags().BoolVar(&f.againstLimit, "against-limit", false, "also when the account's quota for the day is used up")
	return cmd
}

func (p *program) retry(ctx context.Context, f retryFlags, args []string) error {
	if len(args) == 0 && !f.allFailed {
		return hinted{usagef("no ID is given"), "name the items, or say --all-failed"}
	}
	return withOutbox(ctx, func(b *outbox.Outbox, where places) error {
		settings, err := loadSettings(where)
		if err != nil {
			return err
		}
		ids, err := findAll(ctx, b, args)
		if err != nil {
			return err
		}
		if f.allFailed {
			if ids, err = addFailed(ctx, b, ids); err != nil {
				return err
			}
		}
		act, err := p.retryAction(ctx, b, f, where)
		if err != nil {
			return err
		}
		if err := each(ids, act); err != nil {
			return err
		}
		if len(ids) > 0 && !f.markSent {
			p.sayUnsent(b.Sender(), settings)
		}
		return nil
	})
}

// addFailed adds every item with a failed recipient to ids.
func addFailed(ctx context.Context, b *outbox.Outbox, ids []outbox.ID) ([]outbox.ID, error) {
	failed := outbox.Query{States: []outbox.State{outbox.StateFailed, outbox.StatePartial}}
	named := ids
	for item, err := range eachItem(ctx, b, failed, pageSize) {
		if err != nil {
			return nil, err
		}
		if !slices.Contains(named, item.ID) {
			ids = append(ids, item.ID)
		}
	}
	return ids, nil
}

// retryAction is what the flags want done to each item.
func (p *program) retryAction(ctx context.Context, b *outbox.Outbox, f retryFlags, where places) (func(outbox.ID) error, error) {
	switch {
	case f.markSent:
		return func(id outbox.ID) error { return b.MarkSent(ctx, id) }, nil
	case f.redate:
		return func(id outbox.ID) error {
			fresh, err := b.Redate(ctx, id)
			if err == nil {
				p.printID(fresh)
			}
			return err
		}, nil
	}
	options := outbox.RetryOptions{Account: f.account, ResendUncertain: f.resendUncertain, AnyAge: f.anyAge, AgainstLimit: f.againstLimit}
	retry := func(id outbox.ID) error {
		if err := b.Retry(ctx, id, options); err != nil {
			return err
		}
		if item, err := b.Get(ctx, id); err == nil { // else it is gone already
			p.sayHalted(item)
		}
		return nil
	}
	if f.account == "" {
		return retry, nil
	}
	book, err := accounts.Load(where.accounts)
	if err != nil {
		return nil, err
	}
	account, err := book.Find(f.account)
	if err != nil {
		return nil, err
	}
	return func(id outbox.ID) error {
		if err := mayMove(ctx, b, id, account); err != nil {
			return err
		}
		return retry(id)
	}, nil
}

// mayMove refuses to move an item to an account that does not send as its From.
func mayMove(ctx context.Context, b *outbox.Outbox, id outbox.ID, to accounts.Account) error {
	item, err := b.Get(ctx, id)
	if err != nil {
		return err
	}
	if !to.Allows(item.From) {
		return hinted{usagef("account %s does not send as %s", to.Name, item.From), "the server would refuse it, or rewrite the address"}
	}
	return nil
}
