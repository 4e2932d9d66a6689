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
// everything in good order, a second one does not wait.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop)
	return cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}
