package smtp

import (
	"strconv"
	"strings"

	"sendoff/outbox"
)

// extensions are what a server offers, by EHLO keyword in upper case.
type extensions map[string]string

// parseExtensions reads the lines of an EHLO reply but the first. Keywords are
// case-insensitive (RFC 5321 §2.4). QUIRK: "AUTH=LOGIN PLAIN" is how servers
// wrote it before RFC 2554, some still send both forms.
func parseExtensions(text string) extensions {
	all := make(extensions)
	_, rest, _ := strings.Cut(text, "\n")
	for line := range strings.SplitSeq(rest, "\n") {
		keyword, parameters, _ := strings.Cut(strings.TrimSpace(line), " ")
		keyword = strings.ToUpper(keyword)
		if mechanism, old := strings.CutPrefix(keyword, "AUTH="); old {
			keyword, parameters = "AUTH", mechanism+" "+parameters
		}
		if keyword == "AUTH" {
			parameters += " " + all[keyword]
		}
		if keyword != "" {
			all[keyword] = strings.TrimSpace(parameters)
		}
	}
	return all
}

func (s *session) offers(keyword string) bool {
	_, offered := s.extensions[keyword]
	return offered
}

// maxSize is the largest message that the server takes, in octets before
// dot-stuffing; 0: it names none (RFC 1870 §4).
func (e extensions) maxSize() int64 {
	limit, err := strconv.ParseInt(e["SIZE"], 10, 64)
	if err != nil || limit < 0 {
		return 0
	}
	return limit
}

// lacks tells that what is offered is too little for a message, or for some of its
// recipients.
func (s *session) lacks(d outbox.Delivery) bool {
	return s.tooSmallFor(d) || d.RequireTLS && !s.securesAllTheWay() || d.UTF8 && !s.offers("SMTPUTF8")
}

func (s *session) tooSmallFor(d outbox.Delivery) bool {
	limit := s.extensions.maxSize()
	return limit > 0 && d.Size > limit
}

// securesAllTheWay tells that a server can be asked for TLS up to the recipients
// (RFC 8689).
func (s *session) securesAllTheWay() bool { return s.tls != "" && s.offers("REQUIRETLS") }

// limit is one of those that the server keeps (RFC 9422 §3), such as MAILMAX;
// 0: it names none.
func (e extensions) limit(name string) int {
	for word := range strings.FieldsSeq(strings.ToUpper(e["LIMITS"])) {
		if text, found := strings.CutPrefix(word, name+"="); found {
			// RFC 9422 §3: up to six digits, and not 0.
			if limit, err := strconv.Atoi(text); err == nil && limit > 0 && limit < 1e6 {
				return limit
			}
		}
	}
	return 0
}
