package sandbox

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
)

// The answers to a dialogue out of order (RFC 5321 §4.1.4).
var (
	errNested = &smtp.SMTPError{Code: 503, EnhancedCode: smtp.EnhancedCode{5, 5, 1}, Message: "Nested MAIL command"}
	errNoMail = &smtp.SMTPError{Code: 503, EnhancedCode: smtp.EnhancedCode{5, 5, 1}, Message: "Need MAIL command"}
)

// transaction is one message on its way in. It does not change any more once
// its body begins.
type transaction struct {
	from       string
	user       string
	recipients []string
}

// session is one client's dialogue. go-smtp calls it from the goroutine of the
// connection, but Data also from one of its own (for BDAT).
type session struct {
	server *Server
	line   *line
	user   string // who logged in

	mu   sync.Mutex // guards open: a reset may meet a Data that just begins
	open *transaction
}

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	accepted, ok := c.Conn().(*line)
	if !ok {
		return nil, fmt.Errorf("sandbox: a connection of type %T", c.Conn())
	}
	return &session{server: s, line: accepted}, nil
}

func (s *session) current() *transaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

func (s *session) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = nil
}

// Reset forgets the transaction (RSET, EHLO, the end of a message).
func (s *session) Reset() { s.reset() }

// Logout ends the session.
func (s *session) Logout() error { return nil }

// Mail begins a transaction.
//
// QUIRK: go-smtp's server keeps the old sender when a second MAIL is refused,
// and would take the next recipients for it. Here a second MAIL ends the
// transaction, so that RCPT and DATA after it are refused.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.line.hungUp.Load() { // what was sent ahead may still be in go-smtp's buffer
		return net.ErrClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != nil {
		s.open = nil
		return errNested
	}
	s.open = &transaction{from: from, user: s.user}
	return nil
}

// Rcpt adds a recipient, or does what the table says.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	open := s.current()
	if open == nil {
		return errNoMail
	}
	if react := behaviourOf(to).onRecipient; react != nil {
		if err := react(s, to); err != nil {
			s.server.logf("%s: %s", to, replyText(err))
			return err
		}
	}
	open.recipients = append(open.recipients, to)
	return nil
}

// Data reads the message, keeps it and answers, or does what the table says.
// The answer 250 goes out as an error, since only so it can name the message.
func (s *session) Data(body io.Reader) error {
	open := s.current()
	if open == nil || len(open.recipients) == 0 {
		return errNoMail
	}
	if !s.server.beginReceiving() {
		return io.ErrUnexpectedEOF
	}
	defer s.server.endReceiving()
	arrival, err := s.receive(body)
	if err != nil {
		return s.refuse(open, err)
	}
	defer arrival.discard()
	if err := react(s, open, func(b Behaviour) reaction { return b.onMessage }); err != nil {
		return s.refuse(open, err)
	}
	kept, err := s.server.keep(open, arrival)
	if err != nil {
		return s.refuse(open, err)
	}
	s.server.sendBack(kept)
	if err := react(s, open, func(b Behaviour) reaction { return b.onKept }); err != nil {
		return err
	}
	return &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 0, 0}, Message: "OK: kept as " + kept.ID}
}

// receive reads the body. What is not whole is an error and leaves nothing.
func (s *session) receive(body io.Reader) (*arrival, error) {
	arriving, err := newArrival(s.server.mailbox)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(arriving, body)
	if err == nil && s.line.ended.Load() {
		// QUIRK: when the line breaks in the middle of a last chunk (BDAT), go-smtp
		// ends the body as if it were whole.
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		err = arriving.finish()
	}
	if err != nil {
		arriving.discard()
		return nil, err
	}
	return arriving, nil
}

// refuse gives the answer to a message that is not kept, and logs it.
func (s *session) refuse(open *transaction, err error) error {
	if _, isReply := err.(*smtp.SMTPError); !isReply { // as go-smtp looks at it
		s.server.logf("message from %s: %v", open.from, err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The message could not be kept"}
	}
	s.server.logf("%s: %s", strings.Join(open.recipients, ", "), replyText(err))
	return err
}

// react goes through the recipients in their order, each behaviour once.
func react(s *session, open *transaction, of func(Behaviour) reaction) error {
	var done []string
	for _, to := range open.recipients {
		behaviour := behaviourOf(to)
		reaction := of(behaviour)
		if reaction == nil || slices.Contains(done, behaviour.LocalPart) {
			continue
		}
		if err := reaction(s, to); err != nil {
			return err
		}
		done = append(done, behaviour.LocalPart)
	}
	return nil
}

func replyText(err error) string {
	reply, ok := err.(*smtp.SMTPError)
	if !ok {
		return err.Error()
	}
	code := reply.EnhancedCode
	return fmt.Sprintf("%d %d.%d.%d %s", reply.Code, code[0], code[1], code[2], reply.Message)
}
