package outbox_test

import (
	"database/sql"
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// large also runs what takes minutes and gigabytes: give it -timeout 60m.
var large = flag.Bool("large", false, "benchmarks of 100,000 and 1,000,000 items, too")

// block is how many messages go in before the reference has its turn, so that
// both see the same machine.
const block = 50

// callers is who submits together: more than that gain nothing.
const callers = 64

// letter is a message of some 4 KiB.
func letter() compose.Draft {
	d := draftTo("ana@example.org")
	d.Body = strings.Repeat(strings.Repeat("x", 63)+"\n", 64)
	return d
}

// stopwatch adds up what is measured in turns.
type stopwatch time.Duration

func (s *stopwatch) run(f func()) {
	start := time.Now()
	f()
	*s += stopwatch(time.Since(start))
}

// per is how fast ours is, the reference being 1, after as many turns of both.
func (s stopwatch) per(ours stopwatch) float64 { return float64(s) / float64(ours) }

// BenchmarkSubmit is one durable message after another, by processes that take
// turns. The references are one process each that does the least a durable
// message can cost: an append and a sync, and a row and a commit.
func BenchmarkSubmit(b *testing.B) {
	for _, processes := range []int{1, 4} {
		b.Run(fmt.Sprintf("processes=%d", processes), func(b *testing.B) {
			dir := b.TempDir()
			box := open(b, dir)
			bytes := []byte(message(b, box, submit(b, box, letter(), outbox.SubmitOptions{})))
			writers := startWriters(b, dir, processes)
			file, table := newPlainFile(b), newPlainTable(b)
			var ours, append, insert stopwatch
			for done := 0; done < b.N; done += block {
				n := min(block, b.N-done)
				ours.run(func() { writers.write(b, n) })
				append.run(func() { file.append(b, bytes, n) })
				insert.run(func() { table.insert(b, bytes, n) })
			}
			b.ReportMetric(float64(ours)/float64(b.N), "ns/op")
			b.ReportMetric(append.per(ours), "of-append")
			b.ReportMetric(insert.per(ours), "of-insert")
		})
	}
}

// BenchmarkSubmitTogether is what many callers get from shared commits. The
// reference appends as many messages with one sync for all callers' messages.
func BenchmarkSubmitTogether(b *testing.B) {
	sizes := []int{1000, 10_000}
	if *large {
		sizes = append(sizes, 100_000)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) {
			var ours, together stopwatch
			for range b.N {
				box := open(b, b.TempDir())
				bytes := []byte(message(b, box, submit(b, box, letter(), outbox.SubmitOptions{})))
				ours.run(func() { fill(b, box, n, letter()) })
				file := newPlainFile(b)
				together.run(func() { file.append(b, []byte(strings.Repeat(string(bytes), callers)), n/callers) })
			}
			b.ReportMetric(float64(n*b.N)/time.Duration(ours).Seconds(), "messages/s")
			b.ReportMetric(together.per(ours), "of-append")
		})
	}
}

// BenchmarkDrain is the sender's own cost for a message: claim, mark, settle,
// each durable, with a transport that costs nothing. The reference appends and
// syncs three short records, as a journal without shared commits would.
func BenchmarkDrain(b *testing.B) {
	for _, connections := range []int{1, 5, 20} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			box := open(b, b.TempDir())
			fill(b, box, b.N, letter())
			file, record := newPlainFile(b), make([]byte, 100)
			journalled := min(b.N, 10*block) // a sample, one half before and one after
			var ours, journal stopwatch
			journal.run(func() { file.append(b, record, 3*journalled) })
			ours.run(func() { flush(b, sender(box, &outboxtest.Transport{}, policies(connections))) })
			journal.run(func() { file.append(b, record, 3*journalled) })
			b.ReportMetric(float64(ours)/float64(b.N), "ns/op")
			b.ReportMetric(float64(journal)/float64(2*journalled)/(float64(ours)/float64(b.N)), "of-append")
		})
	}
}

// BenchmarkFullStore is what a full store costs whoever opens it and looks: the
// figures should not grow with the items.
func BenchmarkFullStore(b *testing.B) {
	sizes := []int{1000, 10_000}
	if *large {
		sizes = append(sizes, 100_000, 1_000_000)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("items=%d", n), func(b *testing.B) {
			dir := b.TempDir()
			stock(b, dir, n)
			b.Run("open", func(b *testing.B) { benchmarkOpen(b, dir) })
			box := open(b, dir)
			b.Run("screen", func(b *testing.B) { benchmarkScreen(b, box) })
			b.Run("search", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					list(b, box, outbox.Query{Search: "user42", Limit: 50})
				}
			})
			b.Run("correspondents", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if all, err := box.Correspondents(b.Context()); err != nil || len(all) == 0 {
						b.Fatal(len(all), err)
					}
				}
			})
			b.Run("search, nothing found", func(b *testing.B) {
				for b.Loop() {
					list(b, box, outbox.Query{Search: "nobody", Limit: 50})
				}
			})
		})
	}
}

// benchmarkOpen opens the store and closes it. The reference opens the same
// database and asks it one thing.
func benchmarkOpen(b *testing.B, dir string) {
	var ours, bare stopwatch
	for range b.N {
		ours.run(func() {
			box, err := outbox.Open(b.Context(), outbox.Options{Dir: dir, State: dir})
			if err != nil {
				b.Fatal(err)
			}
			if err := box.Close(); err != nil {
				b.Fatal(err)
			}
		})
		bare.run(func() {
			db, err := sql.Open("sqlite", dir+"/outbox.db")
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			var version int
			if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.ReportMetric(float64(ours)/float64(b.N), "ns/op")
	b.ReportMetric(bare.per(ours), "of-sqlite")
}

// benchmarkScreen reads what the interface shows: the newest 50 and all counts.
// The reference reads 50 short rows by their key.
func benchmarkScreen(b *testing.B, box *outbox.Outbox) {
	table := newPlainTable(b)
	table.insert(b, []byte("Quarterly figures"), 100)
	var ours, keys stopwatch
	b.ReportAllocs()
	for range b.N {
		ours.run(func() {
			list(b, box, outbox.Query{Limit: 50})
			if _, err := box.Counts(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
		keys.run(func() { table.newest(b, 50) })
	}
	b.ReportMetric(float64(ours)/float64(b.N), "ns/op")
	b.ReportMetric(keys.per(ours), "of-select")
}

func list(b *testing.B, box *outbox.Outbox, q outbox.Query) {
	b.Helper()
	if _, err := box.List(b.Context(), q); err != nil {
		b.Fatal(err)
	}
}

// stock makes a store of n short items and leaves it closed.
func stock(b *testing.B, dir string, n int) {
	b.Helper()
	box, err := outbox.Open(b.Context(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer box.Close()
	fill(b, box, n, draftTo("user42@example.org"))
}

// fill submits n copies of a draft.
func fill(b testing.TB, box *outbox.Outbox, n int, d compose.Draft) {
	b.Helper()
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for j := i; j < n && !b.Failed(); j += callers {
				if _, err := box.Submit(b.Context(), d, outbox.SubmitOptions{}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	if b.Failed() {
		b.FailNow()
	}
}
