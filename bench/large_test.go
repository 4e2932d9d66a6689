package bench

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkQueueLarge drains a queue of large messages, beside smtp-source, which
// sends as much from memory.
func BenchmarkQueueLarge(b *testing.B) {
	const messages, attached = 20, 10 << 20
	const size = attached / 57 * 78 // base64, in lines of 76 characters
	to := startSink(b)
	f := make(figures)
	for range b.N {
		p := installFor(b, to.address)
		path := filepath.Join(p.Work, "large.bin")
		if err := os.WriteFile(path, make([]byte, attached), 0o600); err != nil {
			b.Fatal(err)
		}
		for range messages {
			p.Must("The figures.\n", "send", "--to", "ana@example.org", "-s", "large", "--attach", path)
		}
		limit := timed(b, sourceCommand(b, to.address, messages, size, sessions))
		start := time.Now()
		p.Must("", "flush")
		took := time.Since(start)
		f.add("sendoff-MB/s", messages*size/1e6/took.Seconds())
		f.add("smtp-source-MB/s", messages*size/1e6/limit.Seconds())
		f.add("of-smtp-source", ratio(limit, took))
	}
	f.report(b)
}
