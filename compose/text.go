package compose

import (
	"bufio"
	"strings"
	"unicode/utf8"
)

// The transfer encodings of RFC 2045 §6 that are used. 8bit is not: a server
// may not take it, and this program does not want to ask before it writes.
const (
	sevenBit        = "7bit"
	quotedPrintable = "quoted-printable"
	base64Encoding  = "base64"
)

// textColumn is the longest line that stays as it is (RFC 5322 §2.1.1).
const textColumn = 78

// lines gives the lines of a text without their ends, which may be CRLF, CR or
// LF in any mixture. A last line without an end is a line like the others, so
// "a" and "a\n" are the same text; and an empty text has no line.
func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		// Nearly no text has a CR, and one byte is found faster than one of two.
		next := func(text string) int { return strings.IndexByte(text, '\n') }
		if strings.IndexByte(text, '\r') >= 0 {
			next = func(text string) int { return strings.IndexAny(text, "\r\n") }
		}
		for text != "" {
			end := next(text)
			if end < 0 {
				yield(text)
				return
			}
			if !yield(text[:end]) {
				return
			}
			if strings.HasPrefix(text[end:], "\r\n") {
				end++
			}
			text = text[end+1:]
		}
	}
}

// textEncoding chooses how a body travels: as it is if no server can have a
// reason to touch it, else in quoted-printable, which stays readable in Latin
// script, unless most of it is in another one.
func textEncoding(text string) string {
	plain, high := true, 0
	begin := 0 // of the line
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\n' || c == '\r':
			plain = plain && isShortLine(text[begin:i])
			begin = i + 1
		case c >= utf8.RuneSelf:
			high++
		case c < ' ' && c != '\t' || c == 0x7f:
			plain = false
		}
	}
	plain = plain && isShortLine(text[begin:])
	switch {
	case high > len(text)/3: // Czech or Polish has about a fifth, Greek and Chinese nearly all
		return base64Encoding
	case high > 0 || !plain:
		return quotedPrintable
	}
	return sevenBit
}

// isShortLine tells a line that nobody has a reason to touch: "From " at its
// beginning becomes ">From " in mbox files.
func isShortLine(line string) bool {
	return len(line) <= textColumn && !strings.HasPrefix(line, "From ")
}

// writeText writes a text in an encoding that textEncoding chose, every line
// ending in CRLF. An error of w may show only when w is flushed.
func writeText(w *bufio.Writer, text, encoding string) error {
	switch encoding {
	case quotedPrintable:
		for line := range lines(text) {
			writeQuotedPrintable(w, line)
		}
	case base64Encoding:
		b := newBase64Writer(w)
		for line := range lines(text) {
			b.WriteString(line)
			b.WriteString("\r\n")
		}
		if err := b.Close(); err != nil {
			return writeError(err)
		}
	default:
		for line := range lines(text) {
			w.WriteString(line)
			w.WriteString("\r\n")
		}
	}
	return nil
}

// writeQuotedPrintable writes one line of text (RFC 2045 §6.7). mime/
// quotedprintable would do, but it cannot be told to encode "From " and a dot
// at the beginning of a line, which mbox files and careless servers damage.
func writeQuotedPrintable(w *bufio.Writer, line string) {
	const (
		most = 75 // and "="
		hex  = "0123456789ABCDEF"
	)
	column := 0
	for i := 0; i < len(line); {
		_, size := utf8.DecodeRuneInString(line[i:])
		literal := isQuotedLiteral(line, i)
		length := 3 * size // a character is not split, so that the source can be read
		if literal {
			length = 1
		}
		if column+length > most {
			w.WriteString("=\r\n")
			column = 0
		}
		if literal && column == 0 && (line[i] == '.' || strings.HasPrefix(line[i:], "From ")) {
			literal, length = false, 3
		}
		for _, c := range []byte(line[i : i+size]) {
			if literal {
				w.WriteByte(c)
				continue
			}
			w.WriteByte('=')
			w.WriteByte(hex[c>>4])
			w.WriteByte(hex[c&15])
		}
		column += length
		i += size
	}
	w.WriteString("\r\n")
}

// isQuotedLiteral tells that line[i] stands for itself: printable, and no white
// space at the end of the line, which servers take off.
func isQuotedLiteral(line string, i int) bool {
	c := line[i]
	if c == ' ' || c == '\t' {
		return i+1 < len(line)
	}
	return '!' <= c && c <= '~' && c != '='
}
