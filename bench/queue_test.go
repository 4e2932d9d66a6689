package bench

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/internal/clitest"
	"sendoff/outbox"
)

// writers are the callers that queue at the same time: a campaign, or many
// sessions of a submission port.
const writers = 64

// BenchmarkQueue fills a queue, then empties it into smtp-sink, beside Postfix
// with as many sessions. smtp-source, which sends as much from memory, is the
// limit of the machine. An iteration is one round of all three.
func BenchmarkQueue(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) { queueAndDrain(b, n) })
	}
}

func queueAndDrain(b *testing.B, n int) {
	to := startSink(b)
	reference, err := startPostfix(b, to.address)
	if err != nil {
		b.Logf("without Postfix: %v", err)
	}
	f := make(figures)
	for range b.N {
		limit := source(b, to.address, n)
		injected, drained := ours(b, to, n)
		f.add("sendoff-inject/s", perSecond(n, injected))
		f.add("sendoff-drain/s", perSecond(n, drained))
		f.add("smtp-source/s", perSecond(n, limit))
		f.add("drain-of-smtp-source", ratio(limit, drained))
		if reference == nil {
			continue
		}
		theirInjected := source(b, reference.hold, n)
		theirDrained := reference.drain(b, to, n)
		f.add("postfix-inject/s", perSecond(n, theirInjected))
		f.add("postfix-drain/s", perSecond(n, theirDrained))
		f.add("inject-of-postfix", ratio(theirInjected, injected))
		f.add("drain-of-postfix", ratio(theirDrained, drained))
		f.add("both-of-postfix", ratio(theirInjected+theirDrained, injected+drained))
	}
	f.report(b)
}

// ours queues n messages and then runs one flush, whose end is that every
// outcome is on the disk.
func ours(b *testing.B, to *sink, n int) (injected, drained time.Duration) {
	b.Helper()
	p := installFor(b, to.address)
	injected = inject(b, p, n)
	before := to.messages(b)
	start := time.Now()
	p.Must("", "flush")
	drained = time.Since(start)
	to.await(b, before+n)
	return injected, drained
}

// BenchmarkQueueWhileSending is BenchmarkQueue with a sender that runs
// meanwhile, as a daemon does: the time is until the last message has arrived.
func BenchmarkQueueWhileSending(b *testing.B) {
	sizes := []int{1000}
	if *large {
		sizes = append(sizes, 10_000)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) { queueWhileSending(b, n) })
	}
}

func queueWhileSending(b *testing.B, n int) {
	to := startSink(b)
	reference, err := startPostfix(b, to.address)
	if err != nil {
		b.Logf("without Postfix: %v", err)
	}
	f := make(figures)
	for range b.N {
		limit := source(b, to.address, n)
		all := oursAtOnce(b, to, n)
		f.add("sendoff/s", perSecond(n, all))
		f.add("of-smtp-source", ratio(limit, all))
		if reference == nil {
			continue
		}
		before := to.messages(b)
		start := time.Now()
		source(b, reference.door, n)
		to.await(b, before+n)
		theirs := time.Since(start)
		f.add("postfix/s", perSecond(n, theirs))
		f.add("of-postfix", ratio(theirs, all))
	}
	f.report(b)
}

func oursAtOnce(b *testing.B, to *sink, n int) time.Duration {
	b.Helper()
	p := installFor(b, to.address)
	daemon := p.Command("daemon")
	if err := daemon.Start(); err != nil {
		b.Fatal(err)
	}
	defer daemon.Wait()
	defer daemon.Process.Kill()
	box := openOutbox(b, p)
	for deadline := time.Now().Add(patience); !box.SenderRunning(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("the daemon does not take the lease")
		}
	}
	before := to.messages(b)
	start := time.Now()
	submitMany(b, box, n)
	if err := box.Close(); err != nil {
		b.Fatal(err)
	}
	to.await(b, before+n)
	return time.Since(start)
}

// installFor gives the program a home whose account sends to a sink as
// smtp-source does.
func installFor(b *testing.B, address string) *clitest.Program {
	b.Helper()
	return installWith(b, address, sessions, 0)
}

// installWith is installFor with limits: 0 is none.
func installWith(b *testing.B, address string, connections, perConnection int) *clitest.Program {
	b.Helper()
	p := clitest.Install(b)
	host, port, _ := strings.Cut(address, ":")
	p.WriteAccounts(fmt.Sprintf("[[account]]\nname = \"work\"\nfrom = \"Ada Example <ada@example.org>\"\n"+
		"[account.smtp]\nhost = %q\nport = %s\nsecurity = \"none\"\n"+
		"[account.limits]\nconnections = %d\nmessages_per_connection = %d\n", host, port, connections, perConnection))
	return p
}

// inject queues n messages from one process, opening and closing included.
func inject(b *testing.B, p *clitest.Program, n int) time.Duration {
	b.Helper()
	start := time.Now()
	box := openOutbox(b, p)
	submitMany(b, box, n)
	if err := box.Close(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func openOutbox(b *testing.B, p *clitest.Program) *outbox.Outbox {
	b.Helper()
	box, err := outbox.Open(context.Background(), outbox.Options{Dir: p.DataDir(), State: p.StateDir()})
	if err != nil {
		b.Fatal(err)
	}
	return box
}

func submitMany(b *testing.B, box *outbox.Outbox, n int) {
	b.Helper()
	draft := compose.Draft{
		Account: "work", From: "Ada Example <ada@example.org>", To: "ana@example.org", Subject: "Quarterly figures",
		Body: strings.Repeat(strings.Repeat("x", 63)+"\n", messageSize/64),
	}
	submitEach(b, n, func(int) error {
		_, err := box.Submit(context.Background(), draft, outbox.SubmitOptions{})
		return err
	})
}

// submitEach calls submit for 0 to n-1, from as many callers as there are writers.
func submitEach(b *testing.B, n int, submit func(i int) error) {
	b.Helper()
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for j := i; j < n; j += writers {
				if err := submit(j); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// ratio is how fast ours is, theirs being 1.
func ratio(theirs, ours time.Duration) float64 { return theirs.Seconds() / ours.Seconds() }
