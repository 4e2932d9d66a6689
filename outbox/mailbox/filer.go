package mailbox

import (
	"context"
	"errors"

	"sendoff/accounts"
	"sendoff/outbox"
	"sendoff/outbox/smtp"
)

// Filer puts copies of what was sent into the mailboxes of accounts. It is an
// [outbox.Filer].
type Filer struct {
	// Options are those of its sessions.
	Options Options

	// Fingerprint tells one secret from the next; nil: nobody wants to know.
	Fingerprint func(secret string) string

	lookup   func(account string) (accounts.Account, error)
	session  *Session // logged in; nil: none
	account  string   // whose it is
	revision string
}

// NewFiler makes a Filer. lookup gives an account as it is now.
func NewFiler(lookup func(account string) (accounts.Account, error), o Options) *Filer {
	return &Filer{Options: o, lookup: lookup}
}

// File puts one copy where it belongs. The connection is kept for the next one.
func (f *Filer) File(ctx context.Context, c outbox.FilingCopy) (result outbox.Result, secret string) {
	account, err := f.lookup(c.Account)
	if err != nil {
		return outbox.Result{Class: outbox.ClassAccount, Text: err.Error()}, ""
	}
	if account.Mailbox.IsZero() {
		return outbox.Result{Class: outbox.ClassAccount, Text: "the account has no mailbox"}, ""
	}
	if f.session != nil && (f.account != account.Name || f.revision != account.Revision()) {
		f.Rest()
	}
	what := Copy{Folder: account.Mailbox.SentFolder, MessageID: c.MessageID, Size: c.Size, Time: c.Sent, Again: c.Again, Open: c.Open}
	reused := f.session != nil
	folder, err := f.append(ctx, account, what)
	var e *Error
	if reused && ctx.Err() == nil && errors.As(err, &e) && e.Lost() { // it may have been closed for its rest
		f.Rest()
		what.Again = true
		folder, err = f.append(ctx, account, what)
	}
	if err == nil {
		return outbox.Result{Class: outbox.ClassAccepted, Text: folder}, ""
	}
	result = outbox.Result{Class: classOf(err), Text: err.Error()}
	if result.Class == outbox.ClassCredentials && f.session != nil && f.Fingerprint != nil {
		secret = f.session.login.Fingerprint(f.Fingerprint)
	}
	f.Rest()
	return result, secret
}

func (f *Filer) append(ctx context.Context, account accounts.Account, c Copy) (folder string, err error) {
	if f.session == nil {
		f.session, f.account, f.revision = New(account.Mailbox, f.Options), account.Name, account.Revision()
		if err := f.session.enter(ctx); err != nil {
			return "", err
		}
	}
	return f.session.Append(ctx, c)
}

// Rest closes the connection, if there is one.
func (f *Filer) Rest() {
	f.session.Close()
	f.session = nil
}

// classOf tells what the failure of a session is to a copy. It is pure.
func classOf(err error) outbox.Class {
	var e *Error
	var damaged *unreadable
	switch {
	case errors.As(err, &damaged):
		return outbox.ClassMessage
	case !errors.As(err, &e):
		return outbox.ClassTemporary
	case e.Stage == StageFolder && errors.Is(e, ErrNoFolders):
		return outbox.ClassAccount
	case e.Answer == Unable:
		return outbox.ClassTemporary
	case e.Answer == Forbidden:
		return outbox.ClassAccount
	case e.Answer == Refused && e.Stage == smtp.StageLogin:
		return outbox.ClassCredentials
	case e.Answer == Refused && e.overQuota():
		return outbox.ClassTemporary
	case e.Answer == Refused:
		return outbox.ClassMessage
	case e.Lost(), e.Stage == smtp.StageDial, e.Stage == smtp.StageGreeting:
		return outbox.ClassNetwork
	case e.Stage == smtp.StageSecret:
		return outbox.ClassTemporary // it may be locked away for a while
	}
	return outbox.ClassAccount
}
