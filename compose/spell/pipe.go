package spell

import (
	"errors"
	"slices"
	"strings"

	"sendoff/internal/cleantext"
)

const (
	maxSuggestions = 9 // one for each digit
	maxSuggestion  = 100
)

// question is what is asked by the protocol of ispell -a: a word a line, behind "^",
// which says that it is no command.
func question(words []string) []byte {
	var b strings.Builder
	b.WriteString("!\n") // say nothing of what is right
	for _, word := range words {
		b.WriteString("^" + strings.ReplaceAll(word, "’", "'") + "\n")
	}
	return []byte(b.String())
}

var errAnswer = errors.New("its answer cannot be read")

// answer reads what ispell -a says: behind a banner, for each line that was asked the
// lines about it and an empty one. A word may be taken for several.
func answer(output []byte, words []string) (unknown map[string][]string, err error) {
	banner, rest, found := strings.Cut(string(output), "\n")
	if !found || !strings.HasPrefix(banner, "@(#)") {
		return nil, errAnswer
	}
	unknown = make(map[string][]string)
	asked := 0
	for line := range strings.Lines(rest) {
		if asked == len(words) {
			break
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			asked++
			continue
		}
		if part, suggestions, wrong := judgement(line); wrong {
			word := words[asked]
			unknown[word] = inPlace(word, part, suggestions)
		}
	}
	if asked < len(words) { // it is cut off, or of another protocol
		return nil, errAnswer
	}
	return unknown, nil
}

// judgement reads a line about a word: "& wrd 2 0: word, ward", "# wrd 0".
func judgement(line string) (word string, suggestions []string, wrong bool) {
	kind, rest, _ := strings.Cut(line, " ")
	if kind != "&" && kind != "?" && kind != "#" {
		return "", nil, false
	}
	word, rest, _ = strings.Cut(rest, " ")
	if _, list, found := strings.Cut(rest, ": "); found && kind != "#" {
		for suggestion := range strings.SplitSeq(list, ", ") {
			if suggestion = cleantext.Line(strings.TrimSpace(suggestion)); suggestion != "" && len(suggestion) <= maxSuggestion {
				suggestions = append(suggestions, suggestion)
			}
		}
	}
	return word, suggestions[:min(len(suggestions), maxSuggestions)], true
}

// inPlace makes suggestions for a part of a word into those for the word.
func inPlace(word, part string, suggestions []string) []string {
	at := strings.Index(strings.ReplaceAll(word, "’", "'"), part)
	if part == word || at < 0 || strings.Contains(word, "’") {
		return suggestions
	}
	var all []string
	for _, s := range suggestions {
		all = append(all, word[:at]+s+word[at+len(part):])
	}
	return slices.Compact(all)
}
