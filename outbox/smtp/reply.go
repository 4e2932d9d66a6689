package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// Limits of what a server may say. RFC 5321 §4.5.3.1.5 allows 512 octets a
// line; real ones have been seen to go beyond, hostile ones never end.
const (
	maxReplyLine  = 4 << 10 // the rest of a line is dropped
	maxReplySize  = 64 << 10
	maxReplyLines = 200
	maxReplyText  = 2 << 10 // of a text that is shown or stored
)

// reply is one answer of the server (RFC 5321 §4.2).
type reply struct {
	code int    // 200 to 599
	text string // as it was sent, without codes; lines joined by "\n"
	cut  bool   // a line was longer than maxReplyLine
}

func (r reply) positive() bool { return r.code/100 == 2 }

// protocolError is an answer that is not SMTP.
type protocolError struct {
	class   outbox.Class
	problem string
	line    string // as it was sent
}

func (e *protocolError) Error() string {
	if e.line == "" {
		return e.problem
	}
	return e.problem + ": " + shorten(cleantext.Line(e.line), 200)
}

// Is tells what such an answer means for a session that is to be opened.
func (e *protocolError) Is(target error) bool {
	switch target {
	case ErrSpeaksTLS:
		return e == speaksTLS
	case ErrNotMail:
		return e.class == outbox.ClassNetwork || e.problem == notSMTPProblem
	}
	return false
}

// replyReader reads replies from a connection. It never keeps more than
// maxReplySize, and sets no deadlines: they are absolute and its caller's.
type replyReader struct {
	buffer *bufio.Reader
}

func newReplyReader(r io.Reader) replyReader {
	return replyReader{bufio.NewReaderSize(r, maxReplyLine)}
}

// unread gives what has come and was not asked for.
func (r replyReader) unread() []byte {
	text, _ := r.buffer.Peek(r.buffer.Buffered())
	return text
}

// waitForFirst waits until there is something to read, or to fail on, and tells
// whether that has come before the deadline.
func (r replyReader) waitForFirst() bool {
	_, err := r.buffer.Peek(1)
	return !timedOut(err)
}

// read gives the next reply.
//
// A refusal of several lines that breaks off after a whole line is a refusal
// all the same: some servers send one and cut the line at once.
func (r replyReader) read() (reply, error) {
	var result reply
	size := 0
	for count := 1; ; count++ {
		text, length, err := r.line()
		if err != nil {
			if count > 1 && result.code >= 400 {
				return result, nil
			}
			return reply{}, err
		}
		if size += length; size > maxReplySize || count > maxReplyLines {
			return reply{}, &protocolError{outbox.ClassProtocol, "an answer without end", ""}
		}
		code, text, last, ok := parseReplyLine(text)
		if !ok {
			return reply{}, notSMTP(text)
		}
		if count == 1 {
			result.code, result.text = code, text
		} else {
			if code != result.code {
				return reply{}, &protocolError{outbox.ClassProtocol, "an answer with two codes", text}
			}
			result.text += "\n" + text
		}
		result.cut = result.cut || length > maxReplyLine
		if last {
			return result, nil
		}
	}
}

// line reads one line, cut at the size of the buffer, and tells how long it
// was. It ends in LF; a CR before it is optional, as some servers forget it.
func (r replyReader) line() (text string, length int, err error) {
	raw, err := r.buffer.ReadSlice('\n')
	length = len(raw)
	text = string(bytes.TrimRight(raw, "\r\n"))
	for errors.Is(err, bufio.ErrBufferFull) {
		if length > maxReplySize {
			return "", length, &protocolError{outbox.ClassProtocol, "a line without end", ""}
		}
		raw, err = r.buffer.ReadSlice('\n')
		length += len(raw)
	}
	if errors.Is(err, io.EOF) && length > 0 {
		if isTLSRecord(text) { // short, and without a line end: name it
			return text, length, nil
		}
		err = io.ErrUnexpectedEOF
	}
	return text, length, err
}

