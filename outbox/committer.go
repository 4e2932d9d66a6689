package outbox

import (
	"context"
	"sync"
	"time"
)

// maxGather is the longest wait for others before a commit. They had changes a
// moment ago; if they do not come back sooner than that, they have other things to
// wait for than the disk.
const maxGather = 2 * time.Millisecond

// gathered is a change that waits for a commit.
type gathered[C any] struct {
	change C
	turn   chan outcome // of one: what came of it, or that its caller leads now
}

// outcome is what a waiting caller is told.
type outcome struct {
	lead bool
	err  error
}

// committer makes durable what several callers bring, one commit for what arrives
// together. It has no goroutine: a caller who finds nobody committing leads, which
// is to commit its own change and whatever has gathered behind it, and then makes
// the next caller the leader. So a lone change costs no hand-over between threads.
type committer[C any] struct {
	// commit is called by the leader. It takes what it commits besides first from
	// next, and gives the error of each, or one for all.
	commit func(first *gathered[C]) (batch []*gathered[C], errs []error, err error)

	callers int           // that were in the last commit or waited for the next
	took    time.Duration // the last commit
	came    chan struct{} // a token: something was queued

	mu      sync.Mutex // guards what follows
	queue   []*gathered[C]
	leading bool
	closed  bool
	resting chan struct{} // closed when closed and nobody leads any more
}

func newCommitter[C any]() committer[C] {
	return committer[C]{came: make(chan struct{}, 1), resting: make(chan struct{})}
}

// wait returns once a change is committed. ctx is asked only before that.
func (c *committer[C]) wait(ctx context.Context, change C) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q := &gathered[C]{change: change, turn: make(chan outcome, 1)}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return errClosed
	}
	c.queue = append(c.queue, q)
	leaveToken(c.came)
	if !c.leading {
		c.leading = true
		q.turn <- outcome{lead: true}
	}
	c.mu.Unlock()
	o := <-q.turn
	if o.lead {
		c.lead()
		o = <-q.turn
	}
	return o.err
}

// lead commits what is at the head of the queue, the caller's own change first,
// and hands the lead on.
func (c *committer[C]) lead() {
	c.gather()
	first, _ := c.next()
	start := time.Now()
	batch, errs, err := c.commit(first)
	c.took = time.Since(start)
	c.mu.Lock()
	c.callers = len(batch) + len(c.queue)
	if len(c.queue) > 0 {
		c.queue[0].turn <- outcome{lead: true}
	} else if c.leading = false; c.closed {
		close(c.resting)
	}
	c.mu.Unlock()
	for i, q := range batch {
		if err != nil {
			q.turn <- outcome{err: err}
		} else {
			q.turn <- outcome{err: errs[i]}
		}
	}
}

// gather waits a moment for those who had changes a moment ago. Without it they
// fall into two parties, of which each waits for the commit of the other and then
// for its own. A caller who was alone waits for nobody; and nobody waits longer
// than for half of what a commit takes, so that little is lost if no one comes.
func (c *committer[C]) gather() {
	patience := min(c.took/2, maxGather)
	if c.callers <= 1 || patience <= 0 {
		return
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for c.waiting() < c.callers {
		select {
		case <-c.came:
		case <-timer.C:
			return
		}
	}
}

func (c *committer[C]) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue)
}

// next takes the change at the head of the queue, if there is one.
func (c *committer[C]) next() (*gathered[C], bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return nil, false
	}
	q := c.queue[0]
	c.queue = c.queue[1:]
	return q, true
}

// rest takes no more changes and waits for those that have been accepted.
func (c *committer[C]) rest() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		if !c.leading {
			close(c.resting)
		}
	}
	c.mu.Unlock()
	<-c.resting
}
