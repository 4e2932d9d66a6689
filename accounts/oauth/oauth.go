// Package oauth gets, renews and keeps access tokens (OAuth 2, RFC 6749) for
// accounts that log in by them.
//
// It is for a provider at which the user has a client of his own; where a token
// comes from a program of others it is not needed. It knows nothing of mail.
//
// Its one hard rule: a refresh token that a provider has given is on disk (or in
// the keyring) before its access token is used, and is replaced under a lock:
// where providers give each one once, losing it means that the person has to log
// in again. No token and no code is ever in an error.
package oauth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/oauth2"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/internal/lease"
)

const (
	// expiresSoon is left of a token's life when it is renewed: what comes before
	// the login may take that long, and clocks differ.
	expiresSoon = time.Minute

	// exchangeLimit is for one request to a provider.
	exchangeLimit = 30 * time.Second

	// grace is how long a request goes on that nobody waits for any more. The
	// provider may have changed the refresh token already.
	grace = 3 * time.Second
)

// How a login may end, besides [accounts.ErrTryLater].
var (
	ErrLogin    = errors.New("log in again") // a person has to, for the first time or again
	ErrDenied   = errors.New("the provider was told not to let sendoff in")
	ErrTooLate  = errors.New("nobody agreed in time")
	ErrRefused  = errors.New("the provider refuses it") // as for a client that it does not know
	ErrProvider = errors.New("the provider does not let sendoff in")
)

// loginError says to log in, and how.
type loginError struct{ account, why string }

func (e *loginError) Error() string {
	return cleantext.Line(fmt.Sprintf("%s: log in again: sendoff account login %s", e.why, e.account))
}
func (e *loginError) Unwrap() error { return ErrLogin }

// Tokens keeps the tokens of accounts. Several goroutines and several processes
// may use the same ones at once.
type Tokens struct {
	dir  string
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// New keeps them in a directory, which is made (0700) when there is one to keep. Of
// a client that wants the keyring only locks are there.
func New(dir string) *Tokens { return &Tokens{dir, new(net.Dialer).DialContext} }

// Access gives an access token that lives for a minute or more and is not
// refused; it is renewed if need be. It is an [accounts.TokenFunc]. Besides
// [accounts.ErrTryLater] the error may wrap [ErrLogin].
func (t *Tokens) Access(ctx context.Context, a accounts.Account, c accounts.OAuthClient, refused string) (string, error) {
	k, good, err := t.look(ctx, a, c, refused)
	if err != nil || good {
		return k.Access, err
	}
	lock, err := t.lock(ctx, a.Name)
	if err != nil {
		return "", err
	}
	defer lock.Release()
	return t.renew(ctx, a, c, refused)
}

// look reads what is kept. good tells that its access token will do; if not, and
// without an error, there is a refresh token to get another one with.
func (t *Tokens) look(ctx context.Context, a accounts.Account, c accounts.OAuthClient, refused string) (k kept, good bool, err error) {
	if k, err = t.read(ctx, a, c); err != nil {
		return kept{}, false, err
	}
	if k.usable(refused) {
		return k, true, nil
	}
	if err = k.hopeless(a, c); err != nil {
		return kept{}, false, err
	}
	return k, false, nil
}

// renew looks again, since another process may have renewed it meanwhile, and asks
// the provider if not. The lock is held.
func (t *Tokens) renew(ctx context.Context, a accounts.Account, c accounts.OAuthClient, refused string) (string, error) {
	k, good, err := t.look(ctx, a, c, refused)
	if err != nil || good {
		return k.Access, err
	}
	w, err := t.wire(ctx, a, c) // asks for the secret of the client, which may take its time
	if err != nil {
		return "", err
	}
	defer w.close()
	ctx, stop := unhurried(ctx)
	defer stop()
	token, err := w.config.TokenSource(w.context(ctx), &oauth2.Token{RefreshToken: k.Refresh}).Token()
	if err != nil {
		return "", t.refused(ctx, a, c, k, w.explain(err))
	}
	k = keptFrom(token, c)
	if err := t.write(ctx, a, c, k); err != nil {
		return "", err
	}
	return k.Access, nil
}

// personWanted are what a provider says of a refresh token that is good, and with
// which a person has to agree or log in once more (OpenID Connect Core §3.1.2.6;
// Microsoft says them of refreshing too).
var personWanted = []string{"interaction_required", "login_required", "consent_required"}

// refused notes a refresh token that is good for nothing any more, so that it is
// not shown to the provider again and again.
func (t *Tokens) refused(ctx context.Context, a accounts.Account, c accounts.OAuthClient, k kept, err error) error {
	var said *refusal
	switch {
	case !errors.As(err, &said):
		return err
	case slices.Contains(personWanted, said.code):
		return &loginError{a.Name, said.Error()}
	case said.code != invalidGrant:
		return err
	}
	k.Dead, k.Access, k.Refresh = said.Error(), "", ""
	return errors.Join(k.hopeless(a, c), t.write(ctx, a, c, k))
}

// unhurried lets what changes the world of others come to its end.
func unhurried(ctx context.Context) (context.Context, func()) {
	going, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeLimit)
	hurry := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return going, func() { hurry(); cancel() }
}

// lock waits for its turn at the tokens of an account.
func (t *Tokens) lock(ctx context.Context, account string) (*lease.Lease, error) {
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return nil, err
	}
	return lease.WaitWithin(ctx, filepath.Join(t.dir, account+".lock"))
}
