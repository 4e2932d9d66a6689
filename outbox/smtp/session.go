package smtp

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"time"

	"sendoff/accounts"
	"sendoff/outbox"
)

// session is one connection to a server, greeted, secured and logged in. It
// belongs to one goroutine at a time.
type session struct {
	settings accounts.SMTP
	server   string // host:port
	tls      string // "TLS 1.3", "" on a clear line
	greeted  string // its first words, cleaned
	way      string // the mechanism by which it was logged in to, "" for none

	wantsCertificate bool // it has asked for one, and the account has none

	probe   func(context.Context) bool // asks the port for TLS; nil: nobody can
	entered func(Stage)                // told how far the opening has come

	line       *line    // the raw connection
	conn       net.Conn // line, or TLS on it
	replies    replyReader
	extensions extensions
	presumed   bool // they are what was offered before the login
	basic      bool // it knows no EHLO

	dialogue *dialogue // of the message that it is used for; nil while there is none
	secrets  *echo
	secret   string    // fingerprint of the one that it logged in with; "" if it did not
	opener   outbox.ID // whose delivery made it

	made     time.Time // when it was connected
	messages int       // transactions begun
	most     int       // transactions that it may carry; 0: any number
	dirty    bool      // RSET is due: the last transaction did not end in a final 250
	owed     bool      // the answer to a dot that nobody waits for has not been read
	broken   bool      // nothing may be said any more

	next  *transaction // whose envelope has left already
	ahead *flight      // with it
	alone func() bool  // asked before each: nothing is to leave behind its dot

	in, out []byte // blocks of the body, kept from message to message
}

func newSession(conn net.Conn, settings accounts.SMTP) *session {
	s := &session{settings: settings, server: hostPort(settings), line: &line{Conn: conn}, made: time.Now(), entered: func(Stage) {}}
	s.speakOver(s.line)
	return s
}

// recordIn begins a dialogue with the making of the connection.
func (s *session) recordIn(d *dialogue, secret *echo, h hop) {
	s.dialogue, s.secrets, s.opener = d, secret, d.item
	d.guard(s.secrets)
	address := s.line.RemoteAddr().String()
	switch {
	case !h.proxy.IsZero():
		d.note("connected to %s through the proxy %s", s.server, h.proxy.Address())
	case address != s.server:
		d.note("connected to %s (%s)", s.server, address)
	default:
		d.note("connected to %s", s.server)
	}
}

// carry begins the dialogue of a message, which is so many on the connection. The
// login is in the dialogue of the first.
func (s *session) carry(d *dialogue, number int) {
	s.dialogue = d
	d.guard(s.secrets)
	if number > 1 {
		d.note("on the connection of %s to %s: message %d", s.opener, s.server, number)
	}
}

// speakOver forgets everything heard so far, as RFC 3207 §4.2 asks after STARTTLS.
func (s *session) speakOver(conn net.Conn) {
	s.conn = conn
	s.replies = newReplyReader(conn)
	s.extensions = nil
}

// open goes from a fresh connection to one that takes mail.
func (s *session) open(ctx context.Context, config *tls.Config, l login, progress func(outbox.Step, int64)) error {
	err := s.prepare(ctx, config, l, progress)
	if err != nil && ctx.Err() != nil {
		return stopped(ctx, err)
	}
	return s.lateRefusal(err)
}

func (s *session) prepare(ctx context.Context, config *tls.Config, l login, progress func(outbox.Step, int64)) error {
	if s.settings.Security == accounts.TLS {
		progress(outbox.StepTLS, 0)
		s.entered(StageTLS)
		if err := s.handshake(ctx, config); err != nil {
			return err
		}
	}
	s.entered(StageGreeting)
	r, err := s.greeting(ctx)
	if err != nil {
		return err
	}
	if s.greeted = r.words(); r.code != 220 {
		return refused(phaseGreeting, r)
	}
	s.entered(StageEHLO)
	if err := s.hello(); err != nil {
		return err
	}
	if s.settings.Security == accounts.STARTTLS {
		progress(outbox.StepTLS, 0)
		if err := s.startTLS(ctx, config); err != nil {
			return err
		}
	}
	if l.method == accounts.AuthNone {
		return nil
	}
	progress(outbox.StepLogin, 0)
	s.entered(StageLogin)
	s.presumed = true
	return s.authenticate(l)
}

// anonymous is the EHLO name of who does not want to tell one: an address
// literal (RFC 5321 §4.1.3) that is true of every machine.
const anonymous = "[127.0.0.1]"

// hello greets. A server that knows no EHLO has no extensions: it takes mail
// only where neither TLS nor a login is wanted.
func (s *session) hello() error {
	name := s.name()
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return accountFailure("%q is not a name that EHLO can carry", name).because(ErrSettings)
	}
	r, err := s.exchange(phaseEHLO, "EHLO "+name)
	if s.basic = err == nil && r.code/100 == 5; s.basic {
		r, err = s.exchange(phaseEHLO, "HELO "+name)
		r.text, _, _ = strings.Cut(r.text, "\n")
	}
	if err != nil {
		return err
	}
	if r.code != 250 {
		return refused(phaseEHLO, r)
	}
	s.extensions = parseExtensions(r.text)
	return nil
}

