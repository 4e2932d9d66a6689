package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sendoff/internal/clitest"
)

// How long the chaos lasts, and how long it may take to settle.
const (
	shortChaos = 12 * time.Second
	longChaos  = 4 * time.Minute
	settles    = 2 * time.Minute
)

// Scripts queue, daemons and flushes send, people change their minds; processes
// are killed, told to end and stopped at any moment; the server misbehaves in
// every way and goes away. When all is calm again each recipient of each
// message has one copy, or it is shown why not.
//
// The seed decides what everybody does and what the server makes of an address,
// not how the processes are timed: a failure may need several runs to come back.
func TestChaos_NothingIsLostOrSentTwice(t *testing.T) {
	c := startChaos(t, *seed)
	lasting := shortChaos
	if *long {
		lasting = longChaos
	}
	c.rage(lasting)
	t.Logf("seed %d: %s", c.seed, c.ledger)
	c.server.calm.Store(true)
	began := time.Now()
	c.settle()
	t.Logf("settled within %s", time.Since(began).Round(time.Millisecond))
	c.server.close() // a session may still be noting what it has done
	c.check()
	if t.Failed() {
		t.Logf("repeat with: go test ./internal/crash -run TestChaos -seed %d", c.seed)
	}
}

// chaos is one run: a program with its home, a server, and what is known of
// both.
type chaos struct {
	t       *testing.T
	seed    uint64
	program *clitest.Program
	server  *chaosServer
	ledger  *ledger
	keys    atomic.Int64 // asked for, to make each come several times
}

func startChaos(t *testing.T, seed uint64) *chaos {
	c := &chaos{t: t, seed: seed, program: clitest.Install(t), server: startChaosServer(t, seed), ledger: newLedger()}
	c.program.Account(c.server.address)
	c.attach()
	return c
}

func (c *chaos) chance(name string) *rand.Rand { return chanceOf(c.seed, name) }

// rage lets everybody loose for a time, and waits for the last of them.
func (c *chaos) rage(lasting time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), lasting)
	defer cancel()
	var all sync.WaitGroup
	for n := range 3 {
		all.Go(func() { c.write(ctx, fmt.Sprintf("writer%d", n)) })
	}
	for n := range 2 {
		all.Go(func() { c.flush(ctx, fmt.Sprintf("flush%d", n)) })
	}
	all.Go(func() { c.serve(ctx, "daemon") })
	all.Go(func() { c.meddle(ctx) })
	all.Go(func() { c.weather(ctx) })
	all.Wait()
}

// settle sends what waits, with a daemon and by hand, until nothing does. Then
// the doctor must be content, and the daemon must end.
func (c *chaos) settle() {
	settled := make(chan struct{})
	var daemon sync.WaitGroup
	daemon.Go(func() {
		c.run(fate{signal: syscall.SIGTERM, after: settles, sooner: settled}, "", "daemon")
	})
	for deadline := time.Now().Add(settles); ; {
		open := c.list("--state", "waiting", "--state", "sending")
		if len(open) == 0 {
			break
		}
		if time.Now().After(deadline) {
			c.t.Errorf("%d items still wait after %s, the first is %+v", len(open), settles, open[0])
			break
		}
		args := []string{"retry"}
		for _, i := range open {
			args = append(args, i.ID)
		}
		c.run(fate{}, "", args...)
		c.run(fate{}, "", "flush", "--timeout", "20s")
	}
	if r := c.run(fate{}, "", "doctor"); r.code != 0 {
		c.t.Errorf("the doctor is not content: %s", r)
	}
	close(settled)
	daemon.Wait()
}
