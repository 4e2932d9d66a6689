package campaign

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"sendoff/outbox"
)

// Overlaps says of each campaign of the last 30 days how many people of this look have
// a letter of it already; none where nobody has.
func (k Look) Overlaps(ctx context.Context, b *outbox.Outbox, now time.Time) (texts []string, err error) {
	all, err := b.Overlaps(ctx, now.Add(-outbox.OverlapTime), k.people())
	for _, o := range all {
		texts = append(texts, overlapText(o, now))
	}
	return texts, err
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
