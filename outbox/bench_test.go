package outbox_test

import (
	"fmt"
	"sync"
	"testing"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// BenchmarkSubmit is one durable message after another.
func BenchmarkSubmit(b *testing.B) {
	box := open(b, b.TempDir())
	for i := range b.N {
		submit(b, box, draftTo(fmt.Sprintf("user%d@example.org", i)), outbox.SubmitOptions{})
	}
}

// BenchmarkSubmitTogether is what 64 callers get from one commit.
func BenchmarkSubmitTogether(b *testing.B) {
	box := open(b, b.TempDir())
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			submit(b, box, draftTo("ana@example.org"), outbox.SubmitOptions{})
		}
	})
}

// BenchmarkDrain is the sender's own cost for a message: claim, mark, settle,
// each durable, with a transport that costs nothing.
func BenchmarkDrain(b *testing.B) {
	for _, connections := range []int{1, 5, 20} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			box := open(b, b.TempDir())
			var fill sync.WaitGroup
			for range 16 {
				fill.Go(func() {
					for range b.N/16 + 1 {
						submit(b, box, draftTo("ana@example.org"), outbox.SubmitOptions{})
					}
				})
			}
			fill.Wait()
			b.ResetTimer()
			flush(b, sender(box, &outboxtest.Transport{}, policies(connections)))
		})
	}
}

// BenchmarkList is what the interface reads for a screen of 10,000 items.
func BenchmarkList(b *testing.B) {
	box := open(b, b.TempDir())
	var fill sync.WaitGroup
	for range 16 {
		fill.Go(func() {
			for i := range 10_000 / 16 {
				submit(b, box, draftTo(fmt.Sprintf("user%d@example.org", i)), outbox.SubmitOptions{})
			}
		})
	}
	fill.Wait()
	for name, q := range map[string]outbox.Query{
		"screen": {Limit: 50}, "all": {}, "search": {Search: "user42", Limit: 50}, "search, nothing found": {Search: "nobody"},
	} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				if _, err := box.List(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
