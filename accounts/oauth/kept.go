package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/oauth2"

	"sendoff/accounts"
	"sendoff/internal/atomicfile"
	"sendoff/internal/config"
)

// kept is what is kept of a login.
type kept struct {
	Client  string    `json:"client"` // the ID of the one that it was made with: it is good for no other
	Access  string    `json:"access_token,omitempty"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
	Refresh string    `json:"refresh_token,omitempty"`
	Dead    string    `json:"dead,omitempty"` // why nothing is left to refresh with
}

func keptFrom(token *oauth2.Token, c accounts.OAuthClient) kept {
	return kept{Client: c.ID, Access: token.AccessToken, Expires: token.Expiry.UTC(), Refresh: token.RefreshToken}
}

// usable tells that the access token can be used.
func (k kept) usable(refused string) bool {
	return k.Access != "" && k.Access != refused && (k.Expires.IsZero() || time.Until(k.Expires) > expiresSoon)
}

// hopeless is why a person has to log in; nil if it can be done without.
func (k kept) hopeless(a accounts.Account, c accounts.OAuthClient) error {
	switch {
	case k.Client != c.ID:
		return &loginError{a.Name, "the login was made with another client ID"}
	case k.Dead != "":
		return &loginError{a.Name, k.Dead}
	case k.Refresh == "":
		return &loginError{a.Name, "the login has ended"}
	}
	return nil
}

// read gives what is kept for an account.
func (t *Tokens) read(ctx context.Context, a accounts.Account, c accounts.OAuthClient) (kept, error) {
	data, err := t.load(ctx, a, c)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, accounts.ErrNotInKeyring) {
		return kept{}, &loginError{a.Name, "nobody has logged in yet"}
	}
	if err != nil {
		return kept{}, err
	}
	var k kept
	if json.Unmarshal(data, &k) != nil { // whose words may hold a piece of a token
		return kept{}, &loginError{a.Name, "what is kept of the login cannot be read"}
	}
	if k.Client != c.ID {
		k.Access = ""
	}
	return k, nil
}

func (t *Tokens) load(ctx context.Context, a accounts.Account, c accounts.OAuthClient) ([]byte, error) {
	if c.Keyring {
		text, err := entryOf(a.Name).Get(ctx)
		return []byte(text), err
	}
	path := t.path(a.Name)
	data, info, err := config.Read(path)
	if err == nil {
		err = config.CheckOwn(path, info, 0o077)
	}
	return data, err
}

// write keeps it, durably, whoever is in a hurry: what it replaces may be good for
// nothing any more. The lock is held.
func (t *Tokens) write(ctx context.Context, a accounts.Account, c accounts.OAuthClient, k kept) error {
	ctx = context.WithoutCancel(ctx) // a keyring has its own limit
	data, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if c.Keyring {
		err = entryOf(a.Name).Put(ctx, string(data))
	} else {
		err = atomicfile.Replace(t.path(a.Name), data)
	}
	if err != nil {
		return fmt.Errorf("keep the login of %s: %w", a.Name, err)
	}
	return nil
}

// MoveAnd lets an account of another name go on with the login of an old one, if
// what goes with that succeeds; else all is as before. Nobody renews it meanwhile:
// what that brought would stand under the wrong name.
func (t *Tokens) MoveAnd(ctx context.Context, c accounts.OAuthClient, old, name string, do func() error) error {
	for _, account := range slices.Sorted(slices.Values([]string{old, name})) { // in one order, or two would wait for each other
		lock, err := t.lock(ctx, account)
		if err != nil {
			return err
		}
		defer lock.Release()
	}
	if err := t.copy(ctx, c, old, name); err != nil {
		if err = unlessAbsent(err); err == nil {
			err = do()
		}
		return err
	}
	if err := do(); err != nil {
		return errors.Join(err, t.remove(ctx, c, name))
	}
	return t.remove(ctx, c, old)
}

func (t *Tokens) copy(ctx context.Context, c accounts.OAuthClient, old, name string) error {
	if c.Keyring {
		return entryOf(old).CopyTo(ctx, name)
	}
	data, err := t.load(ctx, accounts.Account{Name: old}, c)
	if err != nil {
		return err
	}
	return atomicfile.Replace(t.path(name), data)
}

// Forget removes what is kept for an account.
func (t *Tokens) Forget(ctx context.Context, c accounts.OAuthClient, account string) error {
	lock, err := t.lock(ctx, account)
	if err != nil {
		return err
	}
	defer lock.Release()
	return t.remove(ctx, c, account)
}

// remove is Forget under the lock.
func (t *Tokens) remove(ctx context.Context, c accounts.OAuthClient, account string) error {
	ctx = context.WithoutCancel(ctx)
	if c.Keyring {
		return unlessAbsent(entryOf(account).Delete(ctx))
	}
	return unlessAbsent(os.Remove(t.path(account)))
}

// unlessAbsent: who never logged in has nothing that could be moved or removed.
func unlessAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, accounts.ErrNotInKeyring) {
		return nil
	}
	return err
}

func (t *Tokens) path(account string) string { return filepath.Join(t.dir, account+".json") }

func entryOf(account string) accounts.KeyringEntry {
	return accounts.KeyringEntry{Account: account, Role: accounts.RoleTokens}
}
