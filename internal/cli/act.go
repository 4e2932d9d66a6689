package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/outbox"
)

func (p *program) holdCommand() *cobra.Command {
	return p.actCommand("hold ID…", "Keep items from being sent until release", (*outbox.Outbox).Hold)
}

func (p *program) deleteCommand() *cobra.Command {
	return p.actCommand("delete ID…", "Remove items with all that is known of them", (*outbox.Outbox).Delete)
}

func (p *program) releaseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "release ID…",
		Short: "Let held or scheduled items go now",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOutbox(cmd.Context(), func(b *outbox.Outbox, where places) error {
				settings, err := loadSettings(where)
				if err != nil {
					return err
				}
				if err := actOnAll(cmd.Context(), b, args, p.release); err != nil {
					return err
				}
				p.sayUnsent(b.Sender(), settings)
				return nil
			})
		},
	}
}

// release lets one item go, and says if its campaign holds it.
func (p *program) release(b *outbox.Outbox, ctx context.Context, id outbox.ID) error {
	err := b.Release(ctx, id)
	if err != nil && !errors.Is(err, outbox.ErrCampaignHolds) {
		return err
	}
	item, wrong := b.Get(ctx, id)
	switch {
	case wrong != nil:
		return err
	case err != nil:
		return hinted{err, campaignHint(item.Campaign)}
	}
	p.sayHalted(item)
	return nil
}

// sayHalted says of an item that is to go that its campaign holds it.
func (p *program) sayHalted(i outbox.Item) {
	if i.Halted {
		p.say(fmt.Errorf("%s goes with campaign %s, which is paused or sends nothing at this hour", i.ID, i.Campaign), campaignHint(i.Campaign))
	}
}

// campaignHint is what to do about a campaign that holds its letters.
func campaignHint(name string) string {
	return fmt.Sprintf("sendoff merge status %[1]s tells why; sendoff merge resume %[1]s lets a paused one go on", name)
}

type action func(*outbox.Outbox, context.Context, outbox.ID) error

// actCommand is a command that does one thing to each item named.
func (p *program) actCommand(use, short string, act action) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOutbox(cmd.Context(), func(b *outbox.Outbox, _ places) error {
				return actOnAll(cmd.Context(), b, args, act)
			})
		},
	}
}

func actOnAll(ctx context.Context, b *outbox.Outbox, args []string, act action) error {
	ids, err := findNamed(ctx, b, args)
	if err != nil {
		return err
	}
	return each(ids, func(id outbox.ID) error { return act(b, ctx, id) })
}

// findNamed is findAll of at least one.
func findNamed(ctx context.Context, b *outbox.Outbox, args []string) ([]outbox.ID, error) {
	if len(args) == 0 {
		return nil, hinted{usagef("no ID is given"), "sendoff list shows the IDs"}
	}
	return findAll(ctx, b, args)
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
	return joined(failures)
}

// joined is one failure, or several on a line each; nil of none.
func joined(failures []error) error {
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
