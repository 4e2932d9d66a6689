// Package mailbox reaches and logs in to the IMAP or POP3 server where an
// account's bounces arrive, and reads there.
//
// It is reached, trusted and logged in to by the rules of the server that sends,
// and by its code. Whatever a server says is bounded, in time and in size. It
// knows no outbox.
//
// Its one hard rule: it deletes nothing, and marks nothing as read. IMAP folders
// are opened by EXAMINE, which cannot change them (RFC 9051 §6.3.3), and POP3 is
// never told DELE. All that it adds is copies of what was sent.
package mailbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/emersion/go-imap/v2"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/outbox/smtp"
)

// Options are what tests and the program around a Session may choose. The zero
// value is ready to use.
type Options struct {
	// Dial makes the connection below TLS; nil: a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// RootCAs are trusted where a mailbox names no CAFile; nil: the system's.
	RootCAs *x509.CertPool

	// Wanted tells from its header of a mail that Look is to take though it is no
	// report, and Fields are those of the header that it looks at. Nil: none is.
	Wanted func(header []byte) bool
	Fields []string
}

// Session is one connection to a mailbox. Its methods are called from one
// goroutine, each once and in their order: Resolve, Dial, Secure, Login, then
// Examine, and Find as often as wanted, or Look and Seek, or Listen. Errors are [*Error]. What its context
// ends, it ends for good.
type Session struct {
	settings accounts.Mailbox
	options  Options
	login    *smtp.Login
	conn     *bounded
	client   client
	greeted  string
	offered  []string // mechanisms, at the login
}

// client is what differs between IMAP and POP3.
type client interface {
	capabilities() ([]string, error)
	mechanisms(capabilities []string) []string // of SASL
	authenticate(l *smtp.Login, offered []string, state *tls.ConnectionState) error
	examine(folder string) (Folder, error)
	find(word string) (header []byte, err error)
	look(ctx context.Context, folder string, w sieve, l Ledger) error
	quit()    // says goodbye
	release() // waits for what still runs; the connection is closed
}

// Folder is what is known of where the bounces arrive.
type Folder struct {
	Messages uint32
}

// Error is where and why a session ended. It wraps what is known of the reason:
// one of package smtp's, or an error of the standard library.
type Error struct {
	Stage  smtp.Stage
	Answer Answer
	Text   string // the server's own words, or what went wrong; cleaned
	cause  error
	lost   bool
}

// StageFolder is the stage after the login.
const StageFolder smtp.Stage = "folder"

// Answer is what a server's refusal is about.
type Answer uint8

// The answers.
const (
	NoAnswer  Answer = iota
	Refused          // no: the login, or what was asked for
	Unable           // not now
	Forbidden        // not over this line: it is to be secured first
)

func (e *Error) Error() string { return e.Text }

// Lost tells that the connection broke, or was ended.
func (e *Error) Lost() bool { return e.lost }

// Unwrap is for [errors.Is] and [errors.As].
func (e *Error) Unwrap() error { return e.cause }

var (
	// ErrNoFolder is a folder that does not exist.
	ErrNoFolder = errors.New("no such folder")
	// ErrNotFound is a message that is not there.
	ErrNotFound = errors.New("no such message")
	// ErrNoNames is a POP3 server without UIDL, where nobody knows what is new.
	ErrNoNames = errors.New("the server does not tell one message from another (UIDL)")
	// ErrNoIdle is a server that does not say by itself that mail has come.
	ErrNoIdle = errors.New("the server does not tell of new mail unasked (IDLE)")
)

// New makes a session of an account's mailbox, whose defaults are filled in.
func New(m accounts.Mailbox, o Options) *Session { return &Session{settings: m, options: o} }

