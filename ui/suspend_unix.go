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

// hear calls asked when the shell wants the program to stop, and back when it goes on, until
// ctx ends; it does so from the moment at which it returns. Where whoever started the
// program ignores SIGTSTP, it stays ignored.
//
// QUIRK: once somebody has listened to SIGTSTP, Go 1.26 keeps its handler for ever: where
// nobody listens any more the signal does nothing, and does not stop the process. So all
// that stops it from here on is stopProcess.
func hear(ctx context.Context, asked, back func()) (run func()) {
	stops, conts := make(chan os.Signal, 1), make(chan os.Signal, 1)
	ignored := signal.Ignored(syscall.SIGTSTP)
	listen := func() {
		if !ignored {
			signal.Notify(stops, syscall.SIGTSTP)
		}
	}
	listen()
	signal.Notify(conts, syscall.SIGCONT)
	return func() {
		defer signal.Stop(conts)
		defer signal.Stop(stops)
		for {
			select {
			case <-stops:
				signal.Stop(stops) // what it sends to others meanwhile is not meant for itself
				asked()
				select {
				case <-stops:
				default:
				}
				listen()
			case <-conts:
				back()
			case <-ctx.Done():
				return
			}
		}
	}
}

// stoppable tells whether somebody could bring the program back, and nobody has asked that
// the shell's signal be ignored. The group of the first process of a session has nobody:
// that one's parent is in another session.
func stoppable() bool {
	session, err := unix.Getsid(0)
	return (err != nil || session != syscall.Getpgrp()) && !signal.Ignored(syscall.SIGTSTP)
}

// othersWithin is how long the others of the group have to stop themselves. An editor hears the
// signal, leaves its screen and passes the signal on to all, in some ms: what came when the
// shell has brought them back would stop the editor alone.
const othersWithin = 100 * time.Millisecond

// stopProcess stops the process and those that belong to it, as a pipe before it, and
// returns when it goes on. It tells whether it was stopped. It expects that hear has
// been called, and that nobody hears SIGTSTP now.
//
// The others get the signal that they may want to hear, as an editor does, and the time to
// stop by themselves while the terminal is still theirs. The process itself has SIGSTOP,
// which stops it also where no shell waits: see stoppable.
// It calls last in between, when these have left their screens.
func stopProcess(within time.Duration, last func()) bool {
	goesOn := make(chan os.Signal, 1)
	signal.Notify(goesOn, syscall.SIGCONT)
	defer signal.Stop(goesOn)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return false
	}
	time.Sleep(othersWithin)
	last()
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGSTOP); err != nil {
		return false
	}
	select {
	case <-goesOn:
		return true
	case <-time.After(within): // it was stopped, and its SIGCONT is on its way
		return true
	}
}
