//go:build unix

package ui

import (
	"syscall"
	"testing"
	"time"
)

// The event loop lends the terminal itself, and takes no message until that is done: what
// was heard just before must not wait for it.
func TestJobControl_RestsWhileNobodyTakesWhatItHeard(t *testing.T) {
	j := newJobControl()
	for range 2 {
		j.listen()
		for range 3 {
			if err := syscall.Kill(syscall.Getpid(), syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-j.back: // it came, and the others do
		case <-time.After(10 * time.Second):
			t.Fatal("nothing was heard")
		}
		rested := make(chan struct{})
		go func() {
			defer close(rested)
			j.rest()
		}()
		select {
		case <-rested:
		case <-time.After(10 * time.Second):
			t.Fatal("it listens for ever")
		}
	}
}
