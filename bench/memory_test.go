package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sendoff/internal/clitest"
)

// BenchmarkMemory is the peak resident memory of the program: it should follow
// neither the size of a message nor the length of the queue.
func BenchmarkMemory(b *testing.B) {
	to := startSink(b)
	b.Run("50 MB", func(b *testing.B) { rounds(b, func(f figures) { heavy(b, f, to.address, 1, 50<<20) }) })
	b.Run("20 x 10 MB", func(b *testing.B) { rounds(b, func(f figures) { heavy(b, f, to.address, 20, 10<<20) }) })
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) { rounds(b, func(f figures) { long(b, f, to.address, n) }) })
	}
}

// heavy queues n messages with one attachment each and sends them.
func heavy(b *testing.B, f figures, address string, n int, size int64) {
	b.Helper()
	p := installFor(b, address)
	path := filepath.Join(p.Work, "large.bin")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		b.Fatal(err)
	}
	queueing := 0
	for range n {
		queueing = max(queueing, peak(b, p, "send", "--to", "ana@example.org", "-s", "large", "--attach", path))
	}
	f.add("queueing-MiB", mebibytes(queueing))
	f.add("sending-MiB", mebibytes(peak(b, p, "flush")))
}

// long queues n small messages, looks at them and sends them.
func long(b *testing.B, f figures, address string, n int) {
	b.Helper()
	p := installFor(b, address)
	inject(b, p, n)
	f.add("queueing-MiB", mebibytes(peak(b, p, "send", "--to", "ana@example.org", "-s", "one more")))
	f.add("listing-MiB", mebibytes(peak(b, p, "list", "--limit", "50")))
	f.add("sending-MiB", mebibytes(peak(b, p, "flush")))
}

// peak runs the program and gives its highest resident memory, in KiB.
func peak(b *testing.B, p *clitest.Program, args ...string) int {
	b.Helper()
	r := p.Run("The figures.\n", args...)
	if r.Code != 0 {
		b.Fatalf("sendoff %s: exit %d\n%s", args[0], r.Code, r.Err)
	}
	return r.PeakKiB
}

func mebibytes(kib int) float64 { return float64(kib) / 1024 }

// rounds repeats a round and reports the medians of its figures.
func rounds(b *testing.B, round func(figures)) {
	b.Helper()
	f := make(figures)
	for range b.N {
		round(f)
	}
	f.report(b)
}