// parseReplyLine takes "250-text", "250 text" and the bare "250", which
// RFC 5321 §4.2 tells clients to accept. If it is none of them, text is the
// whole line.
func parseReplyLine(raw string) (code int, text string, last, ok bool) {
	if len(raw) < 3 {
		return 0, raw, false, false
	}
	for _, digit := range []byte(raw[:3]) {
		if digit < '0' || digit > '9' {
			return 0, raw, false, false
		}
		code = 10*code + int(digit-'0')
	}
	switch {
	case code < 200 || code > 599:
		return 0, raw, false, false
	case len(raw) == 3:
		return code, "", true, true
	case raw[3] == ' ':
		return code, raw[4:], true, true
	case raw[3] == '-':
		return code, raw[4:], false, true
	}
	return 0, raw, false, false
}

// notSMTPProblem is a line that no SMTP server says.
const notSMTPProblem = "the server said something that is not SMTP"

// notSMTP says what a line that is no reply looks like. QUIRK: a captive portal
// answers on any port as a web server. It goes away, so it is like a network
// that is down.
func notSMTP(line string) *protocolError {
	switch {
	case strings.HasPrefix(line, "HTTP/"):
		return &protocolError{outbox.ClassNetwork, "this is not a mail server (captive portal?)", line}
	case isTLSRecord(line):
		return speaksTLS
	}
	return &protocolError{outbox.ClassProtocol, notSMTPProblem, line}
}

// speaksTLS is what answers a clear line where TLS is spoken.
var speaksTLS = &protocolError{outbox.ClassAccount, `this port speaks TLS from the first byte: set security = "tls"`, ""}

// isTLSRecord tells an alert or a handshake message of TLS (RFC 8446 §5.1).
func isTLSRecord(s string) bool {
	return strings.HasPrefix(s, "\x15\x03") || strings.HasPrefix(s, "\x16\x03")
}

// enhanced is the RFC 3463 code of the reply, "" without one. It stands in
// front of a line (RFC 2034), whatever its class. QUIRK: qmail writes (#5.1.1),
// Exchange #5.1.1, gateways repeat the basic code before it, and some only have
// it on the last line; there it must be of the class of the reply, since
// numbers in a text may be anything.
func (r reply) enhanced() string {
	if word, _, _ := strings.Cut(r.text, " "); isEnhanced(word) {
		return word
	}
	class := byte('0' + r.code/100)
	for word := range strings.FieldsFuncSeq(r.text, betweenWords) {
		if word = strings.TrimRight(word, "."); isEnhanced(word) && word[0] == class {
			return word
		}
	}
	return ""
}

func betweenWords(r rune) bool {
	return r != '.' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// isEnhanced tells a status code: class "." subject "." detail, the latter two
// of one to three digits.
func isEnhanced(word string) bool {
	class, rest, _ := strings.Cut(word, ".")
	subject, detail, _ := strings.Cut(rest, ".")
	return (class == "2" || class == "4" || class == "5") && isSmallNumber(subject) && isSmallNumber(detail)
}

func isSmallNumber(s string) bool {
	return len(s) >= 1 && len(s) <= 3 && strings.Trim(s, "0123456789") == ""
}

// words are the server's own, as one clean line. The enhanced code is taken
// from the front of each line, since it is stored beside them.
func (r reply) words() string {
	text := r.text
	if code := r.enhanced(); code != "" {
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			if rest, found := strings.CutPrefix(line, code); found && (rest == "" || rest[0] == ' ') {
				lines[i] = strings.TrimPrefix(rest, " ")
			}
		}
		text = strings.Join(lines, "\n")
	}
	text = strings.TrimSpace(shorten(cleantext.Line(text), maxReplyText))
	if text == "" {
		return usualWords(r.code)
	}
	return text
}

// usualWords stand for a reply that has none (RFC 5321 §4.2.3, RFC 4954 §6).
func usualWords(code int) string {
	switch code {
	case 250:
		return "ok"
	case 421:
		return "service not available, closing the connection"
	case 450, 550:
		return "mailbox unavailable"
	case 451:
		return "local error in processing"
	case 452:
		return "insufficient system storage"
	case 454:
		return "temporary authentication failure"
	case 530:
		return "authentication required"
	case 535:
		return "authentication credentials invalid"
	case 552:
		return "exceeded storage allocation"
	case 553:
		return "mailbox name not allowed"
	case 554:
		return "transaction failed"
	}
	return "the server gave no reason"
}

// shorten cuts at a whole character.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
