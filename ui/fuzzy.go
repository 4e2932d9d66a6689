package ui

import (
	"slices"
	"strings"
	"unicode"
)

// Ranks of a word in a text: each is further off than one before it in any of the
// few texts of a choice.
const (
	beginsText = 0
	beginsWord = 1
	insideText = 4
	scattered  = 8 // what lies between its letters comes on top
)

// fuzzyRank says how well what is typed fits one of some texts, the first of
// which counts most: 0 is best. Each typed word must fit somewhere; letters that are
// apart count in the first alone, for in a sentence nearly all can be found.
func fuzzyRank(typed string, texts ...string) (rank int, ok bool) {
	for word := range strings.FieldsSeq(strings.ToLower(typed)) {
		best := -1
		for i, text := range texts {
			r, ok := wordRank(word, strings.ToLower(text))
			if ok && (r < scattered || i == 0) && (best < 0 || r+i < best) {
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

// wordRank is how well a word fits a text.
func wordRank(word, text string) (rank int, ok bool) {
	parts := strings.FieldsFunc(text, noLetter)
	switch {
	case strings.HasPrefix(text, word):
		return beginsText, true
	case slices.ContainsFunc(parts, func(part string) bool { return strings.HasPrefix(part, word) }):
		return beginsWord, true
	case strings.Contains(text, word):
		return insideText, true
	}
	between, ok := spread([]rune(word), parts)
	return scattered + between, ok
}

// spread says whether letters are in some words in their order, where the first of them
// in a word begins that word: vsrc is view source. It counts the letters that lie
// between them.
func spread(letters []rune, words []string) (between int, ok bool) {
	if len(letters) == 0 {
		return 0, true
	}
	for i, word := range words {
		for _, n := range slices.Backward(takenFrom(letters, word)) { // the most of this word first
			if rest, ok := spread(letters[n.letters:], words[i+1:]); ok {
				return n.between + rest, true
			}
		}
	}
	return 0, false
}

// taken is how many letters a word gives, and how many of its own lie between them.
type taken struct{ letters, between int }

// takenFrom are the ways to take the first of some letters from a word: one of them, two,
// and so on. There are none where the word does not begin with the first.
func takenFrom(letters []rune, word string) (all []taken) {
	passed := 0
	for i, r := range []rune(word) {
		n := len(all)
		switch {
		case n == len(letters):
			return all
		case r == letters[n]:
			all = append(all, taken{n + 1, passed})
		case i == 0:
			return nil
		default:
			passed++
		}
	}
	return all
}

func noLetter(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
