package ui

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"

	"sendoff/internal/cleantext"
)

// clean makes text from outside safe to stand in a column: one line, nothing that
// a terminal acts on, and no symbol that terminals disagree on the width of
// (families, skin tones and keycaps become their first character). Letters stay
// whole, since scripts such as Devanagari cannot be read without their marks.
func clean(s string) string {
	return cleanClusters(s, func(cluster []rune) bool { return unicode.IsLetter(cluster[0]) })
}

// cleanText is clean for a text that nothing stands behind, and which is to be seen as
// its reader sees it: emoji stay whole, too, as in the form. A terminal that draws one
// wider than it is measured makes no more of it than a longer line.
func cleanText(s string) string {
	return cleanClusters(s, func(cluster []rune) bool { return unicode.IsLetter(cluster[0]) || isEmoji(cluster) })
}

// cleanClusters makes text safe, and leaves clusters whole that terminals disagree on
// where isWhole says so.
func cleanClusters(s string, isWhole func(cluster []rune) bool) string {
	s = cleantext.Line(s)
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for clusters := uniseg.NewGraphemes(s); clusters.Next(); {
		cluster, runes := clusters.Str(), clusters.Runes()
		if ansi.StringWidth(cluster) != ansi.StringWidthWc(cluster) && !isWhole(runes) {
			cluster = string(runes[0])
		}
		b.WriteString(cluster)
	}
	return b.String()
}

// Marks inside of an emoji (Unicode TR 51).
const (
	joiner       = '\u200d'
	emojiStyle   = '\ufe0f'
	keycap       = '\u20e3'
	firstTone    = '\U0001f3fb'
	lastTone     = '\U0001f3ff'
	longestEmoji = 10 // a family of four with skin tones and joiners has 11 in theory, and nobody draws it
)

// isEmoji tells one emoji, in which the marks stand where they mean something: a joiner
// between two symbols, the others behind one. Anything else may hide something.
func isEmoji(cluster []rune) bool {
	if len(cluster) > longestEmoji {
		return false
	}
	symbol := false // the rune before is one, or a mark of one
	for i, r := range cluster {
		switch {
		case r == joiner:
			if !symbol || i == len(cluster)-1 {
				return false
			}
			symbol = false
		case r == emojiStyle || r == keycap || firstTone <= r && r <= lastTone && i > 0:
			if !symbol {
				return false
			}
		case unicode.Is(unicode.So, r) || i == 0 && len(cluster) > 1 && (r >= '0' && r <= '9' || r == '#' || r == '*' || unicode.Is(unicode.Sm, r) || unicode.Is(unicode.Po, r)):
			symbol = true
		default:
			return false
		}
	}
	return symbol
}

// cleanBlock is cleanText for several lines, wrapped to a width.
func cleanBlock(s string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(cleantext.Block(s), "\n") {
		lines = append(lines, wrap(cleanText(line), width)...)
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
			for piece := range strings.SplitSeq(ansi.Hardwrap(line, width, false), "\n") {
				lines = append(lines, wrapClusters(piece, width)...)
			}
			continue
		}
		lines = append(lines, line)
	}
	return lines
}

// upTo leaves some lines of a text, with a sign where it goes on.
func upTo(lines []string, most, width int) []string {
	if len(lines) <= most {
		return lines
	}
	lines = slices.Clone(lines[:max(most, 0)])
	if last := len(lines) - 1; last >= 0 {
		lines[last] = cut(lines[last]+" …", width)
	}
	return lines
}

// wrapClusters breaks a line that is still too wide: of some emoji ansi.Wrap counts other
// columns than ansi.StringWidth (see narrow).
func wrapClusters(line string, width int) (lines []string) {
	begin := 0
	for clusters := uniseg.NewGraphemes(line); clusters.Next(); {
		if from, to := clusters.Positions(); from > begin && ansi.StringWidth(line[begin:to]) > width {
			lines = append(lines, line[begin:from])
			begin = from
		}
	}
	return append(lines, line[begin:])
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
