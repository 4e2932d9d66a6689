package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

type flushFlags struct {
	timeout time.Duration
	trace   bool
	json    bool
}

func (p *program) flushCommand() *cobra.Command {
	var f flushFlags
	cmd := &cobra.Command{
		Use:   "flush",
		Short: "Send once what is due, and tell what became of it",
		Long: "Makes one pass over what is due. What is put back to wait is not tried again in this run. If another process is the sender it is woken and waited for. " +
			"It does not look for bounces, which may take longer than the mail: sendoff bounce fetch does.\n\n" +
			"Of each campaign that has letters left it says what those wait for.\n\n" +
			"Exits 75 if something unheld and unscheduled still waits, so with a campaign that is not paused and whose time has come; else 69 if a recipient failed for good in this run, else 0. Uncertain ones are listed on standard error.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.flush(cmd.Context(), f) },
	}
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "stop after this long, such as 5m; what is on the wire is put back")
	traceFlag(cmd, &f.trace)
	cmd.Flags().BoolVar(&f.json, "json", false, "a JSON object a line whenever something has changed, and last the outcome")
	return cmd
}

func (p *program) flush(ctx context.Context, f flushFlags) error {
	if f.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.timeout)
		defer cancel()
	}
	return withEngine(ctx, func(b *outbox.Outbox, e *engine, _ places) error {
		if f.trace {
			p.trace(e)
		}
		late := context.WithoutCancel(ctx)             // what there is to tell is told after a ctrl+c, too
		began := time.Now().Truncate(time.Millisecond) // as times are kept
		o, err := p.followed(ctx, b, e, f.json)
		if err != nil {
			return err
		}
		scheduled := ""
		if o.Scheduled > 0 {
			scheduled = fmt.Sprintf(", %d scheduled", o.Scheduled)
		}
		fmt.Fprintf(p.Err, "sendoff: %d sent, %d failed, %d waiting, %d uncertain%s\n", o.Sent, o.Failed, o.Waiting+o.Paused, o.Uncertain, scheduled)
		if err := p.sayOutcome(late, b, o, began); err != nil {
			return err
		}
		parks, err := b.StandingParks(late, e.accounts.policies())
		if err != nil {
			return err
		}
		for _, park := range parks {
			p.sayPark(park)
			fmt.Fprintln(p.Err, "hint:", parkHint(park, e.accounts, "ID"))
		}
		if err := p.sayQuotas(late, b, e.accounts); err != nil {
			return err
		}
		if err := p.sayStrangers(late, b, e.accounts, ""); err != nil {
			return err
		}
		if err := p.sayCampaignsLeft(late, b, e.accounts.policies()); err != nil {
			return err
		}
		switch {
		case o.Waiting > 0:
			return byOutcome(exitTryLater)
		case o.Failed > 0:
			return byOutcome(exitRefused)
		}
		return nil
	})
}

// mostLooked is how many items that failed are looked at for their causes.
const mostLooked = 200

// sayOutcome tells why recipients failed in a pass, and what may have arrived.
func (p *program) sayOutcome(ctx context.Context, b *outbox.Outbox, o outbox.Outcome, began time.Time) error {
	failed := new(causes)
	looked := o.Refused[:min(len(o.Refused), mostLooked)]
	for _, id := range looked {
		item, err := b.Get(ctx, id)
		if err != nil {
			return err
		}
		for _, r := range item.Recipients {
			if r.State == outbox.RecipientFailed && !r.At.Before(began) {
				failed.add(item.Account, r)
			}
		}
	}
	p.sayCauses(failed, func(c *cause) string { return c.explained().Hint })
	if more := len(o.Refused) - len(looked); more > 0 {
		fmt.Fprintf(p.Err, "sendoff: that is what %d messages say; of %d more: sendoff list --state failed\n", len(looked), more)
	}
	if o.Unfit > 0 {
		p.say(fmt.Errorf("%s of campaigns cannot be made", plural(o.Unfit, "letter")), "sendoff merge export CAMPAIGN --only-state failed says why; sendoff merge retry CAMPAIGN tries them again")
	}
	for _, id := range o.Doubtful {
		fmt.Fprintf(p.Err, "sendoff: %s may have arrived, or not: sendoff show %s\n", id, id)
	}
	if len(o.Doubtful) > 0 {
		fmt.Fprintln(p.Err, "hint:", hintUncertain("ID"))
	}
	return nil
}

