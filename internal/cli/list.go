package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"sendoff/internal/config"
	"sendoff/outbox"
)

type listFlags struct {
	states   []string
	account  string
	campaign string
	search   string
	filter   string // of config.toml
	limit    int
	json     bool
	plain    bool
}

func (p *program) listCommand() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List items, newest first",
		Example: "sendoff list --state failed\nsendoff list --search invoice --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := atMostOne(cmd, "json", "plain"); err != nil {
				return err
			}
			return p.list(cmd.Context(), f)
		},
	}
	cmd.Flags().StringArrayVar(&f.states, "state", nil, "only these states; failed includes partial: "+stateNames()+"; or what rows call some of them: "+strings.Join(outbox.StateWords(), ", "))
	cmd.Flags().StringVarP(&f.account, "account", "a", "", "only this account's")
	cmd.Flags().StringVar(&f.campaign, "campaign", "", "only this campaign's")
	cmd.Flags().StringVar(&f.search, "search", "", "words that stand in the subject or an address; to:, cc:, bcc:, from:, subject:, account:, state:, before:, after:, id:; \"phrases in quotes\"; '-' for what must not be")
	cmd.Flags().StringVar(&f.filter, "filter", "", "the search of this name in config.toml, with --search if that is given")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "at most this many")
	cmd.Flags().BoolVar(&f.json, "json", false, "an array of items")
	cmd.Flags().BoolVar(&f.plain, "plain", false, plainFlag)
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
	if f.limit < 0 {
		return outbox.Query{}, hinted{usagef("--limit %d is less than nothing", f.limit), "without --limit all are listed"}
	}
	q := outbox.Query{Account: f.account, Search: f.search, Limit: f.limit, WithRecipients: f.json}
	for _, name := range f.states {
		s, err := outbox.ParseState(name)
		if word, ok := outbox.ParseStateWord(name); ok {
			q.Words = append(q.Words, word)
			continue
		}
		if err != nil {
			return q, hinted{usageError{err}, "the states are " + stateNames() + "; rows also say " + strings.Join(outbox.StateWords(), ", ")}
		}
		q.States = append(q.States, s)
		if s == outbox.StateFailed {
			q.States = append(q.States, outbox.StatePartial)
		}
	}
	return q, nil
}

// savedFilter is the search that config.toml gives a name.
func savedFilter(where places, name string) (string, error) {
	settings, err := loadSettings(where)
	if err != nil {
		return "", err
	}
	var names []string
	for _, filter := range settings.Filters {
		if filter.Name == name {
			return filter.Query, nil
		}
		names = append(names, filter.Name)
	}
	hint := "there is no [filters] in " + where.settings
	if len(names) > 0 {
		hint = config.Suggest(name, names)
	}
	return "", hinted{usagef("no filter is named %q", name), hint}
}

func (p *program) list(ctx context.Context, f listFlags) error {
	q, err := f.query()
	if err != nil {
		return err
	}
	return withOutbox(ctx, func(b *outbox.Outbox, where places) error {
		if f.campaign != "" {
			c, err := b.Campaign(ctx, f.campaign)
			if err != nil {
				return err
			}
			q.Campaign = c.ID
		}
		if f.filter != "" {
			saved, err := savedFilter(where, f.filter)
			if err != nil {
				return err
			}
			q.Search = strings.TrimSpace(saved + " " + q.Search)
		}
		q.Policies = policiesOf(where)
		some := false
		items := noting(&some, eachItem(ctx, b, q, pageSize))
		switch {
		case f.json:
			err = writeItemsJSON(p.Out, items)
		case f.plain:
			err = writePlain(p.Out, items, time.Now())
		default:
			err = writeTable(p.Out, items, time.Now())
		}
		if err == nil && !some {
			p.sayNothing(f, q.Search)
		}
		return err
	})
}

// sayNothing says that no item was listed: to a person, who waits for a word, since what a
// script reads stays empty; and to everybody where the search means nothing.
func (p *program) sayNothing(f listFlags, search string) {
	problem := outbox.SearchProblem(search, time.Now())
	switch {
	case problem != "":
		fmt.Fprintf(p.Err, "Nothing here is like that: %s.\n", problem)
	case !f.json && (f.plain || isTerminal(p.Out)):
		fmt.Fprintln(p.Err, f.nothing())
	}
}

// noting notes whether there are any items.
func noting(some *bool, items iter.Seq2[outbox.Item, error]) iter.Seq2[outbox.Item, error] {
	return func(yield func(outbox.Item, error) bool) {
		for i, err := range items {
			*some = true
			if !yield(i, err) {
				return
			}
		}
	}
}

// nothing says that no item was listed.
func (f listFlags) nothing() string {
	if len(f.states) > 0 || f.account != "" || f.campaign != "" || f.search != "" || f.filter != "" {
		return "Nothing here is like that."
	}
	return "There is nothing here yet: no draft, and no message."
}

// writeTable writes a line an item. The columns are those of a page: to line up
// all of them, all would have to be in memory.
func writeTable(out io.Writer, items iter.Seq2[outbox.Item, error], now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	lines := 0
	for i, err := range items {
		if err != nil {
			return errors.Join(err, w.Flush())
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", i.ID, i.State, when(i, now), i.Account, people(i), i.Subject)
		if lines++; lines%pageSize == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// minutes is how a time is written that is not to the second.
const minutes = "2006-01-02 15:04"

// when is the time that matters for a list: the next try of what waits, else
// when it was queued.
func when(i outbox.Item, now time.Time) string {
	switch {
	case i.State == outbox.StateScheduled:
		return "at " + i.NotBefore.In(now.Location()).Format(minutes)
	case i.State == outbox.StateWaiting && i.NextAttempt.After(now):
		return "next " + i.NextAttempt.In(now.Location()).Format(minutes)
	}
	return i.Created.In(now.Location()).Format(minutes)
}

func recipientsOf(i outbox.Item) []string { return slices.Concat(i.To, i.Cc, i.Bcc) }

// people is the first recipient and how many more there are.
func people(i outbox.Item) string {
	all := recipientsOf(i)
	switch len(all) {
	case 0:
		return "-"
	case 1:
		return all[0]
	}
	return fmt.Sprintf("%s +%d", all[0], len(all)-1)
}
