package smtp

import (
	"context"
	"sync"
	"time"
)

// How fast connections to one account's server are made. Providers lock out who
// logs in too often ("454 4.7.0 Too many login attempts"). The outbox sees to it
// that dials and logins that fail are spaced, and that there is one at a time
// until one has got through; this is for those that go well and carry next to
// nothing, as where a server hangs up behind every message.
const (
	dialBurst = 10              // at once, if there were none for a while
	dialEvery = 6 * time.Second // in the long run

	// paidBy is how many messages pay for the connection they go over: a run that
	// has so many on each never waits.
	paidBy = 10
)

// nextDial says how long a connection has to wait that somebody wants now. due is
// when it would be its turn if all were made evenly, nextDue the same for the one
// behind it; the zero time is long ago. It is pure.
func nextDial(due, now time.Time) (wait time.Duration, nextDue time.Time) {
	if due.Before(now) {
		due = now
	}
	return max(due.Sub(now)-(dialBurst-1)*dialEvery, 0), due.Add(dialEvery)
}

// afterMessage is what is due once a message has gone over a connection.
func afterMessage(due time.Time) time.Time { return due.Add(-dialEvery / paidBy) }

// pace spaces the connections of each account.
type pace struct {
	mu  sync.Mutex
	due map[string]time.Time // by account and revision
}

func newPace() *pace { return &pace{due: make(map[string]time.Time)} }

// wait waits for the turn of one more connection, or for the end of ctx. waiting
// is told for how long, unless it is now.
func (p *pace) wait(ctx context.Context, key string, waiting func(time.Duration)) error {
	p.mu.Lock()
	wait, due := nextDial(p.due[key], time.Now())
	p.due[key] = due
	p.mu.Unlock()
	if wait == 0 {
		return nil
	}
	waiting(wait)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// carried enters that a message has gone over a connection.
func (p *pace) carried(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if due, known := p.due[key]; known {
		p.due[key] = afterMessage(due)
	}
}
