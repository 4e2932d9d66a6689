package outbox

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"time"

	"sendoff/compose"
)

// Redate sends what nobody has of an old item anew: with the Date of now and
// therefore, since it is another message then, with a Message-ID of its own. It
// returns the new item; the old one is cancelled and says where it went.
//
// ErrTransition if nobody waits for it, also since a person has said so (held,
// scheduled, cancelled), ErrReplaced if that was done before, ErrMayHaveArrived if some recipient may
// have it: to that one it would be a second message. ErrBusy while it is being
// sent, ErrPurged without its text, ErrCampaignOver of a campaign that was cancelled.
func (b *Outbox) Redate(ctx context.Context, id ID) (ID, error) {
	fresh, err := b.redate(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("redate %s: %w", id, err)
	}
	return fresh, nil
}

func (b *Outbox) redate(ctx context.Context, id ID) (fresh ID, err error) {
	item, err := b.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	s, err := compose.NewStamp(item.From, time.Now())
	if err != nil {
		return 0, err
	}
	c, err := b.restamp(ctx, id, s)
	if err != nil {
		return 0, err
	}
	defer c.spool.drop()
	err = b.writer.do(ctx, func(t *tx) error {
		i, err := b.actable(t, id)
		if err != nil {
			return err
		}
		switch {
		case i.campaignOver:
			return ErrCampaignOver
		case i.replacedBy != 0 && i.cancelled:
			return fmt.Errorf("%s: %w", i.replacedBy, ErrReplaced)
		case i.uncertain > 0:
			return ErrMayHaveArrived
		case i.cancelled, i.held, i.notBefore.After(time.Now()):
			return ErrTransition
		}
		now := time.Now()
		if fresh, err = t.copyItem(id, s, c, now); err != nil {
			return err
		}
		return t.heedCampaign(fresh, now)
	})
	return fresh, err
}

// restamped is a message that was copied with another stamp.
type restamped struct {
	spool spool
	file  string
}

// restamp copies the message of an item with another stamp.
func (b *Outbox) restamp(ctx context.Context, id ID, s compose.Stamp) (*restamped, error) {
	r, err := b.Message(ctx, id)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	c := &restamped{spool: newSpool(b.filesDir())}
	c.spool.ended = ctx.Err
	w := bufio.NewWriterSize(&c.spool, spoolBuffer)
	err = compose.Restamp(w, r, s)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		c.file, err = c.spool.keep()
	}
	if err != nil {
		c.spool.drop()
		return nil, err
	}
	return c, nil
}

// copyItem queues a restamped copy for those who have no copy of an item yet.
func (t *tx) copyItem(id ID, s compose.Stamp, c *restamped, now time.Time) (ID, error) {
	open, err := t.recipientsIn(id, RecipientWaiting, RecipientFailed, RecipientBounced)
	if err != nil {
		return 0, err
	}
	if len(open) == 0 {
		return 0, ErrTransition
	}
	r, err := t.exec(`INSERT INTO items(state, account, message_id, sender, from_line, to_list, cc_list, bcc_list, subject,
		size, eight_bit, utf8, require_tls, wishes, next_at, bulk, campaign, campaign_row, seed, date, created_at, updated_at)
		SELECT ?2, account, ?3, sender, from_line, to_list, cc_list, bcc_list, subject, size, eight_bit, utf8, require_tls, wishes, ?4, bulk, campaign, campaign_row, ?5, ?6, ?4, ?4
		FROM items WHERE id = ?1`, id, StateWaiting, s.MessageID, stamp(now), s.Seed[:], stamp(s.Date))
	if err != nil {
		return 0, err
	}
	n, err := r.LastInsertId()
	fresh := ID(n)
	if err != nil {
		return 0, err
	}
	if err := t.replaceContent(fresh, c, s.Date, now); err != nil {
		return 0, err
	}
	for _, address := range open {
		if _, err := t.exec("INSERT INTO recipients(item_id, address, state, next_at) VALUES(?, ?, ?, ?)", fresh, address, RecipientWaiting, stamp(now)); err != nil {
			return 0, err
		}
	}
	if _, err := t.exec("UPDATE campaign_rows SET item_id = ? WHERE item_id = ?", fresh, id); err != nil {
		return 0, err
	}
	if _, err := t.exec("INSERT INTO drafts SELECT ?, json FROM drafts WHERE item_id = ?", fresh, id); err != nil {
		return 0, err
	}
	if _, err := t.exec("UPDATE items SET cancelled = 1, replaced_by = ? WHERE id = ?", fresh, id); err != nil {
		return 0, err
	}
	return fresh, t.rollUp(id, now)
}

// recipientsIn are the addresses of an item's recipients in some states.
func (t *tx) recipientsIn(id ID, states ...RecipientState) (addresses []string, err error) {
	err = t.each(func(rows *sql.Rows) error {
		var address string
		var s RecipientState
		err := rows.Scan(&address, &s)
		for _, wanted := range states {
			if s == wanted {
				addresses = append(addresses, address)
			}
		}
		return err
	}, "SELECT address, state FROM recipients WHERE item_id = ? ORDER BY id", id)
	return addresses, err
}

// replaceContent gives an item other bytes.
func (t *tx) replaceContent(id ID, c *restamped, date, now time.Time) error {
	if err := t.execID("DELETE FROM bodies WHERE item_id = ?", id); err != nil {
		return err
	}
	if c.file == "" {
		if _, err := t.exec("INSERT INTO bodies VALUES(?, ?)", id, c.spool.memory.Bytes()); err != nil {
			return err
		}
	} else if err := t.nameFile(c.file, c.spool.size, now); err != nil {
		return err
	}
	_, err := t.exec("UPDATE items SET file = ?, rendered = 0, digest = ?, size = ?, date = ? WHERE id = ?",
		nullable(c.file), c.spool.digest(), c.spool.size, stamp(date), id)
	return err
}

// datedLater tells that an item is dated for later than now, and that nobody can
// have it yet.
func (t *tx) datedLater(id ID, now time.Time) (later bool, err error) {
	err = t.queryRow(datedLaterQuery, id, stamp(now.Add(dateSlack))).Scan(&later)
	return later, err
}

const datedLaterQuery = `SELECT EXISTS(SELECT 1 FROM items i WHERE id = ?1 AND draft = 0 AND purged_at = 0 AND date > ?2
	AND NOT EXISTS(SELECT 1 FROM attempts a WHERE a.item_id = ?1 AND a.marked_at <> 0))`

// datedNow is the message of an item that leaves before the time it is dated
// with; nil if its Date is right, or if somebody may have it already.
func (b *Outbox) datedNow(ctx context.Context, id ID, now time.Time) (*restamped, error) {
	var later bool
	if err := b.read.QueryRowContext(ctx, datedLaterQuery, id, stamp(now.Add(dateSlack))).Scan(&later); err != nil || !later {
		return nil, storeError(err)
	}
	s := compose.Stamp{Date: now.UTC().Truncate(time.Second)}
	if err := b.read.QueryRowContext(ctx, "SELECT message_id FROM items WHERE id = ?", id).Scan(&s.MessageID); err != nil {
		return nil, storeError(err)
	}
	return b.restamp(ctx, id, s)
}
