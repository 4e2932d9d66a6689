package merge

import (
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"sendoff/compose"
)

// place is where a text of a template goes, and so what must not happen with a
// value that stands in it.
type place int

const (
	placeHeader   place = iota // one line; what is not one is refused when the message is checked
	placeAddress               // a list of addresses
	placePath                  // of a file
	placeURL                   // a link, or a part of one
	placePlain                 // text that means nothing
	placeMarkdown              // text in Markdown
	placeHTML
)

// spot is what stands around a value in Markdown and in HTML.
type spot struct {
	lineStart bool // nothing but white space and marks stands before it on the line
	code      bool // it is in code, where a backslash is one
	link      bool // it is where a link leads, from its beginning
	part      bool // it is a further part of a link in HTML
	table     bool // it may be in a row of a table
}

// escape writes a value so that it is text in its place and nothing else.
func escape(p place, s spot, value string) string {
	switch p {
	case placeAddress:
		return compose.QuoteValue(value)
	case placeURL:
		return escapeLink(s, value)
	case placeMarkdown:
		return escapeMarkdown(s, value)
	case placeHTML:
		if s.part {
			return html.EscapeString(escapeLink(spot{}, value))
		}
		return strings.ReplaceAll(html.EscapeString(value), "\n", "<br>\n")
	}
	return value
}

// escapeMarkdown adds as few backslashes as will do: who reads the plain text
// sees them.
func escapeMarkdown(s spot, value string) string {
	switch {
	case s.code:
		return strings.ReplaceAll(value, "`", "'")
	case s.link || isURL(value):
		return escapeURL(value)
	}
	lines := strings.Split(value, "\n")
	for i, line := range lines {
		if i > 0 {
			line = strings.TrimLeft(line, " \t") // four would make code of it
		}
		lines[i] = escapeLine(line, s.lineStart || i > 0, s.table || len(lines) > 1) // the second line can make a table of the first
	}
	return strings.Join(lines, "\n")
}

// isURL tells a value that is one link.
func isURL(value string) bool {
	rest, found := strings.CutPrefix(value, "https://")
	if !found {
		rest, found = strings.CutPrefix(value, "http://")
	}
	return found && rest != "" && !strings.ContainsFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>\"", r) })
}

// escapeLink gives a value that is a whole link as it is, and any other one so that
// it is a part of a link and adds none.
func escapeLink(s spot, value string) string {
	if s.lineStart && isURL(value) {
		return escapeURL(value)
	}
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// escapeURL encodes what would end a link or mean something in Markdown; to a
// server it is the same.
func escapeURL(value string) string {
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; c <= ' ' || c == 0x7f || strings.IndexByte("()[]<>\"\\`*~|", c) >= 0 {
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			continue
		}
		b.WriteByte(value[i])
	}
	return b.String()
}

// escapeLine escapes one line of a value.
func escapeLine(line string, start, table bool) string {
	var b strings.Builder
	if marks := startMark(line); start && marks > 0 { // what makes a title, a quote, a list or a line of it
		b.WriteString(line[:marks-1] + `\` + line[marks-1:marks])
		line = line[marks:]
	}
	before := utf8.RuneError // who knows
	for i, r := range line {
		rest := line[i+utf8.RuneLen(r):]
		after, _ := utf8.DecodeRuneInString(rest) // RuneError at the end: more may follow in the template
		if isMarkup(r, before, after, rest, table) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// startMark is where a mark ends that means something at the beginning of a line;
// 0: there is none.
func startMark(line string) int {
	if line == "" {
		return 0
	}
	if strings.IndexByte("#>+-=*", line[0]) >= 0 || strings.HasPrefix(line, ":-") {
		return 1
	}
	digits := lengthOf(line, func(r rune) bool { return r >= '0' && r <= '9' })
	if digits > 0 && digits < len(line) && (line[digits] == '.' || line[digits] == ')') && (digits+1 == len(line) || line[digits+1] == ' ') {
		return digits + 1
	}
	return 0
}

// isMarkup tells whether a character would mean something between its neighbours.
func isMarkup(r, before, after rune, rest string, table bool) bool {
	word := func(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	switch r {
	case '`', '[', ']', '~':
		return true
	case '*':
		return before != ' ' || after != ' '
	case '_':
		return !word(before) || !word(after)
	case '\\':
		return after == utf8.RuneError || after < utf8.RuneSelf && (unicode.IsPunct(after) || unicode.IsSymbol(after))
	case '<':
		return rest == "" || word(after)
	case '&':
		return rest == "" || word(after) && strings.Contains(rest, ";") || after == '#'
	case '|':
		return table
	}
	return false
}
