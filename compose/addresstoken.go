package compose

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is the smallest thing that an address list is made of (RFC 5322 §3.2).
type token struct {
	kind       rune   // one of the kinds below, or the character itself: , ; : < > @
	text       string // quotes, parentheses and escapes taken off; a literal keeps its brackets
	start, end int    // where it stands in the list
}

const (
	tokenText     = 'a'
	tokenQuoted   = '"'
	tokenComment  = '('
	tokenLiteral  = '['
	tokenSpace    = ' '
	tokenNewline  = '\n'
	tokenUnclosed = '!' // a quote or comment that runs to the end of the list
)

// encodedWord is an RFC 2047 word at the beginning of a text. Many mailers leave
// commas and colons in it that mean nothing there.
var encodedWord = regexp.MustCompile(`^=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=`)

// tokens gives the tokens of an address list; nothing of text is left out.
func tokens(text string) func(yield func(token) bool) {
	return func(yield func(token) bool) {
		for start := 0; start < len(text); {
			t := nextToken(text[start:])
			t.start, t.end = start, start+t.end
			if !yield(t) {
				return
			}
			start = t.end
		}
	}
}

// nextToken reads the token at the beginning of s, which is not empty.
func nextToken(s string) token {
	r, size := utf8.DecodeRuneInString(s)
	switch r {
	case ',', ';', ':', '<', '>', '@':
		return token{kind: r, text: s[:size], end: size}
	case '\r', '\n':
		return token{kind: tokenNewline, text: s[:size], end: size}
	case '"':
		return quotedToken(s)
	case '(':
		return commentToken(s)
	case '[':
		if end := strings.IndexByte(firstBytes(s, maxAddress), ']'); end > 0 {
			return token{kind: tokenLiteral, text: s[:end+1], end: end + 1}
		}
	}
	if unicode.IsSpace(r) {
		return token{kind: tokenSpace, text: " ", end: size}
	}
	end := size
	if r == '=' {
		end = max(size, len(encodedWord.FindString(s)))
	}
	for end < len(s) {
		r, n := utf8.DecodeRuneInString(s[end:])
		if endsText(r) {
			break
		}
		end += n
	}
	return token{kind: tokenText, text: s[:end], end: end}
}

// endsText tells what a token of text ends before.
func endsText(r rune) bool {
	switch r {
	case ',', ';', ':', '<', '>', '@', '"', '(', '[':
		return true
	}
	return unicode.IsSpace(r)
}

func quotedToken(s string) token {
	var text strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return token{kind: tokenQuoted, text: text.String(), end: i + 1}
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		text.WriteByte(s[i])
	}
	return token{kind: tokenUnclosed, text: "quote", end: len(s)}
}

// commentToken reads a comment; one inside another keeps its parentheses.
func commentToken(s string) token {
	var text strings.Builder
	depth := 1
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '(':
			depth++
		case s[i] == ')' && depth == 1:
			return token{kind: tokenComment, text: text.String(), end: i + 1}
		case s[i] == ')':
			depth--
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		text.WriteByte(s[i])
	}
	return token{kind: tokenUnclosed, text: "parenthesis", end: len(s)}
}
