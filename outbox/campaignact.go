package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"sendoff/outbox/pace"
)

// actBatch is how many items of a campaign are changed in one commit.
const actBatch = 400

// PauseCampaign stops a campaign at once: no row becomes an item any more, and what
// waits is held. What is on the wire is finished. reason is for people.
// ErrCampaignOver if there is nothing to pause.
func (b *Outbox) PauseCampaign(ctx context.Context, id CampaignID, reason string) error {
	return b.pauseCampaign(ctx, id, reason, func(*tx) error { return nil })
}

// pauseCampaign is PauseCampaign with a change in the same commit.
func (b *Outbox) pauseCampaign(ctx context.Context, id CampaignID, reason string, also func(*tx) error) error {
	now := time.Now()
	err := b.writer.do(ctx, func(t *tx) error {
		n, err := t.changed("UPDATE campaigns SET state = ?, reason = ? WHERE id = ? AND state IN (?, ?)",
			CampaignPaused, bound(reason), id, CampaignRunning, CampaignPaused)
		if err != nil || n == 0 {
			return errors.Join(err, t.overOrNone(id))
		}
		if _, err = t.halt(id, CampaignPaused, now); err != nil {
			return err
		}
		return also(t)
	})
	if err == nil {
		err = b.inCampaign(ctx, func(t *tx) (int64, error) { return t.halt(id, CampaignPaused, now) })
	}
	return campaignError("pause", err)
}

// halt holds items of a campaign while that is in a state, those first that would
// leave first.
func (t *tx) halt(id CampaignID, while CampaignState, now time.Time) (int64, error) {
	return t.changed(`UPDATE items SET held = 1, halted = 1, state = ?1, updated_at = ?2
		WHERE id IN (SELECT id FROM items WHERE campaign = ?3 AND state = ?4 ORDER BY next_at LIMIT ?5)
		AND EXISTS(SELECT 1 FROM campaigns WHERE id = ?3 AND state = ?6)`, StateHeld, stamp(now), id, StateWaiting, actBatch, while)
}

// letGo makes items of a running campaign due again that were held for it.
func (t *tx) letGo(id CampaignID, now time.Time) (int64, error) {
	return t.changed(`UPDATE items SET held = 0, halted = 0, state = ?1, updated_at = ?2
		WHERE id IN (SELECT id FROM items WHERE campaign = ?3 AND state = ?4 AND halted = 1 LIMIT ?5)
		AND EXISTS(SELECT 1 FROM campaigns WHERE id = ?3 AND state = ?6)`, StateWaiting, stamp(now), id, StateHeld, actBatch, CampaignRunning)
}

// ResumeCampaign lets a paused campaign go on, and what was held for it; outside of its
// hours, as soon as these begin. What became of its letters before does not pause it
// again. ErrCorrupt where nobody can tell its hours any more.
func (b *Outbox) ResumeCampaign(ctx context.Context, id CampaignID) error {
	now := time.Now()
	var hours string
	err := b.writer.do(ctx, func(t *tx) error {
		n, err := t.changed(`UPDATE campaigns SET state = ?1, reason = '', watched_at = ?2, not_before = iif(not_before <= ?2, 0, not_before)
			WHERE id = ?3 AND state = ?4`, CampaignRunning, stamp(now), id, CampaignPaused)
		if err != nil || n == 0 {
			return errors.Join(err, t.overOrNone(id))
		}
		if err := t.queryRow("SELECT hours FROM campaigns WHERE id = ?", id).Scan(&hours); err != nil || hours == "" {
			return err
		}
		if _, err := pace.ParseHours(hours); err != nil {
			return fmt.Errorf("%w: its hours cannot be read: %w", ErrCorrupt, err)
		}
		return nil
	})
	if err == nil && isOpen(hours, now) {
		err = b.inCampaign(ctx, func(t *tx) (int64, error) { return t.letGo(id, now) })
	}
	return campaignError("resume", err)
}

// CancelCampaign ends a campaign for good: nothing of it leaves any more but what is
// on the wire. What was sent stays sent.
func (b *Outbox) CancelCampaign(ctx context.Context, id CampaignID) error {
	now := time.Now()
	var broken bool
	cancel := func(t *tx) (int64, error) { return t.cancelSome(id, now) }
	err := b.writer.do(ctx, func(t *tx) error {
		n, err := t.changed("UPDATE campaigns SET state = ?, reason = '', finished_at = ? WHERE id = ? AND state IN (?, ?)",
			CampaignCancelled, stamp(now), id, CampaignRunning, CampaignPaused)
		if err == nil && n == 0 {
			err = t.queryRow("SELECT EXISTS(SELECT 1 FROM campaigns WHERE id = ? AND state = ?)", id, CampaignImporting).Scan(&broken)
			if err != nil || broken {
				return err
			}
			return t.overOrNone(id)
		}
		if err != nil {
			return err
		}
		// Of a row that has a reason no letter could be made before.
		if _, err = t.exec("UPDATE campaign_rows SET state = ? WHERE campaign = ? AND state = ? AND reason <> ''", rowFailed, id, rowReady); err != nil {
			return err
		}
		_, err = cancel(t)
		return err
	})
	switch {
	case err == nil && broken: // nothing of it has left
		err = b.removeCampaign(ctx, id)
	case err == nil:
		err = b.inCampaign(ctx, cancel)
	}
	return campaignError("cancel", err)
}

// cancelSome cancels items of a campaign, and tells how many it has looked at. One that
// was refused before and was to be tried again is what it was.
func (t *tx) cancelSome(id CampaignID, now time.Time) (int64, error) {
	var some []ID
	err := t.each(func(rows *sql.Rows) error {
		var item ID
		err := rows.Scan(&item)
		some = append(some, item)
		return err
	}, "SELECT id FROM items WHERE campaign = ? AND state IN (?, ?) ORDER BY state DESC LIMIT ?", id, StateWaiting, StateHeld, actBatch)
	if err != nil || len(some) == 0 {
		return 0, err
	}
	if err := t.callOff(some, now); err != nil {
		return 0, err
	}
	_, err = t.exec("UPDATE items SET cancelled = 1, state = ?, updated_at = ? WHERE state IN (?, ?) AND id IN "+inList,
		StateCancelled, stamp(now), StateWaiting, StateHeld, list(some))
	return int64(len(some)), err
}

// inCampaign repeats a change until it changes nothing more.
func (b *Outbox) inCampaign(ctx context.Context, change func(*tx) (int64, error)) error {
	for {
		var n int64
		err := b.writer.do(ctx, func(t *tx) (err error) {
			n, err = change(t)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// overOrNone says why a campaign could not be changed.
func (t *tx) overOrNone(id CampaignID) error {
	var there bool
	if err := t.queryRow("SELECT EXISTS(SELECT 1 FROM campaigns WHERE id = ?)", id).Scan(&there); err != nil {
		return err
	}
	if there {
		return ErrCampaignOver
	}
	return ErrNoCampaign
}

func campaignError(verb string, err error) error {
	if err != nil {
		return fmt.Errorf("%s campaign: %w", verb, err)
	}
	return nil
}
