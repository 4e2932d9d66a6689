package ui

import (
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// endWithin is how long commands may take to end with the program. One that
// hangs, as at a file on a server that is gone, must not keep the terminal.
const endWithin = 5 * time.Second

// jobs counts the commands that use the outbox, so that it can be closed behind
// them. Bubble Tea does not wait for commands when it ends.
type jobs struct {
	mu      sync.Mutex
	running int
	idle    chan struct{} // closed behind the last; nil until close is called
}

// ended is the end of a command whose result is for one place: do takes it in, on the
// goroutine of Update.
type ended struct{ do func() tea.Cmd }

// begin tells whether a command may start.
func (j *jobs) begin() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.idle != nil {
		return false
	}
	j.running++
	return true
}

func (j *jobs) end() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.running--
	if j.running == 0 && j.idle != nil {
		close(j.idle)
	}
}

// close lets no more begin, and waits for those that run, for a time. It is
// called once.
func (j *jobs) close() {
	j.mu.Lock()
	j.idle = make(chan struct{})
	if j.running == 0 {
		close(j.idle)
	}
	j.mu.Unlock()
	late := time.NewTimer(endWithin)
	defer late.Stop()
	select {
	case <-j.idle:
	case <-late.C:
	}
}
