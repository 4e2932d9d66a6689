package ui

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"

	"sendoff/internal/cleantext"
)

// clean makes text from outside safe to stand in a line: one line, nothing that
// a terminal acts on, and no symbol that terminals disagree on the width of
// (families, skin tones and keycaps become their first character). Letters stay
// whole, since scripts such as Devanagari cannot be read without their marks.
func clean(s string) string {
	s = cleantext.Line(s)
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for clusters := uniseg.NewGraphemes(s); clusters.Next(); {
		cluster, first := clusters.Str(), clusters.Runes()[0]
		if !unicode.IsLetter(first) && ansi.StringWidth(cluster) != ansi.StringWidthWc(cluster) {
			cluster = string(first)
		}
		b.WriteString(cluster)
	}
	return b.String()
}

// cleanBlock is clean for text of several lines, wrapped to a width.
func cleanBlock(s string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(cleantext.Block(s), "\n") {
		lines = append(lines, wrap(clean(line), width)...)
	}
	return lines
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// cell fits clean text into exactly width columns.
func cell(s string, width int) string {
	s = cut(s, width)
	return s + spaces(width-ansi.StringWidth(s))
}

// right is cell with the text at the right end.
func right(s string, width int) string {
	s = cut(s, width)
	return spaces(width-ansi.StringWidth(s)) + s
}

// cut shortens clean text to at most width columns.
func cut(s string, width int) string {
	if width <= 0 {
		return ""
	}
	return ansi.Truncate(s, width, "…")
}

// narrow takes off what a line has more than width columns.
//
// QUIRK: bubbles counts the parts of some emoji, and ansi.Truncate and ansi.Cut
// those of others, such as a digit in a keycap, where ansi.StringWidth does not.
func narrow(line string, width int) string {
	for room := width; ansi.StringWidth(line) > width && room > 0; room-- {
		line = ansi.Truncate(line, room, "")
	}
	return line
}

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

// between puts one text at the left end and one at the right end of a line; the
// left one gives way.
func between(start, end string, width int) string {
	room := width - ansi.StringWidth(end)
	if end != "" {
		room--
	}
	start = cut(start, room)
	return start + spaces(width-ansi.StringWidth(start)-ansi.StringWidth(end)) + end
}

// wrap breaks clean text into lines of at most width columns, between words
// where that is possible.
func wrap(s string, width int) []string {
	if width <= 0 {
		return nil
	}
	var lines []string
	for line := range strings.SplitSeq(ansi.Wrap(s, width, ""), "\n") {
		if ansi.StringWidth(line) > width { // it keeps a space before a long word
			lines = append(lines, strings.Split(ansi.Hardwrap(line, width, false), "\n")...)
			continue
		}
		lines = append(lines, line)
	}
	return lines
}

// count writes a number of things: "1 message", "1,204 messages".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return number(n) + " " + thing + "s"
}

// number groups the digits of a number by thousands.
func number(n int) string {
	if n < 0 {
		return "-" + number(-n)
	}
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return number(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

// size writes octets as people do: "214 B", "48 kB", "1.2 MB".
func size(octets int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	value, unit := float64(octets), 0
	for value >= 999.5 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	if unit > 1 && value < 9.95 {
		return fmt.Sprintf("%.1f %s", value, units[unit])
	}
	return fmt.Sprintf("%.0f %s", value, units[unit])
}

// capital writes a word of ours with a capital letter.
func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

func repeat(s string, n int) string { return strings.Repeat(s, max(n, 0)) }
