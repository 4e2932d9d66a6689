package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sendoff/outbox"
)

// campaignJSON is a campaign as scripts see it. Its names are a contract.
type campaignJSON struct {
	Name      string     `json:"name"`
	State     string     `json:"state"`
	Reason    string     `json:"reason"` // why it is paused
	Columns   []string   `json:"columns"`
	Accounts  []string   `json:"accounts"`
	Created   *time.Time `json:"created"`
	NotBefore *time.Time `json:"not_before"`
	Only      string     `json:"only"` // when its letters leave; "": at any time
	Begun     *time.Time `json:"begun"`
	Finished  *time.Time `json:"finished"`
	Counts    countsJSON `json:"counts"`

	PerMinute int        `json:"per_minute"` // letters that came to their end in the last minute
	Done      *time.Time `json:"done"`       // when all will have gone, by the limits of the accounts
	Forecast  string     `json:"forecast"`   // the same in words
	Waits     string     `json:"waits"`      // why nothing goes now; "": something may
	Until     *time.Time `json:"waits_until"`

	sender    outbox.SenderState // of this campaign or of anything
	sendsHint string             // what gets it going that no process sends; "": one does
}

// countsJSON are the rows of a campaign; they add up to rows.
type countsJSON struct {
	Rows      int `json:"rows"`
	Ready     int `json:"ready"`
	Waiting   int `json:"waiting"`
	Sending   int `json:"sending"`
	Sent      int `json:"sent"`
	Failed    int `json:"failed"`
	Uncertain int `json:"uncertain"`
	Skipped   int `json:"skipped"`
	Cancelled int `json:"cancelled"`
}

func (p *program) mergeListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show the campaigns, the newest first",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			return withOutbox(ctx, func(b *outbox.Outbox, where places) error {
				all, err := b.Campaigns(ctx)
				if err != nil {
					return err
				}
				if !asJSON {
					return printCampaigns(p.Out, all)
				}
				list := []campaignJSON{}
				for _, c := range all {
					j, err := p.statusOf(ctx, b, c, policiesOf(where), time.Now())
					if err != nil {
						return err
					}
					list = append(list, j)
				}
				return writeJSON(p.Out, list)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "an array of campaigns")
	return cmd
}

// policiesOf are those of the accounts, as far as they can be read: a campaign can
// be looked at without.
func policiesOf(where places) []outbox.Policy {
	book, err := loadBook()
	if err != nil || book == nil {
		return nil
	}
	return fixedAccounts(book).policies()
}

func printCampaigns(out io.Writer, all []outbox.Campaign) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range all {
		n := c.Counts
		fmt.Fprintf(w, "%s\t%s\t%d of %d sent\t%s\t%s\n", c.Name, c.State, n.Sent, n.Letters(), c.Created.Local().Format("2006-01-02 15:04"), c.Reason)
	}
	return w.Flush()
}

