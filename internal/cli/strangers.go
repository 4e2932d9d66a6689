package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"sendoff/accounts"
	"sendoff/outbox"
)

// stranger is an account that messages wait for and accounts.toml does not
// name: it was renamed or taken out.
type stranger struct {
	account string
	waiting int // messages
}

func (s stranger) String() string {
	if s.waiting == 1 {
		return fmt.Sprintf("account %s is not in accounts.toml: its 1 message waits", s.account)
	}
	return fmt.Sprintf("account %s is not in accounts.toml: its %d messages wait", s.account, s.waiting)
}

const hintStranger = "sendoff retry -a NAME ID moves one"

// strangers finds them, by name.
func strangers(ctx context.Context, b *outbox.Outbox, source *accountSource) ([]stranger, error) {
	book, err := source.current()
	if errors.Is(err, accounts.ErrNoAccounts) {
		book, err = new(accounts.Book), nil // then all of them are
	}
	if err != nil {
		return nil, err
	}
	waiting, err := b.WaitingByAccount(ctx)
	if err != nil {
		return nil, err
	}
	var all []stranger
	for _, name := range slices.Sorted(maps.Keys(waiting)) {
		if _, err := book.Find(name); err != nil {
			all = append(all, stranger{name, waiting[name]})
		}
	}
	return all, nil
}

// sayStrangers tells of them; only is one of them, or "" for all.
func (p *program) sayStrangers(ctx context.Context, b *outbox.Outbox, source *accountSource, only string) error {
	all, err := strangers(ctx, b, source)
	if err != nil {
		return err
	}
	for _, s := range all {
		if only == "" || s.account == only {
			fmt.Fprintf(p.Err, "sendoff: %s; %s\n", s, hintStranger)
		}
	}
	return nil
}
