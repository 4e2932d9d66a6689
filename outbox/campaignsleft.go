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
	Now    int // nothing keeps them but the turn
	Later  int // for the time or the hours of the campaign, its first letters or its accounts
	Paused int // for a person
}

// Due are those that go by themselves while something sends.
func (l CampaignsLeft) Due() int { return l.Now + l.Later }

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
		case c.waitsByItself(still, now):
			sum.Later += letters
		default:
			sum.Now += letters
		}
	}
	return sum, nil
}

// waitsByItself tells that a running campaign makes no letters now and goes on without
// anybody's doing. It is pure.
func (c *openCampaign) waitsByItself(still []string, now time.Time) bool {
	if c.Begun.IsZero() && !c.NotBefore.IsZero() {
		if start, _ := pace.Begin(c.NotBefore, c.Hours, now); start == pace.StartWait {
			return true
		}
	}
	goes := func(account string) bool { return !slices.Contains(still, account) }
	return !c.Hours.Open(now) || c.canaryIsOut() || !slices.ContainsFunc(c.Accounts, goes)
}
