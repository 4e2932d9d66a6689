// Package sandbox is a real SMTP server inside the program, for trying things
// out: it catches every message and lets nothing out, and it misbehaves for the
// recipients of a table ([Behaviours]). For some of them a delivery report comes back,
// into a mailbox that it serves by IMAP and POP3.
//
// `sendoff sandbox` serves it, `sendoff demo` has it as its account's server,
// and tests use it as the world. It is no mail server to keep: it knows no
// users, no queue and no other machine.
//
// Its one hard rule: it listens on loopback alone and never connects to
// anything.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-smtp"

	"sendoff/internal/cleantext"
)

// Limits of the server. Both are announced (SIZE of RFC 1870, LIMITS of RFC 9422).
const (
	defaultMaxSize = 200 << 20 // bytes; a 100 MB attachment is 137 MB of base64
	maxRecipients  = 100       // what RFC 5321 §4.5.3.1.8 asks of every server
)

// Timeouts of a connection.
const (
	// readTimeout is for one command and, since go-smtp sets it no more often,
	// for one whole message: it is RFC 5321's ten minutes for the final dot.
	readTimeout  = 10 * time.Minute
	writeTimeout = time.Minute
)

// ErrNotLoopback says that the sandbox was asked to listen where others than
// this machine could reach it.
var ErrNotLoopback = errors.New("the sandbox listens on loopback only")

// Options say where the sandbox listens and what it keeps.
type Options struct {
	// Addr is "host:port" with a loopback address or localhost as its host.
	// Port 0 takes a free one. Empty is "127.0.0.1:0".
	Addr string
	// IMAP is the like for the mailboxes into which reports come back, one for each
	// address that mail came from. Who logs in by an address, and with any password but
	// "wrong", has that one. Empty: nobody can read them.
	IMAP string
	// POP3 is the like for reading them by that, with what has come back alone.
	POP3 string
	// ReturnAfter is how long a report takes; 0 is 5 s.
	ReturnAfter time.Duration
	// Dir is a Maildir that gets every message, its bytes exactly as they came
	// (nothing is added, so the envelope stands only in [Message]). It is made
	// if needed. Empty: messages are kept in memory only.
	Dir string
	// MaxSize is the announced limit in bytes; a message must be smaller. 0 is
	// 200 MiB.
	MaxSize int64
	// Log gets one line, cleaned, for each thing that happened, never two at
	// once. It must not call Close. nil: nobody wants to know.
	Log func(line string)
}

// Server is a running sandbox. All its methods may be called from any goroutine.
type Server struct {
	options      Options
	mailbox      *maildir // nil: in memory only
	smtp         *smtp.Server
	listener     *listener
	imap         *imapserver.Server // nil: none
	imapListener *listener
	popListener  *listener      // nil: none
	closing      chan struct{}  // closed by Close: wakes what waits
	running      sync.WaitGroup // the accepting goroutines
	logs         sync.Mutex     // one line at a time
	messages     messageList
	mailboxes    mailboxes
	greylist     greylist

	closeOnce sync.Once
	closeErr  error

	mu        sync.Mutex // guards closed, and receiving against a late Add
	closed    bool
	receiving sync.WaitGroup // bodies that are being read, sessions with a mailbox
}

// Start listens and serves until Close. It returns ErrNotLoopback for an
// address that others could reach.
func Start(options Options) (*Server, error) {
	var mailbox *maildir
	if options.Dir != "" {
		var err error
		if mailbox, err = openMaildir(options.Dir); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
	}
	plain, err := listen(options.Addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s := serve(plain, mailbox, options)
	for _, more := range []struct {
		address string
		serve   func(net.Listener)
	}{{options.IMAP, s.serveIMAP}, {options.POP3, s.servePOP3}} {
		if more.address == "" {
			continue
		}
		plain, err := listen(more.address)
		if err != nil {
			return nil, fmt.Errorf("sandbox: %w", errors.Join(err, s.Close()))
		}
		more.serve(plain)
	}
	return s, nil
}

// listen listens on loopback, or not at all.
func listen(address string) (net.Listener, error) {
	own, err := loopback(address)
	if err != nil {
		return nil, err
	}
	return net.ListenTCP("tcp", net.TCPAddrFromAddrPort(own))
}

func serve(plain net.Listener, mailbox *maildir, options Options) *Server {
	s := &Server{
		options:  options,
		mailbox:  mailbox,
		listener: newListener(plain),
		closing:  make(chan struct{}),
	}
	s.mailboxes.noIMAP, s.mailboxes.noPOP3 = options.IMAP == "", options.POP3 == ""
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.newSession))
	s.smtp.Domain = "sandbox.invalid"
	s.smtp.MaxRecipients = maxRecipients
	s.smtp.MaxMessageBytes = defaultMaxSize
	if options.MaxSize > 0 {
		s.smtp.MaxMessageBytes = options.MaxSize
	}
	s.smtp.AllowInsecureAuth = true // the line never leaves this machine
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = readTimeout, writeTimeout
	s.smtp.ErrorLog = errorLog{s}
	s.running.Go(func() { s.stoppedListening("SMTP", s.smtp.Serve(s.listener)) })
	return s
}

