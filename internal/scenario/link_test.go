package scenario

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// window is how much a peer that does not read lets the other one write.
const window = 64 << 10

// link is one end of a connection in memory, on which virtual time can move. It
// is nearer to TCP than net.Pipe: both ends can speak at once, what was said
// before a close is still heard, and a reset takes it away.
type link struct {
	in, out *stream
	remote  net.Addr
}

// newLink gives both ends; the client believes that it speaks to remote. What one
// end says reaches the other after a delay.
func newLink(remote net.Addr, delay time.Duration) (client, server *link) {
	up, down := newStream(delay), newStream(delay)
	return &link{in: down, out: up, remote: remote}, &link{in: up, out: down, remote: &net.TCPAddr{}}
}

func (l *link) Read(p []byte) (int, error)  { return l.in.read(p) }
func (l *link) Write(p []byte) (int, error) { return l.out.write(p) }
func (l *link) LocalAddr() net.Addr         { return &net.TCPAddr{} }
func (l *link) RemoteAddr() net.Addr        { return l.remote }

func (l *link) SetReadDeadline(t time.Time) error {
	l.in.change(func(s *stream) { s.readBy = t })
	return nil
}

func (l *link) SetWriteDeadline(t time.Time) error {
	l.out.change(func(s *stream) { s.writeBy = t })
	return nil
}

func (l *link) SetDeadline(t time.Time) error {
	_ = l.SetReadDeadline(t)
	return l.SetWriteDeadline(t)
}

func (l *link) Close() error {
	l.out.change(func(s *stream) { s.ended = true })
	l.in.change(func(s *stream) { s.unread = true })
	return nil
}

// reset is a close that throws away what is on its way.
func (l *link) reset() {
	l.out.change(func(s *stream) { s.reset = true })
	_ = l.Close()
}

// stream is one direction of a link.
type stream struct {
	delay time.Duration // of the octets; an end or a reset is felt at once behind them
	tap   io.Writer     // hears all that is written; nil: nobody does

	mu              sync.Mutex
	buffer          bytes.Buffer
	arrived         int  // octets of the buffer that can be read
	ended           bool // the writer has closed
	unread          bool // the reader has closed
	reset           bool
	readBy, writeBy time.Time
	changed         chan struct{} // closed at every change, and made anew
}

func newStream(delay time.Duration) *stream {
	return &stream{delay: delay, changed: make(chan struct{})}
}

func (s *stream) change(what func(*stream)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what(s)
	s.tell()
}

func (s *stream) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *stream) read(p []byte) (n int, err error) {
	late := s.wait(&s.readBy, func() bool {
		switch {
		case s.unread:
			err = net.ErrClosed
		case s.reset:
			err = syscall.ECONNRESET
		case s.arrived > 0:
			n, err = s.buffer.Read(p[:min(len(p), s.arrived)])
			s.arrived -= n
		case s.ended && s.buffer.Len() == 0:
			err = io.EOF
		default:
			return false
		}
		return true
	})
	if late != nil {
		return 0, late
	}
	return n, err
}

func (s *stream) write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		late := s.wait(&s.writeBy, func() bool {
			room := window - s.buffer.Len()
			switch {
			case s.ended:
				err = net.ErrClosed
			case s.unread || s.reset:
				err = syscall.EPIPE
			case room > 0:
				part := p[n:min(len(p), n+room)]
				_, _ = s.buffer.Write(part) // never fails
				if s.tap != nil {
					_, _ = s.tap.Write(part)
				}
				n += len(part)
				s.send(len(part))
			default:
				return false
			}
			return true
		})
		if late != nil {
			return n, late
		}
	}
	return n, err
}

// send lets octets arrive that were just put into the buffer; the lock is held.
func (s *stream) send(count int) {
	if s.delay == 0 {
		s.arrived += count
		return
	}
	time.AfterFunc(s.delay, func() { s.change(func(s *stream) { s.arrived += count }) })
}

// wait takes a step as soon as it can be taken, or says that it is too late.
func (s *stream) wait(by *time.Time, step func() (taken bool)) error {
	for {
		s.mu.Lock()
		if !by.IsZero() && !time.Now().Before(*by) {
			s.mu.Unlock()
			return os.ErrDeadlineExceeded
		}
		taken := step()
		changed, deadline := s.changed, *by
		if taken {
			s.tell()
		}
		s.mu.Unlock()
		if taken {
			return nil
		}
		waitFor(changed, deadline)
	}
}

func waitFor(changed <-chan struct{}, deadline time.Time) {
	if deadline.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}
