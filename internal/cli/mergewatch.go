package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// watchJSON is how far a campaign is, one line of merge watch --json: what merge status
// --json has, and when that was.
type watchJSON struct {
	At *time.Time `json:"at"`
	campaignJSON
}

func (p *program) mergeWatchCommand() *cobra.Command {
	var asJSON bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "watch CAMPAIGN",
		Short: "Tell how far a campaign is whenever that changes, until it is over",
		Long: "Writes a line at once, and whenever something has changed, at most once a second. It sends nothing itself. It ends when nothing of the campaign is left to send.\n\n" +
			"Exits 76 if something of it is in doubt then, 69 if something failed, else 0; 75 if --timeout has ended it before.",
		Example: "sendoff merge watch letter\nsendoff merge watch letter --json | while read -r line; do …; done",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withStarted(cmd.Context(), args, func(b *outbox.Outbox, c outbox.Campaign, where places) error {
				return p.mergeWatch(cmd.Context(), b, c, where, timeout, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "a JSON object a line, as that of merge status")
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "stop after this long, such as 5m")
	return cmd
}

func (p *program) mergeWatch(ctx context.Context, b *outbox.Outbox, c outbox.Campaign, where places, timeout time.Duration, asJSON bool) error {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	policies, over := policiesOf(where), false
	look := func() (j campaignJSON, last bool, err error) {
		if c, err = b.CampaignByID(ctx, c.ID); err != nil {
			return j, false, err
		}
		over = c.State == outbox.CampaignDone || c.State == outbox.CampaignCancelled && c.Counts.Open() == 0
		j, err = p.statusOf(ctx, b, c, policies, time.Now())
		return j, over, err
	}
	write := func(j campaignJSON) error {
		now := time.Now()
		if asJSON {
			return writeLine(p.Out, watchJSON{timeJSON(now), j})
		}
		_, err := fmt.Fprintln(p.Out, watchWords(j, now))
		return err
	}
	err := follow(ctx, b.Watch(ctx), nil, look, write)
	switch {
	case err != nil:
		return err
	case !over:
		return byOutcome(exitTryLater)
	case c.Counts.Uncertain > 0:
		return byOutcome(exitUncertain)
	case c.Counts.Failed > 0:
		return byOutcome(exitRefused)
	}
	return nil
}

// watchWords are a line for a person.
func watchWords(j campaignJSON, now time.Time) string {
	n := j.Counts
	text := fmt.Sprintf("%s  %s: %d of %d sent", now.Format(time.TimeOnly), j.State, n.Sent, outbox.CampaignCounts(n).Letters())
	for _, c := range []struct {
		n     int
		words string
	}{{n.Failed, "failed"}, {n.Uncertain, "in doubt"}, {n.Cancelled, "cancelled"}, {j.PerMinute, "in the last minute"}} {
		if c.n > 0 {
			text += fmt.Sprintf(", %d %s", c.n, c.words)
		}
	}
	if j.Waits != "" {
		return text + "; it waits: " + cleantext.Line(j.Waits)
	}
	if j.Forecast != "" {
		text += "; left: " + cleantext.Line(j.Forecast)
	}
	return text
}
