//go:build unix

package ui

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// takeSignals has the signals of the shell sent to heard, until giveBack. Then they have
// their usual effect.
func takeSignals() (heard <-chan os.Signal, giveBack func()) {
	all := make(chan os.Signal, 4) // some of both kinds; of more only the last is of interest
	signal.Notify(all, syscall.SIGCONT)
	giveStops := takeStops(all)
	return all, func() {
		giveStops()
		signal.Stop(all)
	}
}

// hear calls asked or back for each signal that comes, until ctx ends.
func hear(ctx context.Context, heard <-chan os.Signal, asked, back func()) {
	for {
		select {
		case s := <-heard:
			if s == syscall.SIGTSTP {
				asked()
			} else {
				back()
			}
		case <-ctx.Done():
			return
		}
	}
}

// stoppable tells whether somebody could bring the program back. The first process of a
// session has nobody: its parent is in another one.
func stoppable() bool {
	session, err := unix.Getsid(0)
	return err != nil || session != os.Getpid()
}

// stopProcess stops the process and those that belong to it, as a pipe before it, and
// returns when it goes on. It tells whether it was stopped: it never is where no shell
// waits for it, and then goes on after a while.
func stopProcess(within time.Duration) bool {
	goesOn := make(chan os.Signal, 1)
	signal.Notify(goesOn, syscall.SIGCONT)
	defer signal.Stop(goesOn)
	defer letStop()()
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return false
	}
	limit := time.NewTimer(within)
	defer limit.Stop()
	select {
	case <-goesOn:
		return true
	case <-limit.C: // which has run on while the process stood still
	}
	select {
	case <-goesOn:
		return true
	case <-time.After(within):
		return false
	}
}
