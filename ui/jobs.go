package ui

import "sync"

// jobs counts the commands that use the outbox, so that it can be closed behind
// them. Bubble Tea does not wait for commands when it ends.
type jobs struct {
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// begin tells whether a command may start.
func (j *jobs) begin() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.closed {
		j.running.Add(1)
	}
	return !j.closed
}

func (j *jobs) end() { j.running.Done() }

// close lets no more begin, and waits for those that run.
func (j *jobs) close() {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.running.Wait()
}
