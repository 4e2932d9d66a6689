package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/config"
	"sendoff/internal/review"
	"sendoff/outbox"
)

// errSecondLook ends a command whose message needs one: nothing is queued.
var errSecondLook = errors.New("nothing is queued: the message needs a second look")

// checksOf are the programs of the settings that look at messages.
func checksOf(settings config.Settings) (all []review.Check) {
	for _, c := range settings.Checks {
		all = append(all, review.Check{Name: c.Name, Argv: c.Command})
	}
	return all
}

// secondLook says what the review says of a message, to a person at a terminal or to
// who has asked: a script is not to be told every night what it does. With --check the
// programs of the settings look too, and anything from a warning on is an error.
func (p *program) secondLook(ctx context.Context, f *sendFlags, d compose.Draft, leaves time.Time, where places, settings config.Settings) error {
	if !f.look && (f.dryRun || !isTerminal(p.Err)) {
		return nil
	}
	book, err := accounts.Load(where.accounts)
	if err != nil {
		return err
	}
	now := time.Now()
	d = d.With(habits(settings), now)
	outline, problems := d.Outline()
	if len(problems) > 0 {
		return nil // what comes next says it
	}
	var facts review.Facts
	err = withBriefOutbox(ctx, where, habits(settings), func(b *outbox.Outbox) (err error) {
		facts, err = review.Gather(ctx, b, book.Accounts, d, now)
		return err
	})
	switch {
	case err != nil && !f.look:
		return nil // a warning that cannot be worked out stops nothing
	case err != nil:
		return err
	}
	facts.Size, facts.Leaves = outline.Size, leaves
	if !f.look {
		facts.Stopped = nil // once it is queued, it is said of each what can be done
		p.sayConcerns(review.Look(d, facts), review.Warning)
		return nil
	}
	all := review.Sort(append(review.Look(d, facts), p.runChecks(ctx, settings, book, d, now)...))
	p.sayConcerns(all, review.Note)
	if worst, found := review.Worst(all); found && worst > review.Note {
		return hinted{errSecondLook, "without --check it is queued as it is"}
	}
	return nil
}

// sayConcerns says those that are at least as grave as one.
func (p *program) sayConcerns(all []review.Finding, least review.Severity) {
	for _, finding := range all {
		if finding.Severity >= least {
			fmt.Fprintf(p.Err, "sendoff: %s: %s\n", severityWord(finding.Severity), finding.Text)
		}
	}
}

// runChecks has the programs of the settings look at a message.
func (p *program) runChecks(ctx context.Context, settings config.Settings, book *accounts.Book, d compose.Draft, now time.Time) (all []review.Finding) {
	d.Protection = compose.Unprotected // as it is before gpg has it
	write := func(w io.Writer) error {
		stamp, err := compose.NewStamp(d.From, now)
		if err == nil {
			_, err = compose.Build(w, d, stamp)
		}
		return err
	}
	for _, check := range checksOf(settings) {
		check.Environ = book.Environ
		all = append(all, check.Run(ctx, write)...)
	}
	return all
}

// severityWord is how a finding is announced.
func severityWord(s review.Severity) string {
	if s == review.Note {
		return "note"
	}
	return "warning"
}
