package smtp

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// maxProxyHead is how much a proxy may say before the connection is made. Real
// ones need some hundred octets.
const maxProxyHead = 16 << 10

// askHTTP has an HTTP proxy connect to the server (RFC 9110 §9.3.6).
func (h hop) askHTTP(conn io.ReadWriter) error {
	request := fmt.Sprintf("CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n", h.server())
	if h.proxy.Username != "" { // RFC 7617
		request += "Proxy-Authorization: Basic " + h.basicLogin() + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return err
	}
	head := headReader{conn, maxProxyHead}
	for {
		line, err := head.line()
		if err != nil {
			return h.headFailure(err)
		}
		code, words, ok := parseStatusLine(line)
		switch {
		case !ok:
			return h.problem(outbox.ClassProtocol, "does not speak HTTP: %s", h.quoted(line))
		case code >= 300:
			return h.httpRefusal(code, words) // the rest of it matters to nobody
		}
		for line != "" {
			if line, err = head.line(); err != nil {
				return h.headFailure(err)
			}
		}
		if code >= 200 {
			return nil // a 2xx has no body (RFC 9110 §9.3.6): the server is next
		}
	}
}

func (h hop) basicLogin() string {
	return base64.StdEncoding.EncodeToString([]byte(h.proxy.Username + ":" + h.secret))
}

// headReader reads lines octet by octet, since what comes behind the head is the
// server's and not ours to read. It is a few hundred reads for a connection.
type headReader struct {
	from io.Reader
	left int
}

// errEndless is a head that is longer than it may be.
var errEndless = errors.New("an answer without end")

// line gives the next line without its end, LF or CRLF (RFC 9112 §2.2).
func (r *headReader) line() (string, error) {
	var line []byte
	octet := make([]byte, 1)
	for ; r.left > 0; r.left-- {
		if _, err := io.ReadFull(r.from, octet); err != nil {
			return "", err
		}
		if octet[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, octet[0])
	}
	return "", errEndless
}

func (h hop) headFailure(err error) error {
	if errors.Is(err, errEndless) {
		return h.problem(outbox.ClassProtocol, "does not speak HTTP: %v", err)
	}
	return err
}

// parseStatusLine takes "HTTP/1.1 200 Connection established"; the words may be
// missing, and so may the space before them.
func parseStatusLine(line string) (code int, words string, ok bool) {
	version, rest, _ := strings.Cut(line, " ")
	digits, words, _ := strings.Cut(rest, " ")
	code, err := strconv.Atoi(digits)
	if !strings.HasPrefix(version, "HTTP/1.") || err != nil || len(digits) != 3 || code < 100 {
		return 0, "", false
	}
	return code, words, true
}

// httpRefusal says what an answer other than 2xx means. Of those about the
// request, all but a few will be the same tomorrow; of the others, all but a few
// are about the way behind the proxy.
func (h hop) httpRefusal(code int, words string) *failure {
	answer := fmt.Sprint(code)
	if words = h.quoted(words); words != "" {
		answer += " " + words
	}
	switch code {
	case 407:
		if h.proxy.Username == "" {
			return h.problem(outbox.ClassAccount, "wants a login (%s): put a user name into proxy, and set proxy_secret", answer)
		}
		return h.problem(outbox.ClassAccount, "refuses the login (%s): check its user name and proxy_secret; Basic is the only login we know", answer)
	case 408, 425, 429:
		return h.cannotReach(answer)
	case 501, 505:
		return h.refuses(answer)
	case 511: // RFC 6585 §6
		return h.cannotReach(answer + " (captive portal?)")
	}
	switch code / 100 {
	case 3:
		return h.cannotReach(answer + " (captive portal?)")
	case 4:
		return h.refuses(answer + "; it may allow other ports alone")
	}
	return h.cannotReach(answer)
}

// quoted makes the words of a proxy fit to be shown. Who is confused may repeat
// what it was told.
func (h hop) quoted(words string) string {
	if h.secret != "" {
		words = strings.NewReplacer(h.basicLogin(), "…", h.secret, "…").Replace(words)
	}
	return strings.TrimSpace(shorten(cleantext.Line(words), 200))
}