// sayQuotas says which accounts have reached a limit of their own, and until
// when.
func (p *program) sayQuotas(ctx context.Context, b *outbox.Outbox, source *accountSource) error {
	quotas, err := b.Quotas(ctx, source.policies())
	for _, q := range quotas {
		if q.Room > 0 {
			continue
		}
		until := ""
		if !q.From.IsZero() {
			until = "; it goes on at " + q.From.Local().Format(time.DateTime)
		}
		fmt.Fprintf(p.Err, "sendoff: account %s has reached its limit: %d recipients of %d in %s%s\n", q.Account, q.Used, q.Most, q.Window, until)
	}
	return err
}

// sayCampaignsLeft says of each campaign that has letters left what those wait for,
// and what lets them go.
func (p *program) sayCampaignsLeft(ctx context.Context, b *outbox.Outbox, policies []outbox.Policy) error {
	all, err := b.Campaigns(ctx)
	if err != nil {
		return err
	}
	unsent := false
	for _, c := range all {
		if c.Counts.Open() == 0 || c.State != outbox.CampaignRunning && c.State != outbox.CampaignPaused {
			continue
		}
		o, err := b.Outlook(ctx, c, policies, time.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(p.Err, "sendoff: campaign %s has %s left: %s\n", c.Name, plural(c.Counts.Open(), "letter"), cleantext.Line(orElse(o.Waits, "it goes on")))
		if c.State == outbox.CampaignPaused {
			fmt.Fprintln(p.Err, "hint:", hintPaused(c.Name))
		}
		unsent = unsent || o.Unsent != ""
	}
	if unsent {
		fmt.Fprintln(p.Err, "hint:", sendsHint(b.Sender()))
	}
	return nil
}

// followed is a pass that is followed on the terminal, or, as JSON, on standard output.
func (p *program) followed(ctx context.Context, b *outbox.Outbox, e *engine, asJSON bool) (o outbox.Outcome, err error) {
	if asJSON {
		p.sayStill(b.Sender())
		end, err := p.followPass(ctx, b, e.accounts.policies)
		if err != nil {
			return o, err
		}
		o, err = e.flush(ctx)
		return o, errors.Join(err, end(context.WithoutCancel(ctx), o))
	}
	stop := p.follow(ctx, b, e)
	defer stop()
	return e.flush(ctx)
}

// follow shows what goes on: how far it is, unless every line of it is shown. The
// function it returns ends that. Who would wait for a sender that stands still is told so.
func (p *program) follow(ctx context.Context, b *outbox.Outbox, e *engine) func() {
	p.sayStill(b.Sender())
	if e.sender.Trace == nil {
		return p.showLine(ctx, func() string { return orElse(progressLine(b.Progress()), stillLine(b.Sender())) })
	}
	if b.SenderRunning() {
		fmt.Fprintln(p.Err, "sendoff: another process is sending: there is nothing to trace here, but sendoff show ID --log has it afterwards")
	}
	return func() {}
}

// stillLine is what is waited for where a sender has come to stand still; "" otherwise.
func stillLine(s outbox.SenderSeen) string {
	if s.State != outbox.SenderStill {
		return ""
	}
	return s.Unsent()
}

// progressLine is what goes out, in at most a terminal's narrowest line.
func progressLine(all []outbox.Progress) string {
	if len(all) == 0 {
		return ""
	}
	first := all[0]
	line := fmt.Sprintf("%s: %s", first.Item, first.Step)
	if first.Done > 0 && first.Total > 0 {
		line += fmt.Sprintf(" %d %%", first.Done*100/first.Total)
	}
	if len(all) > 1 {
		line += fmt.Sprintf(" (+%d)", len(all)-1)
	}
	return line
}
