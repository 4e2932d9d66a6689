package cli

import (
	"context"
	"iter"

	"sendoff/outbox"
)

// pageSize is how many items are in memory at a time.
const pageSize = 500

// eachItem gives the items of a query, newest first, and reads them by pages. It
// ends with the first error.
func eachItem(ctx context.Context, b *outbox.Outbox, q outbox.Query, size int) iter.Seq2[outbox.Item, error] {
	return func(yield func(outbox.Item, error) bool) {
		left := q.Limit
		for {
			q.Limit = size
			if left > 0 {
				q.Limit = min(size, left)
			}
			page, err := b.List(ctx, q)
			if err != nil {
				yield(outbox.Item{}, err)
				return
			}
			for _, item := range page {
				if !yield(item, nil) {
					return
				}
			}
			if len(page) < q.Limit || len(page) == left {
				return
			}
			left = max(left-len(page), 0)
			q.Before = page[len(page)-1].ID
		}
	}
}
