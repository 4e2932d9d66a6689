package outbox

import (
	"context"
	"database/sql"
	"time"
)

// purgeCampaigns removes the files of campaigns that were over long ago, and then
// what is known of them. One of which a letter failed or is uncertain is kept like
// that letter.
func (b *Outbox) purgeCampaigns(ctx context.Context, keep Retention, now time.Time) error {
	if keep.Content > 0 {
		old, err := b.settledCampaigns(ctx, now.Add(-keep.Content))
		if err != nil {
			return err
		}
		for _, id := range old {
			if err := b.writer.do(ctx, func(t *tx) error {
				_, err := t.exec("DELETE FROM campaign_files WHERE campaign = ?", id)
				return err
			}); err != nil {
				return err
			}
		}
	}
	if keep.Record == 0 {
		return nil
	}
	old, err := b.settledCampaigns(ctx, now.Add(-keep.Record))
	if err != nil {
		return err
	}
	for _, id := range old {
		if err := b.inBatches(ctx, func(t *tx) (int, error) {
			n, err := t.changed("DELETE FROM items WHERE id IN (SELECT id FROM items WHERE campaign = ? LIMIT ?)", id, purgeBatch)
			return int(n), err
		}); err != nil {
			return err
		}
		if err := b.removeCampaign(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// settledCampaigns were over before a time, and nothing of them is open or in doubt
// or has failed.
func (b *Outbox) settledCampaigns(ctx context.Context, before time.Time) (all []CampaignID, err error) {
	rows, err := b.read.QueryContext(ctx, `SELECT id FROM campaigns c WHERE state IN (?, ?) AND finished_at < ?
		AND NOT EXISTS(SELECT 1 FROM campaign_counts n WHERE n.campaign = c.id AND n > 0 AND iif(items, n.state NOT IN (?, ?, ?), n.state = ?))`,
		CampaignDone, CampaignCancelled, stamp(before), StateSent, StateSkipped, StateCancelled, rowFailed)
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var id CampaignID
		err := rows.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, storeError(err)
}
