package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrCampaignOpen says that a campaign is not over yet.
var ErrCampaignOpen = errors.New("the campaign is not over")

// OverlapTime is how long it is known who had a letter of a campaign: the same letter
// goes out twice within days, and a newsletter of every month is meant.
const OverlapTime = 30 * 24 * time.Hour

// DeleteCampaign removes a campaign that is over: its letters, its list, and what became
// of each. That cannot be undone. Who is suppressed or has unsubscribed stays so; and of
// the addresses that had a letter Overlaps goes on to know for OverlapTime from its
// start. Its name is free then. ErrCampaignOpen if it is not over, ErrBusy while
// something of it is on the wire. What is broken off is done by the next sender.
func (b *Outbox) DeleteCampaign(ctx context.Context, id CampaignID) error {
	err := b.writer.do(ctx, func(t *tx) error {
		var state CampaignState
		var busy bool
		err := t.queryRow("SELECT state, EXISTS(SELECT 1 FROM items WHERE campaign = campaigns.id AND state = ?) FROM campaigns WHERE id = ?", StateSending, id).Scan(&state, &busy)
		switch {
		case errors.Is(err, sql.ErrNoRows) || err == nil && state == CampaignDeleted:
			return ErrNoCampaign
		case err != nil:
			return err
		case state != CampaignDone && state != CampaignCancelled:
			return ErrCampaignOpen
		case busy:
			return ErrBusy
		}
		_, err = t.exec("UPDATE campaigns SET state = ?, name = name || ?, reason = '', frozen = x'', columns = '[]' WHERE id = ?",
			CampaignDeleted, deletedMark(id), id)
		return err
	})
	if err == nil {
		err = b.forgetCampaign(ctx, id)
	}
	return campaignError("delete", err)
}

// deletedMark stands behind the name of a campaign that was deleted, which frees it: no
// name has a blank.
func deletedMark(id CampaignID) string { return fmt.Sprintf(" (deleted %d)", id) }

// nameForPeople is the name of a campaign that may have been deleted.
func (c Campaign) nameForPeople() string {
	if name, ok := strings.CutSuffix(c.Name, deletedMark(c.ID)); ok && c.State == CampaignDeleted {
		return name + " (deleted)"
	}
	return c.Name
}

// forgottenCells stand in a row of which nothing but the address is known.
const forgottenCells = "[]"

// forgetCampaign removes what a deleted campaign had, but for the addresses that have
// got a letter, or may have.
func (b *Outbox) forgetCampaign(ctx context.Context, id CampaignID) error {
	for _, change := range []func(*tx) (int, error){
		func(t *tx) (int, error) { return t.forgetRows(id) },
		func(t *tx) (int, error) { // what was dated anew, and is of no row
			n, err := t.changed("DELETE FROM items WHERE id IN (SELECT id FROM items WHERE campaign = ? LIMIT ?)", id, purgeBatch)
			return int(n), err
		},
	} {
		if err := b.inBatches(ctx, change); err != nil {
			return err
		}
	}
	return b.writer.do(ctx, func(t *tx) error {
		_, err := t.exec("DELETE FROM campaign_files WHERE campaign = ?", id)
		return err
	})
}

// forgetRows forgets some rows, and tells how many it has looked at.
func (t *tx) forgetRows(id CampaignID) (int, error) {
	var gone, kept []int64
	var items []ID
	err := t.each(func(rows *sql.Rows) error {
		var row int64
		var item ID
		var reached bool
		err := rows.Scan(&row, &item, &reached)
		if reached {
			kept = append(kept, row)
		} else {
			gone = append(gone, row)
		}
		if item != 0 {
			items = append(items, item)
		}
		return err
	}, `SELECT w.id, coalesce(i.id, 0), coalesce(i.state NOT IN (?, ?, ?, ?), 0) FROM campaign_rows w LEFT JOIN items i ON i.id = w.item_id
		WHERE w.campaign = ? AND w.cells <> ? LIMIT ?`, StateCancelled, StateFailed, StateBounced, StateSkipped, id, forgottenCells, purgeBatch)
	if err != nil {
		return 0, err
	}
	for _, step := range []struct {
		query string
		args  []any
	}{
		{"DELETE FROM campaign_rows WHERE id IN " + inList, []any{list(gone)}},
		{"UPDATE campaign_rows SET cells = ?, reason = '', account = '' WHERE id IN " + inList, []any{forgottenCells, list(kept)}},
		{"DELETE FROM items WHERE id IN " + inList, []any{list(items)}},
	} {
		if _, err := t.exec(step.query, step.args...); err != nil {
			return 0, err
		}
	}
	return len(gone) + len(kept), nil
}

// purgeDeleted ends what DeleteCampaign has left, and forgets the addresses when nobody
// asks for them any more.
func (b *Outbox) purgeDeleted(ctx context.Context, now time.Time) error {
	type deleted struct {
		id      CampaignID
		created int64
	}
	var all []deleted
	rows, err := b.read.QueryContext(ctx, "SELECT id, created_at FROM campaigns WHERE state = ?", CampaignDeleted)
	if err != nil {
		return storeError(err)
	}
	if err := eachRow(rows, func(rows *sql.Rows) error {
		var d deleted
		err := rows.Scan(&d.id, &d.created)
		all = append(all, d)
		return err
	}); err != nil {
		return storeError(err)
	}
	for _, d := range all {
		if err := b.forgetCampaign(ctx, d.id); err != nil {
			return err
		}
		if d.created < stamp(now.Add(-OverlapTime)) {
			if err := b.removeCampaign(ctx, d.id); err != nil {
				return err
			}
		}
	}
	return nil
}
