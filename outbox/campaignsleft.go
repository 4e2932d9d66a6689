package outbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"sendoff/outbox/pace"
)

// CampaignsLeft are the letters of campaigns that are still to be sent, and that no count of
// items has: those that are not made yet, and those that their campaign holds.
type CampaignsLeft struct {
	Now       int // nothing keeps them but the turn
	Later     int // for the hours of the campaign, its first letters or its accounts
	Scheduled int // for the time at which it begins
	Paused    int // for a person
}

// Due are those that go by themselves while something sends.
func (l CampaignsLeft) Due() int { return l.Now + l.Later + l.Scheduled }

// CampaignsLeft counts them over all campaigns; through the accounts that stand still nothing
// goes now. A campaign that cannot be read, and so never goes, is left out: Check tells
// of it.
func (b *Outbox) CampaignsLeft(ctx context.Context, still []string) (sum CampaignsLeft, err error) {
	all, err := b.campaignsThat(ctx, func(openCampaign) bool { return true })
	if err != nil && !errors.Is(err, ErrCorrupt) {
		return sum, err
	}
	now := local(time.Now())
	for _, c := range all {
		if c.Damage != "" && c.State == CampaignRunning {
			continue
		}
		letters := c.Counts.Ready
		if c.halted > 0 {
			var n int
			err := b.read.QueryRowContext(ctx, "SELECT count(*) FROM items WHERE campaign = ? AND state = ? AND halted = 1", c.ID, StateHeld).Scan(&n)
			if err != nil {
				return sum, storeError(err)
			}
			letters += n
		}
		switch {
		case c.State == CampaignPaused:
			sum.Paused += letters
		case c.waitsForItsTime(now):
			sum.Scheduled += letters
		case c.waitsByItself(still, now):
			sum.Later += letters
		default:
			sum.Now += letters
		}
	}
	return sum, nil
}

// waitsForItsTime tells that a running campaign has not begun, since somebody wants it to
// begin later. It is pure.
func (c *openCampaign) waitsForItsTime(now time.Time) bool {
	if !c.Begun.IsZero() || c.NotBefore.IsZero() {
		return false
	}
	start, _ := pace.Begin(c.NotBefore, c.Hours, now)
	return start == pace.StartWait
}

// waitsByItself tells that a running campaign whose time has come makes no letters now and
// goes on without anybody's doing. It is pure.
func (c *openCampaign) waitsByItself(still []string, now time.Time) bool {
	goes := func(account string) bool { return !slices.Contains(still, account) }
	return !c.Hours.Open(now) || c.canaryIsOut() || !slices.ContainsFunc(c.Accounts, goes)
}
