package outbox

import (
	"context"
	"errors"
	"fmt"
)

// ErrNameInUse says that messages wait for an account of that name already, as
// those of one that was taken out: they must not be taken for another one's.
var ErrNameInUse = errors.New("messages wait for an account of that name")

// RenameAccount gives all that belongs to an account to another name: items,
// drafts, attempts, and what is known of it. Nothing that is under way stops: it
// is recorded where it belongs.
//
// also does what belongs to it outside of the outbox, such as writing
// accounts.toml. It is called when all is moved and nothing is durable yet; if it
// fails, nothing is moved. ErrNameInUse if open items wait for the new name.
func (b *Outbox) RenameAccount(ctx context.Context, old, name string, also func() error) error {
	err := b.writer.do(ctx, func(t *tx) error {
		var used bool
		err := t.queryRow("SELECT EXISTS(SELECT 1 FROM items WHERE account = ? AND state IN (?, ?, ?))",
			name, StateHeld, StateSending, StateWaiting).Scan(&used)
		if err != nil {
			return err
		}
		if used {
			return ErrNameInUse
		}
		if err := t.renameAccount(old, name); err != nil {
			return err
		}
		return also()
	})
	if err != nil {
		return fmt.Errorf("rename account %s: %w", old, err)
	}
	return nil
}

func (t *tx) renameAccount(old, name string) error {
	for _, query := range []string{
		"UPDATE items SET account = ?2 WHERE account = ?1",
		"UPDATE attempts SET account = ?2 WHERE account = ?1",
		"UPDATE drafts SET json = json_set(json, '$.account', ?2) WHERE iif(json_valid(json), json_extract(json, '$.account'), NULL) = ?1",
		"UPDATE items SET meant_for = ?2 WHERE meant_for = ?1",
		"UPDATE reports SET account = ?2 WHERE account = ?1",
		"UPDATE sent_copies SET account = ?2 WHERE account = ?1",
		"UPDATE campaign_rows SET account = ?2 WHERE account = ?1",
		"UPDATE OR REPLACE campaign_accounts SET account = ?2 WHERE account = ?1",
		"UPDATE sends SET account = ?2 WHERE account = ?1",
		// Of an account that had the name before, what was learnt is of no use.
		"UPDATE OR REPLACE parks SET account = ?2 WHERE account = ?1",
		"UPDATE OR REPLACE account_facts SET account = ?2 WHERE account = ?1",
		"UPDATE OR REPLACE looks SET account = ?2 WHERE account = ?1",
		"UPDATE OR REPLACE looked_folders SET account = ?2 WHERE account = ?1",
		"UPDATE OR REPLACE looked_mails SET account = ?2 WHERE account = ?1",
	} {
		if _, err := t.exec(query, old, name); err != nil {
			return err
		}
	}
	return nil
}
