package mailbox

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/outbox/smtp"
)

// greeting hears the first words of the server.
func (s *Session) greeting() (string, error) {
	line, err := s.conn.line()
	switch {
	case err != nil && strings.HasPrefix(line, "\x15\x03"): // an alert (RFC 8446 §5.1): it wants TLS at once
		return "", smtp.ErrSpeaksTLS
	case err != nil && line == "":
		return "", err
	}
	s.greeted = strings.TrimSpace(line)
	upper := strings.ToUpper(line)
	switch {
	case !s.isGreeting(upper):
		return "", fmt.Errorf("%w: %s", smtp.ErrNotMail, cleantext.Line(s.greeted))
	case strings.HasPrefix(upper, "* BYE"), strings.HasPrefix(upper, "-ERR"):
		return "", &refusal{answer: Unable, text: s.greeted}
	case strings.HasPrefix(upper, "* PREAUTH"):
		// Whoever is logged in on a line that nobody has secured is not us (RFC 9051 §7.1.4).
		return "", fmt.Errorf("%w: the server says that somebody is logged in already", smtp.ErrTampered)
	}
	return line, nil
}

// isGreeting tells the beginning of a greeting, in upper case, of the session's
// protocol.
func (s *Session) isGreeting(text string) bool {
	begins := []string{"* OK", "* BYE", "* PREAUTH"}
	if s.settings.Protocol == accounts.POP3 {
		begins = []string{"+OK", "-ERR"}
	}
	for _, b := range begins {
		if n := min(len(b), len(text)); n > 0 && text[:n] == b[:n] {
			return true
		}
	}
	return false
}

// startTLS asks for TLS on a clear line (RFC 9051 §6.2.1, RFC 2595 §4). It never
// goes on without.
func (s *Session) startTLS() error {
	command, tag := "a STARTTLS\r\n", "a"
	if s.settings.Protocol == accounts.POP3 {
		command, tag = "STLS\r\n", ""
	}
	if _, err := s.conn.Write([]byte(command)); err != nil {
		return err
	}
	for range maxLines { // IMAP may say something else before
		line, err := s.conn.line()
		if err != nil {
			return err
		}
		upper := strings.ToUpper(strings.TrimSpace(line))
		if tag != "" && strings.HasPrefix(upper, "*") {
			continue
		}
		switch answer := strings.TrimSpace(strings.TrimPrefix(upper, strings.ToUpper(tag))); {
		case strings.HasPrefix(answer, "OK"), tag == "" && strings.HasPrefix(answer, "+OK"):
			return nil
		case strings.HasPrefix(answer, "NO"), strings.HasPrefix(answer, "BAD"), strings.HasPrefix(answer, "-ERR"):
			return fmt.Errorf("%w: %s", smtp.ErrNoSTARTTLS, cleantext.Line(strings.TrimSpace(line)))
		}
		return fmt.Errorf("%w: %s", smtp.ErrNotMail, cleantext.Line(strings.TrimSpace(line)))
	}
	return errTooMuch
}

// maxLines bounds the lines before an answer.
const maxLines = 100

// handshakeError says why a handshake failed. Clear text in place of TLS, behind
// STARTTLS, is somebody who wants to have it taken for an answer from inside.
func (s *Session) handshakeError(err error) error {
	var record tls.RecordHeaderError
	if !errors.As(err, &record) {
		return smtp.HandshakeError(s.server(), err)
	}
	switch {
	case s.settings.Security == accounts.STARTTLS:
		return fmt.Errorf("%w: %w", smtp.ErrTampered, err)
	case s.isGreeting(strings.ToUpper(string(record.RecordHeader[:]))):
		return fmt.Errorf("%w: %w", smtp.ErrSpeaksPlain, err)
	}
	return fmt.Errorf("%w: %w", smtp.ErrNotMail, err)
}
