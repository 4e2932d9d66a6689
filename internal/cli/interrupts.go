package cli

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
)

// Interrupts tells whom ctrl+c is for. While the interface has the terminal it is a key;
// while another program has it, an editor say or the import of accounts, the terminal
// sends both of them a signal that is meant for the other. The zero value is ready; nil
// takes every signal for the program's own. It may be used from several goroutines.
type Interrupts struct{ lent atomic.Int32 }

// waitingSignals is room for some that are for others: behind a full one the signal that
// ends the program would be lost.
const waitingSignals = 16

// Lend says that another program has the terminal, until back is called.
func (i *Interrupts) Lend() (back func()) {
	if i == nil {
		return func() {}
	}
	i.lent.Add(1)
	return func() { i.lent.Add(-1) }
}

// Until gives a context that ends with the first of some signals that is the program's
// own; the next one has its usual effect. stop frees what that takes.
func (i *Interrupts) Until(parent context.Context, ends ...os.Signal) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	came := make(chan os.Signal, waitingSignals)
	signal.Notify(came, ends...)
	go func() {
		defer signal.Stop(came)
		defer cancel()
		for {
			select {
			case s := <-came:
				if s == os.Interrupt && i != nil && i.lent.Load() > 0 {
					continue
				}
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, cancel
}
