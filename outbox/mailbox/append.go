package mailbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Copy is a message that is to be put into a folder.
type Copy struct {
	Folder    string    // "": the one for what was sent
	MessageID string    // with angle brackets
	Size      int64     // octets
	Time      time.Time // that the server is to show it with
	Again     bool      // it may be there already

	// Open gives the octets. The caller closes.
	Open func() (io.ReadCloser, error)
}

// ErrNoFolders is a mailbox that has none to put anything into, as of POP3.
var ErrNoFolders = errors.New("POP3 has no folder for what was sent")

// Append puts a message, as one that was read, into a folder, and gives the
// folder's name. If it may be there already it is looked for first. The folder for
// what was sent is the one that the server calls so (RFC 6154), else one of the
// usual names, else it is made. It is called after Login, as often as wanted.
func (s *Session) Append(ctx context.Context, c Copy) (folder string, err error) {
	defer context.AfterFunc(ctx, s.conn.interrupt)()
	s.conn.allow(maxTalk)
	m, ok := s.client.(*imapMailbox)
	if !ok {
		return "", s.failed(ctx, StageFolder, ErrNoFolders)
	}
	if folder = c.Folder; folder == "" {
		if folder, err = m.sentFolder(); err != nil {
			return "", s.failed(ctx, StageFolder, err)
		}
	}
	if c.Again {
		there, err := m.has(folder, c.MessageID)
		if err != nil {
			return folder, s.failed(ctx, StageFolder, err)
		}
		if there {
			return folder, nil
		}
	}
	made := m.ensure(folder)
	if made != nil && !isRefusal(made) {
		return folder, s.failed(ctx, StageFolder, made)
	}
	if err = s.append(m, folder, c); tryCreate(err) {
		err = cmp.Or(made, err)
	}
	if err != nil {
		return folder, s.failed(ctx, StageFolder, err)
	}
	return folder, nil
}

// ensure makes a folder, if it is not there. It comes before the message, since
// go-imap hangs up on a server that refuses one before it has it, as Dovecot does
// where there is no such folder. A server that lets nobody look may take messages
// all the same, so a refusal decides nothing yet.
func (m *imapMailbox) ensure(folder string) error {
	if slices.Contains(m.ready, folder) {
		return nil
	}
	if _, err := m.examine(folder); err != nil {
		if !errors.Is(err, ErrNoFolder) {
			return err
		}
		if err := refusedBy(m.Create(folder, nil).Wait()); err != nil {
			return err
		}
	}
	m.ready = append(m.ready, folder)
	return nil
}

// appendBlock is how much of a message goes out in one write: each has the usual
// time.
const appendBlock = 64 << 10

func (s *Session) append(m *imapMailbox, folder string, c Copy) error {
	message, err := c.Open()
	if err != nil {
		return &unreadable{err}
	}
	defer message.Close()
	command := m.Append(folder, c.Size, &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}, Time: c.Time})
	err = s.pour(command, message, c.Size)
	if bad := new(unreadable); errors.As(err, &bad) {
		s.conn.interrupt() // that no more of it comes can only be told by hanging up
	}
	if closed := command.Close(); err == nil { // in any case: nothing else can be said before
		err = closed
	}
	if err != nil {
		return refusedBy(err)
	}
	_, err = command.Wait()
	return refusedBy(err)
}

// pour sends the message, as long as that takes, if each block of it goes out in
// time.
func (s *Session) pour(to io.Writer, message io.Reader, size int64) error {
	buffer := make([]byte, min(size, appendBlock))
	for left := size; left > 0; {
		n, err := io.ReadFull(message, buffer[:min(left, appendBlock)])
		left -= int64(n)
		if err == nil && left == 0 {
			if _, end := io.ReadFull(message, make([]byte, 1)); !errors.Is(end, io.EOF) { // only there it is proven
				err = fmt.Errorf("it is not what was sent: %w", cmp.Or(end, errors.New("it is longer")))
			}
		}
		if err != nil {
			return &unreadable{err}
		}
		s.conn.allow(maxTalk)
		if _, err := to.Write(buffer[:n]); err != nil {
			return err
		}
	}
	return nil
}

// unreadable is a message that cannot be read here.
type unreadable struct{ cause error }

