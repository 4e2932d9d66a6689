package ui

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"time"
)

const (
	// penPatience is how long a write waits for the terminal. One that takes longer has
	// no room: what one write holds is sent over a slow line by then, and a person does
	// not see it as a pause.
	penPatience = 100 * time.Millisecond
	// lastWords is how long the end of the program waits for a terminal that is behind.
	lastWords = time.Second
)

// ErrStuck is returned by [Run] when the terminal took nothing any more at the end: it
// is as the interface had it, and whoever writes to it waits.
var ErrStuck = errors.New("the terminal takes nothing any more")

// pen writes to a terminal that may stand still: after ctrl+s, or at the end of a line that
// does not move. A write comes back when it is written, or after penPatience with the
// terminal behind. From then on what comes is only kept, until all is written; so that
// little does, nobody should draw while the terminal is behind.
//
// Bubble Tea writes with a lock held that its event loop needs for the next message.
// Without this a terminal that takes nothing would stop the keys, the drafts and the end.
type pen struct {
	out      io.Writer
	caughtUp func() // called when a terminal is not behind any more

	mu     sync.Mutex // guards the rest
	queue  []*stroke
	busy   bool // a goroutine writes the queue
	behind bool
	idle   chan struct{} // closed when that goroutine has ended; nil before the first
}

// stroke is one write.
type stroke struct {
	text []byte
	done chan error // has room for the one
}

// Write writes a copy of text, see [pen].
func (p *pen) Write(text []byte) (int, error) {
	s := &stroke{bytes.Clone(text), make(chan error, 1)}
	if p.enqueue(s) {
		return len(text), nil
	}
	limit := time.NewTimer(penPatience)
	defer limit.Stop()
	select {
	case err := <-s.done:
		return len(text), err
	case <-limit.C:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case err := <-s.done: // just now
		return len(text), err
	default:
		p.behind = true
		return len(text), nil
	}
}

// enqueue has a stroke written behind those before, and tells whether the terminal is behind.
func (p *pen) enqueue(s *stroke) (behind bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, s)
	if !p.busy {
		p.busy, p.idle = true, make(chan struct{})
		go p.write(p.idle)
	}
	return p.behind
}

// write writes the queue to its end.
func (p *pen) write(idle chan struct{}) {
	defer close(idle)
	for s := p.next(nil, nil); s != nil; {
		_, err := p.out.Write(s.text)
		s = p.next(s, err)
	}
}

// next ends a stroke that is written, and takes the one behind it; nil: there is none.
func (p *pen) next(written *stroke, err error) *stroke {
	p.mu.Lock()
	defer p.mu.Unlock()
	if written != nil {
		written.done <- err
	}
	if len(p.queue) > 0 {
		s := p.queue[0]
		p.queue = p.queue[1:]
		return s
	}
	if p.busy = false; p.behind {
		p.behind = false
		p.caughtUp()
	}
	return nil
}

// isBehind tells whether there is something that the terminal has not taken yet.
func (p *pen) isBehind() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.behind
}

// settle waits until all is written, for as long as the last words may take, and tells
// whether it is.
func (p *pen) settle() bool {
	p.mu.Lock()
	busy, idle := p.busy, p.idle
	p.mu.Unlock()
	if !busy {
		return true
	}
	limit := time.NewTimer(lastWords)
	defer limit.Stop()
	select {
	case <-idle:
		return true
	case <-limit.C:
		return false
	}
}
