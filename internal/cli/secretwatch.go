package cli

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"sendoff/accounts"
	"sendoff/outbox"
)

const (
	// secretEvery is how often it is looked whether a refused secret has changed.
	secretEvery = time.Minute
	// personEvery is how often a command or a keyring may be asked: it may ask a
	// person.
	personEvery = 10 * time.Minute
)

// fingerprintKeyName is the key's name in the data directory.
const fingerprintKeyName = "fingerprint.key"

// secretWatch notices that the secret of an account whose login was refused is
// another one now, so that its mail goes on without a word from the user.
type secretWatch struct {
	outbox   *outbox.Outbox
	accounts *accountSource
	prints   accounts.Fingerprints
	log      *slog.Logger
	asked    map[string]time.Time // for the secret of its mailbox, by account
}

func newSecretWatch(b *outbox.Outbox, source *accountSource, prints accounts.Fingerprints, log *slog.Logger) *secretWatch {
	return &secretWatch{b, source, prints, log, make(map[string]time.Time)}
}

// run looks until ctx ends.
func (w *secretWatch) run(ctx context.Context) {
	ticker := time.NewTicker(secretEvery)
	defer ticker.Stop()
	for {
		w.look(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// look asks for the secret of every account that waits for another one.
func (w *secretWatch) look(ctx context.Context) {
	parks, err := w.outbox.Parks(ctx)
	if err != nil {
		return // the sender meets the same and says so
	}
	w.lookAtMailboxes(ctx)
	for _, park := range parks {
		if park.Class != outbox.ClassCredentials {
			continue
		}
		if err := w.ask(ctx, park.Account); err != nil {
			w.log.Info("the secret of an account is still not to be had", "account", park.Account, "error", err)
		}
	}
}

// ask asks for the secret of one account, unless that was done a short while ago.
func (w *secretWatch) ask(ctx context.Context, name string) error {
	account, err := w.accounts.lookup(name)
	if err != nil || account.SMTP.Secret.IsZero() {
		return err
	}
	may, err := w.outbox.AskAgain(ctx, name, askEvery(account.SMTP.Secret))
	if err != nil || !may {
		return err
	}
	secret, err := account.SMTP.Secret.Resolve(ctx)
	if err != nil {
		return err
	}
	return w.outbox.SecretIs(ctx, name, w.prints.Of(secret))
}

// lookAtMailboxes asks for the secrets of mailboxes that have refused theirs, and so
// get no copies and are not looked into for reports.
func (w *secretWatch) lookAtMailboxes(ctx context.Context) {
	refused, err := w.outbox.RefusedMailboxes(ctx)
	if err != nil {
		return // as for the others
	}
	for _, name := range refused {
		account, err := w.accounts.lookup(name)
		if err != nil || account.Mailbox.Secret.IsZero() {
			continue
		}
		if now := time.Now(); now.Sub(w.asked[name]) >= askEvery(account.Mailbox.Secret) {
			w.asked[name] = now
			secret, err := account.Mailbox.Secret.Resolve(ctx)
			if err == nil {
				err = w.outbox.SecretOfMailboxIs(ctx, name, w.prints.Of(secret))
			}
			if err != nil {
				w.log.Info("the secret of a mailbox is still not to be had", "account", name, "error", err)
			}
		}
	}
}

// askEvery is how long a secret is not asked for again.
func askEvery(s accounts.Secret) time.Duration {
	if len(s.Command) > 0 || s.Keyring {
		return personEvery
	}
	return 0
}

func loadFingerprints(where places) (accounts.Fingerprints, error) {
	return accounts.LoadFingerprints(filepath.Join(where.data, fingerprintKeyName))
}
