package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

// mailboxJSON is what came of the looks for bounces into the mailbox of an account.
type mailboxJSON struct {
	Looked *time.Time `json:"looked"` // null: never to the end
	Class  string     `json:"class"`  // what is wrong; "": nothing
	Text   string     `json:"text"`
	Next   *time.Time `json:"next"` // of what is wrong; null: when something has changed, or by hand
}

// looksNow are what came of the looks for bounces, by account.
func looksNow(ctx context.Context, where places) (map[string]outbox.MailboxState, error) {
	all := make(map[string]outbox.MailboxState)
	err := withBriefOutbox(ctx, where, compose.Habits{}, func(b *outbox.Outbox) error {
		looks, err := b.Mailboxes(ctx)
		for _, m := range looks {
			all[m.Account] = m
		}
		return err
	})
	return all, err
}

// looksText says how the last look went.
func looksText(m outbox.MailboxState) string {
	switch {
	case m.Class == 0:
		return lookedText(m)
	case m.Next.IsZero():
		return "not looked into for bounces until you change it: " + m.Text
	}
	return fmt.Sprintf("not looked into for bounces before %s: %s", m.Next.Local().Format(time.DateTime), m.Text)
}

// sayLooks says below a check how the last look for bounces went, if there was one.
// What is not known of the outbox is no matter of the check.
func sayLooks(ctx context.Context, w io.Writer, account accounts.Account) {
	where, err := userPlaces()
	if err != nil || account.Mailbox.IsZero() {
		return
	}
	looks, err := looksNow(ctx, where)
	if m, known := looks[account.Name]; err == nil && known {
		fmt.Fprintf(w, "  its mailbox was %s\n", looksText(m))
	}
}
