package mailbox

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"sendoff/outbox/smtp"
)

// imapMailbox is IMAP (RFC 9051, and RFC 3501 before it), by go-imap.
type imapMailbox struct {
	*imapclient.Client
	conn     *bounded
	answers  *answers
	arrivals *arrivals
	sent     string   // the folder of what was sent; "" until it is asked for
	ready    []string // folders that are there
}

func newIMAP(conn *bounded) *imapMailbox {
	a, n := &answers{structured: newStructured(conn)}, newArrivals()
	return &imapMailbox{Client: imapclient.New(a, &imapclient.Options{UnilateralDataHandler: n.handler()}), conn: conn, answers: a, arrivals: n}
}

// answers is the connection as go-imap writes to it. QUIRK: that says "=" where
// it answers a challenge with nothing, as SCRAM does at its end. That sign is for
// the initial response alone (RFC 4959 §3); later on it is no base64, and Dovecot
// refuses the login for it.
type answers struct {
	*structured
	inLogin atomic.Bool // elsewhere such a line may be part of a message
}

func (a *answers) Write(p []byte) (int, error) {
	if !a.inLogin.Load() || string(p) != "=\r\n" { // each answer is a write of its own
		return a.structured.Write(p)
	}
	if _, err := a.structured.Write([]byte("\r\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (m *imapMailbox) capabilities() ([]string, error) {
	if err := m.WaitGreeting(); err != nil {
		return nil, refusedBy(err)
	}
	set, err := m.Capability().Wait()
	if err != nil {
		return nil, refusedBy(err)
	}
	var all []string
	for name := range set {
		all = append(all, string(name))
	}
	slices.Sort(all)
	return all, nil
}

const authPrefix = "AUTH="

func (m *imapMailbox) mechanisms(capabilities []string) (names []string) {
	for _, c := range capabilities {
		if name, found := strings.CutPrefix(strings.ToUpper(c), authPrefix); found {
			names = append(names, name)
		}
	}
	return names
}

// authenticate takes the best mechanism, or LOGIN, which every server has had
// that does not say otherwise (RFC 9051 §6.2.3).
func (m *imapMailbox) authenticate(l *smtp.Login, offered []string, state *tls.ConnectionState) error {
	clients := l.Clients(offered, state)
	if len(clients) > 0 {
		return m.by(clients[0])
	}
	username, password, may := l.Password()
	switch {
	case m.Caps().Has(imap.CapLoginDisabled) && len(offered) == 0:
		return smtp.ErrNoLogin
	case !may || m.Caps().Has(imap.CapLoginDisabled):
		return smtp.ErrNoMethod
	case strings.ContainsAny(username+password, "\r\n\x00"):
		return smtp.ErrSecret
	}
	return loginRefusedBy(m.Client.Login(username, password).Wait())
}

func (m *imapMailbox) by(client sasl.Client) error {
	m.answers.inLogin.Store(true)
	err := m.Authenticate(client)
	m.answers.inLogin.Store(false)
	if err != nil {
		return loginRefusedBy(err)
	}
	if !smtp.Proven(client) {
		return smtp.ErrUnsafeLogin
	}
	return nil
}

func (m *imapMailbox) examine(folder string) (Folder, error) {
	data, err := m.open(folder)
	if err != nil {
		return Folder{}, err
	}
	return Folder{Messages: data.NumMessages}, nil
}

// open says EXAMINE.
func (m *imapMailbox) open(folder string) (*imap.SelectData, error) {
	data, err := m.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err = refusedBy(err); err != nil && isRefusal(err) {
		err = fmt.Errorf("%w: %w", ErrNoFolder, err)
	}
	return data, err
}

// find searches on the server, which knows its headers, and takes the newest.
// NOOP lets it tell what has come since.
func (m *imapMailbox) find(word string) ([]byte, error) {
	if err := m.Noop().Wait(); err != nil {
		return nil, refusedBy(err)
	}
	data, err := m.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Subject", Value: word}}}, nil).Wait()
	if err != nil {
		return nil, refusedBy(err)
	}
	uid := newest(data.All)
	if uid == 0 {
		return nil, ErrNotFound
	}
	section := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true, Partial: &imap.SectionPartial{Size: maxHeader}}
	fetch := m.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}})
	messages, err := fetch.Collect()
	if err != nil {
		return nil, refusedBy(err)
	}
	for _, message := range messages {
		if header := message.FindBodySection(section); len(header) > 0 {
			return header, nil
		}
	}
	return nil, ErrNotFound
}

// newest is the largest UID that a search has found, 0 if there is none. It is
// what a server says: the set may be of billions, or go up to a star, which names
// no message, and a 0 is the same to the library.
func newest(found imap.NumSet) (last imap.UID) {
	set, _ := found.(imap.UIDSet) // not one where a server gives numbers that were not asked for
	for _, r := range set {
		if r.Start != 0 && r.Stop != 0 {
			last = max(last, r.Start, r.Stop)
		}
	}
	return last
}

// maxHeader is the most that is read of one header.
const maxHeader = 256 << 10

// quit says LOGOUT, which closes no folder, so removes nothing (RFC 9051 §6.1.3).
func (m *imapMailbox) quit() {
	_ = m.Logout().Wait() // what comes of it changes nothing
}

// release waits for go-imap's reader.
func (m *imapMailbox) release() { <-m.Closed() }

// refusedBy makes a refusal of an error by which go-imap passes one on.
func refusedBy(err error) error {
	var said *imap.Error
	if !errors.As(err, &said) {
		return err
	}
	text := strings.TrimSpace(string(said.Type) + " " + said.Text)
	if said.Code != "" {
		text = fmt.Sprintf("%s [%s] %s", said.Type, said.Code, said.Text)
	}
	return &refusal{answerOf(said), text, said.Code}
}

// loginRefusedBy is refusedBy for a login. BAD is a command that the server has not
// understood, or does not want now (RFC 9051 §7.1.3), and says nothing of the password,
// unless it says that it does.
func loginRefusedBy(err error) error {
	err = refusedBy(err)
	if r := new(refusal); errors.As(err, &r) && strings.HasPrefix(r.text, string(imap.StatusResponseTypeBad)) && r.code != imap.ResponseCodeAuthenticationFailed {
		r.answer = Unable
	}
	return err
}

// answerOf says what a response code means (RFC 5530).
func answerOf(said *imap.Error) Answer {
	switch said.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug:
		return Unable
	case imap.ResponseCodePrivacyRequired:
		return Forbidden
	}
	if said.Type == imap.StatusResponseTypeBye {
		return Unable
	}
	return Refused
}

func isRefusal(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.answer == Refused
}
