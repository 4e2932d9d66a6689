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

type listFlags struct {
	states  []string
	account string
	search  string
	limit   int
	json    bool
}

func (p *program) listCommand() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List items, newest first",
		Example: "sendoff list --state failed\nsendoff list --search invoice --json",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.list(cmd.Context(), f) },
	}
	cmd.Flags().StringArrayVar(&f.states, "state", nil, "only these states; failed includes partial: "+stateNames())
	cmd.Flags().StringVarP(&f.account, "account", "a", "", "only this account's")
	cmd.Flags().StringVar(&f.search, "search", "", "words that stand in the subject or an address")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "at most this many")
	cmd.Flags().BoolVar(&f.json, "json", false, "an array of items")
	return cmd
}

func stateNames() string {
	var names []string
	for _, s := range outbox.States {
		names = append(names, s.String())
	}
	return strings.Join(names, ", ")
}

// query turns the flags into a query. What failed for some of its recipients is
// found under failed as well.
func (f listFlags) query() (outbox.Query, error) {
	q := outbox.Query{Account: f.account, Search: f.search, Limit: f.limit, WithRecipients: f.json}
	for _, name := range f.states {
		s, err := outbox.ParseState(name)
		if err != nil {
			return q, hinted{usageError{err}, "the states are " + stateNames()}
		}
		q.States = append(q.States, s)
		if s == outbox.StateFailed {
			q.States = append(q.States, outbox.StatePartial)
		}
	}
	return q, nil
}

func (p *program) list(ctx context.Context, f listFlags) error {
	q, err := f.query()
	if err != nil {
		return err
	}
	return withOutbox(ctx, func(b *outbox.Outbox, _ places) error {
		items, err := b.List(ctx, q)
		if err != nil {
			return err
		}
		if !f.json {
			return writeTable(p.Out, items, time.Now())
		}
		all := make([]itemJSON, 0, len(items))
		for _, item := range items {
			all = append(all, toJSON(item))
		}
		return writeJSON(p.Out, all)
	})
}

func writeTable(out io.Writer, items []outbox.Item, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, i := range items {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", i.ID, i.State, when(i, now), i.Account, people(i), i.Subject)
	}
	return w.Flush()
}

// when is the time that matters for a list: the next try of what waits, else
// when it was queued.
func when(i outbox.Item, now time.Time) string {
	const form = "2006-01-02 15:04"
	switch {
	case i.State == outbox.StateScheduled:
		return "at " + i.NotBefore.In(now.Location()).Format(form)
	case i.State == outbox.StateWaiting && i.NextAttempt.After(now):
		return "next " + i.NextAttempt.In(now.Location()).Format(form)
	}
	return i.Created.In(now.Location()).Format(form)
}

// people is the first recipient and how many more there are.
func people(i outbox.Item) string {
	all := append(append(append([]string{}, i.To...), i.Cc...), i.Bcc...)
	switch len(all) {
	case 0:
		return "-"
	case 1:
		return all[0]
	}
	return fmt.Sprintf("%s +%d", all[0], len(all)-1)
}
