package review

import (
	"context"
	"strings"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

// Gather reads what the outbox knows that bears on a draft.
func Gather(ctx context.Context, b *outbox.Outbox, all []accounts.Account, d compose.Draft, now time.Time) (Facts, error) {
	f := Facts{Now: now, Accounts: all, People: make(map[string]outbox.Correspondent), Stopped: make(map[string]outbox.Suppression)}
	people, err := b.Correspondents(ctx)
	if err != nil {
		return f, err
	}
	for _, c := range people {
		f.People[strings.ToLower(c.Address)] = c
	}
	var keys []string
	for _, a := range recipients(d) {
		keys = append(keys, Keys(a)...)
	}
	stopped, err := b.SuppressedAmong(ctx, keys)
	for _, s := range stopped {
		f.Stopped[s.Address] = s
	}
	return f, err
}
