package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"sendoff/outbox"
)

func (p *program) mergePauseCommand() *cobra.Command {
	return p.campaignAction("pause CAMPAIGN", "Stop a campaign at once; what is on the wire is finished",
		func(cmd *cobra.Command, b *outbox.Outbox, c outbox.Campaign) error {
			return b.PauseCampaign(cmd.Context(), c.ID, "paused by hand")
		})
}

func (p *program) mergeResumeCommand() *cobra.Command {
	return p.campaignAction("resume CAMPAIGN", "Let a paused campaign go on",
		func(cmd *cobra.Command, b *outbox.Outbox, c outbox.Campaign) error {
			return b.ResumeCampaign(cmd.Context(), c.ID)
		})
}

func (p *program) mergeCancelCommand() *cobra.Command {
	return p.campaignAction("cancel CAMPAIGN", "End a campaign for good; what was sent stays sent",
		func(cmd *cobra.Command, b *outbox.Outbox, c outbox.Campaign) error {
			return b.CancelCampaign(cmd.Context(), c.ID)
		})
}

func (p *program) mergeDeleteCommand() *cobra.Command {
	sure := false
	cmd := &cobra.Command{
		Use:   "delete CAMPAIGN",
		Short: "Remove a campaign that is over, with its letters",
		Long: "Removes a campaign that is done or cancelled: its letters, its list and what became of each. Nothing brings that back; sendoff merge export writes it out before. " +
			"Who is suppressed or has unsubscribed stays so, and a new campaign goes on to be told for 30 days who had a letter of it.",
		Example: "sendoff merge export letter > letter.csv && sendoff merge delete letter --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withStarted(cmd.Context(), args, func(b *outbox.Outbox, c outbox.Campaign, _ places) error {
				if ok, err := p.agreesToDelete(cmd.Context(), c, sure); err != nil || !ok {
					return err
				}
				if err := b.DeleteCampaign(cmd.Context(), c.ID); err != nil {
					return err
				}
				fmt.Fprintf(p.Err, "sendoff: %s is deleted, with what was known of its %s\n", c.Name, plural(c.Counts.Rows, "row"))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&sure, "yes", false, "do not ask")
	return cmd
}

// agreesToDelete asks before what is known of a campaign is gone. One that is not over
// is nothing to ask about.
func (p *program) agreesToDelete(ctx context.Context, c outbox.Campaign, sure bool) (bool, error) {
	if sure || c.State != outbox.CampaignDone && c.State != outbox.CampaignCancelled {
		return true, nil
	}
	d := p.dialogue()
	if d == nil {
		return false, hinted{usagef("merge delete asks first, and there is nobody to ask"), "--yes deletes it without a question"}
	}
	return d.askYes(ctx, fmt.Sprintf("Delete %s with its %s? %d sent, %d failed, %d in doubt; nothing brings it back", c.Name, plural(c.Counts.Rows, "row"), c.Counts.Sent, c.Counts.Failed, c.Counts.Uncertain))
}

// campaignAction is a command that changes a campaign and says how it stands then.
func (p *program) campaignAction(use, short string, act func(*cobra.Command, *outbox.Outbox, outbox.Campaign) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withStarted(cmd.Context(), args, func(b *outbox.Outbox, c outbox.Campaign, _ places) error {
				if err := act(cmd, b, c); err != nil {
					return err
				}
				return p.sayCampaign(cmd, b, c)
			})
		},
	}
}

// sayCampaign says how a campaign stands now, if it is there still.
func (p *program) sayCampaign(cmd *cobra.Command, b *outbox.Outbox, c outbox.Campaign) error {
	c, err := b.CampaignByID(cmd.Context(), c.ID)
	if is(outbox.ErrNoCampaign)(err) {
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Err, "sendoff: %s is %s: %d sent, %d left\n", c.Name, c.State, c.Counts.Sent, c.Counts.Open())
	if s := b.Sender(); c.State == outbox.CampaignRunning && c.Counts.Open() > 0 && s.State != outbox.SenderMoves {
		fmt.Fprintln(p.Err, "hint:", sendsHint(s))
	}
	return nil
}

