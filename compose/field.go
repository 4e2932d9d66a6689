package compose

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Columns of a header line (RFC 5322 §2.1.1, RFC 2047 §2), without its CRLF.
const (
	foldColumn    = 76  // a line is folded to stay within, where it can be
	maxLine       = 998 // no line may be longer
	maxWord       = 75  // an encoded word
	wordOverhead  = len("=?utf-8?q??=")
	maxPlainWord  = 900 // a word that stays as it is; a longer one is encoded, so that it can be folded
	maxPlainName  = 60  // a quoted display name, which is not folded
	maxHeaderName = 70
)

// field is a header field while it is written and folded.
//
// go-message could fold, but it does not fold encoded words, and breaks a word
// that is longer than a line by putting a space into it. So fields are folded
// here and given to it as they are (Header.AddRaw).
type field struct {
	text   []byte
	column int
	parts  int // tokens on the line that were put there by token
}

func newField(name string) *field {
	return &field{text: []byte(name + ":"), column: len(name) + 1}
}

// token adds a space and s, on a new line if s does not fit on this one and
// this one has something already.
func (f *field) token(s string) {
	if f.parts > 0 && f.column+1+len(s) > foldColumn {
		f.fold()
	}
	f.text = append(append(f.text, ' '), s...)
	f.column += 1 + len(s)
	f.parts++
}

func (f *field) fold() {
	f.text = append(f.text, "\r\n"...)
	f.column, f.parts = 0, 0
}

// bytes is the finished field.
func (f *field) bytes() []byte { return append(f.text, "\r\n"...) }

// unstructured adds a text that may hold anything (RFC 5322 §3.6.5). It stays
// as it is if it is ASCII and can be folded without changing it.
func (f *field) unstructured(text string) {
	switch {
	case text == "":
	case !isPrintable(text) || strings.Contains(text, "=?"):
		f.encoded(text)
	case f.column+1+len(text) <= foldColumn:
		f.token(text)
	case strings.Contains(text, "  "): // readers make one space of a fold and a space
		f.encoded(text)
	case slices.ContainsFunc(strings.Split(text, " "), func(word string) bool { return len(word) > maxPlainWord }):
		f.encoded(text)
	default:
		for word := range strings.SplitSeq(text, " ") {
			f.token(word)
		}
	}
}

// mailbox adds a name and an address that is ready for a header, and then tail,
// which is "," between two of them.
func (f *field) mailbox(name, spec, tail string) {
	if name == "" {
		f.token(spec + tail)
		return
	}
	words := strings.Split(name, " ")
	switch {
	case !isPrintable(name) || strings.Contains(name, "=?"):
		f.encodedName(name)
	case !slices.ContainsFunc(words, notPhraseWord):
		for _, word := range words {
			f.token(word)
		}
	case len(name) <= maxPlainName:
		f.token(quoteString(name))
	default:
		f.encodedName(name)
	}
	f.token("<" + spec + ">" + tail)
}

func notPhraseWord(word string) bool {
	return word == "" || len(word) > maxWord || strings.ContainsFunc(word, func(r rune) bool { return !isAtext(r) })
}

// encoded adds text as RFC 2047 words, base64 or Q, whichever is shorter. A
// word never splits a character, and every line stays within 76 columns, the
// first one with the field's name too.
//
// The same Q alphabet serves subjects and names: it is the one of a phrase (RFC
// 2047 §5 (3)).
func (f *field) encoded(text string) {
	const longest = 4 * 3 // a character in Q
	base := base64.StdEncoding.EncodedLen(len(text)) < qLength(text)
	for text != "" {
		room := min(maxWord, foldColumn-f.column-1) - wordOverhead
		if room < longest {
			f.fold()
			room = maxWord - wordOverhead
		}
		n := qPrefix(text, room)
		word := "=?utf-8?q?"
		if base {
			n = runePrefix(text, room/4*3)
			word = "=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(text[:n]))
		} else {
			word += qEncode(text[:n])
		}
		f.token(word + "?=")
		text = text[n:]
	}
}

// encodedName is encoded, but begins a new line for a name that fits into one
// word there.
//
// QUIRK: Python (3.11) reads a space between two encoded words of a name.
func (f *field) encodedName(name string) {
	shorter := min(base64.StdEncoding.EncodedLen(len(name)), qLength(name))
	if length := wordOverhead + shorter; length <= maxWord && f.column+1+length > foldColumn {
		f.fold()
	}
	f.encoded(name)
}

// runePrefix is the length of the longest beginning of s that has at most most
// bytes and splits no character. most is at least utf8.UTFMax.
func runePrefix(s string, most int) int {
	if len(s) <= most {
		return len(s)
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return most
}

// qPrefix is runePrefix for at most most bytes after Q encoding.
func qPrefix(s string, most int) int {
	n, length := 0, 0
	for n < len(s) {
		_, size := utf8.DecodeRuneInString(s[n:])
		length += qLength(s[n : n+size])
		if length > most {
			break
		}
		n += size
	}
	return n
}

func qLength(s string) int {
	n := 0
	for i := range len(s) {
		n++
		if !isQLiteral(s[i]) && s[i] != ' ' {
			n += 2
		}
	}
	return n
}

func qEncode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			b.WriteByte('_')
		case isQLiteral(c):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

func isQLiteral(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!*+-/", c) >= 0
}

// parameter adds one parameter of a MIME field on a line of its own: as a token
// or quoted if every reader gets that right, else by RFC 2231. The RFC 2047
// words that some mailers put into the quotes are forbidden there (RFC 2047 §5)
// and Python's reader counts them as a defect; it also takes the apostrophes in
// "utf-8”x" for RFC 2231.
//
// It is one piece, because continuations ("name*0*=") are read by fewer
// programs than long lines are; the caller keeps value short enough.
//
// There is no second form in plain ASCII beside it for old programs: a "filename=" there
// is a defect for Python, which takes it if it comes first, and a "name=" in Content-Type
// alone makes ripmime (1.4) write the file twice, under both names. munpack, which knows
// no RFC 2231, calls such a file "part1".
func (f *field) parameter(name, value string) {
	f.text = append(f.text, ';')
	f.fold()
	switch {
	case value != "" && !strings.ContainsFunc(value, func(r rune) bool { return !isToken(r) || r == '\'' }):
		f.token(name + "=" + value)
	case isPrintable(value) && !strings.ContainsAny(value, `"\'`) && !strings.Contains(value, "=?"):
		f.token(name + `="` + value + `"`)
	default:
		f.token(name + "*=utf-8''" + percentEncode(value))
	}
}

// percentEncode is for an RFC 2231 value. What stays is less than what may.
func percentEncode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// isToken tells the characters of an RFC 2045 token.
func isToken(r rune) bool {
	return r > ' ' && r < 0x7f && !strings.ContainsRune(`()<>@,;:\"/[]?=`, r)
}

// isPrintable tells that s is printable ASCII.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