// stoppedListening tells why nobody can reach the server any more by a protocol, unless
// that is its own end.
func (s *Server) stoppedListening(protocol string, err error) {
	if err != nil && !errors.Is(err, net.ErrClosed) {
		s.logf("stopped listening for %s: %v", protocol, err)
	}
}

// Addr is where the server listens, as "127.0.0.1:port".
func (s *Server) Addr() string { return s.listener.Addr().String() }

// IMAPAddr is where the mailboxes are read; "" if they cannot be.
func (s *Server) IMAPAddr() string {
	if s.imapListener == nil {
		return ""
	}
	return s.imapListener.Addr().String()
}

// POP3Addr is IMAPAddr for POP3.
func (s *Server) POP3Addr() string {
	if s.popListener == nil {
		return ""
	}
	return s.popListener.Addr().String()
}

// Messages are the messages that were kept, oldest first. Of a long run only
// the newest are still there; see [Message].
func (s *Server) Messages() []Message { return s.messages.all() }

// Close stops listening, cuts every connection and waits until nothing of the
// server runs any more. What was answered with 250 is kept. It may be called
// again.
func (s *Server) Close() error {
	s.closeOnce.Do(func() { s.closeErr = s.stop() })
	return s.closeErr
}

func (s *Server) stop() error {
	// Every line is cut first: whoever is woken by the end would answer on it
	// otherwise, and a client be told that its message was kept, or refused for good.
	err := s.listener.closeAll()
	if s.imap != nil {
		err = errors.Join(err, s.imapListener.closeAll())
	}
	if s.popListener != nil {
		err = errors.Join(err, s.popListener.closeAll())
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	close(s.closing)
	// Shutdown alone would wait for idle clients for ever, Close alone would not
	// wait for its goroutines: so all connections are cut and accepting is over
	// before Shutdown counts who is left.
	s.running.Wait()
	s.smtp.Shutdown(context.Background()) // says only that the listener is closed already
	s.receiving.Wait()
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

// beginReceiving tells whether a body may still be read, or a session with a mailbox
// begin; if so, endReceiving must follow.
func (s *Server) beginReceiving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.receiving.Add(1)
	return true
}

func (s *Server) endReceiving() { s.receiving.Done() }

func (s *Server) logf(format string, args ...any) {
	if s.options.Log == nil {
		return
	}
	line := cleantext.Line(fmt.Sprintf(format, args...))
	s.logs.Lock()
	defer s.logs.Unlock()
	s.options.Log(line)
}

// loopback gives the address to listen on, without asking any name server.
func loopback(address string) (netip.AddrPort, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, &net.AddrError{Err: "the port is not a number from 0 to 65535", Addr: address}
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	parsed, err := netip.ParseAddr(host)
	if err != nil || !parsed.Unmap().IsLoopback() {
		return netip.AddrPort{}, fmt.Errorf("%q: %w", address, ErrNotLoopback)
	}
	return netip.AddrPortFrom(parsed.Unmap(), uint16(number)), nil
}

// errorLog takes what go-smtp has to say: panics and broken connections.
type errorLog struct{ server *Server }

func (l errorLog) Printf(format string, args ...any) { l.server.logf(format, args...) }
func (l errorLog) Println(args ...any)               { l.server.logf("%s", fmt.Sprintln(args...)) }