func (p *program) mergeRetryCommand() *cobra.Command {
	var classes []string
	var failed outbox.FailedRows
	cmd := &cobra.Command{
		Use:     "retry CAMPAIGN",
		Short:   "Send those again that failed or bounced, and nobody else",
		Long:    "What may have arrived is not among them: sendoff merge resolve settles that. An address that was suppressed meanwhile is left as it is.",
		Example: "sendoff merge retry letter\nsendoff merge retry letter --class policy --code 550",
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range classes {
				class, err := outbox.ParseClass(name)
				if err != nil {
					return hinted{usageError{err}, "--class is one of recipient, message, policy, temporary, network, protocol"}
				}
				failed.Classes = append(failed.Classes, class)
			}
			return p.withStarted(cmd.Context(), args, func(b *outbox.Outbox, c outbox.Campaign, _ places) error {
				again, err := b.RetryCampaign(cmd.Context(), c.ID, failed)
				if err != nil {
					return err
				}
				p.sayAgain(again)
				return p.sayCampaign(cmd, b, c)
			})
		},
	}
	cmd.Flags().StringArrayVar(&classes, "class", nil, "only those of this class: recipient, message, policy, temporary …; may be repeated")
	cmd.Flags().IntSliceVar(&failed.Codes, "code", nil, "only those with this answer of the server, as 550; may be repeated")
	cmd.Flags().BoolVar(&failed.AnyAge, "any-age", false, "also those that are over four days old, with their old date")
	return cmd
}

// sayAgain says how many letters go again, and which do not.
func (p *program) sayAgain(again outbox.Again) {
	fmt.Fprintf(p.Err, "sendoff: %s again\n", plural(again.Letters, "letter"))
	if again.Suppressed > 0 {
		p.say(fmt.Errorf("%s left as it is, to whom nothing must be written: the address is suppressed", plural(again.Suppressed, "letter")), "sendoff suppress list says why; sendoff suppress remove ADDRESS allows it again")
	}
	if again.Old > 0 {
		p.say(fmt.Errorf("%s over four days old, and left as they are", plural(again.Old, "letter")), "--any-age sends them with their old date; sendoff retry --redate ID sends one as a new message")
	}
}

func (p *program) mergeResolveCommand() *cobra.Command {
	var resend, markSent, markFailed bool
	var uncertain outbox.UncertainRows
	cmd := &cobra.Command{
		Use:   "resolve CAMPAIGN",
		Short: "Settle what may have arrived, or not",
		Long: "A letter is in doubt when its last byte had left and the server's answer was not seen, as when the machine stopped just then. It is never sent again by itself. " +
			"Of a cancelled campaign nothing is sent any more; --mark-sent and --mark-failed still say what became of it. " +
			"sendoff merge export CAMPAIGN --only-state uncertain says to whom that happened.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if chosen := slices.DeleteFunc([]bool{resend, markSent, markFailed}, func(is bool) bool { return !is }); len(chosen) != 1 {
				return hinted{usagef("one of --resend, --mark-sent and --mark-failed is needed"),
					"--resend may bring somebody a second copy; --mark-sent may leave somebody without one; --mark-failed leaves it to merge retry"}
			}
			return p.withStarted(cmd.Context(), args, func(b *outbox.Outbox, c outbox.Campaign, _ places) error {
				settle := b.MarkUncertainSent
				switch {
				case resend && c.State == outbox.CampaignCancelled:
					return hinted{outbox.ErrCampaignOver, "nothing of it is sent any more; --mark-sent or --mark-failed settles what is in doubt"}
				case resend:
					again, err := b.ResendUncertain(cmd.Context(), c.ID, uncertain)
					if err != nil {
						return err
					}
					p.sayAgain(again)
					return p.sayCampaign(cmd, b, c)
				case markFailed:
					settle = b.MarkUncertainFailed
				}
				n, err := settle(cmd.Context(), c.ID)
				if err != nil {
					return err
				}
				fmt.Fprintf(p.Err, "sendoff: %s settled\n", plural(n, "letter"))
				return p.sayCampaign(cmd, b, c)
			})
		},
	}
	cmd.Flags().BoolVar(&resend, "resend", false, "send them again")
	cmd.Flags().BoolVar(&uncertain.AnyAge, "any-age", false, "with --resend, also those that are over four days old, with their old date")
	cmd.Flags().BoolVar(&markSent, "mark-sent", false, "say that they arrived")
	cmd.Flags().BoolVar(&markFailed, "mark-failed", false, "say that they did not")
	return cmd
}
