// Package cleantext makes text from outside safe for a terminal, a log line and
// a header.
//
// Server replies, subjects, file names and bounces are written by strangers.
// Whatever of them is shown or logged goes through here first. It does not
// translate, shorten or measure.
package cleantext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s as one line without anything a terminal would act on: line
// breaks and tabs become spaces; other control characters, invalid UTF-8 and
// the marks that reorder or hide text are replaced by U+FFFD, so that it shows
// that something was there. The result is valid UTF-8, and Line of it is itself.
func Line(s string) string { return clean(s, false) }

// Block is Line for text of several lines: line ends stay, as "\n".
func Block(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return clean(s, true)
}

func clean(s string, keepLines bool) string {
	if plain(s, keepLines) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s { // an invalid byte arrives as utf8.RuneError
		switch {
		case r == '\n' && keepLines:
			b.WriteByte('\n')
		case r == '\t' || r == '\n' || r == '\r' || unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case Unsafe(r):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plain tells that nothing needs to be done, which is nearly always.
func plain(s string, keepLines bool) bool {
	for i := range len(s) {
		if (s[i] < ' ' || s[i] >= 0x7f) && !(s[i] == '\n' && keepLines) {
			return false
		}
	}
	return true
}

// Unsafe tells the characters that act on a terminal or on the text around
// them: C0, DEL, C1, line and paragraph separators, and the format characters
// that reorder (bidi) or hide. The joiners of emoji and Indic scripts stay.
func Unsafe(r rune) bool {
	switch {
	case unicode.IsControl(r):
		return true
	case r == '\u200c' || r == '\u200d': // zero width non-joiner, joiner
		return false
	case r == '\u2028' || r == '\u2029':
		return true
	}
	// Of the format characters these show: they stand before Arabic and Syriac numbers.
	return unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
