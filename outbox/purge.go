package outbox

import (
	"context"
	"database/sql"
	"time"
)

// Retention says how long the outbox keeps what everybody has received. What
// failed, or is uncertain, still waits or was cancelled is kept until a person
// deletes it.
type Retention struct {
	Content time.Duration // texts, attachments, drafts and dialogues of sent messages; 0: for ever
	Size    int64         // most octets of those, the oldest going first; 0: no limit
	Record  time.Duration // that they were sent, to whom, and what the server said; 0: for ever
}

// purgeBatch is how many messages are purged in one commit, so that nobody has
// to wait for the write lock.
const purgeBatch = 500

// purge removes what has been kept for long enough.
func (b *Outbox) purge(ctx context.Context, keep Retention, now time.Time) error {
	err := b.writer.do(ctx, func(t *tx) error { return t.forgetSteps(0, now) })
	if err != nil {
		return err
	}
	if err := b.purgeDeleted(ctx, now); err != nil {
		return err
	}
	if keep.Content > 0 {
		if err := b.inBatches(ctx, func(t *tx) (int, error) { return t.purgeOlder(now.Add(-keep.Content), now) }); err != nil {
			return err
		}
	}
	if keep.Size > 0 {
		if err := b.inBatches(ctx, func(t *tx) (int, error) { return t.purgeLarger(keep.Size, now) }); err != nil {
			return err
		}
	}
	if err := b.purgeCampaigns(ctx, keep, now); err != nil || keep.Record == 0 {
		return err
	}
	return b.inBatches(ctx, func(t *tx) (int, error) {
		n, err := t.changed("DELETE FROM items WHERE id IN (SELECT id FROM items WHERE state = ? AND updated_at < ? AND campaign IS NULL LIMIT ?)",
			StateSent, stamp(now.Add(-keep.Record)), purgeBatch)
		return int(n), err
	})
}

// inBatches repeats a change until it finds less than a batch.
func (b *Outbox) inBatches(ctx context.Context, change func(*tx) (int, error)) error {
	for {
		var n int
		err := b.writer.do(ctx, func(t *tx) (err error) {
			n, err = change(t)
			return err
		})
		if err != nil || n < purgeBatch {
			return err
		}
	}
}

// purgeOlder removes the content of what was sent before a time.
func (t *tx) purgeOlder(before, now time.Time) (int, error) {
	ids, err := t.idsOf("SELECT id FROM items WHERE state = ? AND "+keptItems+" AND updated_at < ? ORDER BY updated_at LIMIT ?",
		StateSent, stamp(before), purgeBatch)
	if err != nil {
		return 0, err
	}
	return len(ids), t.purgeContent(ids, now)
}

// purgeLarger removes the content of the oldest messages, as long as all of them
// together are larger than allowed.
func (t *tx) purgeLarger(most int64, now time.Time) (int, error) {
	var kept int64
	if err := t.queryRow("SELECT coalesce(sum(size), 0) FROM items WHERE state = ? AND "+keptItems+" AND rendered = 0", StateSent).Scan(&kept); err != nil {
		return 0, err
	}
	var ids []ID
	err := t.each(func(rows *sql.Rows) error {
		var id ID
		var size int64
		err := rows.Scan(&id, &size)
		if kept > most {
			ids = append(ids, id)
			kept -= size
		}
		return err
	}, "SELECT id, size FROM items WHERE state = ? AND "+keptItems+" AND rendered = 0 ORDER BY updated_at LIMIT ?", StateSent, purgeBatch)
	if err != nil {
		return 0, err
	}
	return len(ids), t.purgeContent(ids, now)
}

// purgeContent removes the content of messages; their files go with the next
// sweep, when nobody names them any more. The dialogues go with it: nobody looks
// for what was wrong with mail that arrived months ago, and they are the larger
// part of a record, of which the last word of the server to each recipient stays.
func (t *tx) purgeContent(ids []ID, now time.Time) error {
	for _, id := range ids {
		for _, query := range []string{
			"DELETE FROM bodies WHERE item_id = ?", "DELETE FROM drafts WHERE item_id = ?",
			"UPDATE attempts SET dialogue = NULL WHERE item_id = ?",
		} {
			if err := t.execID(query, id); err != nil {
				return err
			}
		}
		if _, err := t.exec("UPDATE items SET file = NULL, purged_at = ? WHERE id = ?", stamp(now), id); err != nil {
			return err
		}
	}
	return nil
}

// idsOf gives the IDs that a query selects.
func (t *tx) idsOf(query string, args ...any) (ids []ID, err error) {
	err = t.each(func(rows *sql.Rows) error {
		var id ID
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, query, args...)
	return ids, err
}

// texts gives the texts that a query selects.
func (t *tx) texts(query string, args ...any) (all []string, err error) {
	err = t.each(func(rows *sql.Rows) error {
		var text string
		err := rows.Scan(&text)
		all = append(all, text)
		return err
	}, query, args...)
	return all, err
}
