package config

import (
	"fmt"
	"strings"
)

// Suggest is a hint for a word that is none of the known ones: the nearest of
// them, or all if none is near.
func Suggest(word string, known []string) string {
	return Nearest(word, known, "possible here: "+strings.Join(known, ", "))
}

// Nearest is Suggest with another hint for when none is near.
func Nearest(word string, known []string, otherwise string) string {
	word = strings.ToLower(word)
	best, least := "", tolerance(word)+1
	for _, candidate := range known {
		lower := strings.ToLower(candidate)
		distance := Slips(word, candidate)
		if len(word) >= 3 && strings.HasPrefix(lower, word) {
			distance = min(distance, 1) // "user" for "username"
		}
		if distance < least {
			best, least = candidate, distance
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return otherwise
}

// tolerance is how many slips still look like the same word: one in three letters.
func tolerance(word string) int { return max(1, len([]rune(word))/3) }

// Slips counts the letters that were typed wrong if one word stands for the
// other, without regard to case: one too many, one too few, another, or two that
// changed places.
func Slips(a, b string) int {
	return editDistance([]rune(strings.ToLower(a)), []rune(strings.ToLower(b)))
}

// editDistance counts the letters to add, drop, change or swap with their
// neighbour to get from a to b (optimal string alignment).
func editDistance(a, b []rune) int {
	if len(a) > maxWord || len(b) > maxWord {
		return max(len(a), len(b))
	}
	var rows [3][maxWord + 1]int // before last, last, this
	before, last, this := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range a {
		this[0] = i + 1
		for j := range b {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			this[j+1] = min(change, last[j+1]+1, this[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				this[j+1] = min(this[j+1], before[j-1]+1)
			}
		}
		before, last, this = last, this, before
	}
	return last[len(b)]
}

// maxWord bounds the work: no key or name that is known is longer.
const maxWord = 64
