package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

type showFlags struct{ json, raw, log, plain bool }

func (p *program) showCommand() *cobra.Command {
	var f showFlags
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one item: who has it, who does not, and why",
		Args:  oneID,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(atMostOne(cmd, "json", "raw", "log"), atMostOne(cmd, "json", "raw", "plain")); err != nil {
				return err
			}
			return p.show(cmd.Context(), args[0], f)
		},
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "as JSON")
	cmd.Flags().BoolVar(&f.raw, "raw", false, "the exact bytes that are or were sent")
	cmd.Flags().BoolVar(&f.log, "log", false, "every attempt, with all that was said in it")
	cmd.Flags().BoolVar(&f.plain, "plain", false, plainFlag)
	return cmd
}

func oneID(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return hinted{usagef("one ID is wanted, %d are given", len(args)), "sendoff list shows the IDs"}
	}
	return nil
}

func (p *program) show(ctx context.Context, prefix string, f showFlags) error {
	return withOutbox(ctx, func(b *outbox.Outbox, where places) error {
		id, err := b.Find(ctx, prefix)
		if err != nil {
			return err
		}
		switch {
		case f.raw:
			return p.showRaw(ctx, b, id)
		case f.log:
			return p.showLog(ctx, b, id, f.plain)
		}
		item, err := b.Get(ctx, id)
		if err != nil {
			return err
		}
		if f.json {
			return writeJSON(p.Out, toJSON(item))
		}
		protection, err := protectionOf(ctx, b, id)
		if err != nil {
			p.say(err, "") // what else is known is shown all the same
		}
		now := time.Now()
		facts := factsOf(item, protection, now)
		if item.State == outbox.StateWaiting {
			park, parked, err := parkOf(ctx, b, policiesOf(where), item.Account)
			if err != nil {
				return err
			}
			facts = append(facts, waitFacts(item, park, parked && standsStill(park, now), now)...)
		}
		live, _, err := b.Following(ctx, id)
		if err != nil {
			return err
		}
		facts = append(facts, senderFacts(item, b.Sender())...)
		seen := recipientsSeen(item, live, now)
		if f.plain {
			p.showItemPlain(facts, seen)
		} else {
			p.showItem(facts, seen)
		}
		return p.sayStranded(ctx, b, where, item)
	})
}

// sayStranded tells if an item waits for an account that is not there. Where
// accounts.toml cannot be read the item is shown all the same: doctor tells that.
func (p *program) sayStranded(ctx context.Context, b *outbox.Outbox, where places, item outbox.Item) error {
	source := &accountSource{path: where.accounts}
	if _, err := source.current(); item.State != outbox.StateWaiting || err != nil && !errors.Is(err, accounts.ErrNoAccounts) {
		return nil
	}
	return p.sayStrangers(ctx, b, source, item.Account)
}

func (p *program) showRaw(ctx context.Context, b *outbox.Outbox, id outbox.ID) error {
	r, err := b.Message(ctx, id)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(p.Out, r)
	return err
}

func (p *program) showLog(ctx context.Context, b *outbox.Outbox, id outbox.ID, plain bool) error {
	attempts, err := b.Transcript(ctx, id)
	if err != nil {
		return err
	}
	if plain {
		p.showLogPlain(attempts)
		return nil
	}
	for _, a := range attempts {
		fmt.Fprintf(p.Out, "%d  %s  %s  %s  %s\n", a.Number, a.Started.Local().Format(time.DateTime), a.Account, orElse(a.Server, "-"), orElse(a.Line(), "-"))
		if a.Finished.IsZero() {
			fmt.Fprintln(p.Out, "   going on")
		}
		for _, r := range a.Results {
			fmt.Fprintf(p.Out, "   %-9s  %s  %s\n", r.Class, r.Address, r.Answer())
		}
		if a.Dialogue == "" {
			continue
		}
		for line := range strings.SplitSeq(a.Dialogue, "\n") {
			at, words, _ := strings.Cut(line, " ")
			fmt.Fprintf(p.Out, "   %7s  %s\n", at, words) // the milliseconds of ten minutes have six digits
		}
	}
	return nil
}

// protectionOf is what OpenPGP did for an item; nothing for a draft, and for what has
// no text any more.
func protectionOf(ctx context.Context, b *outbox.Outbox, id outbox.ID) (compose.Protection, error) {
	r, err := b.Message(ctx, id)
	if errors.Is(err, outbox.ErrPurged) || errors.Is(err, outbox.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer r.Close()
	return compose.ProtectionOf(r)
}

func (p *program) showItem(facts []fact, recipients []recipientSeen) {
	for _, f := range facts {
		fmt.Fprintf(p.Out, "%-10s %s\n", f.name, f.text)
	}
	for _, r := range recipients {
		fmt.Fprintf(p.Out, "\n%s  %s\n", r.state, r.Address)
		p.showAnswer(r)
		if r.next {
			fmt.Fprintf(p.Out, "  next try %s\n", r.NextAttempt.Local().Format(time.DateTime))
		}
	}
}

// replacement says as what an item was sent again.
func replacement(i outbox.Item) string {
	if i.State == outbox.StateCancelled {
		return "sent anew as " + i.ReplacedBy.String()
	}
	return "sent again, as the copy " + i.ReplacedBy.String()
}

// showAnswer shows what a recipient's server said, between what it means and what
// can be done. Who has the message needs neither.
func (p *program) showAnswer(r recipientSeen) {
	if r.plain.What != "" {
		fmt.Fprintf(p.Out, "  %s\n", r.plain.What)
	}
	known, folder, at := r.Sought()
	text := known.Answer()
	if folder != "" {
		text += "; not in the folder " + folder + " at " + at.Local().Format(time.DateTime)
	}
	if text != "" {
		fmt.Fprintf(p.Out, "  %s\n", text)
	}
	if r.plain.Hint != "" {
		fmt.Fprintf(p.Out, "  hint: %s\n", r.plain.Hint)
	}
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
