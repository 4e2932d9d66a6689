package mailbox

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// How much a server may say, in bytes.
const (
	maxLine    = 8 << 10 // RFC 9051 has no limit; real greetings and capabilities are below 2 KiB
	maxTalk    = 1 << 20 // of all answers to one question
	maxHeaders = 8 << 20 // while a message is looked for
)

const (
	commandTimeout = 30 * time.Second // one answer, where a context does not end sooner
	quitTimeout    = time.Second      // a courtesy, no more
)

var errTooMuch = errors.New("the server does not stop talking")

// bounded is a connection on which every read ends, by time and by size,
// whatever the library above it asks for: go-imap takes all deadlines off while
// it waits, and keeps what it reads.
type bounded struct {
	net.Conn // TLS, or the raw one; see change

	mu      sync.Mutex
	end     time.Time // no deadline lies beyond it; zero: none was set yet
	left    int64     // bytes that may be read
	pending []byte    // read before the connection
	failure error     // of the first read or write that failed
}

func newBounded(conn net.Conn) *bounded {
	b := &bounded{Conn: conn}
	b.allow(maxTalk)
	return b
}

// allow begins a new question: its answers may have so many bytes, and the usual
// time.
func (b *bounded) allow(bytes int64) { b.allowFor(bytes, commandTimeout) }

// allowFor is allow for another time.
func (b *bounded) allowFor(bytes int64, d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.end.Equal(longAgo) {
		return // it was interrupted, for good
	}
	b.left, b.end = bytes, time.Now().Add(d)
	_ = b.Conn.SetDeadline(b.end) // a closed conn shows at the read
}

// endWithin bounds everything that is still said and heard.
func (b *bounded) endWithin(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if end := time.Now().Add(d); b.end.After(end) {
		b.end = end
	}
	_ = b.Conn.SetDeadline(b.end)
}

// change puts another connection, which goes over the first, in its place. Nobody
// may be reading or writing, but it may be interrupted at the same time.
func (b *bounded) change(conn net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Conn = conn
	_ = conn.SetDeadline(b.end) // a closed conn shows at the read
}

// longAgo is a deadline that has passed on any clock.
var longAgo = time.Unix(1, 0)

// interrupt ends what is going on, and all that would come.
func (b *bounded) interrupt() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end = longAgo
	_ = b.Conn.SetDeadline(longAgo)
}

// unread makes text the next that is read.
func (b *bounded) unread(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending = append([]byte(text), b.pending...)
}

func (b *bounded) Read(p []byte) (int, error) {
	b.mu.Lock()
	if len(b.pending) > 0 {
		n := copy(p, b.pending)
		b.pending = b.pending[n:]
		b.mu.Unlock()
		return n, nil
	}
	left := b.left
	b.mu.Unlock()
	if left <= 0 {
		return 0, b.note(errTooMuch)
	}
	n, err := b.Conn.Read(p[:min(int64(len(p)), left)])
	b.mu.Lock()
	b.left -= int64(n)
	b.mu.Unlock()
	return n, b.note(err)
}

func (b *bounded) Write(p []byte) (int, error) {
	n, err := b.Conn.Write(p)
	return n, b.note(err)
}

// note keeps the first failure.
func (b *bounded) note(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failure == nil {
		b.failure = err
	}
	return err
}

// broken is why nothing more can be said or heard; nil: it can.
func (b *bounded) broken() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failure
}

// SetDeadline, and the two that follow, may only make a deadline nearer.
func (b *bounded) SetDeadline(t time.Time) error { return b.nearer(t, net.Conn.SetDeadline) }

// SetReadDeadline is SetDeadline for reads.
func (b *bounded) SetReadDeadline(t time.Time) error { return b.nearer(t, net.Conn.SetReadDeadline) }

// SetWriteDeadline is SetDeadline for writes.
func (b *bounded) SetWriteDeadline(t time.Time) error { return b.nearer(t, net.Conn.SetWriteDeadline) }

// nearer sets a deadline under the mutex: one that was put off meanwhile must not be
// followed by the one of before.
func (b *bounded) nearer(t time.Time, set func(net.Conn, time.Time) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.IsZero() || b.end.Before(t) {
		t = b.end
	}
	return set(b.Conn, t)
}

// line reads one line, byte by byte: what stands behind it belongs to TLS, or to
// somebody who tampers with the line.
func (b *bounded) line() (string, error) {
	var text []byte
	var one [1]byte
	for len(text) < maxLine {
		if _, err := io.ReadFull(b, one[:]); err != nil {
			return string(text), err
		}
		if text = append(text, one[0]); one[0] == '\n' {
			return string(text), nil
		}
	}
	return "", b.note(errTooMuch)
}

// inWords says why a connection broke.
func inWords(err error) string {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection lost: the server closed it"
	case errors.Is(err, errTooMuch), errors.Is(err, errTooDeep), errors.Is(err, errGarbled):
		return err.Error()
	}
	return "connection lost: " + err.Error()
}
