package scenario

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
)

// headSize is how much of a message is kept to be looked at; of the rest there
// is the digest, so that a story about a large message needs little memory.
const headSize = 1 << 20

// imprint is a message as it was on the wire: its beginning, its length, and a
// digest of all of it.
type imprint struct {
	head   []byte
	size   int64
	digest hash.Hash
}

func (p *imprint) Write(text []byte) (int, error) {
	if p.digest == nil {
		p.digest = sha256.New()
	}
	p.digest.Write(text)
	p.size += int64(len(text))
	p.head = append(p.head, text[:min(len(text), headSize-len(p.head))]...)
	return len(text), nil
}

func (p *imprint) same(q *imprint) bool {
	return p.size == q.size && p.digest != nil && q.digest != nil && bytes.Equal(p.digest.Sum(nil), q.digest.Sum(nil))
}

// letter is a message that was queued, and how it must look on the wire.
type letter struct {
	recipients []string
	id         string // Message-ID
	imprint
}

// newLetter reads a queued message, and stuffs its dots in its own way.
func newLetter(id string, recipients []string, message io.Reader) (*letter, error) {
	l := &letter{id: id, recipients: recipients}
	text, err := io.ReadAll(message)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte(".")) {
		text = append([]byte("."), text...)
	}
	text = append(bytes.ReplaceAll(text, []byte("\r\n."), []byte("\r\n..")), ".\r\n"...)
	_, err = l.Write(text)
	if problem := unfit(text); problem != "" && err == nil {
		err = fmt.Errorf("the message must not go out: %s", problem)
	}
	return l, err
}

// isBegunBy tells that what came of a body is of this message.
func (l *letter) isBegunBy(p imprint) bool {
	return bytes.Contains(p.head, []byte("Message-ID: "+l.id+"\r\n")) || bytes.HasPrefix(l.head, p.head)
}

// unfit says what a message has on the wire that no message may have.
func unfit(text []byte) string {
	const most = 998 // RFC 5321 §4.5.3.1.6, without CRLF
	header := true
	for line := range bytes.SplitAfterSeq(text, []byte("\n")) {
		line, whole := bytes.CutSuffix(line, []byte("\r\n"))
		header = header && len(line) > 0
		switch {
		case !whole && len(line) > 0:
			return fmt.Sprintf("a line that does not end in CRLF: %.80q", line)
		case len(line) > most:
			return fmt.Sprintf("a line of %d octets", len(line))
		case bytes.ContainsAny(line, "\r\x00"):
			return fmt.Sprintf("a CR or NUL in a line: %.80q", line)
		case header && bytes.HasPrefix(bytes.ToLower(line), []byte("bcc:")):
			return "a Bcc"
		}
	}
	return ""
}
