package bounce

import (
	"bytes"
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/charset"
)

// part is a part of a mail, or the mail itself.
type part struct {
	header    header
	mediaType string // in lower case; RFC 2045 §5.2 says what it is if none is given
	params    map[string]string
	body      []byte // as it came
}

func readPart(raw []byte) part {
	p := part{}
	p.header, p.body = splitHeader(raw)
	p.mediaType, p.params = mediaTypeOf(p.header.get("content-type"))
	return p
}

// mediaTypeOf is ParseMediaType for fields that are damaged too: there the
// parameters that matter are looked for one by one.
func mediaTypeOf(value string) (string, map[string]string) {
	if value == "" {
		return "text/plain", nil
	}
	if mediaType, params, err := mime.ParseMediaType(value); err == nil {
		return mediaType, params
	}
	mediaType, rest, _ := strings.Cut(value, ";")
	params := make(map[string]string)
	for given := range strings.SplitSeq(rest, ";") {
		name, value, _ := strings.Cut(given, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := params[name]; !twice {
			params[name] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return strings.ToLower(strings.TrimSpace(mediaType)), params
}

// text is the body, decoded and in UTF-8. What cannot be decoded ends it; where
// nothing can, it stays as it came.
func (p part) text() string {
	var h message.Header
	h.Set("Content-Transfer-Encoding", p.header.get("content-transfer-encoding"))
	h.Set("Content-Type", "text/plain; charset=us-ascii") // only its own kind of part gets a charset from go-message
	if name := p.params["charset"]; name != "" && strings.HasPrefix(p.mediaType, "text/") {
		h.Set("Content-Type", mime.FormatMediaType("text/plain", map[string]string{"charset": name}))
	}
	entity, err := message.New(h, bytes.NewReader(p.body))
	var decoded []byte
	if entity != nil {
		decoded, err = io.ReadAll(io.LimitReader(entity.Body, maxText))
	}
	if err != nil && len(decoded) == 0 {
		decoded = p.body[:min(len(p.body), maxText)]
	}
	return inUTF8(decoded)
}

// inUTF8 is text in UTF-8, whatever it said it was. QUIRK: Japanese gateways
// send ISO-2022-JP without a word about it.
func inUTF8(text []byte) string {
	if bytes.Contains(text, []byte("\x1b$")) {
		if r, err := charset.Reader("iso-2022-jp", bytes.NewReader(text)); err == nil {
			if decoded, err := io.ReadAll(io.LimitReader(r, maxText)); err == nil {
				text = decoded
			}
		}
	}
	if utf8.Valid(text) {
		return string(text)
	}
	return strings.ToValidUTF8(string(text), "\ufffd")
}

// parts are those of a multipart body; none if it has no boundary that fits.
// A missing last boundary is a mail that was cut off, and common.
func (p part) parts() []part {
	boundary := p.params["boundary"]
	if boundary == "" || !bytes.Contains(p.body, []byte("--"+boundary)) {
		if boundary = guessBoundary(p.body); boundary == "" {
			return nil
		}
	}
	var found []part
	start := -1 // of the part that is being read
	delimiter := []byte("--" + boundary)
	for rest := p.body; len(rest) > 0; {
		line, after := cutLine(rest)
		if bytes.HasPrefix(line, delimiter) {
			tail := bytes.TrimSpace(line[len(delimiter):])
			last := bytes.Equal(tail, []byte("--"))
			if len(tail) == 0 || last {
				if start >= 0 {
					found = append(found, readPart(p.body[start:len(p.body)-len(rest)]))
				}
				start = len(p.body) - len(after)
				if last || len(found) == maxParts {
					return found
				}
			}
		}
		rest = after
	}
	if start >= 0 && start < len(p.body) {
		found = append(found, readPart(p.body[start:]))
	}
	return found
}

// guessBoundary finds the boundary where the header does not have it: the first
// line that begins as one, with a field of a part behind it.
func guessBoundary(body []byte) string {
	for rest := body; len(rest) > 0 && len(body)-len(rest) < maxHead; {
		line, after := cutLine(rest)
		next, _ := cutLine(after)
		if len(line) > 4 && bytes.HasPrefix(line, []byte("--")) && len(next) > 8 && bytes.EqualFold(next[:8], []byte("content-")) {
			return string(bytes.TrimSpace(line[2:]))
		}
		rest = after
	}
	return ""
}
