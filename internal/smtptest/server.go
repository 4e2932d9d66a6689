// Package smtptest is an SMTP server for tests that answers from a dialogue
// written in the test, so that it can misbehave in any way a line of text can
// describe. It knows nothing of SMTP but where a message ends; for a server
// that really takes mail use go-smtp's.
//
// Its one hard rule: what the client says and the dialogue does not expect
// fails the test.
//
// # Dialogues
//
// One step a line; empty lines and lines that begin with # are left out.
//
//	S: 220 ready      say a line; steps that say something leave in one packet
//	raw "250-a\n"     say exactly these bytes (Go syntax)
//	drip 1s 220 slow  say a line, one byte in each interval
//	C: EHLO *         hear a line; * stands for any text
//	C: <body>         hear a message up to and with the final dot
//	C: <cut body>     hear a message without a final dot, then the end
//	C: <1000 bytes>   hear so many bytes of a message
//	C: <end>          hear the end of the connection
//	tls               do a handshake
//	pause 20s         wait
//	stall             neither say nor hear anything until the test ends
//	close             close the connection
//	rst               reset the connection (over TCP)
//	--- [*N]          what follows is for the next connection, or the next N
//
// After the last step QUIT is answered, and the end is heard.
package smtptest

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// finishTimeout bounds the wait of [Server.Finish]; nothing takes that long.
const finishTimeout = 10 * time.Second

// Server holds conversations with the clients that connect.
type Server struct {
	Host string
	Port int

	tb       testing.TB
	config   *tls.Config
	listener net.Listener // nil in memory
	done     chan struct{}
	end      func()
	running  sync.WaitGroup

	mu            sync.Mutex
	scripts       [][]step // one a connection still to come
	conversations []*Conversation
	conns         []net.Conn
}

// Conversation is what a client did on one connection.
type Conversation struct {
	Lines  []string // what it said, messages left out, without line ends
	Bodies [][]byte // as on the wire, with stuffed dots and, if it came, the final one
	TLS    uint16   // version of the last handshake, 0 without one
}

// Commands counts the lines that begin with a word.
func (c Conversation) Commands(word string) int {
	count := 0
	for _, line := range c.Lines {
		if strings.HasPrefix(line, word) {
			count++
		}
	}
	return count
}

// Serve listens on loopback. config is for the tls step and may be nil.
func Serve(tb testing.TB, dialogue string, config *tls.Config) *Server {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("smtptest: %v", err)
	}
	s := newServer(tb, dialogue, config)
	s.listener = listener
	s.Port = listener.Addr().(*net.TCPAddr).Port
	s.running.Go(s.accept)
	tb.Cleanup(func() { s.Finish() })
	return s
}

// ServeInMemory serves the connections that [Server.Dial] makes. No socket is
// involved, so that testing/synctest can move the time.
func ServeInMemory(tb testing.TB, dialogue string, config *tls.Config) *Server {
	tb.Helper()
	s := newServer(tb, dialogue, config)
	s.Port = 25
	tb.Cleanup(func() { s.Finish() })
	return s
}

func newServer(tb testing.TB, dialogue string, config *tls.Config) *Server {
	tb.Helper()
	s := &Server{Host: "127.0.0.1", tb: tb, config: config, done: make(chan struct{})}
	s.end = sync.OnceFunc(func() { close(s.done) })
	s.scripts = parse(tb, dialogue)
	return s
}

// Dial connects to a server in memory.
func (s *Server) Dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	s.running.Go(func() { s.converse(server) })
	return loopbackConn{client}, nil
}

// loopbackConn says where it seems to lead: only what stays on the machine may
// see a password in the clear.
type loopbackConn struct{ net.Conn }

func (loopbackConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25} }

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.running.Go(func() { s.converse(conn) })
	}
}

// Finish ends stalls, waits until every client has gone, and gives the
// conversations in the order of their connections. It may be called twice.
func (s *Server) Finish() []Conversation {
	s.tb.Helper()
	s.end()
	if s.listener != nil {
		_ = s.listener.Close() // the second time it is closed already
	}
	late := time.AfterFunc(finishTimeout, func() {
		s.tb.Errorf("smtptest: a client did not close its connection within %s", finishTimeout)
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, conn := range s.conns {
			_ = conn.Close() // to get the test to its end
		}
	})
	s.running.Wait()
	late.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Conversation
	for _, c := range s.conversations {
		all = append(all, *c)
	}
	return all
}

// next gives a new connection its dialogue and the place for its record.
func (s *Server) next(conn net.Conn) ([]step, *Conversation, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := new(Conversation)
	s.conversations = append(s.conversations, c)
	s.conns = append(s.conns, conn)
	if len(s.scripts) == 0 {
		return nil, c, len(s.conversations)
	}
	script := s.scripts[0]
	s.scripts = s.scripts[1:]
	return script, c, len(s.conversations)
}
