package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// oldMail is the age from which a Date header costs points at spam filters
// (2.6 in SpamAssassin), so that a retry by hand should be thought about.
const oldMail = 4 * 24 * time.Hour

// RetryOptions say how a retry by hand is meant.
type RetryOptions struct {
	Account         string // move to this account; "" keeps it
	ResendUncertain bool   // also those that may have arrived
	AnyAge          bool   // also mail that is over four days old, with its old Date
	AgainstLimit    bool   // also when the provider has said that the day's quota is used up
}

// Retry makes the open, failed and bounced recipients of an item due now,
// brings a cancelled or held item back, and lifts the park of its account for
// one try. Its history stays.
//
// Where everybody has it, it makes the copy for the Sent folder again, if that
// failed or waits. ErrTransition if there is nothing to try,
// ErrMayHaveArrived if they may and o does not say to resend. ErrBusy while it is being sent. ErrReplaced if Redate was
// here before. ErrOldMail without o.AnyAge for old mail, for which there is Redate too. ErrDayLimit without
// o.AgainstLimit where that is what the account waits for. ErrCampaignOver of a
// campaign that was cancelled; of one that is paused or may not send at this hour it is
// held, and goes with the others.
func (b *Outbox) Retry(ctx context.Context, id ID, o RetryOptions) error {
	return b.actDated(ctx, "retry", id, func(t *tx, i *actable, now time.Time) error {
		account := i.account
		if o.Account != "" {
			account = o.Account
		}
		switch limited, err := t.dayLimited(account, now); {
		case err != nil:
			return err
		case limited && !o.AgainstLimit:
			return ErrDayLimit
		}
		if i.campaignOver {
			return ErrCampaignOver
		}
		if i.replacedBy != 0 && i.cancelled { // by Redate; a copy that was sent takes nothing from it
			return fmt.Errorf("%s: %w", i.replacedBy, ErrReplaced)
		}
		if !o.AnyAge && now.Sub(later(i.dated, i.notBefore)) > oldMail {
			return ErrOldMail
		}
		events := map[RecipientState]Event{
			RecipientWaiting: EventRetry, RecipientFailed: EventRetry, RecipientBounced: EventRetry,
		}
		if o.ResendUncertain {
			events[RecipientUncertain] = EventRetry
		}
		switch err := t.moveAll(id, events, now); {
		case errors.Is(err, ErrTransition) && i.uncertain > 0:
			return ErrMayHaveArrived
		case errors.Is(err, ErrTransition) && o.Account == "":
			return t.copyAgain(id, now) // everybody has it; so it is the copy
		case err != nil:
			return err
		}
		if _, err := t.exec("UPDATE items SET meant_for = iif(account = ?1, meant_for, ''), account = ?1, cancelled = 0, held = 0, halted = 0, not_before = 0, interrupted = 0, replaced_by = 0 WHERE id = ?", account, id); err != nil {
			return err
		}
		return t.liftPark(account, now)
	})
}

// MarkSent says that an uncertain item arrived.
func (b *Outbox) MarkSent(ctx context.Context, id ID) error {
	return b.act(ctx, "mark sent", id, func(t *tx, _ *actable, now time.Time) error {
		return t.moveAll(id, map[RecipientState]Event{RecipientUncertain: EventMarkSent}, now)
	})
}

// Hold keeps an item from being sent until Release or Retry. ErrBusy while it
// is being sent, ErrTransition if nothing of it waits.
func (b *Outbox) Hold(ctx context.Context, id ID) error {
	return b.act(ctx, "hold", id, func(t *tx, i *actable, _ time.Time) error { return t.holdItem(id, i) })
}

func (t *tx) holdItem(id ID, i *actable) error {
	if i.waiting == 0 || i.cancelled {
		return ErrTransition
	}
	return t.execID("UPDATE items SET held = 1, halted = 0 WHERE id = ?", id) // for good: its campaign does not let it go
}

// Release undoes Hold and a schedule: the item is due now. ErrTransition if it
// is neither held nor scheduled. ErrCampaignHolds of one that is held for its campaign
// alone; one that a person held is held for its campaign then, where that is paused or
// sends nothing at this hour, and goes with the others.
func (b *Outbox) Release(ctx context.Context, id ID) error {
	return b.actDated(ctx, "release", id, func(t *tx, i *actable, now time.Time) error {
		if i.halted {
			switch holds, err := t.campaignHolds(id, now); {
			case err != nil:
				return err
			case holds:
				return ErrCampaignHolds
			}
		}
		return t.releaseItem(id, i, now)
	})
}

