package ui

import (
	"slices"
	"strings"
	"unicode"
)

// farOff is the rank of a word whose letters are only somewhere in a text, in
// their order; what lies between them comes on top.
const farOff = 3

// fuzzyRank says how well what is typed fits one of some texts, the first of
// which counts most: 0 is best. Each typed word must fit somewhere.
func fuzzyRank(typed string, texts ...string) (rank int, ok bool) {
	for word := range strings.FieldsSeq(strings.ToLower(typed)) {
		best := -1
		for i, text := range texts {
			if r, ok := wordRank(word, strings.ToLower(text)); ok && (best < 0 || r+i < best) {
				best = r + i
			}
		}
		if best < 0 {
			return 0, false
		}
		rank += best
	}
	return rank, true
}

// wordRank is 0 where a text begins with a word, 1 where a word of it does, 2
// where it has it inside, and more where it has only its letters.
func wordRank(word, text string) (rank int, ok bool) {
	switch {
	case strings.HasPrefix(text, word):
		return 0, true
	case slices.ContainsFunc(strings.FieldsFunc(text, noLetter), func(part string) bool { return strings.HasPrefix(part, word) }):
		return 1, true
	case strings.Contains(text, word):
		return 2, true
	}
	rank = farOff
	letters := []rune(word)
	for _, r := range text {
		switch {
		case len(letters) == 0:
			return rank, true
		case r == letters[0]:
			letters = letters[1:]
		case len(letters) < len([]rune(word)): // it has begun
			rank++
		}
	}
	return rank, len(letters) == 0
}

func noLetter(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