func (p *program) mergeStatusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "status CAMPAIGN",
		Short:   "Tell how far a campaign is, when it will be done, and why it waits",
		Example: "sendoff merge status letter\nwatch sendoff merge status letter",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withStarted(cmd.Context(), args, func(b *outbox.Outbox, c outbox.Campaign, where places) error {
				j, err := p.statusOf(cmd.Context(), b, c, policiesOf(where), time.Now())
				switch {
				case err != nil:
					return err
				case asJSON:
					return writeJSON(p.Out, j)
				}
				return printStatus(p.Out, j, time.Now())
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as an object")
	return cmd
}

// withStarted finds the campaign that is named.
func (p *program) withStarted(ctx context.Context, args []string, use func(*outbox.Outbox, outbox.Campaign, places) error) error {
	if len(args) != 1 {
		return hinted{usagef("the name of a campaign is needed"), "sendoff merge list shows them"}
	}
	return withOutbox(ctx, func(b *outbox.Outbox, where places) error {
		c, err := b.Campaign(ctx, args[0])
		if err != nil {
			return err
		}
		return use(b, c, where)
	})
}

// statusOf is all that can be told of a campaign now.
func (p *program) statusOf(ctx context.Context, b *outbox.Outbox, c outbox.Campaign, policies []outbox.Policy, now time.Time) (campaignJSON, error) {
	sender := b.Sender()
	j := campaignJSON{
		Name: c.Name, State: c.State.String(), Reason: c.Reason, Columns: c.Columns, Accounts: c.Accounts, Created: timeJSON(c.Created),
		NotBefore: timeJSON(c.NotBefore), Only: c.Hours.String(), Begun: timeJSON(c.Begun), Finished: timeJSON(c.Finished), Counts: countsJSON(c.Counts),
		sender: sender.State,
	}
	o, err := b.Outlook(ctx, c, policies, now)
	if err != nil {
		return j, err
	}
	j.PerMinute, j.Done, j.Forecast, j.Waits, j.Until = o.PerMinute, timeJSON(o.Done), o.Forecast, o.Why(), timeJSON(o.Until)
	if o.Unsent != "" {
		j.sendsHint = sendsHint(sender)
	}
	return j, nil
}

// printStatus is the status for a person.
func printStatus(out io.Writer, j campaignJSON, now time.Time) error {
	var b strings.Builder
	n := j.Counts
	fmt.Fprintf(&b, "%s: %s, %d of %d sent\n", j.Name, j.State, n.Sent, outbox.CampaignCounts(n).Letters())
	wire := "on the wire"
	switch j.sender {
	case outbox.SenderGone:
		wire = "left by a sender that is gone; the next one takes them over"
	case outbox.SenderStill:
		wire = "on the wire of a sender that stands still"
	}
	for _, c := range []struct {
		n     int
		words string
	}{
		{n.Ready, "not begun"}, {n.Waiting, "waiting"}, {n.Sending, wire}, {n.Failed, "failed or bounced"},
		{n.Uncertain, "may have arrived, or not"}, {n.Skipped, "skipped"}, {n.Cancelled, "cancelled"},
	} {
		if c.n > 0 {
			fmt.Fprintf(&b, "  %d %s\n", c.n, c.words)
		}
	}
	if j.PerMinute > 0 {
		fmt.Fprintf(&b, "%d in the last minute\n", j.PerMinute)
	}
	if j.Forecast != "" {
		fmt.Fprintf(&b, "left: %s\n", j.Forecast)
	}
	if j.Finished != nil {
		fmt.Fprintf(&b, "finished %s\n", j.Finished.Local().Format("2006-01-02 15:04"))
	}
	if j.Waits != "" {
		fmt.Fprintf(&b, "it waits: %s\n", j.Waits)
	}
	for _, hint := range statusHints(j) {
		fmt.Fprintf(&b, "hint: %s\n", hint)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// statusHints say what can be done.
func statusHints(j campaignJSON) (all []string) {
	add := func(when bool, format string, args ...any) {
		if when {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	add(j.State == outbox.CampaignPaused.String(), "%s", hintPaused(j.Name))
	add(j.sendsHint != "", "%s", j.sendsHint)
	over := j.State == outbox.CampaignCancelled.String()
	add(j.Counts.Failed > 0 && over, "sendoff merge export %s --only-state failed,bounced,partial says which, and why", j.Name)
	add(j.Counts.Failed > 0 && !over, "sendoff merge export %s --only-state failed,bounced,partial says which, and why; sendoff merge retry %s tries them again", j.Name, j.Name)
	add(j.Counts.Uncertain > 0 && over, "sendoff merge resolve %s --mark-sent or --mark-failed settles what is in doubt", j.Name)
	add(j.Counts.Uncertain > 0 && !over, "sendoff merge resolve %s --mark-sent, --mark-failed or --resend settles what is in doubt", j.Name)
	return all
}

func hintPaused(name string) string {
	return fmt.Sprintf("sendoff merge resume %s goes on; sendoff merge cancel %s ends it", name, name)
}
