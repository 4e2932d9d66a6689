package outbox

import (
	"context"
	"slices"
	"time"
)

// budgets are how many rows may become items now, by account. An account that is
// not there, stands still or has used up its limits gets none: its rows wait for it
// or go to another one, and nothing is promised that cannot leave.
// full names those that can send nothing now.
func (f *feeding) budgets(ctx context.Context, open []openCampaign, now time.Time) (all map[string]int, full []string, err error) {
	all = make(map[string]int)
	for _, p := range f.policies() {
		if !slices.ContainsFunc(open, func(c openCampaign) bool { return slices.Contains(c.Accounts, p.Account) }) {
			continue
		}
		due, err := f.outbox.dueBulk(ctx, p.Account, now)
		if err != nil {
			return nil, nil, err
		}
		room, err := f.outbox.roomFor(ctx, p, now)
		if err != nil {
			return nil, nil, err
		}
		s := f.stocks[p.Account].next(now, due)
		f.stocks[p.Account] = s
		if all[p.Account] = budget(p.Connections, s.leave, due, room); room == 0 {
			full = append(full, p.Account)
		}
		if f.ahead != nil && room == unlimited {
			if n, fast := f.ahead.handing(p, now); fast {
				all[p.Account] = 0
				if n -= due; n >= feedBatch/2 { // few of them are not worth a commit
					all[p.Account] = n
				}
			}
		}
	}
	return all, full, nil
}

// unbind takes rows back from accounts that can send nothing now, where another one
// of their campaign can: those whose letter was not tried yet.
func (f *feeding) unbind(ctx context.Context, open []openCampaign, budgets map[string]int, full []string) error {
	for _, c := range open {
		others := func(account string) bool { return budgets[account] > 0 }
		if !slices.ContainsFunc(c.Accounts, others) {
			continue
		}
		for _, account := range c.Accounts {
			if !slices.Contains(full, account) {
				continue
			}
			err := f.outbox.inCampaign(ctx, func(t *tx) (int64, error) { return t.unbind(c.ID, account) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// unbind makes rows ready again for any account. Their items were tried by nobody.
func (t *tx) unbind(id CampaignID, account string) (int64, error) {
	items, err := t.idsOf(`SELECT i.id FROM items i JOIN campaign_rows w ON w.id = i.campaign_row AND w.item_id = i.id
		WHERE i.state = 6 AND i.account = ? AND i.bulk = 1 AND i.campaign = ? AND w.shared = 1
		AND NOT EXISTS(SELECT 1 FROM attempts a WHERE a.item_id = i.id) LIMIT ?`, account, id, unbindBatch)
	if err != nil {
		return 0, err
	}
	for _, item := range items {
		if _, err := t.exec("UPDATE campaign_rows SET state = ?, account = '', item_id = NULL WHERE item_id = ?", rowReady, item); err != nil {
			return 0, err
		}
		if err := t.execID("DELETE FROM items WHERE id = ?", item); err != nil {
			return 0, err
		}
	}
	return int64(len(items)), nil
}

// unbindBatch is how many rows are taken back in one commit.
const unbindBatch = 50

// dueBulk is how much of what is sent in bulk waits before an account, up to a bound.
func (b *Outbox) dueBulk(ctx context.Context, account string, now time.Time) (n int, err error) {
	err = b.read.always(ctx, "SELECT count(*) FROM (SELECT 1 FROM items WHERE state = 6 AND account = ? AND bulk = 1 AND next_at <= ? LIMIT ?)",
		account, stamp(now), mostAhead).Scan(&n)
	return n, storeError(err)
}

// roomFor is how much an account may send now: nothing while it is parked, one
// letter to find out whether it works again.
func (b *Outbox) roomFor(ctx context.Context, p Policy, now time.Time) (int, error) {
	park, found, err := b.parkOf(ctx, p.Account)
	switch {
	case err != nil:
		return 0, err
	case found && !park.open(p, now):
		return 0, nil
	case found:
		return 1, nil
	}
	room := unlimited
	for _, w := range p.Limits.windows() {
		var used int
		err := b.read.always(ctx, "SELECT coalesce(sum(recipients), 0) FROM (SELECT recipients FROM sends WHERE account = ?1 AND at = 0 "+
			"UNION ALL SELECT recipients FROM sends WHERE account = ?1 AND at > ?2)", p.Account, stamp(now.Add(-w.length))).Scan(&used)
		if err != nil {
			return 0, storeError(err)
		}
		most := w.most
		if w.length < time.Hour { // it has room again before one could look
			most = max(most, ahead(p.Connections, 0)/2)
		}
		room = min(room, max(most-used, 0))
	}
	return room, nil
}

// campaignsWait tells whether rows of campaigns are still to become items, and
// whether some can now.
func (s *Sender) campaignsWait(ctx context.Context) (bool, error) {
	if s.outbox.options.Render == nil {
		return false, nil
	}
	open, err := s.outbox.openCampaigns(ctx)
	if err != nil || len(open) == 0 {
		return false, err
	}
	now := time.Now()
	budgets, _, err := s.newFeeding().budgets(ctx, open, now)
	if err != nil {
		return false, err
	}
	for _, c := range open {
		if c.State != CampaignRunning || c.Begun.IsZero() && c.NotBefore.After(now) || !c.Hours.Open(local(now)) || c.canaryIsOut() {
			continue
		}
		rows, err := s.outbox.nextRows(ctx, c.ID, c.Accounts, budgets, 1)
		if err != nil || len(rows) > 0 {
			return len(rows) > 0, err
		}
	}
	return false, nil
}
