package smtp

import (
	"net"
	"sync"
	"time"
)

// line is the raw connection, below TLS: every write has a deadline of its own,
// and the end of a delivery's context overrules all deadlines, those that are
// set later included.
//
// It must stay below TLS. A wrapper above it would give one deadline to the
// many records of a long write, and would hide the state of the TLS connection.
type line struct {
	net.Conn

	mu        sync.Mutex
	end       time.Time // no deadline lies beyond it; zero: the context goes on
	committed bool      // the final dot is leaving: an answer is worth a short wait

	hasty bool // of the goroutine that reads: every answer is acknowledged at once
}

// graceAfterDot is how long the answer to the final dot may still take when the
// program stops. It is a part of the 5 s that a stop may take altogether, and
// nearly every server answers within it: one uncertain message less.
const graceAfterDot = 3 * time.Second

// longAgo is a deadline that has passed on any clock.
var longAgo = time.Unix(1, 0)

// Write is one block; a peer that takes none of it for blockTimeout is dead.
func (l *line) Write(p []byte) (int, error) {
	l.mu.Lock()
	err := l.SetWriteDeadline(l.before(time.Now().Add(blockTimeout)))
	l.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return l.Conn.Write(p)
}

// Read reads what has come.
func (l *line) Read(p []byte) (int, error) {
	if l.hasty {
		acknowledgeAtOnce(l.Conn)
	}
	return l.Conn.Read(p)
}

// allowRead gives the next reads, all together, until d from now.
func (l *line) allowRead(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.SetReadDeadline(l.before(time.Now().Add(d))) // a closed conn shows at the read
}

// interrupt ends what is going on: at once, or after the grace that the answer
// to a final dot is given.
func (l *line) interrupt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.committed {
		l.endAt(time.Now().Add(graceAfterDot))
		return
	}
	l.endAt(longAgo)
}

// endWithin bounds everything that is still said and heard.
func (l *line) endWithin(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endAt(time.Now().Add(d))
}

func (l *line) endAt(t time.Time) {
	l.end = l.before(t)
	_ = l.SetDeadline(l.end) // a closed conn needs none
}

// commit is asked before the final dot is written. If it says no, the delivery
// was interrupted and the dot must not be sent.
func (l *line) commit() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.committed = l.end.IsZero()
	return l.committed
}

// settled takes commit back: the answer to the dot has been read.
func (l *line) settled() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.committed = false
}

func (l *line) before(t time.Time) time.Time {
	if !l.end.IsZero() && l.end.Before(t) {
		return l.end
	}
	return t
}
