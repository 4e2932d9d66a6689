package smtp

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"sendoff/outbox"
)

// idleLimit is how long a connection waits for the next message. Servers hang
// up after some minutes; a few seconds are enough to bridge the gaps of a run,
// and a slot at the server is not held for nothing.
const idleLimit = 15 * time.Second

// aheadLimit is idleLimit for a connection with an envelope ahead: its message
// comes at once, or it does not come, and another connection may have been opened
// for it.
const aheadLimit = time.Second

// pool keeps idle sessions, each until it is taken or its time is over.
type pool struct {
	log     *slog.Logger
	running sync.WaitGroup // timers that may still fire, and goodbyes

	mu     sync.Mutex
	idle   map[string][]*idleSession // by account and revision; the last is the freshest
	alone  map[string]bool           // those whose server gets nothing behind a dot
	closed bool
}

type idleSession struct {
	*session
	timer *time.Timer
}

func newPool(log *slog.Logger) *pool {
	return &pool{log: log, idle: make(map[string][]*idleSession), alone: make(map[string]bool)}
}

// take gives the session that has sent the envelope of a delivery ahead, or the
// freshest idle one that has sent none; nil if there is neither.
func (p *pool) take(key string, d outbox.Delivery) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found *idleSession
	for _, entry := range p.idle[key] {
		switch next := entry.next; {
		case next == nil && (found == nil || found.next == nil), next != nil && sameEnvelope(next.delivery, d):
			found = entry
		}
	}
	if found == nil {
		return nil
	}
	p.remove(key, found)
	p.disarm(found)
	return found.session
}

// sameEnvelope tells that what was said for one delivery is what would be said
// for another. The item alone would not do: it may have been delivered in part
// meanwhile.
func sameEnvelope(a, b outbox.Delivery) bool {
	return a.Item == b.Item && a.From == b.From && slices.Equal(a.Recipients, b.Recipients) &&
		a.Size == b.Size && a.EightBit == b.EightBit && a.UTF8 == b.UTF8 && a.RequireTLS == b.RequireTLS && a.Report == b.Report
}

// put keeps a session for the next message.
func (p *pool) put(key string, s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		s.abort()
		return
	}
	entry := &idleSession{session: s}
	p.running.Add(1)
	limit := idleLimit
	if s.ahead != nil {
		limit = aheadLimit
	}
	entry.timer = time.AfterFunc(limit, func() {
		defer p.running.Done()
		p.expire(key, entry)
	})
	p.idle[key] = append(p.idle[key], entry)
}

// expire ends a session whose time is over, unless it was taken just now.
func (p *pool) expire(key string, entry *idleSession) {
	p.mu.Lock()
	waiting := p.remove(key, entry)
	p.mu.Unlock()
	if waiting {
		p.log.Debug("smtp session idle, closed", "server", entry.server, "messages", entry.messages)
		entry.quit()
	}
}

// drop ends the idle sessions that were logged in with a secret, by its fingerprint.
func (p *pool) drop(key, secret string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, entry := range slices.Clone(p.idle[key]) {
		if entry.secret == secret {
			p.remove(key, entry)
			p.disarm(entry)
			p.running.Go(entry.quit)
		}
	}
}

// retire ends a session that has carried enough, in the background: nobody
// waits for a goodbye.
func (p *pool) retire(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		s.abort()
		return
	}
	p.running.Go(s.quit)
}

// close ends all idle sessions, side by side, and waits for every goodbye. Each
// takes at most quitTimeout.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for key, waiting := range p.idle {
		delete(p.idle, key)
		for _, entry := range waiting {
			p.disarm(entry)
			p.running.Go(entry.quit)
		}
	}
	p.mu.Unlock()
	p.running.Wait()
}

// leaveAlone is for a server that hung up on a dot behind which something stood.
// It may be the line; if it is the server, a whole run would end in doubt, one
// message at a time, and what it costs to be careful is a round trip for each.
func (p *pool) leaveAlone(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alone[key] = true
}

func (p *pool) isAlone(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.alone[key]
}

// remove takes an entry out and tells whether it was there. The lock is held.
func (p *pool) remove(key string, entry *idleSession) bool {
	for i, e := range p.idle[key] {
		if e == entry {
			p.idle[key] = append(p.idle[key][:i], p.idle[key][i+1:]...)
			if len(p.idle[key]) == 0 {
				delete(p.idle, key)
			}
			return true
		}
	}
	return false
}

// disarm stops the timer of an entry. If it has fired already, its function
// finds the entry gone and is done by itself.
func (p *pool) disarm(entry *idleSession) {
	if entry.timer.Stop() {
		p.running.Done()
	}
}
