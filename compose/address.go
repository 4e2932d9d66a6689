package compose

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Address is one mailbox. Those that [ParseList] gives can be written into a
// header and an envelope; a hand-made one may be refused there.
type Address struct {
	Name    string // shown to people; "" without one
	Mailbox string // the local part, without quotes
	Domain  string // as typed: may be Unicode, or a literal such as "[192.0.2.1]"
}

// AddressError says what is wrong with one address of a list.
type AddressError struct {
	Text    string // the piece, as it was typed
	Problem string
	Hint    string // what can be done, if there is more to say than Problem does
}

// Error is the cleaned piece and its problem.
func (e *AddressError) Error() string {
	if strings.TrimSpace(e.Text) == "" {
		return e.Problem
	}
	return quote(e.Text) + ": " + e.Problem
}

// Limits of RFC 5321 §4.5.3.1 and RFC 1035, in octets.
const (
	maxMailbox = 64
	maxAddress = 254 // a path of 256 with its angle brackets
	maxDomain  = 253
	maxLabel   = 63
)

// String is the address for people: Unicode, the name in quotes where it needs
// them. [ParseOne] of it gives the address again. It is not cleaned for a
// terminal.
func (a Address) String() string {
	spec := quoteMailbox(a.Mailbox) + "@" + a.Domain
	switch {
	case a.Name == "":
		return spec
	case strings.ContainsFunc(a.Name, needsQuotes) || strings.Contains(a.Name, "=?"):
		return quoteString(a.Name) + " <" + spec + ">"
	}
	return a.Name + " <" + spec + ">"
}

// needsQuotes tells the characters that would mean something outside quotes in
// a name. A dot would not, for every reader there is (RFC 5322 §4.1).
func needsQuotes(r rune) bool {
	return r < utf8.RuneSelf && r != ' ' && r != '.' && !isAtext(r)
}

// Header is the address as it stands in a header field, unfolded: the name
// encoded by RFC 2047 if it is not ASCII, the domain in ASCII.
func (a Address) Header() (string, error) {
	spec, err := a.ASCII()
	if err != nil {
		return "", err
	}
	var f field
	f.mailbox(a.Name, spec, "")
	return strings.TrimSpace(strings.ReplaceAll(string(f.text), "\r\n", "")), nil
}

// ASCII is the address as SMTP and headers name it: an IDN domain in its ASCII
// form, the local part quoted if it must be. A local part that is not ASCII
// stays, and needs SMTPUTF8: see [Address.UTF8]. The error is an *AddressError;
// without one the result holds no control character and none of "<" and ">".
func (a Address) ASCII() (string, error) {
	fail := func(err *AddressError) (string, error) {
		err.Text = a.String()
		return "", err
	}
	if err := checkMailbox(a.Mailbox); err != nil {
		return fail(err)
	}
	domain, err := asciiDomain(a.Domain)
	if err != nil {
		return fail(err)
	}
	spec := quoteMailbox(a.Mailbox) + "@" + domain
	if len(spec) > maxAddress {
		return fail(&AddressError{Problem: "an address has at most 254 characters"})
	}
	return spec, nil
}

// UTF8 tells that the address can only be used with SMTPUTF8 (RFC 6531).
func (a Address) UTF8() bool { return !isASCII(a.Mailbox) }

// checkMailbox looks at a local part without its quotes.
func checkMailbox(local string) *AddressError {
	switch {
	case local == "":
		return &AddressError{Problem: "nothing stands before the @"}
	case len(local) > maxMailbox:
		return &AddressError{Problem: "the part before the @ has at most 64 characters"}
	case !utf8.ValidString(local):
		return &AddressError{Problem: "not UTF-8 text"}
	}
	for _, r := range local {
		// The angle brackets are legal in quotes, but no real address has them
		// and servers have been tricked with them (CVE-2025-59937).
		if r == '<' || r == '>' || !unicode.IsGraphic(r) || r != ' ' && unicode.IsSpace(r) {
			return badCharacter(r)
		}
	}
	return nil
}

func badCharacter(r rune) *AddressError {
	return &AddressError{Problem: fmt.Sprintf("the character %+q cannot stand in an address", r)}
}

// asciiDomain is the domain as DNS knows it, in lower case.
func asciiDomain(domain string) (string, *AddressError) {
	if inner, ok := strings.CutPrefix(domain, "["); ok {
		return domainLiteral(strings.TrimSuffix(inner, "]"))
	}
	for label := range strings.SplitSeq(domain, ".") {
		switch {
		case domain == "":
			return "", &AddressError{Problem: "an address needs a domain after the @"}
		case label == "":
			return "", &AddressError{Problem: "the domain has a dot too many"}
		case strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-"):
			return "", &AddressError{Problem: "a part of the domain begins or ends with a hyphen"}
		}
	}
	if isPlainDomain(domain) {
		return domain, nil
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !utf8.ValidString(domain) { // ToASCII takes what is not
		return "", &AddressError{Problem: "the domain is not a valid name"}
	}
	ascii = strings.ToLower(ascii)
	if len(ascii) > maxDomain {
		return "", &AddressError{Problem: "a domain has at most 253 characters"}
	}
	for label := range strings.SplitSeq(ascii, ".") {
		switch {
		case len(label) > maxLabel:
			return "", &AddressError{Problem: "a part of a domain has at most 63 characters"}
		case label == "" || strings.ContainsFunc(label, notDomain): // what the mapping made of it
			return "", &AddressError{Problem: "the domain is not a valid name"}
		}
	}
	return ascii, nil
}

// isPlainDomain tells a domain that is in ASCII and in lower case already, as most are,
// and so is what IDNA would make of it. One with two hyphens in a row it leaves to that:
// they may say that a part of it is encoded.
func isPlainDomain(domain string) bool {
	if domain == "" || len(domain) > maxDomain || strings.Contains(domain, "--") {
		return false
	}
	label := 0
	for i := range len(domain) {
		switch c := domain[i]; {
		case c == '.' && label > 0 && domain[i-1] != '-':
			label = 0
			continue
		case c == '-' && label > 0, 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			label++
		default:
			return false
		}
		if label > maxLabel {
			return false
		}
	}
	return label > 0 && domain[len(domain)-1] != '-'
}

func notDomain(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
}

// domainLiteral reads what stands between [ and ] (RFC 5321 §4.1.3).
func domainLiteral(inner string) (string, *AddressError) {
	const v6 = "IPv6:"
	text, is6 := inner, len(inner) > len(v6) && strings.EqualFold(inner[:len(v6)], v6)
	if is6 {
		text = inner[len(v6):]
	}
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Is6() != is6 || ip.Zone() != "" {
		return "", &AddressError{Problem: "between [ and ] stands an IP address, like [192.0.2.1] or [IPv6:2001:db8::1]"}
	}
	if is6 {
		return "[" + v6 + ip.String() + "]", nil
	}
	return "[" + ip.String() + "]", nil
}

// isAtext tells the ASCII characters of an atom (RFC 5322 §3.2.3).
func isAtext(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
		r < utf8.RuneSelf && strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// isDotAtom tells whether a local part can stand without quotes (RFC 5322
// §3.2.3, RFC 6532 §3.2).
func isDotAtom(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return r < utf8.RuneSelf && !isAtext(r) }) {
			return false
		}
	}
	return true
}

func quoteMailbox(local string) string {
	if isDotAtom(local) {
		return local
	}
	return quoteString(local)
}

// quoteString is s as an RFC 5322 quoted-string.
func quoteString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
