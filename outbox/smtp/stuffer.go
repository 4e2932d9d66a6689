package smtp

import (
	"bytes"
	"errors"
)

// finalDot ends a message, at the start of a line (RFC 5321 §4.1.1.4).
const finalDot = ".\r\n"

// errLineEnds is a message with a CR or LF that is not part of a CRLF. Servers
// disagree on what these end, and may be made to see two messages in one
// (SMTP smuggling, CVE-2023-51764).
var errLineEnds = errors.New("the message has a bare CR or LF in it")

// stuffer makes a message ready for DATA, block by block: a dot at the start
// of a line is doubled (RFC 5321 §4.5.2). The zero value stands at the start of
// a message.
type stuffer struct {
	inLine  bool // the last byte was not the LF of a CRLF
	afterCR bool
}

// append puts the stuffed block p behind dst. After an error the message is not
// to be finished.
func (s *stuffer) append(dst, p []byte) ([]byte, error) {
	for len(p) > 0 {
		if s.afterCR {
			if p[0] != '\n' {
				return dst, errLineEnds
			}
			dst, p = append(dst, '\n'), p[1:]
			*s = stuffer{}
			continue
		}
		if !s.inLine && p[0] == '.' {
			dst = append(dst, '.')
		}
		end := bytes.IndexByte(p, '\r') + 1
		line := p[:end]
		if end == 0 {
			line = p
		}
		if bytes.IndexByte(line, '\n') >= 0 {
			return dst, errLineEnds
		}
		s.inLine, s.afterCR = true, end > 0
		if end > 0 && end < len(p) && p[end] == '\n' { // the usual case: a whole line at once
			line = p[:end+1]
			*s = stuffer{}
		}
		dst, p = append(dst, line...), p[len(line):]
	}
	return dst, nil
}

// finish puts the final dot behind dst, on a line of its own. It is always the
// last len(finalDot) bytes.
func (s *stuffer) finish(dst []byte) ([]byte, error) {
	if s.afterCR {
		return dst, errLineEnds
	}
	if s.inLine {
		dst = append(dst, "\r\n"...)
	}
	return append(dst, finalDot...), nil
}