func (u *unreadable) Error() string { return "the message cannot be read: " + u.cause.Error() }
func (u *unreadable) Unwrap() error { return u.cause }

// overQuota tells that a mailbox is full, which its owner can mend (RFC 5530).
func (e *Error) overQuota() bool {
	var r *refusal
	return errors.As(e.cause, &r) && r.code == imap.ResponseCodeOverQuota
}

// tryCreate tells that a server would take the message if there were the folder
// (RFC 9051 §6.3.12).
func tryCreate(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.code == imap.ResponseCodeTryCreate
}

// has looks for a message by its Message-ID, without changing anything.
func (m *imapMailbox) has(folder, id string) (bool, error) {
	if _, err := m.examine(folder); err != nil {
		if errors.Is(err, ErrNoFolder) {
			return false, nil
		}
		return false, err
	}
	return m.holds(id)
}

// holds looks for a message in the folder that is open.
func (m *imapMailbox) holds(id string) (bool, error) {
	data, err := m.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}}}, nil).Wait()
	if err != nil {
		return false, refusedBy(err)
	}
	return newest(data.All) != 0, nil
}

// sentFolder asks for the folder of what was sent.
func (m *imapMailbox) sentFolder() (string, error) {
	if m.sent != "" {
		return m.sent, nil
	}
	folders, err := m.folders()
	if err != nil {
		return "", err
	}
	m.sent = chooseSent(folders)
	return m.sent, nil
}

// folders lists them with what they are for, as far as the server tells.
func (m *imapMailbox) folders() ([]*imap.ListData, error) {
	options := &imap.ListOptions{}
	if m.Caps().Has(imap.CapSpecialUse) {
		options.ReturnSpecialUse = true // some tell unasked, as RFC 6154 §2 lets them
	}
	folders, err := m.List("", "*", options).Collect()
	return folders, refusedBy(err)
}

// usualSent are names of folders for what was sent, the likeliest first: of
// programs and servers, and in the languages that some of them ask for.
var usualSent = []string{
	"Sent", "Sent Items", "Sent Messages", "Sent Mail", "[Gmail]/Sent Mail", "Gesendet", "Gesendete Elemente",
	"Envoyés", "Éléments envoyés", "Enviados", "Elementos enviados", "Posta inviata", "Verzonden", "Отправленные",
}

// chooseSent is pure: the folder that says so, else one of a usual name, else the
// name that one is to have.
func chooseSent(folders []*imap.ListData) string {
	if found := choose(folders, imap.MailboxAttrSent, usualSent); found != "" {
		return found
	}
	prefix := ""
	for _, f := range folders {
		if p, _ := belowInbox(f); p != "" && isSelectable(f) {
			prefix = p
		}
	}
	for _, f := range folders { // where anything stands beside INBOX, so may this
		if !strings.EqualFold(f.Mailbox, "INBOX") && !strings.HasPrefix(f.Mailbox, prefix) {
			prefix = ""
		}
	}
	return prefix + usualSent[0]
}

// choose is pure: the folder that says it is for something (RFC 6154), else the one
// of the likeliest name; "" if there is none.
func choose(folders []*imap.ListData, purpose imap.MailboxAttr, usual []string) string {
	best, rank := "", len(usual)
	for _, f := range folders {
		if !isSelectable(f) {
			continue
		}
		if slices.Contains(f.Attrs, purpose) {
			return f.Mailbox
		}
		_, name := belowInbox(f)
		if r := slices.IndexFunc(usual, func(u string) bool { return strings.EqualFold(u, name) }); r >= 0 && r < rank {
			best, rank = f.Mailbox, r
		}
	}
	return best
}

func isSelectable(f *imap.ListData) bool {
	return !slices.Contains(f.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(f.Attrs, imap.MailboxAttrNonExistent)
}

// belowInbox takes "INBOX." off the name of a folder that stands below it.
func belowInbox(f *imap.ListData) (prefix, name string) {
	below := "INBOX" + string(f.Delim)
	if f.Delim != 0 && len(f.Mailbox) > len(below) && strings.EqualFold(f.Mailbox[:len(below)], below) {
		return f.Mailbox[:len(below)], f.Mailbox[len(below):]
	}
	return "", f.Mailbox
}
