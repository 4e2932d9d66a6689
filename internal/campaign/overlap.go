package campaign

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"sendoff/outbox"
)

// Overlap is a campaign that writes to some people of a look, too.
type Overlap struct {
	outbox.Overlap
	Text string // that, for people
}

// Overlaps are the campaigns of the last 30 days of which some people of this look have
// a letter already.
func (k Look) Overlaps(ctx context.Context, b *outbox.Outbox, now time.Time) (all []Overlap, err error) {
	some, err := b.Overlaps(ctx, now.Add(-outbox.OverlapTime), k.people())
	for _, o := range some {
		all = append(all, Overlap{o, overlapText(o, now)})
	}
	return all, err
}

// people are the addresses that get a letter, each once, in their order, in which the
// store finds them faster.
func (k Look) people() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, address := range slices.Compact(slices.Sorted(slices.Values(k.addresses))) {
			if !yield(address, nil) {
				return
			}
		}
	}
}

func overlapText(o outbox.Overlap, now time.Time) string {
	at := o.Campaign.Begun
	if at.IsZero() {
		at = o.Campaign.Created
	}
	day := at.In(now.Location()).Format("2 January")
	if o.Campaign.Counts.Open() > 0 && o.Campaign.State != outbox.CampaignCancelled {
		return fmt.Sprintf("%d of these people had a letter of campaign %s of %s, or get it yet", o.People, o.Campaign.Name, day)
	}
	return fmt.Sprintf("%d of these people had a letter of campaign %s on %s", o.People, o.Campaign.Name, day)
}
