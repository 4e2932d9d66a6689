package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sendoff/accounts"
	"sendoff/accounts/oauth"
	"sendoff/internal/atomicfile"
)

// typedSecret is where a secret is kept, or where what was typed is to be kept.
type typedSecret struct {
	place accounts.Secret
	text  string                // for the file of place, which is new, or its keyring
	entry accounts.KeyringEntry // of the keyring
}

// keepAnd writes the secret, and takes it back if what follows fails.
func (s typedSecret) keepAnd(ctx context.Context, save func() error) error {
	undo := func() error { return nil }
	var err error
	switch {
	case s.text == "":
	case s.place.Keyring:
		undo, err = putIntoKeyring(ctx, s.entry, s.text)
	default:
		undo, err = putIntoFile(s.place.File, s.text)
	}
	if err != nil {
		return err
	}
	if err := save(); err != nil {
		return errors.Join(err, undo())
	}
	return nil
}

func putIntoFile(path, text string) (undo func() error, err error) {
	if path, err = fromHome(path); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := atomicfile.Create(path, []byte(text+"\n")); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = hinted{usagef("%s is there already", path), "write the password into it yourself, or remove it first: what is there is not overwritten"}
		}
		return nil, err
	}
	return func() error { return os.Remove(path) }, nil
}

func putIntoKeyring(ctx context.Context, entry accounts.KeyringEntry, text string) (undo func() error, err error) {
	before, err := entry.Get(ctx)
	was := err == nil
	if err != nil && !errors.Is(err, accounts.ErrNotInKeyring) {
		return nil, err
	}
	if err := entry.Put(ctx, text); err != nil {
		return nil, err
	}
	return func() error {
		if was {
			return entry.Put(ctx, before)
		}
		return entry.Delete(ctx)
	}, nil
}

// fromHome is a path as accounts.toml has it, with "~/" for the home directory.
func fromHome(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, rest), err
}

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
	return err
}
