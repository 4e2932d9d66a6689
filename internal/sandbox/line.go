package sandbox

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// lingering is how long a line that was hung up is still listened to. Closing
// at once with something unread makes the kernel send a reset, which can
// overtake the last reply.
const lingering = 2 * time.Second

// listener makes a [line] of every connection, and closes all of them.
type listener struct {
	net.Listener

	mu     sync.Mutex // guards the fields below
	lines  map[*line]struct{}
	closed bool
}

func newListener(plain net.Listener) *listener {
	return &listener{Listener: plain, lines: make(map[*line]struct{})}
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		conn.Close()
		return nil, net.ErrClosed
	}
	accepted := &line{Conn: conn, listener: l}
	l.lines[accepted] = struct{}{}
	return accepted, nil
}

// closeAll ends accepting and every connection.
func (l *listener) closeAll() error {
	err := l.Listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for open := range l.lines {
		open.Conn.Close()
	}
	clear(l.lines)
	return err
}

func (l *listener) forget(closed *line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.lines, closed)
}

// line is a connection that can be hung up in the middle of a dialogue, which
// go-smtp's server has no word for.
type line struct {
	net.Conn
	listener *listener

	ended      atomic.Bool // the client has gone, or the line is broken
	hungUp     atomic.Bool
	lastWords  atomic.Bool // hang up after the next write
	closedOnce sync.Once
}

// Read reads what the client says; nothing more after it was hung up.
func (l *line) Read(p []byte) (int, error) {
	if l.hungUp.Load() {
		l.drain()
		return 0, io.EOF
	}
	n, err := l.Conn.Read(p)
	if err != nil {
		l.ended.Store(true)
	}
	return n, err
}

// Write writes to the client. A reply of go-smtp is one Write.
func (l *line) Write(p []byte) (int, error) {
	if l.hungUp.Load() {
		return 0, net.ErrClosed
	}
	n, err := l.Conn.Write(p)
	if l.lastWords.Load() {
		l.hangUp()
	}
	return n, err
}

// Close ends the line. It may be called again.
func (l *line) Close() error {
	var err error
	l.closedOnce.Do(func() {
		l.listener.forget(l)
		err = l.Conn.Close()
	})
	return err
}

// hangUp says nothing more to the client, who reads the end of the line.
func (l *line) hangUp() {
	l.hungUp.Store(true)
	if half, ok := l.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite() // in vain only if the line is gone already
		return
	}
	l.Conn.Close()
}

// hangUpAfterReply lets one more reply out, and hangs up.
func (l *line) hangUpAfterReply() { l.lastWords.Store(true) }

// drain reads away what the client still sends, until it closes its side.
func (l *line) drain() {
	if l.SetReadDeadline(time.Now().Add(lingering)) == nil {
		io.Copy(io.Discard, l.Conn) // how it ends is of no interest
	}
}
