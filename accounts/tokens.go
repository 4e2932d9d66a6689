package accounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"sendoff/internal/config"
)

// ErrTryLater is wrapped when a secret cannot be had for a reason that is not the
// secret's, and that may pass by itself: the network is down.
var ErrTryLater = errors.New("try later")

// TokenFunc gives an access token for an account from what was registered at a
// provider: another one than refused, unless that is "". It wraps [ErrTryLater]
// where that is so. It may be called from several goroutines.
type TokenFunc func(ctx context.Context, account Account, client OAuthClient, refused string) (string, error)

// tokens is the way to the tokens of an account; nil is none.
type tokens struct {
	account Account
	client  OAuthClient
	get     TokenFunc
}

// access gives an access token.
func (t *tokens) access(ctx context.Context, refused string) (string, error) {
	if t == nil || t.get == nil {
		return "", errors.New("nobody here knows how to log in there")
	}
	return t.get(ctx, t.account, t.client, refused)
}

// settings are those of the client, for [Account.Revision].
func (t *tokens) settings() any {
	if t == nil {
		return nil
	}
	return t.client
}

// WithTokens is the book with a way to the tokens of its accounts.
func (b *Book) WithTokens(get TokenFunc) *Book {
	book := &Book{Default: b.Default, Clients: b.Clients, Accounts: make([]Account, len(b.Accounts))}
	for i, a := range b.Accounts {
		if old := a.tokens(); old != nil {
			a.setTokens(&tokens{old.account, old.client, get})
		}
		book.Accounts[i] = a
	}
	return book
}

// Login gives the client by which an account gets tokens; ok is false if it logs
// in by other means.
func (a *Account) Login() (client OAuthClient, ok bool) {
	if t := a.tokens(); t != nil {
		return t.client, true
	}
	return OAuthClient{}, false
}

// tokens are those of the account, which both its secrets share.
func (a *Account) tokens() *tokens { return cmp.Or(a.SMTP.Secret.tokens, a.Mailbox.Secret.tokens) }

func (a *Account) setTokens(t *tokens) {
	for _, s := range []*Secret{&a.SMTP.Secret, &a.Mailbox.Secret} {
		if s.OAuth != "" {
			s.tokens = t
		}
	}
}

// take gives the accounts of a book their clients; complaints name their place in
// doc.
func (b *Book) take(clients []OAuthClient, doc *config.Document) error {
	b.Clients = slices.Clone(clients)
	b.hideVariables()
	if doc.Broken("oauth") { // which client is meant is not known
		return nil
	}
	var wrong []error
	for i := range b.Accounts {
		a := &b.Accounts[i]
		c := checker{doc, accountPath(i)}
		smtp, mailbox := a.SMTP.Secret.OAuth, a.Mailbox.Secret.OAuth
		if smtp != "" && mailbox != "" && smtp != mailbox {
			wrong = append(wrong, c.complain("mailbox.secret", fmt.Sprintf("is of another provider than that of smtp, %q", smtp), "an account logs in at one provider: make two accounts of it"))
			continue
		}
		key, provider := "smtp.secret", smtp
		if smtp == "" {
			key, provider = "mailbox.secret", mailbox
		}
		if provider == "" {
			continue
		}
		client, ok := b.client(provider)
		if !ok {
			wrong = append(wrong, c.complain(key, fmt.Sprintf("wants an [oauth.%s] with the client to log in with", provider), oauthHint))
			continue
		}
		a.setTokens(&tokens{account: *a, client: client})
	}
	return config.Join(wrong...)
}

func (b *Book) client(name string) (OAuthClient, bool) {
	for _, c := range b.Clients {
		if c.Name == name {
			return c, true
		}
	}
	return OAuthClient{}, false
}

// usualAuth is the login method that a secret is for, unless another one is said.
func (s Secret) usualAuth() Auth {
	if s.OAuth != "" {
		return AuthXOAUTH2 // every provider of tokens for mail knows it; Microsoft knows no other
	}
	return AuthAuto
}
