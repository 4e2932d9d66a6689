package smtp

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"sendoff/internal/cleantext"
)

// echo is what was said in a login. Some servers repeat a line that they do not
// like in their answer to it, and that goes into records and onto screens. It is
// kept as long as the connection, since a server may do so at any time.
type echo []string

const (
	hidden = "[hidden]"

	// A piece of so many bytes gives away enough to be hidden: some servers cut
	// off what they repeat.
	minEcho = 12
)

// echoOf is the secret of a login in the forms that it takes, before anything was
// said.
func echoOf(l login) *echo {
	e := new(echo)
	if l.secret != "" {
		e.learn(l.secret)
		e.learn(base64.StdEncoding.EncodeToString([]byte(l.secret)))
		e.learn(base64.StdEncoding.EncodeToString([]byte("\x00" + l.username + "\x00" + l.secret))) // of PLAIN (RFC 4616 §2)
	}
	return e
}

// learn adds what was said, also as it looks when it has been cleaned, and without
// the padding of base64, which some servers leave out.
func (e *echo) learn(said string) {
	if e == nil {
		return
	}
	for _, form := range []string{strings.TrimRight(said, "="), cleantext.Line(said), said} {
		if !slices.Contains(*e, form) {
			*e = append(*e, form)
		}
	}
}

// hide takes out of a text what was said, and beginnings of it.
func (e *echo) hide(text string) string {
	if e == nil {
		return text
	}
	// A line that was sent holds the secret itself: it goes first, and whole.
	for _, said := range slices.Backward(*e) {
		if len(said) >= 4 { // shorter ones are parts of any text
			text = hideOne(text, said)
		}
	}
	return text
}

func hideOne(text, said string) string {
	piece := said[:min(len(said), minEcho)]
	var b strings.Builder
	for {
		at := strings.Index(text, piece)
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:at] + hidden)
		text = text[at+commonPrefix(text[at:], said):]
	}
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// hideIn does the same for an answer that is not SMTP.
func (e *echo) hideIn(err error) error {
	var odd *protocolError
	if !errors.As(err, &odd) {
		return err
	}
	return lost(phaseAuth, &protocolError{odd.class, odd.problem, e.hide(odd.line)})
}
