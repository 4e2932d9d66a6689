package mailbox

import (
	"context"
	"errors"

	"sendoff/accounts"
	"sendoff/outbox"
)

// Fetcher looks for delivery reports in the mailboxes of accounts, and listens there
// for what arrives. It is an [outbox.Fetcher] and an [outbox.Listener].
type Fetcher struct {
	// Options are those of its sessions.
	Options Options

	// Fingerprint tells one secret from the next; nil: nobody wants to know.
	Fingerprint func(secret string) string

	lookup func(account string) (accounts.Account, error)
}

// NewFetcher makes a Fetcher. lookup gives an account as it is now.
func NewFetcher(lookup func(account string) (accounts.Account, error), o Options) *Fetcher {
	return &Fetcher{Options: o, lookup: lookup}
}

// Fetch looks once, over a connection of its own: a mailbox is looked into every
// few minutes, and a POP3 server lets nobody else in meanwhile.
func (f *Fetcher) Fetch(ctx context.Context, l *outbox.Look) (result outbox.Result, secret string) {
	return f.visit(ctx, l.Account, func(s *Session) error {
		if err := s.Look(ctx, l); err != nil {
			return err
		}
		return s.Seek(ctx, l)
	})
}

// Listen listens over a connection that is used for nothing else: what it hears is
// looked at by Fetch.
func (f *Fetcher) Listen(ctx context.Context, e *outbox.Ear) (result outbox.Result, secret string) {
	return f.visit(ctx, e.Account, func(s *Session) error { return s.Listen(ctx, e) })
}

// visit logs in to the mailbox of an account and does something there.
func (f *Fetcher) visit(ctx context.Context, name string, do func(*Session) error) (result outbox.Result, secret string) {
	account, err := f.lookup(name)
	switch {
	case err != nil:
		return outbox.Result{Class: outbox.ClassAccount, Text: err.Error()}, ""
	case account.Mailbox.IsZero():
		return outbox.Result{Class: outbox.ClassAccount, Text: "the account has no mailbox"}, ""
	}
	s := New(account.Mailbox, f.Options)
	defer s.Close()
	if err = s.enter(ctx); err == nil {
		err = do(s)
	}
	if err == nil {
		return outbox.Result{Class: outbox.ClassAccepted}, ""
	}
	result = outbox.Result{Class: classOfLook(err), Text: err.Error()}
	if result.Class == outbox.ClassCredentials && f.Fingerprint != nil {
		secret = s.login.Fingerprint(f.Fingerprint)
	}
	return result, secret
}

// classOfLook tells what a failure is to a look. It is pure. Whatever is wrong with
// the folder may be mended at the other end.
func classOfLook(err error) outbox.Class {
	if errors.Is(err, ErrNoIdle) {
		return outbox.ClassRejected
	}
	var e *Error
	class := classOf(err)
	if errors.As(err, &e) && e.Stage == StageFolder && class != outbox.ClassNetwork || class == outbox.ClassMessage {
		return outbox.ClassTemporary
	}
	return class
}
