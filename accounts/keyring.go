package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"sendoff/internal/cleantext"
)

// KeyringEntry is one secret in the system's keyring: the Secret Service of a
// desktop (GNOME Keyring, KWallet, KeePassXC), or that of macOS or Windows. Others
// find it there under the service "sendoff" and the user name that String gives.
//
// What its methods return wraps [ErrKeyringLocked], [ErrKeyringAbsent] or
// [ErrNotInKeyring] where it is that. Each takes at most 10 s. They may be called
// from several goroutines.
type KeyringEntry struct {
	Account string
	Role    Role
}

// Role is what a secret of an account is for.
type Role string

// The roles.
const (
	RoleSMTP    Role = "smtp"
	RoleMailbox Role = "mailbox"
	RoleProxy   Role = "proxy"
	RoleTokens  Role = "oauth" // all that a login by OAuth 2 has brought
)

// What may be wrong with a keyring. Whatever it is, nothing is kept anywhere else
// instead.
var (
	ErrKeyringLocked = errors.New("the keyring is locked: unlock it, as by logging in to the desktop, then try again")
	ErrKeyringAbsent = errors.New("no keyring is available here: keep the secret elsewhere, as with a command or in a file")
	ErrNotInKeyring  = errors.New("the keyring has no such entry: put it there with sendoff account secret")
)

const (
	keyringService = "sendoff"

	// keyringLimit is for a keyring that asks a person to unlock it: it would wait
	// for ever, and so would the mail.
	keyringLimit = 10 * time.Second
)

// String is the user name under which the keyring has it.
func (e KeyringEntry) String() string { return e.Account + "/" + string(e.Role) }

// Get gives the secret.
func (e KeyringEntry) Get(ctx context.Context) (string, error) {
	return e.ask(ctx, func() (string, error) { return keyring.Get(keyringService, e.String()) })
}

// Put keeps a secret, in place of one that may be there.
func (e KeyringEntry) Put(ctx context.Context, secret string) error {
	_, err := e.ask(ctx, func() (string, error) { return "", keyring.Set(keyringService, e.String(), secret) })
	return err
}

// Delete forgets the secret.
func (e KeyringEntry) Delete(ctx context.Context) error {
	_, err := e.ask(ctx, func() (string, error) { return "", keyring.Delete(keyringService, e.String()) })
	return err
}

// CopyTo keeps the secret for an account of another name too: after that the
// account can be renamed, and the entry be deleted.
func (e KeyringEntry) CopyTo(ctx context.Context, account string) error {
	secret, err := e.Get(ctx)
	if err != nil {
		return err
	}
	return KeyringEntry{account, e.Role}.Put(ctx, secret)
}

// ask has a keyring do something.
func (e KeyringEntry) ask(ctx context.Context, do func() (string, error)) (string, error) {
	if !busReachable() { // or the library would start one
		return "", ErrKeyringAbsent
	}
	secret, err := withinLimit(ctx, do)
	return secret, explainKeyring(err)
}

// errKeyringSilent is the end of keyringLimit.
var errKeyringSilent = errors.New("no answer in time")

// withinLimit leaves behind what does not end: a keyring cannot be told to stop,
// and when its window is closed at last, nobody minds the answer.
func withinLimit(ctx context.Context, do func() (string, error)) (string, error) {
	ctx, stop := context.WithTimeoutCause(ctx, keyringLimit, errKeyringSilent)
	defer stop()
	type answer struct {
		secret string
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		secret, err := do()
		done <- answer{secret, err}
	}()
	select {
	case a := <-done:
		return a.secret, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// explainKeyring turns what a keyring said into what to do. The library has a
// type for one kind of error alone; the words of a lock are its own, in
// secret_service.Unlock. Whatever else there is means that none is to be had.
func explainKeyring(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotInKeyring
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return errors.New("it is too long for the keyring of this system")
	case errors.Is(err, errKeyringSilent):
		return fmt.Errorf("%w (it gave no answer in %s: is there a window that asks for its password?)", ErrKeyringLocked, keyringLimit)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case strings.HasPrefix(err.Error(), "failed to unlock"):
		return ErrKeyringLocked
	}
	return fmt.Errorf("%w (%s)", ErrKeyringAbsent, cleantext.Line(err.Error()))
}

// InKeyring are the entries of the keyring that the account logs in with.
func (a Account) InKeyring() []KeyringEntry {
	a = a.withDefaults()
	var entries []KeyringEntry
	for _, s := range []Secret{a.SMTP.Secret, a.SMTP.Proxy.Secret, a.Mailbox.Secret} {
		if s.Keyring && (len(entries) == 0 || entries[0] != s.entry) { // a mailbox may share the first
			entries = append(entries, s.entry)
		}
	}
	return entries
}

// keptFor names the entry of a secret of an account. Of one that had a name, as a
// mailbox has that logs in with the secret of smtp, the role stays.
func (s Secret) keptFor(account string, role Role) Secret {
	if !s.Keyring {
		return s
	}
	if s.entry.Role != "" {
		role = s.entry.Role
	}
	s.entry = KeyringEntry{account, role}
	return s
}
