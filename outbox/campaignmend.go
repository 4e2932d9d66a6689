package outbox

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"sendoff/outbox/pace"
)

const rebuiltCampaign = "the outbox was damaged and has been rebuilt: some of the rows that are shown as ready may have been sent"

// mendCampaigns gives rows and items of campaigns what they refer to. A row of which
// there is an item was taken, whatever it says itself; and no campaign goes on by
// itself, since both may be lost.
func (s *salvage) mendCampaigns(_ context.Context, now time.Time) error {
	err := s.execScript(fmt.Sprintf(`
		DELETE FROM campaign_rows WHERE campaign NOT IN (SELECT id FROM campaigns);
		DELETE FROM campaign_accounts WHERE campaign NOT IN (SELECT id FROM campaigns);
		DELETE FROM campaign_files WHERE campaign NOT IN (SELECT id FROM campaigns);
		UPDATE items SET rendered = rendered <> 0, halted = halted <> 0 WHERE rendered NOT IN (0, 1) OR halted NOT IN (0, 1);
		UPDATE items SET campaign = NULL WHERE campaign NOT IN (SELECT id FROM campaigns);
		UPDATE campaign_rows SET item_id = NULL WHERE item_id NOT IN (SELECT id FROM items);
		UPDATE OR IGNORE campaign_rows SET state = %[2]d, item_id = (SELECT max(id) FROM items i WHERE i.campaign_row = campaign_rows.id)
			WHERE id IN (SELECT campaign_row FROM items WHERE campaign IS NOT NULL);
		UPDATE OR IGNORE campaign_rows SET state = %[2]d WHERE state NOT BETWEEN %[1]d AND %[3]d;
		DELETE FROM campaign_rows WHERE state NOT BETWEEN %[1]d AND %[3]d;
		UPDATE campaigns SET state = %[4]d WHERE state NOT BETWEEN %[5]d AND %[6]d;`,
		rowReady, rowQueued, rowFailed, CampaignPaused, CampaignImporting, CampaignDeleted))
	if err != nil {
		return err
	}
	if _, err := s.exec("UPDATE campaigns SET state = ?, reason = ? WHERE state IN (?, ?)", CampaignPaused, rebuiltCampaign, CampaignRunning, CampaignPaused); err != nil {
		return err
	}
	if err := s.mendUnreadable(); err != nil {
		return err
	}
	return s.nameKeptFiles(now)
}

// mendUnreadable sets apart what cannot be read of campaigns: such a row fails, and a
// campaign whose hours are lost has none, which its reason says.
func (s *salvage) mendUnreadable() error {
	_, err := s.exec(`UPDATE campaign_rows SET state = ?, reason = 'its row was damaged: what stands in it cannot be read'
		WHERE state = ? AND CASE WHEN json_valid(cells) THEN json_type(cells) <> 'array' ELSE 1 END`, rowFailed, rowReady)
	if err != nil {
		return err
	}
	all, err := s.texts("SELECT DISTINCT hours FROM campaigns WHERE hours <> ''")
	for _, hours := range all {
		if _, unreadable := pace.ParseHours(hours); err != nil || unreadable == nil {
			continue
		}
		_, err = s.exec("UPDATE campaigns SET hours = '', reason = iif(state = ?1, ?2, reason) WHERE hours = ?3", CampaignPaused,
			"its hours are lost, as the outbox was damaged: resumed, it sends at any hour. "+rebuiltCampaign, hours)
	}
	return err
}

// nameKeptFiles records the content files of campaigns anew; also those that are
// lost, as which they are found when a letter needs them.
func (s *salvage) nameKeptFiles(now time.Time) error {
	shas, err := s.texts("SELECT DISTINCT sha FROM campaign_files")
	if err != nil {
		return err
	}
	for _, sha := range shas {
		size := int64(0)
		if info, err := statContent(filepath.Join(s.files, sha)); err == nil {
			size = info.Size()
		}
		if err := s.nameFile(sha, size, now); err != nil {
			return err
		}
	}
	return nil
}

// countCampaigns makes the counts anew that triggers keep.
const countCampaigns = `DELETE FROM campaign_counts;
	INSERT INTO campaign_counts SELECT campaign, 1, state, count(*) FROM items WHERE campaign IS NOT NULL GROUP BY campaign, state;
	INSERT INTO campaign_counts SELECT campaign, 0, state, count(*) FROM campaign_rows GROUP BY campaign, state;`

// wrongCampaignCounts finds counts that are not those of items or rows.
const wrongCampaignCounts = `SELECT campaign FROM (SELECT campaign, items, state, n FROM campaign_counts
	UNION ALL SELECT campaign, 1, state, -count(*) FROM items WHERE campaign IS NOT NULL GROUP BY campaign, state
	UNION ALL SELECT campaign, 0, state, -count(*) FROM campaign_rows GROUP BY campaign, state)
	GROUP BY campaign, items, state HAVING sum(n) <> 0`
