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
	// commandEvery is how often a command may be asked: it may ask a person.
	commandEvery = 10 * time.Minute
)

// fingerprintKeyName is the key's name in the data directory.
const fingerprintKeyName = "fingerprint.key"

// secretWatch notices that the secret of an account whose login was refused is
// another one now, so that its mail goes on without a word from the user. It
// belongs to one goroutine.
type secretWatch struct {
	outbox   *outbox.Outbox
	accounts *accountSource
	prints   accounts.Fingerprints
	asked    map[string]time.Time // by account
	log      *slog.Logger
}

func newSecretWatch(b *outbox.Outbox, source *accountSource, prints accounts.Fingerprints, log *slog.Logger) *secretWatch {
	return &secretWatch{b, source, prints, make(map[string]time.Time), log}
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
	for _, park := range parks {
		account, err := w.accounts.lookup(park.Account)
		if park.Class != outbox.ClassCredentials || err != nil || !w.mayAsk(account, time.Now()) {
			continue
		}
		secret, err := account.SMTP.Secret.Resolve(ctx)
		if err != nil {
			w.log.Info("the secret of an account is still not to be had", "account", account.Name, "error", err)
			continue
		}
		w.accounts.setSecret(account.Name, w.prints.Of(secret))
	}
}

// mayAsk tells whether an account's secret may be asked for now.
func (w *secretWatch) mayAsk(account accounts.Account, now time.Time) bool {
	last, before := w.asked[account.Name]
	if before && len(account.SMTP.Secret.Command) > 0 && now.Sub(last) < commandEvery {
		return false
	}
	w.asked[account.Name] = now
	return !account.SMTP.Secret.IsZero()
}

func loadFingerprints(where places) (accounts.Fingerprints, error) {
	return accounts.LoadFingerprints(filepath.Join(where.data, fingerprintKeyName))
}