func (t *tx) releaseItem(id ID, i *actable, now time.Time) error {
	if !i.held && !i.notBefore.After(now) {
		return ErrTransition
	}
	if err := t.execID("UPDATE items SET held = 0, halted = 0, not_before = 0 WHERE id = ?", id); err != nil {
		return err
	}
	_, err := t.exec("UPDATE recipients SET next_at = ? WHERE item_id = ? AND state = ?", stamp(now), id, RecipientWaiting)
	return err
}

func (t *tx) cancelItem(id ID, i *actable) error {
	if i.waiting == 0 || i.cancelled {
		return ErrTransition
	}
	return t.execID("UPDATE items SET cancelled = 1 WHERE id = ?", id)
}

// TakeBack makes an item that nobody can have, since the final dot of no attempt
// has left, and whose draft is kept, a draft again. ErrBusy or ErrTransition if
// it is too late.
func (b *Outbox) TakeBack(ctx context.Context, id ID) error {
	return b.act(ctx, "take back", id, func(t *tx, _ *actable, _ time.Time) error {
		var possible bool
		err := t.queryRow("SELECT NOT EXISTS(SELECT 1 FROM attempts WHERE item_id = ?1 AND marked_at <> 0) AND EXISTS(SELECT 1 FROM drafts WHERE item_id = ?1)", id).Scan(&possible)
		if err != nil {
			return err
		}
		if !possible {
			return ErrTransition
		}
		for _, query := range []string{
			"DELETE FROM attempts WHERE item_id = ?",
			"DELETE FROM recipients WHERE item_id = ?",
			"DELETE FROM bodies WHERE item_id = ?",
			"UPDATE items SET draft = 1, held = 0, cancelled = 0, not_before = 0, undo = 0, idem = NULL, file = NULL, size = 0 WHERE id = ?",
		} {
			if err := t.execID(query, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// ErrOfCampaign is why a letter is not deleted alone.
var ErrOfCampaign = errors.New("it is a letter of a campaign, which would not know any more who has it; it goes when the campaign is deleted")

// mayDelete refuses, by ErrOfCampaign, the letter of a campaign that was tried: its row would
// be one that nothing was sent for, and who goes by that writes to its owner twice.
func (t *tx) mayDelete(id ID, i *actable) error {
	if !i.ofCampaign {
		return nil
	}
	var tried bool
	err := t.queryRow("SELECT state NOT IN (?, ?, ?, ?) FROM items WHERE id = ? AND EXISTS(SELECT 1 FROM campaign_rows WHERE item_id = items.id) UNION ALL SELECT 0",
		StateWaiting, StateScheduled, StateHeld, StateCancelled, id).Scan(&tried)
	if err == nil && tried {
		err = ErrOfCampaign
	}
	return err
}

// Delete removes an item with all that is known of it. ErrBusy while it is
// being sent, ErrOfCampaign for a letter that its campaign tells of.
func (b *Outbox) Delete(ctx context.Context, id ID) error {
	var file string
	err := b.writer.do(ctx, func(t *tx) error {
		i, err := b.actable(t, id)
		if err != nil {
			return err
		}
		file = i.file
		if err := t.mayDelete(id, i); err != nil {
			return err
		}
		return t.execID("DELETE FROM items WHERE id = ?", id)
	})
	if err == nil && file != "" {
		err = b.dropFile(ctx, file) // not before the deletion is on disk
	}
	if err != nil {
		return fmt.Errorf("delete %s: %w", id, err)
	}
	return nil
}

// actable is what the actions ask of an item before they change it.
type actable struct {
	account         string
	draft           bool
	ofCampaign      bool
	cancelled, held bool
	halted          bool // held for its campaign
	campaignOver    bool // it was cancelled
	notBefore       time.Time
	dated           time.Time // its Date; in what schema 1 wrote, when it was queued
	replacedBy      ID
	file            string
	waiting         int
	uncertain       int
}

// actable reads it, and refuses an item that is being sent: what its attempt
// comes to must be recorded first. When there is no sender, the attempt is one
// that its program left behind; then it is over now.
func (b *Outbox) actable(t *tx, id ID) (*actable, error) {
	i, sending, err := t.actable(id)
	if err != nil || sending == 0 {
		return i, err
	}
	free, err := takeSenderLease(b.options.Dir)
	if err != nil {
		return nil, ErrBusy
	}
	now := time.Now()
	if err = t.setBackAtStart(now); err == nil { // as a sender does
		err = b.takeOver(t, nil, now)
	}
	// A sender that starts after the release waits for this transaction.
	if err := errors.Join(err, free.Release()); err != nil {
		return nil, err
	}
	i, _, err = t.actable(id)
	return i, err
}

func (t *tx) actable(id ID) (i *actable, sending int, err error) {
	i = &actable{}
	var notBefore, dated int64
	err = t.queryRow(`SELECT account, draft, campaign IS NOT NULL, cancelled, held, halted, EXISTS(SELECT 1 FROM campaigns c WHERE c.id = items.campaign AND c.state = ?5), not_before, iif(date = 0, created_at, date), replaced_by, coalesce(file, ''),
		(SELECT count(*) FROM recipients WHERE item_id = ?1 AND state = ?2),
		(SELECT count(*) FROM recipients WHERE item_id = ?1 AND state = ?3),
		(SELECT count(*) FROM recipients WHERE item_id = ?1 AND state = ?4)
		FROM items WHERE id = ?1`, id, RecipientWaiting, RecipientUncertain, RecipientSending, CampaignCancelled).
		Scan(&i.account, &i.draft, &i.ofCampaign, &i.cancelled, &i.held, &i.halted, &i.campaignOver, &notBefore, &dated, &i.replacedBy, &i.file, &i.waiting, &i.uncertain, &sending)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	i.notBefore, i.dated = unstamp(notBefore), unstamp(dated)
	return i, sending, err
}

// act runs one action on a queued item and rolls it up, in one transaction.
func (b *Outbox) act(ctx context.Context, verb string, id ID, change func(*tx, *actable, time.Time) error) error {
	now := time.Now()
	err := b.writer.do(ctx, func(t *tx) error {
		i, err := b.actable(t, id)
		if err != nil {
			return err
		}
		if i.draft {
			return fmt.Errorf("it is a draft: %w", ErrTransition)
		}
		if err := change(t, i, now); err != nil {
			return err
		}
		if err := t.rollUp(id, now); err != nil {
			return err
		}
		return t.heedCampaign(id, now)
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, id, err)
	}
	return nil
}

// actDated is act for what makes an item leave now: one that was dated for later
// gets the Date of now.
func (b *Outbox) actDated(ctx context.Context, verb string, id ID, change func(*tx, *actable, time.Time) error) error {
	now := time.Now()
	c, err := b.datedNow(ctx, id, now)
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, id, err)
	}
	if c == nil {
		return b.act(ctx, verb, id, change)
	}
	defer c.spool.drop()
	return b.act(ctx, verb, id, func(t *tx, i *actable, now time.Time) error {
		if err := change(t, i, now); err != nil {
			return err
		}
		if dated, err := t.datedLater(id, now); err != nil || !dated { // as it was when the copy was made
			return err
		}
		return t.replaceContent(id, c, now.UTC().Truncate(time.Second), now)
	})
}

// moveAll gives every recipient of an item the event its state has here, and
// makes those that wait due now. ErrTransition if that was none.
func (t *tx) moveAll(id ID, events map[RecipientState]Event, now time.Time) error {
	moves := make(map[int64]Event)
	err := t.each(func(rows *sql.Rows) error {
		var recipient int64
		var s RecipientState
		if err := rows.Scan(&recipient, &s); err != nil {
			return err
		}
		if e, ok := events[s]; ok {
			moves[recipient] = e
		}
		return nil
	}, "SELECT id, state FROM recipients WHERE item_id = ?", id)
	if err != nil {
		return err
	}
	if len(moves) == 0 {
		return ErrTransition
	}
	return t.moveEach(moves, now)
}

// moveEach gives recipients their events, and makes those that wait due now.
func (t *tx) moveEach(moves map[int64]Event, now time.Time) error {
	for recipient, e := range moves {
		if err := t.move(recipient, e); err != nil {
			return err
		}
		if _, err := t.exec("UPDATE recipients SET next_at = ? WHERE id = ?", stamp(now), recipient); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) execID(query string, id ID) error {
	_, err := t.exec(query, id)
	return err
}
