package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sendoff/outbox"
)

func (p *program) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel ID…",
		Short: "Stop what is still open of items, also while it is sent; retry brings it back",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withOutbox(cmd.Context(), func(b *outbox.Outbox, _ places) error {
				ids, err := findNamed(cmd.Context(), b, args)
				if err != nil {
					return err
				}
				return p.cancel(cmd.Context(), b, ids)
			})
		},
	}
}

// stopWithin is how long cancel waits for what comes of its wishes. A sender looks for such
// four times a second.
const stopWithin = 10 * time.Second

// cancel stops items: all are asked for before it waits for one of those that are being
// sent, since each goes on until then.
func (p *program) cancel(ctx context.Context, b *outbox.Outbox, ids []outbox.ID) error {
	var failures []error
	var asked []outbox.ID
	for _, id := range ids {
		switch err := b.Cancel(ctx, id); {
		case errors.Is(err, outbox.ErrStopping):
			asked = append(asked, id)
		case err != nil:
			failures = append(failures, err)
		}
	}
	return joined(append(failures, p.awaitStops(ctx, b, asked)...))
}

// awaitStops says what came of the wishes to stop what is being sent; the rest are errors.
func (p *program) awaitStops(ctx context.Context, b *outbox.Outbox, asked []outbox.ID) []error {
	left, failures := p.settleStops(ctx, b, asked, silentFor)
	for _, id := range left {
		fmt.Fprintf(p.Err, "sendoff: %s is being sent; its sender is asked to stop, and stays asked\n", id)
	}
	if s := b.Sender(); len(left) > 0 && s.State == outbox.SenderStill { // it hears nothing
		p.sayStill(s)
	} else {
		late, more := p.settleStops(ctx, b, left, stopWithin)
		left, failures = late, append(failures, more...)
	}
	for _, id := range left { // what comes of it is not known yet
		failures = append(failures, fmt.Errorf("cancel %s: %w", id, outbox.ErrStopping))
	}
	return failures
}

// settleStops waits so long for all of them together, and gives those of which nothing is
// known then, and what is wrong with others.
func (p *program) settleStops(ctx context.Context, b *outbox.Outbox, asked []outbox.ID, within time.Duration) (left []outbox.ID, failures []error) {
	ctx, stop := context.WithTimeout(ctx, within)
	defer stop()
	for n, came := range b.AwaitStops(ctx, asked...) {
		switch id := asked[n]; {
		case came == nil:
			fmt.Fprintf(p.Err, "sendoff: %s was being sent, and is stopped: the server did not get all of it\n", id)
		case errors.Is(came, context.DeadlineExceeded) || errors.Is(came, context.Canceled):
			left = append(left, id)
		default:
			failures = append(failures, came)
		}
	}
	return left, failures
}
