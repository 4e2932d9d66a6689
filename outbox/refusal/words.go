package refusal

import (
	"strings"
	"unicode"
)

// mostWords bounds how much of a text is looked at: what counts is said at its
// beginning, and a reply may have 2 KiB.
const mostWords = 60

// wordsOf takes a text apart into words in lower case, so that the many ways to
// say one thing become few: without marks, articles and auxiliary verbs, without
// the addresses, which may hold any word, and without the paths of links.
func wordsOf(text string) (words []string) {
	text = strings.ReplaceAll(withoutEcho(withoutAddresses(strings.ToLower(text))), "...", " ")
	for part := range strings.FieldsSeq(text) {
		if before, rest, link := strings.Cut(part, "://"); link && strings.HasSuffix(before, "http") || strings.HasSuffix(before, "https") {
			part, _, _ = strings.Cut(rest, "/")
		}
		if strings.Contains(part, "@") {
			continue
		}
		part = strings.ReplaceAll(part, "’", "'")
		part = strings.ReplaceAll(part, "can't", "cannot")
		part = strings.ReplaceAll(part, "n't", "-not")
		part = strings.ReplaceAll(part, "'s", "")
		for word := range strings.FieldsFuncSeq(part, betweenWords) {
			if word = strings.Trim(word, "."); word == "" || filler[word] {
				continue
			}
			words = joined(words, word)
		}
		if strings.HasSuffix(part, ".") || strings.HasSuffix(part, ";") {
			words = append(words, fullStop)
		}
		if len(words) >= mostWords {
			break
		}
	}
	return words
}

// fullStop stands between sentences: no phrase goes across one.
const fullStop = "."

// betweenWords splits at all marks but the dot, which stands in codes, in host
// names and in names such as RESOLVER.ADR.RecipientNotFound.
func betweenWords(r rune) bool {
	return r != '.' && r != unicode.ReplacementChar && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// filler are words that phrases do without.
var filler = map[string]bool{
	"the": true, "a": true, "an": true, "is": true, "are": true, "was": true, "were": true, "be": true, "been": true, "being": true,
	"has": true, "have": true, "had": true, "do": true, "does": true, "did": true, "this": true, "that": true, "it": true, "its": true,
	"will": true, "currently": true,
}

// joined adds a word, as one with the last where people write it in one or in
// two. "IP address" becomes "ip", since an address is otherwise somebody's.
func joined(words []string, word string) []string {
	if n := len(words) - 1; n >= 0 {
		switch words[n] + " " + word {
		case "e mail", "e mails", "mail box", "mail boxes", "black list", "black listed", "block list", "grey listed", "grey list", "white list",
			"over quota", "host name", "user name", "can not", "non existent", "non existing":
			words[n] += word
			return words
		case "ip address", "ip addresses":
			return words
		case "email address", "mail address":
			words[n] = word
			return words
		}
	}
	return append(words, word)
}

// withoutAddresses takes out what stands in angle brackets.
func withoutAddresses(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte(' ')
		_, text, found = strings.Cut(rest, ">")
		if !found {
			b.WriteString(rest)
			return b.String()
		}
	}
}

// withoutEcho takes out "(in reply to RCPT TO command)", which Postfix adds to
// the words of the next server: it names the command and not the reason.
func withoutEcho(text string) string {
	for {
		before, rest, found := strings.Cut(text, "(in reply to ")
		if !found {
			return text
		}
		_, after, closed := strings.Cut(rest, ")")
		if !closed {
			return before
		}
		text = before + " " + after
	}
}

func anyPhrase(words []string, phrases []string) bool {
	for _, phrase := range phrases {
		if phraseIn(words, phrase) {
			return true
		}
	}
	return false
}

// phraseIn tells whether a phrase stands in a text. In a phrase "a|b" is either
// word, "block*" any word that begins so, and ".." up to three words of any kind.
//
// Nearly all phrases fail at their first word, so it is taken apart but once.
func phraseIn(words []string, phrase string) bool {
	first, rest, more := strings.Cut(phrase, " ")
	for next := true; next; {
		var wanted string
		wanted, first, next = strings.Cut(first, "|")
		stem, open := strings.CutSuffix(wanted, "*")
		for i, word := range words {
			if (word == stem || open && strings.HasPrefix(word, stem)) && (!more || beginsWith(words[i+1:], rest)) {
				return true
			}
		}
	}
	return false
}

const widestGap = 3

// beginsWith tells whether a text goes on with the rest of a phrase.
func beginsWith(words []string, phrase string) bool {
	first, rest, more := strings.Cut(phrase, " ")
	if first != ".." {
		return len(words) > 0 && phraseIn(words[:1], first) && (!more || beginsWith(words[1:], rest))
	}
	for gap := range min(widestGap, len(words)) + 1 {
		if beginsWith(words[gap:], rest) {
			return true
		}
		if gap < len(words) && words[gap] == fullStop {
			break
		}
	}
	return false
}
