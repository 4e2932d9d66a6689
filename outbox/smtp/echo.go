package smtp

import (
	"errors"
	"slices"
	"strings"
)

// echo is what was said in a login. Some servers repeat a line that they do not
// like in their answer to it, and that goes into records and onto screens.
type echo []string

const (
	hidden = "[hidden]"

	// A piece of so many bytes gives away enough to be hidden: some servers cut
	// off what they repeat.
	minEcho = 12
)

// hide takes out of a text what was said, and beginnings of it.
func (e echo) hide(text string) string {
	// A line that was sent holds the secret itself: it goes first, and whole.
	for _, said := range slices.Backward(e) {
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
func (e echo) hideIn(err error) error {
	var odd *protocolError
	if !errors.As(err, &odd) {
		return err
	}
	return lost(phaseAuth, &protocolError{odd.class, odd.problem, e.hide(odd.line)})
}
