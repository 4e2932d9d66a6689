package mailbox

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-sasl"

	"sendoff/outbox/smtp"
)

// popMailbox is POP3 (RFC 1939). It is own work: what there is for Go has no
// deadline on any read, no STLS, no login but USER, keeps whole messages in
// memory, and lets line ends through in arguments.
type popMailbox struct {
	conn *bounded
	read *bufio.Reader // of conn: nothing but POP3 follows on this line
}

func newPOP3(conn *bounded) *popMailbox {
	return &popMailbox{conn, bufio.NewReaderSize(conn, maxLine)}
}

const (
	maxRounds   = 10  // challenges of a login; no mechanism needs more
	maxPOPLine  = 255 // RFC 5034 §4: what AUTH may have, with its CRLF
	maxPOPLines = 200_000
	newestPOP   = 20 // how many messages are looked through
)

// command says a command and gives the text of the answer behind +OK.
func (m *popMailbox) command(text string) (string, error) {
	if strings.ContainsAny(text, "\r\n\x00") {
		return "", fmt.Errorf("%w: a line end in %q", smtp.ErrSecret, "a command") // its text may be a password
	}
	if _, err := m.conn.Write([]byte(text + "\r\n")); err != nil {
		return "", err
	}
	return m.answer()
}

func (m *popMailbox) answer() (string, error) {
	line, err := m.line()
	if err != nil {
		return "", err
	}
	return understand(line)
}

// line reads one, with its end. Its bytes are the caller's until the next.
func (m *popMailbox) line() ([]byte, error) {
	line, err := m.read.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, m.conn.note(errTooMuch)
	}
	return line, err
}

// understand is pure: what follows +OK, or why not.
func understand(said []byte) (string, error) {
	line := strings.TrimRight(string(said), "\r\n")
	upper := strings.ToUpper(line)
	switch {
	case strings.HasPrefix(upper, "+OK"):
		return strings.TrimSpace(line[len("+OK"):]), nil
	case strings.HasPrefix(upper, "-ERR"):
		return "", &refusal{answer: popAnswer(upper), text: line}
	}
	return "", fmt.Errorf("%w: %s", smtp.ErrNotMail, line)
}

// popAnswer says what a response code means (RFC 2449 §8, RFC 3206).
func popAnswer(upper string) Answer {
	for _, code := range []string{"[IN-USE", "[LOGIN-DELAY", "[SYS/TEMP"} {
		if strings.Contains(upper, code) {
			return Unable
		}
	}
	return Refused
}

// lines reads an answer of several lines, up to the one that is a dot, and takes
// the stuffing off (RFC 1939 §3).
func (m *popMailbox) lines(each func(line string)) error {
	for range maxPOPLines {
		said, err := m.line()
		if err != nil {
			return err
		}
		line := strings.TrimRight(string(said), "\r\n")
		if line == "." {
			return nil
		}
		each(strings.TrimPrefix(line, "."))
	}
	return m.conn.note(errTooMuch)
}

// capabilities are those of CAPA (RFC 2449); none where the server does not know
// it.
func (m *popMailbox) capabilities() (all []string, err error) {
	if _, err := m.command("CAPA"); err != nil {
		if isRefusal(err) {
			return nil, nil
		}
		return nil, err
	}
	err = m.lines(func(line string) { all = append(all, line) })
	return all, err
}

func (m *popMailbox) mechanisms(capabilities []string) []string {
	for _, c := range capabilities {
		if words := strings.Fields(strings.ToUpper(c)); len(words) > 0 && words[0] == "SASL" {
			return words[1:]
		}
	}
	return nil
}

// authenticate takes the best mechanism, or USER and PASS.
func (m *popMailbox) authenticate(l *smtp.Login, offered []string, state *tls.ConnectionState) error {
	if clients := l.Clients(offered, state); len(clients) > 0 {
		return m.by(clients[0])
	}
	username, password, may := l.Password()
	if !may {
		return smtp.ErrNoMethod
	}
	if _, err := m.command("USER " + username); err != nil {
		return err
	}
	_, err := m.command("PASS " + password)
	return err
}

// by goes through a mechanism (RFC 5034).
func (m *popMailbox) by(client sasl.Client) error {
	name, initial, err := client.Start()
	if err != nil {
		return err
	}
	command := "AUTH " + name
	if initial != nil {
		encoded := base64.StdEncoding.EncodeToString(initial)
		if encoded == "" {
			encoded = "="
		}
		if with := command + " " + encoded; len(with)+len("\r\n") <= maxPOPLine {
			command, initial = with, nil
		}
	}
	if _, err := m.conn.Write([]byte(command + "\r\n")); err != nil {
		return err
	}
	for range maxRounds {
		said, err := m.line()
		if err != nil {
			return err
		}
		line := string(said)
		if !strings.HasPrefix(line, "+ ") && strings.TrimSpace(line) != "+" {
			if _, err := understand(said); err != nil {
				return err
			}
			if !smtp.Proven(client) {
				return smtp.ErrUnsafeLogin
			}
			return nil
		}
		next := initial
		if initial = nil; next == nil {
			challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line[1:]))
			if err != nil {
				return fmt.Errorf("the login makes no sense: %w", err)
			}
			if next, err = client.Next(challenge); err != nil {
				return fmt.Errorf("the login makes no sense: %w", err)
			}
		}
		if _, err := m.conn.Write([]byte(base64.StdEncoding.EncodeToString(next) + "\r\n")); err != nil {
			return err
		}
	}
	return errTooMuch
}

// examine counts the messages. POP3 has no folders.
func (m *popMailbox) examine(string) (Folder, error) {
	count, err := m.count()
	return Folder{Messages: count}, err
}

func (m *popMailbox) count() (uint32, error) {
	text, err := m.command("STAT")
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(text, " ")
	count, err := strconv.ParseUint(first, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%w: %s", smtp.ErrNotMail, text)
	}
	return uint32(count), nil
}

// find looks through the headers of the newest messages. A POP3 session sees what
// was there when it began, so who waits for a message opens another.
func (m *popMailbox) find(word string) ([]byte, error) {
	count, err := m.count()
	if err != nil {
		return nil, err
	}
	for n := count; n > 0 && n+newestPOP > count; n-- {
		header, err := m.top(n, 0, maxHeader)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(header, []byte(word)) {
			return header, nil
		}
	}
	return nil, ErrNotFound
}

// top gives the header of a message and so many lines of its body, and no more than
// most octets of that. TOP does not mark it as read where RETR would (RFC 1939 §7).
func (m *popMailbox) top(number uint32, lines, most int) ([]byte, error) {
	m.conn.allow(maxHeaders)
	if _, err := m.command(fmt.Sprintf("TOP %d %d", number, lines)); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	for begins := true; ; {
		part, err := m.read.ReadSlice('\n')
		isLong := errors.Is(err, bufio.ErrBufferFull) // as lines of real mail are; what bounds it is allow
		if err != nil && !isLong {
			return nil, err
		}
		if begins {
			if string(bytes.TrimRight(part, "\r\n")) == "." {
				return text.Bytes(), nil
			}
			part = bytes.TrimPrefix(part, []byte("."))
		}
		text.Write(part[:min(len(part), most-text.Len())])
		begins = !isLong
	}
}

// quit says QUIT: with no message marked for that, it deletes none.
func (m *popMailbox) quit() { _, _ = m.command("QUIT") }

func (m *popMailbox) release() {}
