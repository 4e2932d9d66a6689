package spell

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxWords  = 20_000 // more are not looked at
	maxLetter = 60     // characters of a word; a longer one is none
)

// aside is what is no prose within a line: code, the target of a link, and what an
// address, a URL, a path or the name of a program looks like.
var aside = []*regexp.Regexp{
	regexp.MustCompile("``[^`]*``|`[^`]*`"),
	regexp.MustCompile(`\]\([^()\s]*(\s[^()]*)?\)`),
	regexp.MustCompile(`^\s*\[[^\]]*\]:\s.*`),
	regexp.MustCompile(`</?[A-Za-z][^<>]*>`),
	regexp.MustCompile(`[^\s<>"()]*(@|://|\\|_|\pL\.\pL|\d)[^\s<>"()]*|(^|\s)[~.]?/[^\s<>"()]*|\b(mailto|www)[:.][^\s<>"()]*`),
}

// wordsOf gives the words of a text that a person has written and that are prose.
func wordsOf(text string) (words []Word) {
	at, fence := 0, ""
	all := strings.SplitAfter(text, "\n")
	for i, line := range all {
		start := at
		at += len(line)
		line = strings.TrimRight(line, "\r\n")
		mark := fenceOf(line)
		switch {
		case fence != "":
			if mark != "" && strings.HasPrefix(mark, fence) {
				fence = ""
			}
			continue
		case mark != "":
			fence = mark
			continue
		case line == "-- ":
			return words
		case isQuote(line) || i+1 < len(all) && isQuote(all[i+1]) && strings.HasSuffix(line, ":"):
			continue // the line above a quote says who wrote it
		}
		words = append(words, inLine(line, start)...)
		if len(words) > maxWords {
			return words[:maxWords]
		}
	}
	return words
}

func isQuote(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), ">") }

// fenceOf is the mark that begins or ends a block of code, "" without one.
func fenceOf(line string) string {
	line = strings.TrimLeft(line, " ")
	for _, mark := range []string{"`", "~"} {
		if n := len(line) - len(strings.TrimLeft(line, mark)); n >= 3 {
			return line[:n]
		}
	}
	return ""
}

// inLine gives the words of a line that begins at a place of the text.
func inLine(line string, start int) (words []Word) {
	for _, pattern := range aside {
		line = pattern.ReplaceAllStringFunc(line, func(found string) string { return strings.Repeat(" ", len(found)) })
	}
	isWord := func(r rune) bool { return unicode.In(r, unicode.L, unicode.M) || r == '\'' || r == '’' }
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRuneInString(line[i:])
		if !isWord(r) {
			i += size
			continue
		}
		end := i
		for end < len(line) {
			r, size := utf8.DecodeRuneInString(line[end:])
			if !isWord(r) {
				break
			}
			end += size
		}
		word := strings.TrimLeft(line[i:end], "'’")
		at := end - len(word)
		word = strings.TrimRight(word, "'’")
		if isProse(word) {
			words = append(words, Word{Text: word, At: start + at})
		}
		i = end
	}
	return words
}

// isUnspaced tells a letter of a script that has no spaces around words.
func isUnspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// isProse tells a word from a letter, an abbreviation in capitals and a camelCase
// name.
func isProse(word string) bool {
	n := utf8.RuneCountInString(word)
	if n < 2 || n > maxLetter || strings.ContainsFunc(word, isUnspaced) {
		return false
	}
	if word == strings.ToUpper(word) && word != strings.ToLower(word) {
		return false
	}
	_, first := utf8.DecodeRuneInString(word)
	return !strings.ContainsFunc(word[first:], unicode.IsUpper)
}
