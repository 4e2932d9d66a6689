//go:build unix

package outbox_test

import (
	"database/sql"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sendoff/outbox"
)

// manyItems is an outbox of n items: most of them sent, every fiftieth failed. They
// are written as rows, since what is measured is the reading.
func manyItems(b testing.TB, n int) *outbox.Outbox {
	b.Helper()
	dir := b.TempDir()
	box := open(b, dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "outbox.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	_, err = db.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO items(id, state, account, from_line, to_list, cc_list, bcc_list, subject, created_at, updated_at)
		SELECT i, iif(i % 50 = 0, 9, 12), iif(i % 3 = 0, 'home', 'work'), 'Ada Example <ada@example.org>',
			printf('Person %d <user%d@example%d.org>', i, i, i % 97), iif(i % 10 = 0, 'team@example.net', ''), '',
			printf('%s %d about the quarterly figures of %d', iif(i % 1000 = 0, 'Wombat', 'Letter'), i, 2000 + i % 27), i * 60000000, i * 60000000 FROM n`, n)
	if err != nil {
		b.Fatal(err)
	}
	return box
}

// A count that is for people ends where it says "many".
func TestCountUpTo(t *testing.T) {
	b := manyItems(t, 3000)
	if err := b.IndexSearch(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		search     string
		most, want int
	}{{"", 10, 10}, {"wombat", 10, 3}, {"wombat", 2, 2}, {"example", 1000, 1000}, {"nothing-has-this", 5, 0}} {
		if n, err := b.CountUpTo(t.Context(), outbox.Query{Search: test.search}, test.most); n != test.want || err != nil {
			t.Errorf("%q up to %d: %d, %v", test.search, test.most, n, err)
		}
	}
}

// BenchmarkSearch is the first page of each kind of search in 100,000 items.
func BenchmarkSearch(b *testing.B) {
	box := manyItems(b, 100_000)
	if err := box.IndexSearch(b.Context()); err != nil {
		b.Fatal(err)
	}
	for _, search := range []string{
		"example", "wombat", "user99999", "nothing-has-this", "wombat figures", `"about the quarterly"`, `"figures of 2013"`,
		"to:user777", "cc:team", "subject:wombat", "from:nobody", "-letter", "wombat -figures", "figures -letter", "z", "zq", "wo", "an", "7",
		"account:none", "account:home wombat", "before:1970-01-02", "after:today", "state:failed wombat", "müller", "Example97",
	} {
		for _, states := range [][]outbox.State{nil, {outbox.StateSent}, {outbox.StateFailed}} {
			name := search
			if states != nil {
				name += "/in=" + states[0].String()
			}
			b.Run(name, func(b *testing.B) {
				start := cpuTime(b)
				for b.Loop() {
					if _, err := box.List(b.Context(), outbox.Query{States: states, Search: search, Limit: 200}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(cpuTime(b)-start)/float64(time.Millisecond)/float64(b.N), "cpu-ms/op")
			})
		}
	}
}

// cpuTime is what the process has used of the processor, which says more than the
// clock on a machine that has other things to do.
func cpuTime(b testing.TB) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
