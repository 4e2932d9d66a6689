package sandbox

import (
	"net"
	"strings"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// How much the mailboxes of a server may hold, so that one that runs for weeks does
// not fill the memory.
const (
	maxMailboxes = 1000
	maxMail      = 64 << 20 // octets in all
)

var errMailFull = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeOverQuota, Text: "The sandbox holds no more mail"}

// mailboxes are those that IMAP and POP3 show: each user has one, under the address at which
// the mail that comes back arrives. It is made when it is first needed.
type mailboxes struct {
	noIMAP, noPOP3 bool // nobody can read them so, and nothing is kept for it

	mu     sync.Mutex // guards the fields below
	boxes  map[string]*mailbox
	count  int   // of the mails that have arrived
	octets int64 // that are kept, or were when they were last counted
	coming int64 // for which room was given, and which are not kept yet
}

// mailbox is what one user has.
type mailbox struct {
	user    *imapmemserver.User
	folders map[string]bool // that user has, or had
	arrived []popMail       // the same mails, for POP3
}

// of gives the mailbox of a user. What comes to "ada+x" is for "ada" (RFC 5233).
func (m *mailboxes) of(name string) (*mailbox, error) {
	name = withoutDetail(strings.ToLower(name))
	m.mu.Lock()
	defer m.mu.Unlock()
	if box := m.boxes[name]; box != nil {
		return box, nil
	}
	if len(m.boxes) >= maxMailboxes {
		return nil, errMailFull
	}
	box := &mailbox{user: imapmemserver.NewUser(name, ""), folders: make(map[string]bool)}
	for _, folder := range []string{"INBOX", "Sent"} {
		if err := box.user.Create(folder, nil); err != nil {
			return nil, err
		}
		box.folders[folder] = true
	}
	if m.boxes == nil {
		m.boxes = make(map[string]*mailbox)
	}
	m.boxes[name] = box
	return box, nil
}

func withoutDetail(address string) string {
	local, domain, found := strings.Cut(address, "@")
	local, _, _ = strings.Cut(local, "+")
	if !found {
		return local
	}
	return local + "@" + domain
}

// room tells whether so many octets more may come; if so, settle must follow.
func (m *mailboxes) room(octets int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if octets > maxMail-m.octets-m.coming {
		m.octets = m.kept() // something may have been deleted
	}
	if octets > maxMail-m.octets-m.coming {
		return false
	}
	m.coming += octets
	return true
}

// settle says how many of the octets that room has given place to are kept: all or none.
func (m *mailboxes) settle(octets int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.coming -= octets
	if err == nil {
		m.octets += octets
	}
}

// hasFolder notes a folder that a user has from now on.
func (m *mailboxes) hasFolder(box *mailbox, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	box.folders[strings.TrimRight(name, "/")] = true // without the end that the server takes off, too
}

// kept counts what is there. It is called under the mutex.
func (m *mailboxes) kept() (octets int64) {
	for _, box := range m.boxes {
		for folder := range box.folders {
			data, err := box.user.Status(folder, &imap.StatusOptions{Size: true})
			if err != nil { // it is gone
				delete(box.folders, folder)
				continue
			}
			octets += *data.Size
		}
		for _, mail := range box.arrived {
			octets += int64(len(mail.text))
		}
	}
	return octets
}

// arrives puts a mail into a user's INBOX.
func (m *mailboxes) arrives(name, mail string) error {
	box, err := m.of(name)
	if err != nil {
		return err
	}
	octets := int64(len(mail)) * m.copies()
	if !m.room(octets) {
		return errMailFull
	}
	err = m.keep(box, mail)
	m.settle(octets, err)
	return err
}

// copies is how often a mail is kept.
func (m *mailboxes) copies() (n int64) {
	if !m.noIMAP {
		n++
	}
	if !m.noPOP3 {
		n++
	}
	return n
}

func (m *mailboxes) keep(box *mailbox, mail string) error {
	if !m.noIMAP {
		if _, err := box.user.Append("INBOX", literal{strings.NewReader(mail)}, &imap.AppendOptions{}); err != nil {
			return err
		}
	}
	if !m.noPOP3 {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.count++
		box.arrived = append(box.arrived, popMail{m.count, mail})
	}
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
	s.running.Go(func() { s.stoppedListening("IMAP", s.imap.Serve(s.imapListener)) })
}

// mailboxSession is a client's dialogue with a mailbox.
type mailboxSession struct {
	*imapmemserver.UserSession // nil before the login
	box                        *mailbox
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
	box, err := m.server.mailboxes.of(username)
	if err != nil {
		return err
	}
	m.box, m.UserSession = box, imapmemserver.NewUserSession(box.user)
	return nil
}

// Append keeps a message if there is room for it.
func (m *mailboxSession) Append(folder string, r imap.LiteralReader, o *imap.AppendOptions) (*imap.AppendData, error) {
	octets := r.Size()
	if !m.server.mailboxes.room(octets) {
		return nil, errMailFull
	}
	data, err := m.UserSession.Append(folder, r, o)
	m.server.mailboxes.settle(octets, err)
	return data, err
}

// Create makes a folder, whose mails are counted.
func (m *mailboxSession) Create(name string, o *imap.CreateOptions) error {
	err := m.UserSession.Create(name, o)
	if err == nil {
		m.server.mailboxes.hasFolder(m.box, name)
	}
	return err
}

// Rename gives a folder another name, under which its mails are counted.
func (m *mailboxSession) Rename(name, newName string, o *imap.RenameOptions) error {
	err := m.UserSession.Rename(name, newName, o)
	if err == nil {
		m.server.mailboxes.hasFolder(m.box, newName)
	}
	return err
}

// Close ends the session.
func (m *mailboxSession) Close() error {
	defer m.server.endReceiving()
	return m.UserSession.Close()
}
