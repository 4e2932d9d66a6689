package cli

import (
	"context"
	"errors"
	"fmt"

	"sendoff/accounts"
	"sendoff/accounts/oauth"
)

// belongings are what is kept under the name of an account outside accounts.toml.
type belongings struct {
	account string
	entries []accounts.KeyringEntry
	client  *accounts.OAuthClient // nil: no tokens
	tokens  *oauth.Tokens
}

func belongingsOf(file *accounts.File, name string, where places) (b belongings, err error) {
	b = belongings{account: name, tokens: tokensOf(where)}
	if _, err := file.Account(name); err != nil {
		return b, err
	}
	a, err := file.Book().Find(name)
	if err != nil {
		return b, err
	}
	b.entries = a.InKeyring()
	if client, ok := a.Login(); ok {
		b.client = &client
	}
	return b, nil
}

// moveAnd takes them to another name if what goes with that succeeds. Nothing is
// removed before that has.
func (b belongings) moveAnd(ctx context.Context, name string, do func() error) error {
	for _, entry := range b.entries {
		if err := entry.CopyTo(ctx, name); err != nil && !errors.Is(err, accounts.ErrNotInKeyring) {
			return err
		}
	}
	var err error
	if b.client != nil {
		err = b.tokens.MoveAnd(ctx, *b.client, b.account, name, do)
	} else {
		err = do()
	}
	over := context.WithoutCancel(ctx)
	if err != nil {
		return errors.Join(err, b.named(name).forgetEntries(over))
	}
	return b.forgetEntries(over)
}

// named are the same under another name.
func (b belongings) named(name string) belongings {
	entries := make([]accounts.KeyringEntry, len(b.entries))
	for i, entry := range b.entries {
		entries[i] = accounts.KeyringEntry{Account: name, Role: entry.Role}
	}
	b.account, b.entries = name, entries
	return b
}

func (b belongings) forgetEntries(ctx context.Context) (err error) {
	for _, entry := range b.entries {
		if gone := entry.Delete(ctx); gone != nil && !errors.Is(gone, accounts.ErrNotInKeyring) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// forget removes them.
func (b belongings) forget(ctx context.Context) error {
	err := b.forgetEntries(ctx)
	if b.client != nil {
		err = errors.Join(err, b.tokens.Forget(ctx, *b.client, b.account))
	}
	if err != nil {
		return fmt.Errorf("what was kept for account %s: %w", b.account, err)
	}
	return nil
}
