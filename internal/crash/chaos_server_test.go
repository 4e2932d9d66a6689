package crash

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"net/mail"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// chaosServer is an SMTP server on loopback that misbehaves by chance until it
// is told to be calm, and that knows what it has accepted. The sandbox cannot
// take its place: that one misbehaves by recipient alone, and never after the
// final dot with a 4yz.
type chaosServer struct {
	seed    uint64
	address string
	calm    atomic.Bool
	closing chan struct{}
	running sync.WaitGroup
	closed  sync.Once

	mu       sync.Mutex // guards what follows
	listener net.Listener
	lines    map[net.Conn]bool
	met      map[string]int        // how often each thing was met that meets trouble
	mail     map[string]*chaosMail // by Message-ID
	doubtful map[string]bool       // recipients of which one transaction got no answer
}

// chaosMail is what the server knows of one message.
type chaosMail struct {
	subject string
	digests map[[sha256.Size]byte]bool // of all bodies that came whole, accepted or not
	copies  map[string]int             // accepted ones, by recipient
}

func startChaosServer(t *testing.T, seed uint64) *chaosServer {
	t.Helper()
	s := &chaosServer{
		seed: seed, closing: make(chan struct{}), lines: make(map[net.Conn]bool), met: make(map[string]int),
		mail: make(map[string]*chaosMail), doubtful: make(map[string]bool),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	s.listen(listener)
	t.Cleanup(s.close)
	return s
}

// listen serves what comes to a listener until that is closed.
func (s *chaosServer) listen(listener net.Listener) {
	s.mu.Lock()
	s.listener = listener
	s.mu.Unlock()
	s.running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.remember(conn)
			s.running.Go(func() {
				defer s.forget(conn)
				s.talk(conn)
			})
		}
	})
}

func (s *chaosServer) remember(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines[conn] = true
}

func (s *chaosServer) forget(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lines, conn)
	conn.Close()
}

// goAway refuses connections and cuts those that there are.
func (s *chaosServer) goAway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener.Close()
	for conn := range s.lines {
		conn.Close()
	}
}

// comeBack listens again at the same address. The port was nobody's meanwhile,
// so somebody's outgoing connection may have it for a moment.
func (s *chaosServer) comeBack() error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		listener, err := net.Listen("tcp", s.address)
		if err == nil {
			s.listen(listener)
			return nil
		}
		if time.Now().After(deadline) || !s.wait(10*time.Millisecond) {
			return fmt.Errorf("listen again: %w", err)
		}
	}
}

// wait tells whether the time has passed before the server was closed.
func (s *chaosServer) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closing:
		return false
	}
}

// close ends the server and waits for its last session: from then on what it has
// noted belongs to the caller. It may be called again.
func (s *chaosServer) close() {
	s.closed.Do(func() { close(s.closing) })
	s.goAway()
	s.running.Wait()
}

// see remembers a message that has come whole.
func (s *chaosServer) see(raw []byte) (*chaosMail, error) {
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	id := message.Header.Get("Message-ID")
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mail[id]
	if m == nil {
		m = &chaosMail{digests: make(map[[sha256.Size]byte]bool), copies: make(map[string]int)}
		s.mail[id] = m
	}
	m.subject = message.Header.Get("Subject")
	m.digests[sha256.Sum256(raw)] = true
	return m, nil
}

// accept counts a copy for each recipient.
func (s *chaosServer) accept(m *chaosMail, recipients []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, address := range recipients {
		m.copies[address]++
	}
}

// leaveInDoubt remembers that a client may have sent the final dot and got no
// answer: that it calls those recipients uncertain is right.
func (s *chaosServer) leaveInDoubt(recipients []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, address := range recipients {
		s.doubtful[address] = true
	}
}
