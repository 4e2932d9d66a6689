package smtp

import (
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
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
// the padding of base64, which some servers leave out. The cases of ASCII are one
// when it is looked for, those of other letters are not.
func (e *echo) learn(said string) {
	if e == nil {
		return
	}
	forms := []string{strings.TrimRight(said, "="), cleantext.Line(said), said}
	if !isASCII(said) {
		forms = append(forms, strings.ToUpper(said), strings.ToLower(said))
	}
	for _, form := range forms {
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
	least := min(len(said), minEcho)
	var b strings.Builder
	from := 0
	for at := 0; at < len(text); {
		length := looselyCommon(text[at:], said, least)
		if same := commonPrefix(text[at:], said); same >= least {
			length = max(length, same)
		}
		if length == 0 {
			at++
			continue
		}
		b.WriteString(text[from:at] + hidden)
		at += length
		from = at
	}
	if from == 0 {
		return text
	}
	return b.String() + text[from:]
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// looselyCommon is how many bytes at the beginning of a text are what was said,
// or at least so many bytes of it, though it was changed on the way: servers write
// a line in capitals, in the form of a link (RFC 3986 §2.1), with other blanks,
// over two lines of a reply. It is 0 where that is not so.
func looselyCommon(text, said string, least int) (length int) {
	matched, at := 0, 0
	for at < len(text) && matched < len(said) {
		width, letters := sameLetter(text[at:], said[matched]), 1
		if isBlank(said[matched]) {
			width, letters = leadingBlanks(text[at:]), len(said)-matched-len(strings.TrimLeft(said[matched:], blanks))
		}
		switch {
		case width > 0:
			at, matched = at+width, matched+letters
			length = at
		case matched > 0 && wrapped(text, at) > 0:
			at += wrapped(text, at)
		default:
			at = len(text)
		}
	}
	if matched < least {
		return 0
	}
	return length
}

// wrapped is how many bytes of a line end, and of the enhanced code before the
// next line (RFC 2034 §4), stand at a place of a reply's text, or behind the line
// end before it.
func wrapped(text string, at int) (n int) {
	rest := text[at:]
	if rest[0] == '\n' {
		n, rest = 1, rest[1:]
	} else if at == 0 || text[at-1] != '\n' {
		return 0
	}
	if word, _, found := strings.Cut(rest, " "); found && isEnhanced(word) {
		n += len(word) + 1
	}
	return n
}

// sameLetter is how many bytes a text uses for a letter, in either case, at its
// beginning; 0 if it has another one there.
func sameLetter(text string, letter byte) int {
	if decoded, ok := percentDecoded(text); ok && lowered(decoded) == lowered(letter) {
		return len("%20")
	}
	if lowered(text[0]) == lowered(letter) {
		return 1
	}
	return 0
}

// mostBlanks bounds what is looked at of a run of blanks, at each of its places.
const mostBlanks = 64

// leadingBlanks is how many bytes of blanks, however written, a text begins with.
func leadingBlanks(text string) (n int) {
	for n < min(len(text), mostBlanks) {
		decoded, ok := percentDecoded(text[n:])
		switch {
		case isBlank(text[n]) || text[n] == '+':
			n++
		case ok && isBlank(decoded):
			n += len("%20")
		default:
			return n
		}
	}
	return n
}

func percentDecoded(text string) (byte, bool) {
	if len(text) < 3 || text[0] != '%' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[1:3], 16, 8)
	return byte(n), err == nil
}

const blanks = " \t\r\n"

func isBlank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }

func lowered(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// hideIn does the same for an answer that is not SMTP.
func (e *echo) hideIn(err error) error {
	var odd *protocolError
	if !errors.As(err, &odd) {
		return err
	}
	return lost(phaseAuth, &protocolError{odd.class, odd.problem, e.hide(odd.line)})
}
