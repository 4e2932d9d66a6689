package compose

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Check gives everything that is wrong with a draft, in the order of its
// fields; Build would refuse it for the same. It looks at the attachments on
// disk: not for a place that must never wait.
func (d Draft) Check() []FieldError { return new(Maker).Check(d) }

// parsed is a draft whose every part is right.
type parsed struct {
	maker *Maker

	from                 Address
	to, cc, bcc, replyTo []Address
	subject              string
	headers              []Header
	files                []file

	text        string
	flowed      bool
	undisclosed bool                      // see Draft
	zone        int                       // of the date, in minutes east of UTC
	html        func(ids []string) string // nil without; ids are the Content-IDs of images
	images      []file
	shown       map[int]bool // which images the text shows

	protection Protection
}

// parse reads and checks a draft as a whole.
func (m *Maker) parse(d Draft) (parsed, Problems) {
	var problems Problems
	p := parsed{
		maker:   m,
		from:    parseFrom(&problems, d.From),
		to:      parseField(&problems, "to", d.To),
		cc:      parseField(&problems, "cc", d.Cc),
		bcc:     parseField(&problems, "bcc", d.Bcc),
		replyTo: parseField(&problems, "reply_to", d.ReplyTo),
	}
	if len(p.to)+len(p.cc)+len(p.bcc) == 0 && !problems.about("to", "cc", "bcc") {
		problems.add("to", "write an address into To, Cc or Bcc", "there is no recipient")
	}
	if p.protection = d.Protection; !slices.Contains(protections, d.Protection) {
		problems.add("protection", "it is one of none, sign, encrypt and sign+encrypt", "%s is not a protection", quote(string(d.Protection)))
	}
	p.subject = checkLine(&problems, "subject", "the subject", d.Subject)
	p.headers = checkHeaders(&problems, d.Headers)
	p.headers = append(p.headers, d.Wishes.headers(&problems, p.from, p.headers)...)
	checkBody(&problems, d.Body)
	p.write(&problems, d)
	p.files = inspectAll(&problems, "attachments", d.Attachments)
	if p.protection.Protects() { // no server may have a reason to change what is signed (RFC 3156 §3)
		for i := range p.files {
			p.files[i].asOctets()
		}
	}
	return p, problems
}

func parseFrom(problems *Problems, text string) Address {
	if strings.TrimSpace(text) == "" {
		problems.add("from", "", "the sender's address is missing")
		return Address{}
	}
	a, err := ParseOne(text)
	if err != nil {
		problems.addAddress("from", err.(*AddressError))
	}
	return a
}

func parseField(problems *Problems, name, text string) []Address {
	list, errs := parseList(text)
	for _, err := range errs {
		problems.addAddress(name, err)
	}
	return list
}

func (p *Problems) addAddress(field string, err *AddressError) {
	*p = append(*p, FieldError{Field: field, Problem: err.Error(), Hint: err.Hint, Err: err})
}

// checkLine checks a text that must be one line, and gives it as it is written
// into a header. White space at its ends is lost, since readers take it off.
func checkLine(problems *Problems, field, what, text string) string {
	if strings.ContainsAny(text, "\r\n\u2028\u2029") {
		problems.add(field, "", "%s has a line break in it", what)
		return ""
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\t", " "))
	if !utf8.ValidString(text) {
		problems.add(field, "", "%s is not UTF-8 text", what)
		return ""
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			problems.add(field, "", "%s has the control character %q in it", what, r)
			return ""
		}
	}
	return text
}

// reserved are the fields that a draft cannot add: those that Build makes, that
// servers make, and that would show who got a blind copy.
var reserved = []string{
	"Bcc", "Cc", "Date", "From", "Message-ID", "MIME-Version", "Received",
	"Reply-To", "Return-Path", "Sender", "Subject", "To",
}

// mayRepeat tells the fields of which a message may have several. RFC 5322 §3.6 lets
// Comments, Keywords and whatever it does not know repeat. Of the latter nearly all that
// have a meaning forbid it (RFC 2369 §3, RFC 2919 §3, RFC 8098 §2.1), and a reader takes
// either of two; so it is these, and the private ones, whose meaning their writer knows.
func mayRepeat(name string) bool {
	return containsFold([]string{"Comments", "Keywords"}, name) || strings.HasPrefix(strings.ToLower(name), "x-")
}

func checkHeaders(problems *Problems, headers []Header) []Header {
	var checked []Header
	seen := map[string]bool{}
	for _, h := range headers {
		lower := strings.ToLower(h.Name)
		twice := seen[lower] && !mayRepeat(h.Name)
		seen[lower] = true
		switch {
		case h.Name == "" && h.Value != "":
			problems.add("headers", "write it as Name: value", "%s is no further field: it has no name", quote(h.Value))
		case h.Name == "":
			problems.add("headers", "", "a further field has no name")
		case len(h.Name) > maxHeaderName || strings.ContainsFunc(h.Name, notFieldName):
			problems.add("headers", "it takes up to 70 letters, digits and hyphens", "%s cannot be the name of a field", quote(h.Name))
		case containsFold(reserved, h.Name) || strings.HasPrefix(lower, "content-") || strings.HasPrefix(lower, "resent-"):
			problems.add("headers", "", "%s cannot be set as a further field", h.Name)
		case twice:
			problems.add("headers", "", "%s can stand only once", h.Name)
		default:
			before := len(*problems)
			h.Value = checkLine(problems, "headers", h.Name, h.Value)
			if len(*problems) == before {
				checkShape(problems, h)
			}
			checked = append(checked, h)
		}
	}
	return checked
}

// notFieldName tells what is not ftext (RFC 5322 §3.6.8).
func notFieldName(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' }

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(item string) bool { return strings.EqualFold(item, s) })
}

// checkBody refuses what no encoding makes into text.
func checkBody(problems *Problems, body string) {
	if i := strings.IndexByte(body, 0); i >= 0 {
		problems.add("body", "", "the text holds a NUL byte at %s", position(body, i))
	}
	if utf8.ValidString(body) {
		return
	}
	for i, r := range body {
		if _, size := utf8.DecodeRuneInString(body[i:]); r == utf8.RuneError && size == 1 {
			problems.add("body", "convert it first, for example with iconv -f latin1 -t utf-8",
				"the text is not UTF-8 at %s", position(body, i))
			return
		}
	}
}

// position names a place in a text, for programs and for people.
func position(text string, i int) string {
	return fmt.Sprintf("byte %d (line %d)", i, strings.Count(text[:i], "\n")+1)
}
