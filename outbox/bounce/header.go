package bounce

import (
	"bytes"
	"mime"
	"strings"

	"github.com/emersion/go-message/charset"
)

// header are the fields of a mail or part, in their order. go-message refuses a
// header for one bad line; reports of old gateways have such lines, and so has
// what spammers send, so it is read here and what is no field is passed over.
type header []field

type field struct {
	name  string // in lower case
	value string // unfolded
}

// get is the value of the first field of a name, which is in lower case.
func (h header) get(name string) string {
	for i := range h {
		if h[i].name == name {
			return h[i].value
		}
	}
	return ""
}

func (h header) has(name string) bool {
	for i := range h {
		if h[i].name == name {
			return true
		}
	}
	return false
}

// all are the values of the fields of a name.
func (h header) all(name string) []string {
	var values []string
	for i := range h {
		if h[i].name == name {
			values = append(values, h[i].value)
		}
	}
	return values
}

// text is a value with its encoded words (RFC 2047) decoded.
func (h header) text(name string) string { return decodeWords(h.get(name)) }

func decodeWords(value string) string {
	if !strings.Contains(value, "=?") {
		return value
	}
	decoder := mime.WordDecoder{CharsetReader: charset.Reader}
	decoded, err := decoder.DecodeHeader(value)
	if err != nil {
		return value
	}
	return decoded
}

// splitHeader reads the header at the beginning of text; the rest is the body.
// Text without any field has no header, and is all body.
func splitHeader(text []byte) (header, []byte) {
	var h header
	offset, start := 0, 0 // of the line, and of the last field's value
	finish := func() {
		if len(h) > 0 {
			h[len(h)-1].value = unfold(text[start:min(offset, start+maxValue)])
		}
	}
	for offset < min(len(text), maxHeader) {
		line, after := cutLine(text[offset:])
		next := len(text) - len(after)
		if len(bytes.TrimSpace(line)) == 0 {
			finish()
			return h, after
		}
		folded := (line[0] == ' ' || line[0] == '\t') && len(h) > 0
		name, value, ok := cutField(line)
		switch {
		case folded:
		case ok && len(h) < maxFields:
			finish()
			h = append(h, field{name: name})
			start = offset + len(line) - len(value)
		case offset == 0 && !bytes.HasPrefix(line, []byte("From ")) && !bytes.HasPrefix(line, []byte(">From ")): // of an mbox
			return nil, text
		default: // no field: what is above ends here, and nothing begins
			finish()
			start = next
			h = append(h, field{name: notField})
		}
		offset = next
	}
	finish()
	return h, text[offset:]
}

// notField is the name of a line of a header that is none.
const notField = ""

// unfold makes one line of a value (RFC 5322 §2.2.3).
func unfold(value []byte) string {
	value = bytes.TrimSpace(value)
	if bytes.IndexByte(value, '\n') < 0 {
		return string(value)
	}
	return string(bytes.Join(bytes.FieldsFunc(value, func(r rune) bool { return r == '\r' || r == '\n' }), nil))
}

// cutLine is the first line of text, without its end, and what follows it.
func cutLine(text []byte) (line, rest []byte) {
	end := bytes.IndexByte(text, '\n')
	if end < 0 {
		return text, nil
	}
	return bytes.TrimSuffix(text[:end], []byte("\r")), text[end+1:]
}

// cutField takes a line apart that begins with the name of a field (RFC 5322
// §2.2; a space before the colon is obsolete syntax, §4.5).
func cutField(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line[:min(len(line), 77)], ':')
	if colon <= 0 {
		return "", nil, false
	}
	given := bytes.TrimRight(line[:colon], " \t")
	for _, c := range given {
		if c <= ' ' || c > '~' {
			return "", nil, false
		}
	}
	return strings.ToLower(string(given)), bytes.TrimLeft(line[colon+1:], " \t"), len(given) > 0
}
