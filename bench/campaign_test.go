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

// mailing is what a campaign is measured with.
type mailing struct {
	connections, perConnection int // of whoever sends; 0: as many messages as there are
	columns                    int // of the list
	subject, body              string
}

// fewConnections sends as the other benchmarks do. manyConnections is the shape that mail to thousands
// often has: a short letter with six fields.
var (
	fewConnections = mailing{sessions, 0, 2, "Hello {{ name }}", "Dear {{ name }},\n\n" + strings.Repeat(strings.Repeat("x", 63)+"\n", messageSize/64)}

	manyConnections = mailing{20, 100, len(listColumns), "{{ name }}, your {{ plan }} plan", "Dear {{ name }},\n\nyour {{ plan }} plan at our house in {{ city }} ends on {{ ends }}. If you would like to keep\n" +
		"it for another year, it is {{ amount }} EUR, and nothing else has to be done: we write to\n{{ email }} again when it is paid.\n\n" +
		strings.Repeat("All that we have done this year is on our pages, with pictures of it.\n", 9) + "\nYours,\nAda\n"}
)

// BenchmarkCampaign stores a list, checks and starts a campaign with it, and sends
// it into smtp-sink, beside the client of go-smtp and smtp-source with as many
// connections, which have no list, no queue and no disk; with many connections also
// beside a sketch, which has a list and a durable mark, but no queue. An iteration is one round of all.
func BenchmarkCampaign(b *testing.B) {
	sizes := []int{10_000}
	if *large {
		sizes = append(sizes, 100_000)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) { sendCampaign(b, n, fewConnections) })
		b.Run(fmt.Sprintf("connections=20/rows=%d", n), func(b *testing.B) { sendCampaign(b, n, manyConnections) })
	}
}

func sendCampaign(b *testing.B, n int, m mailing) {
	to := startSink(b)
	rounds(b, func(f figures) {
		f.add("import-s", importRows(b, n, m).Seconds())
		limit := ownTime(b, clientCommand("go-smtp", to.address, n, len(m.body), m.connections))
		wire := timed(b, sourceCommand(b, to.address, n, len(m.body), m.connections))
		p := installWith(b, to.address, m.connections, m.perConnection)
		writeList(b, p, n, m)
		start := time.Now()
		f.add("starting-MiB", mebibytes(peak(b, p, "merge", "start", "letter.md", "people.csv", "--yes")))
		f.add("start-s", time.Since(start).Seconds())
		before := to.messages(b)
		start = time.Now()
		sent := p.Run("", "flush")
		took := time.Since(start)
		if sent.Code != 0 {
			b.Fatalf("sendoff flush: exit %d\n%s", sent.Code, sent.Err)
		}
		to.await(b, before+n)
		f.add("sending-MiB", mebibytes(sent.PeakKiB))
		f.add("sent/s", perSecond(n, took))
		f.add("processor-ms", milliseconds(sent.Processor)/float64(n))
		f.add("go-smtp/s", perSecond(n, limit))
		f.add("of-go-smtp", ratio(limit, took))
		f.add("of-smtp-source", ratio(wire, took))
		if m.connections == manyConnections.connections {
			sketched, processor := runSketch(b, to, n)
			f.add("sketch/s", perSecond(n, sketched))
			f.add("sketch-processor-ms", milliseconds(processor)/float64(n))
			f.add("of-sketch", ratio(sketched, took))
		}
	})
}

// runSketch sends a list as long by the sketch. Storing it is not part of that.
func runSketch(b *testing.B, to *sink, n int) (took, processor time.Duration) {
	b.Helper()
	dir, before := b.TempDir(), to.messages(b)
	command := func(way string) *exec.Cmd { return childCommand(way, dir, to.address, strconv.Itoa(n)) }
	ownTime(b, command("sketch-store"))
	cmd := command("sketch")
	took = ownTime(b, cmd)
	to.await(b, before+n)
	return took, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// importRows stores rows from memory, in a process that does nothing else.
func importRows(b *testing.B, n int, m mailing) time.Duration {
	b.Helper()
	dir := b.TempDir()
	box, err := outbox.Open(context.Background(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer box.Close()
	spec := outbox.CampaignSpec{Name: "bench", Frozen: []byte("x"), Columns: listColumns[:m.columns], Accounts: []outbox.CampaignAccount{{Account: "work", From: "ada@example.org"}}}
	var rows iter.Seq2[outbox.NewRow, error] = func(yield func(outbox.NewRow, error) bool) {
		for i := range n {
			if !yield(outbox.NewRow{Number: i + 1, Line: i + 2, Address: listAddress(i), Cells: listCells(i)[:m.columns]}, nil) {
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

var listColumns = []string{"email", "name", "city", "plan", "amount", "ends"}

func listCells(i int) []string {
	return []string{listAddress(i), fmt.Sprint("User ", i), fmt.Sprint("City ", i%97), "yearly", fmt.Sprintf("%d.50", 10+i%90), fmt.Sprintf("2027-%02d-15", 1+i%12)}
}

// writeList writes the template and a list.
func writeList(b *testing.B, p *clitest.Program, n int, m mailing) {
	b.Helper()
	var list strings.Builder
	list.WriteString(strings.Join(listColumns[:m.columns], ",") + "\n")
	for i := range n {
		list.WriteString(strings.Join(listCells(i)[:m.columns], ",") + "\n")
	}
	letter := "---\nsubject: \"" + m.subject + "\"\nstyle: plain\n---\n" + m.body
	for name, text := range map[string]string{"letter.md": letter, "people.csv": list.String()} {
		if err := os.WriteFile(filepath.Join(p.Work, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}
