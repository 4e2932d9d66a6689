package compose

import (
	"bufio"
	"bytes"
	"io"
	"path/filepath"
	"strings"
)

// messageType is a message as a file. It must not travel as base64 (RFC 2046 §5.2.1), so
// that only one that every server lets through as it is can have that type. As octets any
// other keeps its bytes, and opens by its name.
const messageType = "message/rfc822"

// maxSaved is how large a message is that is looked through to its end.
const maxSaved = 64 << 20

// saved is a message that is attached as one.
type saved struct {
	length     int64  // in octets, with CRLF line ends
	boundaries string // its lines that could be boundaries of ours
}

// mayBeMessage tells a file that is a message by its name, or that somebody has called
// one.
func mayBeMessage(a Attachment, name string) bool {
	value, _, ok := parseMediaType(a.Type)
	return value == messageType || !ok && strings.EqualFold(filepath.Ext(name), ".eml")
}

// readSaved looks a file through; nil if it is no message, or if it has what a server may
// not take or change.
func readSaved(r io.Reader) *saved {
	in := bufio.NewReader(io.LimitReader(r, maxSaved+1))
	var s saved
	header, known := true, false
	for read := int64(0); ; {
		line, err := in.ReadSlice('\n')
		if read += int64(len(line)); err != nil && err != io.EOF || read > maxSaved {
			return nil
		}
		if len(line) == 0 {
			break
		}
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) > maxLine || bytes.ContainsFunc(line, func(r rune) bool { return r != '\t' && (r < ' ' || r > '~') }) {
			return nil
		}
		if header && len(line) > 0 {
			name, _, found := bytes.Cut(line, []byte(":"))
			folded := s.length > 0 && (line[0] == ' ' || line[0] == '\t')
			if !folded && (!found || len(name) == 0 || bytes.ContainsFunc(name, notFieldName)) {
				return nil
			}
			known = known || !folded && containsFold([]string{"From", "Date", "Subject", "Message-ID", "Received"}, string(name))
		}
		header = header && len(line) > 0
		if bytes.HasPrefix(line, []byte("--=_")) {
			s.boundaries += string(line) + "\n"
		}
		s.length += int64(len(line) + len("\r\n"))
	}
	if !known || len(s.boundaries) > maxLine*maxLine {
		return nil
	}
	return &s
}

// copyLines copies a text with CRLF at the end of every line, also of the last. It gives
// the octets that it has read.
func copyLines(w io.Writer, r io.Reader) (n int64, err error) {
	in, out := bufio.NewReader(r), bufio.NewWriter(w)
	for {
		line, err := in.ReadSlice('\n')
		n += int64(len(line))
		if len(line) > 0 {
			_, _ = out.Write(bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")))
			_, _ = out.WriteString("\r\n") // an error stays, for Flush
		}
		if err == io.EOF {
			return n, out.Flush()
		}
		if err != nil {
			return n, err
		}
	}
}
