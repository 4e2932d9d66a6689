// Sendoff is an outbox for people who live in a terminal. See README.md.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"sendoff/internal/cli"
)

func main() {
	os.Exit(run())
}

// run gives the program its signals: the first one ends ctx and with it
// everything in good order, a second one does not wait. What nohup started goes
// on when the terminal is closed.
func run() int {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		ends = append(ends, syscall.SIGHUP)
	}
	interrupts := new(cli.Interrupts)
	ctx, stop := interrupts.Until(context.Background(), ends...)
	defer stop()
	return cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Interrupts: interrupts})
}
