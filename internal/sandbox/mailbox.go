package sandbox

import (
	"errors"
	"net"
	"strings"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// How much the mailboxes of a server may hold, so that one that runs for weeks does
// not fill the memory. What is deleted there counts on.
const (
	maxMailboxes = 1000
	maxMail      = 64 << 20 // octets in all
)

var errMailFull = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeOverQuota, Text: "The sandbox holds no more mail"}

// mailboxes are those that IMAP and POP3 show: each user has one, under the address at which
// the mail that comes back arrives. It is made when it is first needed.
type mailboxes struct {
	mu      sync.Mutex // guards the fields below
	users   map[string]*imapmemserver.User
	arrived map[string][]popMail // the same mails, for POP3
	count   int
	octets  int64
}

// of gives the mailbox of a user. What comes to "ada+x" is for "ada" (RFC 5233).
func (m *mailboxes) of(name string) (*imapmemserver.User, error) {
	name = withoutDetail(strings.ToLower(name))
	m.mu.Lock()
	defer m.mu.Unlock()
	if user := m.users[name]; user != nil {
		return user, nil
	}
	if len(m.users) >= maxMailboxes {
		return nil, errMailFull
	}
	user := imapmemserver.NewUser(name, "")
	for _, folder := range []string{"INBOX", "Sent"} {
		if err := user.Create(folder, nil); err != nil {
			return nil, err
		}
	}
	if m.users == nil {
		m.users = make(map[string]*imapmemserver.User)
	}
	m.users[name] = user
	return user, nil
}

func withoutDetail(address string) string {
	local, domain, found := strings.Cut(address, "@")
	local, _, _ = strings.Cut(local, "+")
	if !found {
		return local
	}
	return local + "@" + domain
}

// room tells whether so many octets more may come, and counts them.
func (m *mailboxes) room(octets int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if octets > maxMail-m.octets {
		return false
	}
	m.octets += octets
	return true
}

// arrives puts a mail into a user's INBOX.
func (m *mailboxes) arrives(name, mail string) error {
	user, err := m.of(name)
	if err != nil {
		return err
	}
	if !m.room(2 * int64(len(mail))) { // it is kept for IMAP and for POP3
		return errMailFull
	}
	if _, err = user.Append("INBOX", literal{strings.NewReader(mail)}, &imap.AppendOptions{}); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.arrived == nil {
		m.arrived = make(map[string][]popMail)
	}
	m.count++
	name = withoutDetail(strings.ToLower(name))
	m.arrived[name] = append(m.arrived[name], popMail{m.count, mail})
	return nil
}

// literal is a mail as go-imap takes it.
type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// serveIMAP lets the mailboxes be read.
func (s *Server) serveIMAP(plain net.Listener) {
	s.imapListener = newListener(plain)
	s.imap = imapserver.New(&imapserver.Options{
		NewSession: s.newMailboxSession, Logger: errorLog{s},
		InsecureAuth: true, // the line never leaves this machine
	})
	s.running.Go(func() {
		if err := s.imap.Serve(s.imapListener); err != nil && !errors.Is(err, net.ErrClosed) {
			s.logf("stopped listening: %v", err)
		}
	})
}

// mailboxSession is a client's dialogue with a mailbox.
type mailboxSession struct {
	*imapmemserver.UserSession // nil before the login
	server                     *Server
}

func (s *Server) newMailboxSession(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
	if !s.beginReceiving() {
		return nil, nil, net.ErrClosed
	}
	return &mailboxSession{server: s}, nil, nil
}

// Login accepts everybody but the wrong password.
func (m *mailboxSession) Login(username, password string) error {
	if password == wrongPassword {
		m.server.logf("login to a mailbox refused")
		return imapserver.ErrAuthFailed
	}
	user, err := m.server.mailboxes.of(username)
	if err != nil {
		return err
	}
	m.UserSession = imapmemserver.NewUserSession(user)
	return nil
}

// Append keeps a message if there is room for it.
func (m *mailboxSession) Append(folder string, r imap.LiteralReader, o *imap.AppendOptions) (*imap.AppendData, error) {
	if !m.server.mailboxes.room(r.Size()) {
		return nil, errMailFull
	}
	return m.UserSession.Append(folder, r, o)
}

// Close ends the session.
func (m *mailboxSession) Close() error {
	defer m.server.endReceiving()
	return m.UserSession.Close()
}
