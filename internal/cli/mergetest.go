package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/internal/campaign"
	"sendoff/outbox"
)

func (p *program) mergeTestCommand() *cobra.Command {
	var f mergeFlags
	var to string
	row := 0
	cmd := &cobra.Command{
		Use:   "test TEMPLATE LIST --row N --to ADDRESS",
		Short: "Queue the letter of one row to yourself, marked as a test",
		Long: "Queues the letter of one row, through the account that would send it, to an address of yours and to nobody else. Its subject begins with " +
			strings.TrimSpace(campaign.TestMark) + ". It prints the ID, as sendoff send does.",
		Example: "sendoff merge test letter.md people.csv --row 17 --to me@example.org && sendoff flush",
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("row") || to == "" {
				return hinted{usagef("--row and --to are needed"), "as in --row 1 --to me@example.org"}
			}
			return p.mergeTest(cmd.Context(), &f, row, to, args)
		},
	}
	f.flags(cmd)
	cmd.Flags().IntVar(&row, "row", 0, "which row, counted from 1 without the line that names the columns")
	cmd.Flags().StringVar(&to, "to", "", "who gets it instead of those that the row names")
	return cmd
}

func (p *program) mergeTest(ctx context.Context, f *mergeFlags, number int, to string, args []string) error {
	where, err := userPlaces()
	if err != nil {
		return err
	}
	settings, err := loadSettings(where)
	if err != nil {
		return err
	}
	book, err := accounts.Load(where.accounts)
	if err != nil {
		return err
	}
	return p.withCampaign(ctx, f, args, func(c *campaign.Campaign) error {
		if err := isRow(number); err != nil {
			return err
		}
		letter, err := c.Test(ctx, f.senders(book), number, to)
		if err != nil {
			return err
		}
		d := letter.Draft
		account, err := book.Find(d.Account)
		if err != nil {
			return err
		}
		p.sayLacks(args[0], letter.Lacks)
		unprotected, err := campaign.Bare(account)
		if err != nil {
			return err
		}
		p.sayUnprotected(unprotected)
		return p.queue(ctx, d, outbox.SubmitOptions{MaxSize: account.Limits.MaxSize}, where, settings)
	})
}