// enter goes as far as the login.
func (s *Session) enter(ctx context.Context) error {
	for _, step := range []func(context.Context) error{s.Resolve, s.Dial, s.Secure, s.Login} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// server is the mailbox in the form that package smtp knows.
func (s *Session) server() accounts.SMTP {
	m := s.settings
	return accounts.SMTP{
		Host: m.Host, Port: m.Port, Security: m.Security, Auth: m.Auth, Username: m.Username, Secret: m.Secret,
		Proxy: m.Proxy, CAFile: m.CAFile, PinSHA256: m.PinSHA256,
	}
}

// Resolve asks for the secret, before a server is kept waiting.
func (s *Session) Resolve(ctx context.Context) (err error) {
	if s.login, err = smtp.NewLogin(ctx, s.server()); err != nil {
		return s.failed(ctx, smtp.StageSecret, err)
	}
	return nil
}

// Dial makes the connection.
func (s *Session) Dial(ctx context.Context) error {
	conn, err := smtp.Dial(ctx, s.server(), smtp.Options{Dial: s.options.Dial})
	if err != nil {
		return s.failed(ctx, smtp.StageDial, err)
	}
	s.conn = newBounded(conn)
	return nil
}

// Secure hears the greeting, secures the line, in the order that the settings
// ask for, and asks what the server can do.
func (s *Session) Secure(ctx context.Context) error {
	defer context.AfterFunc(ctx, s.conn.interrupt)()
	implicit := s.settings.Security == accounts.TLS
	if implicit {
		if err := s.handshake(ctx); err != nil {
			return s.failed(ctx, smtp.StageTLS, err)
		}
	}
	greeting, err := s.greeting()
	if err != nil {
		return s.failed(ctx, smtp.StageGreeting, err)
	}
	if s.settings.Security == accounts.STARTTLS {
		if err := s.startTLS(); err != nil {
			return s.failed(ctx, smtp.StageTLS, err)
		}
		if err := s.handshake(ctx); err != nil {
			return s.failed(ctx, smtp.StageTLS, err)
		}
		greeting = "* OK secured\r\n" // go-imap waits for one, and nothing of the clear line counts any more
	}
	if s.settings.Protocol == accounts.POP3 {
		s.client = newPOP3(s.conn)
		return nil
	}
	s.conn.unread(greeting)
	s.client = newIMAP(s.conn)
	return nil
}

// handshake speaks TLS on the line from now on.
func (s *Session) handshake(ctx context.Context) error {
	config, err := smtp.TLSConfig(s.server(), s.options.RootCAs)
	if err != nil {
		return err
	}
	conn := tls.Client(s.conn.Conn, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return s.handshakeError(err)
	}
	s.conn.change(conn)
	return nil
}

// Greeting is the first that the server said, cleaned; "" before that.
func (s *Session) Greeting() string { return s.login.Hide(cleantext.Line(s.greeted)) }

// Address is where the connection leads, "" while there is none.
func (s *Session) Address() string {
	if s.conn == nil {
		return ""
	}
	return s.conn.RemoteAddr().String()
}

// TLS is the state of the line; nil while it is not secured.
func (s *Session) TLS() *tls.ConnectionState {
	if s.conn == nil {
		return nil
	}
	if secured, ok := s.conn.Conn.(*tls.Conn); ok {
		state := secured.ConnectionState()
		return &state
	}
	return nil
}

// Capabilities asks what the server can do, before or after the login. The text
// is the server's, cleaned.
func (s *Session) Capabilities(ctx context.Context) ([]string, error) {
	defer context.AfterFunc(ctx, s.conn.interrupt)()
	s.conn.allow(maxTalk)
	all, err := s.client.capabilities()
	if err != nil {
		return nil, s.failed(ctx, smtp.StageEHLO, err)
	}
	for i := range all {
		all[i] = cleantext.Line(all[i])
	}
	return all, nil
}

// Login logs in, once. Over a clear line it does so only where that does not
// leave the machine.
func (s *Session) Login(ctx context.Context) error {
	if s.TLS() == nil && !s.local() {
		return s.failed(ctx, smtp.StageLogin, smtp.ErrClearLine)
	}
	offered, err := s.Capabilities(ctx)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, s.conn.interrupt)()
	s.conn.allow(maxTalk)
	s.offered = s.client.mechanisms(offered)
	if err := s.client.authenticate(s.login, s.offered, s.TLS()); err != nil {
		return s.failed(ctx, smtp.StageLogin, err)
	}
	return nil
}

// local tells that the line does not leave the machine, by where it really goes.
func (s *Session) local() bool {
	tcp, ok := s.conn.RemoteAddr().(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// Offered are the mechanisms that the server offered for the login, as RFC 4422
// has them; none before that.
func (s *Session) Offered() []string { return s.offered }

// Examine opens the folder in a way that changes nothing in it.
func (s *Session) Examine(ctx context.Context) (Folder, error) {
	defer context.AfterFunc(ctx, s.conn.interrupt)()
	s.conn.allow(maxTalk)
	f, err := s.client.examine(s.settings.Folder)
	if err != nil {
		return Folder{}, s.failed(ctx, StageFolder, err)
	}
	return f, nil
}

// Find gives the header of the newest message whose Subject holds a word, and
// leaves the message as it is. The word is one that stands nowhere else: in POP3
// it may be in any field, and is looked for in the newest messages alone. The
// error wraps ErrNotFound if there is no such message.
func (s *Session) Find(ctx context.Context, word string) (header []byte, err error) {
	defer context.AfterFunc(ctx, s.conn.interrupt)()
	s.conn.allow(maxHeaders)
	if header, err = s.client.find(word); err != nil {
		return nil, s.failed(ctx, StageFolder, err)
	}
	return header, nil
}

// Close says goodbye, where the server listens, and closes the connection. A nil
// session has none.
func (s *Session) Close() {
	if s == nil || s.conn == nil {
		return
	}
	s.conn.endWithin(quitTimeout)
	if s.client != nil && s.conn.broken() == nil {
		s.client.quit()
	}
	_ = s.conn.Close() // all that counted was said before
	if s.client != nil {
		s.client.release()
	}
}

// failed is an error with the stage that it comes from.
func (s *Session) failed(ctx context.Context, stage smtp.Stage, err error) *Error {
	e := &Error{Stage: stage, Text: cleantext.Line(err.Error()), cause: err}
	var r *refusal
	var beneath error
	if s.conn != nil {
		beneath = s.conn.broken() // which the libraries above do not pass on
		e.lost = beneath != nil
	}
	switch {
	case errors.As(err, &r):
		e.Answer, e.Text = r.answer, cleantext.Line(r.text)
	case ctx.Err() != nil, errors.Is(beneath, os.ErrDeadlineExceeded):
		e.Text, e.cause = "no answer in time", fmt.Errorf("%w: %w", os.ErrDeadlineExceeded, err)
	case beneath != nil:
		e.Text, e.cause = cleantext.Line(inWords(beneath)), fmt.Errorf("%w: %w", beneath, err)
	}
	e.Text = s.login.Hide(e.Text)
	return e
}

// refusal is a server that says no.
type refusal struct {
	answer Answer
	text   string
	code   imap.ResponseCode // of IMAP
}

func (r *refusal) Error() string { return r.text }
