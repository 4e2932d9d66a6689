package sandbox

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"sync"
	"time"
)

// What is remembered of messages, so that neither a large one nor a million of
// them fill the memory.
const (
	maxText     = 256 << 10 // bytes of each
	maxAllText  = 16 << 20  // bytes of all
	maxMessages = 10_000
)

// Message is one that was kept. Its slices must not be changed.
type Message struct {
	ID       string // as told in the 250: "s1", "s2", …
	User     string // who logged in; empty: nobody
	From     string // the envelope's sender; empty: a bounce
	To       []string
	Received time.Time
	Size     int64             // bytes, as received: CRLF, without dot stuffing
	SHA256   [sha256.Size]byte // of the same bytes
	// Text is its beginning, up to 256 KiB. It is empty when the message is in a
	// file, and let go when newer messages need the room (16 MiB for all).
	Text []byte
	Path string // its file in the Maildir; empty without one
}

// arrival is a message that is being received: to a file, or only its
// beginning in memory.
type arrival struct {
	digest hash.Hash
	size   int64
	text   []byte
	file   *delivery // nil: in memory only
}

func newArrival(mailbox *maildir) (*arrival, error) {
	a := &arrival{digest: sha256.New()}
	if mailbox == nil {
		return a, nil
	}
	var err error
	a.file, err = mailbox.begin()
	return a, err
}

// Write takes the next bytes.
func (a *arrival) Write(p []byte) (int, error) {
	a.digest.Write(p) // a hash never fails
	a.size += int64(len(p))
	if a.file != nil {
		return a.file.Write(p)
	}
	room := max(maxText-len(a.text), 0)
	a.text = append(a.text, p[:min(room, len(p))]...)
	return len(p), nil
}

// finish makes what was received durable. It is not seen by anybody yet.
func (a *arrival) finish() error {
	if a.file == nil {
		return nil
	}
	return a.file.finish()
}

// discard removes what was not kept; after keep it does nothing.
func (a *arrival) discard() {
	if a.file != nil {
		a.file.discard()
	}
}

// keep makes the message one of the server's.
func (s *Server) keep(open *transaction, a *arrival) (Message, error) {
	m := Message{User: open.user, From: open.from, To: open.recipients, Received: time.Now(), Size: a.size, Text: a.text}
	a.digest.Sum(m.SHA256[:0])
	if a.file != nil {
		var err error
		if m.Path, err = a.file.publish(); err != nil {
			return Message{}, err
		}
	}
	m = s.messages.add(m)
	s.logf("%s: kept a message from %s to %s, %d bytes", m.ID, m.From, recipientsText(m.To), m.Size)
	return m, nil
}

func recipientsText(to []string) string {
	if len(to) > 1 {
		return fmt.Sprintf("%s +%d", to[0], len(to)-1)
	}
	return to[0]
}

// messageList remembers the newest messages, oldest first.
type messageList struct {
	mu       sync.Mutex // guards the fields below
	count    int        // of all there ever were
	messages []Message
	textSize int // of all texts
	textFrom int // index of the oldest message that still has its text
}

// add remembers m under a new ID.
func (l *messageList) add(m Message) Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	m.ID = fmt.Sprintf("s%d", l.count)
	l.messages = append(l.messages, m)
	l.textSize += len(m.Text)
	for l.textSize > maxAllText {
		l.dropText()
	}
	if len(l.messages) > maxMessages {
		if l.textFrom == 0 {
			l.dropText()
		}
		l.messages = l.messages[1:] // append moves the rest once the array is used up
		l.textFrom--
	}
	return m
}

// dropText lets the oldest text go.
func (l *messageList) dropText() {
	oldest := &l.messages[l.textFrom]
	l.textSize -= len(oldest.Text)
	oldest.Text = nil
	l.textFrom++
}

func (l *messageList) all() []Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Message(nil), l.messages...)
}
