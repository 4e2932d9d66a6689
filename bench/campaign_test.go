package bench

import (
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sendoff/internal/clitest"
	"sendoff/outbox"
)

// BenchmarkCampaign stores a list, checks and starts a campaign with it, and sends
// it into smtp-sink, beside the client of go-smtp and smtp-source with as many
// connections, which have no list, no queue and no disk. An iteration is one round of all.
func BenchmarkCampaign(b *testing.B) {
	sizes := []int{10_000}
	if *large {
		sizes = append(sizes, 100_000)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) { sendCampaign(b, n) })
	}
}

func sendCampaign(b *testing.B, n int) {
	to := startSink(b)
	rounds(b, func(f figures) {
		f.add("import-s", importRows(b, n).Seconds())
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"="+strings.Join([]string{"go-smtp", to.address, strconv.Itoa(n), strconv.Itoa(messageSize)}, " "))
		limit, wire := ownTime(b, cmd), source(b, to.address, n)
		p := installFor(b, to.address)
		writeList(b, p, n)
		start := time.Now()
		f.add("starting-MiB", mebibytes(peak(b, p, "merge", "start", "letter.md", "people.csv", "--yes")))
		f.add("start-s", time.Since(start).Seconds())
		before := to.messages(b)
		start = time.Now()
		f.add("sending-MiB", mebibytes(peak(b, p, "flush")))
		took := time.Since(start)
		to.await(b, before+n)
		f.add("sent/s", perSecond(n, took))
		f.add("go-smtp/s", perSecond(n, limit))
		f.add("of-go-smtp", ratio(limit, took))
		f.add("of-smtp-source", ratio(wire, took))
	})
}

// importRows stores rows from memory, in a process that does nothing else.
func importRows(b *testing.B, n int) time.Duration {
	b.Helper()
	dir := b.TempDir()
	box, err := outbox.Open(context.Background(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer box.Close()
	spec := outbox.CampaignSpec{Name: "bench", Frozen: []byte("x"), Columns: []string{"email", "name"}, Accounts: []outbox.CampaignAccount{{Account: "work", From: "ada@example.org"}}}
	var rows iter.Seq2[outbox.NewRow, error] = func(yield func(outbox.NewRow, error) bool) {
		for i := range n {
			address := listAddress(i)
			if !yield(outbox.NewRow{Number: i + 1, Line: i + 2, Address: address, Cells: []string{address, fmt.Sprint("User ", i)}}, nil) {
				return
			}
		}
	}
	start := time.Now()
	if _, err := box.StartCampaign(context.Background(), spec, rows); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func listAddress(i int) string { return fmt.Sprintf("user%d@d%d.example", i, i%500) }

// writeList writes a template whose letters are as long as the messages of the others,
// and a list.
func writeList(b *testing.B, p *clitest.Program, n int) {
	b.Helper()
	var list strings.Builder
	list.WriteString("email,name\n")
	for i := range n {
		fmt.Fprintf(&list, "%s,User %d\n", listAddress(i), i)
	}
	letter := "---\nsubject: Hello {{ name }}\nstyle: plain\n---\nDear {{ name }},\n\n" + strings.Repeat(strings.Repeat("x", 63)+"\n", messageSize/64)
	for name, text := range map[string]string{"letter.md": letter, "people.csv": list.String()} {
		if err := os.WriteFile(filepath.Join(p.Work, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}
