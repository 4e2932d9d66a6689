package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"iter"
	"time"
)

// Overlap is a campaign that writes to some people of a list, too.
type Overlap struct {
	Campaign Campaign
	People   int // that have a letter of it, or get it yet
}

// overlapCampaigns bounds how many campaigns a list is compared with, and overlapBatch
// how many addresses are asked about at once: some milliseconds for each campaign.
const (
	overlapCampaigns = 10
	overlapBatch     = 1000
)

// Overlaps counts those among some addresses, as NewRow has them and each given once,
// who have a letter of a campaign that was stored since a time, or get it yet. It looks
// at the newest of them, and gives those with anybody, the newest first. The error of
// the addresses ends it.
func (b *Outbox) Overlaps(ctx context.Context, since time.Time, addresses iter.Seq2[string, error]) ([]Overlap, error) {
	all, err := b.overlapping(ctx, since)
	if err != nil || len(all) == 0 { // mostly: then nobody asks for the addresses
		return nil, err
	}
	var batch []string
	for address, err := range addresses {
		if err != nil {
			return nil, err
		}
		if batch = append(batch, address); len(batch) == overlapBatch {
			if err := b.countOverlaps(ctx, all, batch); err != nil {
				return nil, err
			}
			batch = batch[:0]
		}
	}
	if err := b.countOverlaps(ctx, all, batch); err != nil {
		return nil, err
	}
	var some []Overlap
	for _, o := range all {
		if o.People > 0 {
			some = append(some, o)
		}
	}
	return some, nil
}

// overlapping are the campaigns to compare with, with no people yet.
func (b *Outbox) overlapping(ctx context.Context, since time.Time) (all []Overlap, err error) {
	rows, err := b.read.QueryContext(ctx, "SELECT "+campaignColumns+" FROM campaigns WHERE created_at >= ? AND state <> ? ORDER BY id DESC LIMIT ?",
		stamp(since), CampaignImporting, overlapCampaigns)
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		c, err := scanCampaign(rows)
		c.Name = c.nameForPeople()
		all = append(all, Overlap{Campaign: c})
		return err
	})
	for i := range all {
		if err == nil {
			err = b.count(ctx, &all[i].Campaign)
		}
	}
	return all, storeError(err)
}

// countOverlaps adds the people of a batch of addresses. A letter that failed or was
// cancelled has reached nobody; of a deleted campaign no other rows are left. The join
// begins with the addresses, so that each is one look into the index, whose condition is
// the literal 3.
func (b *Outbox) countOverlaps(ctx context.Context, all []Overlap, batch []string) error {
	list, err := json.Marshal(batch)
	if err != nil {
		return err
	}
	for i := range all {
		c := &all[i].Campaign
		var n int
		err := b.read.QueryRowContext(ctx, `SELECT count(DISTINCT w.address) FROM json_each(?1) a
			CROSS JOIN campaign_rows w ON w.campaign = ?2 AND w.address = a.value AND w.state <> 3
			LEFT JOIN items i ON i.id = w.item_id
			WHERE w.state = ?3 AND ?4 OR i.state NOT IN (?5, ?6, ?7, ?8) OR ?9`,
			string(list), c.ID, rowReady, c.State != CampaignCancelled, StateCancelled, StateFailed, StateBounced, StateSkipped, c.State == CampaignDeleted).Scan(&n)
		if err != nil {
			return storeError(err)
		}
		all[i].People += n
	}
	return nil
}
