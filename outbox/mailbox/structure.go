package mailbox

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// What an answer of IMAP may be like. go-imap reads the structure of a body by
// a function that calls itself, without a bound, and an error out of the depth
// of it takes longer with the square of that. It also keeps sets of numbers
// sorted while it reads them, which takes the square of a line's length.
const (
	maxNesting  = 100       // real bodies are below 20
	maxIMAPLine = 256 << 10 // bytes, literals aside: the numbers of 30,000 messages, and a second of work at worst

	// A line is told from another by its beginning: a star, a number, a word. One
	// that does not tell by then is nothing that a client asks for.
	maxBeginning = 64

	maxLiteralDigits = 18 // fits into 63 bits
)

var (
	errTooDeep = errors.New("the server nests its answer too deep")
	errGarbled = errors.New("the server's answer is garbled")
)

// structured is the connection as IMAP reads it: one that ends where an answer
// is nested too deep for the library above. It is read from one goroutine.
type structured struct {
	*bounded
	structure structure
	wrong     error // what it has ended by
}

func newStructured(conn *bounded) *structured {
	return &structured{bounded: conn, structure: structure{step: (*structure).begin}}
}

func (s *structured) Read(p []byte) (int, error) {
	if s.wrong != nil {
		return 0, s.wrong // the library may read on
	}
	n, err := s.bounded.Read(p)
	if s.wrong = s.structure.follow(p[:n]); s.wrong != nil {
		return 0, s.note(s.wrong)
	}
	return n, err
}

// structure follows what a server says (RFC 9051 §9) as far as brackets count.
// It has to agree with the library on what is text and what is structure, or a
// server could hide brackets from it. So it knows the lines that the library
// takes for text, and where the library would read on beyond what the RFC allows,
// it ends the connection: line ends in quoted strings and in response codes.
type structure struct {
	step      func(*structure, byte) error // what the next byte is
	beginning []byte                       // of the line, or of its response code
	flat      bool                         // no bracket may be in the line
	length    int                          // of the line, in bytes
	depth     int                          // open brackets
	size      int64                        // of a literal, as far as it is read
	digits    int                          // that are read of it
	literal   int64                        // bytes of it that are still to come
}

// follow goes through the next bytes.
func (s *structure) follow(p []byte) error {
	for len(p) > 0 {
		if s.literal > 0 {
			n := min(s.literal, int64(len(p)))
			s.literal -= n
			p = p[n:]
			continue
		}
		if s.length++; s.length > maxIMAPLine {
			return errTooMuch
		}
		if err := s.step(s, p[0]); err != nil {
			return err
		}
		p = p[1:]
	}
	return nil
}

// endLine waits for the next line.
func (s *structure) endLine() {
	s.step, s.beginning = (*structure).begin, s.beginning[:0]
	s.length, s.depth, s.flat = 0, 0, false
}

// begin collects the beginning of a line until that tells what the line is: up to
// its third blank, or to a bracket.
func (s *structure) begin(c byte) error {
	s.beginning = append(s.beginning, c)
	if c != '\n' && c != '(' && c != '[' && bytes.Count(s.beginning, []byte(" ")) < 3 && len(s.beginning) < maxBeginning {
		return nil
	}
	text, inCode := isText(string(s.beginning))
	switch {
	case inCode:
		s.step, s.beginning = (*structure).code, s.beginning[:0]
	case text:
		s.step = (*structure).text
	case len(s.beginning) == maxBeginning && c != '\n':
		return errGarbled
	default:
		s.step, s.flat = (*structure).data, isFlat(s.beginning)
		for _, b := range s.beginning { // of which nothing was looked at
			if err := s.step(s, b); err != nil {
				return err
			}
		}
		return nil
	}
	if c == '\n' {
		s.endLine()
	}
	return nil
}

// isText tells by the beginning of a line that the rest of it is for people, and
// whether a response code goes before that: all lines but those with a star, and
// of these the states.
func isText(beginning string) (text, inCode bool) {
	first, rest, _ := strings.Cut(beginning, " ")
	word, rest, _ := strings.Cut(rest, " ")
	switch beginning[0] {
	case '+':
		return true, false
	case '*':
		states := []string{"OK", "NO", "BAD", "BYE", "PREAUTH"}
		if first != "*" || !slices.Contains(states, strings.ToUpper(strings.TrimRight(word, "\r\n"))) {
			return false, false
		}
	}
	return true, strings.HasPrefix(rest, "[")
}

// isFlat tells what lists capabilities.
//
// QUIRK: go-imap takes a bracket behind a capability for a blank that it may have
// again and again, and never gets any further.
func isFlat(beginning []byte) bool {
	return bytes.Contains(bytes.ToUpper(beginning), []byte("CAPABILITY"))
}

// text is for people.
func (s *structure) text(c byte) error {
	if c == '\n' {
		s.endLine()
	}
	return nil
}

// code is a response code, which the library would look for the end of in the
// lines that follow.
func (s *structure) code(c byte) error {
	switch {
	case c == ']':
		s.step = (*structure).text
	case c == '\n', c == '(' && isFlat(s.beginning):
		return errGarbled
	case len(s.beginning) < maxBeginning:
		s.beginning = append(s.beginning, c)
	}
	return nil
}

func (s *structure) data(c byte) error {
	switch c {
	case '(':
		if s.flat {
			return errGarbled
		}
		if s.depth++; s.depth > maxNesting {
			return errTooDeep
		}
	case ')':
		s.depth--
	case '"':
		s.step = (*structure).quoted
	case '{':
		s.step, s.size, s.digits = (*structure).literalSize, 0, 0
	case '\n':
		s.endLine()
	}
	return nil
}

func (s *structure) quoted(c byte) error {
	switch c {
	case '"':
		s.step = (*structure).data
	case '\\':
		s.step = (*structure).escaped
	case '\n':
		return errGarbled
	}
	return nil
}

func (s *structure) escaped(c byte) error {
	if c == '\n' {
		return errGarbled
	}
	s.step = (*structure).quoted
	return nil
}

// literalSize is what stands in {}.
func (s *structure) literalSize(c byte) error {
	switch {
	case c == '}' && s.digits > 0:
		s.step = (*structure).literalEnd
		return nil
	case c < '0' || c > '9' || s.digits == maxLiteralDigits:
		return errGarbled
	}
	s.digits++
	s.size = s.size*10 + int64(c-'0')
	return nil
}

// literalEnd is the line end before a literal. The library lets a blank go before
// it, and does without the CR.
func (s *structure) literalEnd(c byte) error {
	switch c {
	case '\n':
		s.step, s.literal = (*structure).data, s.size
	case ' ', '\r':
	default:
		return errGarbled
	}
	return nil
}