// helloAgain asks once more what the server offers, for a message that it could not
// take by what it offered before the login. It is not asked behind every login:
// that would be a round trip of each connection (doc/decisions/0013). What was
// offered holds if the server does not want to be asked.
func (s *session) helloAgain() error {
	s.presumed = false
	if err := s.catchUp(); err != nil {
		return err
	}
	r, err := s.exchange(phaseEHLO, "EHLO "+s.name())
	switch {
	case err != nil:
		return err
	case s.broken:
		return refused(phaseEHLO, r)
	case r.code == 250:
		s.extensions = parseExtensions(r.text)
		s.dirty = false // it is a RSET, too (RFC 5321 §4.1.4)
	}
	return nil
}

// name is what the account says in EHLO.
func (s *session) name() string {
	if s.settings.EHLO == "" {
		return anonymous
	}
	return s.settings.EHLO
}

// without says that something is not offered, and why if that is known.
func (s *session) without(what string) string {
	if s.basic {
		return s.server + " has no ESMTP, so it offers no " + what
	}
	return s.server + " offers no " + what
}

// startTLS secures a clear line (RFC 3207). It never goes on without TLS: a
// server that does not offer it, or somebody on the line who took the offer
// out, gets nothing more to hear.
func (s *session) startTLS(ctx context.Context, config *tls.Config) error {
	if !s.offers("STARTTLS") {
		return accountFailure("%s: nothing is sent over a clear line", s.without("STARTTLS")).because(ErrNoSTARTTLS)
	}
	s.entered(StageTLS)
	r, err := s.exchange(phaseSTARTTLS, "STARTTLS")
	if err != nil {
		return err
	}
	if r.code != 220 {
		return refused(phaseSTARTTLS, r)
	}
	if len(s.replies.unread()) > 0 {
		// Somebody put text into the clear part, to have it taken for an answer
		// from inside TLS (USENIX Security 2021, "NO STARTTLS").
		return accountFailure("%s sent text in the clear behind its STARTTLS answer: somebody may be tampering with the line", s.server).because(ErrTampered)
	}
	if err := s.handshake(ctx, config); err != nil {
		return err
	}
	s.entered(StageEHLO)
	return s.hello()
}

// exchange says one command and gives the answer.
func (s *session) exchange(p phase, command string) (reply, error) {
	if err := s.spokenUnasked(p); err != nil {
		return reply{}, err
	}
	s.dialogue.said(p, command)
	if _, err := s.conn.Write([]byte(command + "\r\n")); err != nil {
		return s.lastWords(p, err)
	}
	return s.read(p)
}

// spokenUnasked is a server that has said something while it was not its turn:
// whatever is read next would be taken for the answer to something else.
func (s *session) spokenUnasked(p phase) error {
	text := s.replies.unread()
	if len(text) == 0 {
		return nil
	}
	s.broken = true
	return lost(p, &protocolError{outbox.ClassProtocol, "an answer that nobody asked for", string(text)})
}

// read gives the answer to what was said before.
func (s *session) read(p phase) (reply, error) {
	s.line.allowRead(p.timeout())
	return s.hear(p)
}

// hear is read under a deadline that has been set.
func (s *session) hear(p phase) (reply, error) {
	r, err := s.replies.read()
	if err != nil {
		s.broken = true
		return reply{}, lost(p, err)
	}
	s.dialogue.heard(p, r)
	s.broken = s.broken || r.code == 421 // the server closes behind it (RFC 5321 §3.8)
	return r, nil
}

// lastWords is for a write that failed: servers that have had enough say why
// and close. A refusal that has come through counts more than the broken line.
func (s *session) lastWords(p phase, err error) (reply, error) { return s.lastWordsFrom(400, p, err) }

// lastWordsFrom is lastWords for answers with that code or a higher one.
func (s *session) lastWordsFrom(least int, p phase, err error) (reply, error) {
	s.broken = true
	s.line.allowRead(lastWordsTimeout)
	if r, readErr := s.replies.read(); readErr == nil && r.code >= least {
		s.dialogue.heard(p, r)
		return r, nil
	}
	return reply{}, lost(p, err)
}

// quit says goodbye, waits a moment for the answer, and closes. What comes of
// it changes nothing. A server that waits for a message would take the goodbye
// for the beginning of it: there is none then.
func (s *session) quit() {
	if s.ahead != nil {
		s.abort()
		return
	}
	s.line.endWithin(quitTimeout)
	if s.owed {
		s.owed = false
		_, _ = s.read(phaseQuit)
	}
	if _, err := s.exchange(phaseQuit, "QUIT"); err == nil {
		s.broken = true
	}
	s.abort()
}

// reuseFor is how long a connection is used for further messages, from its beginning. What
// it was logged in with is good for as long as it lives, but who has changed the secret
// wants that to be tried, also while a long queue leaves no pause: Postfix takes five
// minutes. A person may be asked for the secret, and that no more often than this.
const reuseFor = 10 * time.Minute

// full tells that it may carry no other message.
func (s *session) full() bool {
	return s.most > 0 && s.messages >= s.most || time.Since(s.made) >= reuseFor
}

// abort closes the raw connection and says nothing, not even that TLS ends.
func (s *session) abort() {
	s.broken = true
	_ = s.line.Close() // all that counted was said before
}
