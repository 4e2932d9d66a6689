package ui

import "testing"

func TestFuzzyRank_PutsTheNearestFirst(t *testing.T) {
	texts := []string{"retry", "other account", "view source", "try it again now"}
	for _, test := range []struct{ typed, best, second string }{
		{"ret", "retry", ""},
		{"try", "try it again now", "retry"},
		{"acc", "other account", ""},
		{"vsrc", "view source", ""},
		{"again now", "try it again now", ""},
		{"NOW", "try it again now", ""},
		{"xyz", "", ""},
		{"now xyz", "", ""},
	} {
		best, second := "", ""
		rank := func(text string) int {
			r, ok := fuzzyRank(test.typed, text)
			if !ok {
				return 1000
			}
			return r
		}
		for _, text := range texts {
			switch {
			case rank(text) == 1000:
			case best == "" || rank(text) < rank(best):
				best, second = text, best
			case second == "" || rank(text) < rank(second):
				second = text
			}
		}
		if best != test.best || second != test.second {
			t.Errorf("%q: got %q, then %q; want %q, then %q", test.typed, best, second, test.best, test.second)
		}
	}
}

func TestFuzzyRank_TheFirstTextCountsMost(t *testing.T) {
	first, _ := fuzzyRank("edit", "edit", "change it")
	second, ok := fuzzyRank("edit", "change it", "edit")
	if !ok || first >= second {
		t.Errorf("got %d and %d", first, second)
	}
	if rank, ok := fuzzyRank("  ", "anything"); rank != 0 || !ok {
		t.Errorf("nothing typed: got %d, %t", rank, ok)
	}
}

// Letters that are somewhere in a sentence are no match, and a word that begins so is
// nearer than one that has it inside.
func TestFuzzyRank_ScatteredLettersAreNoWord(t *testing.T) {
	for _, test := range []struct {
		typed string
		texts []string
	}{
		{"att", []string{"quit, draft is kept"}},
		{"ise", []string{"quit, draft is kept"}},
		{"vsrc", []string{"look", "view the source"}},
		{"diskspace", []string{"quit, draft is kept"}},
	} {
		if rank, ok := fuzzyRank(test.typed, test.texts...); ok {
			t.Errorf("%q fits %q: %d", test.typed, test.texts, rank)
		}
	}
	word, _ := fuzzyRank("att", "files", "attach a file", "compose.attach")
	inside, ok := fuzzyRank("att", "latte")
	if !ok || word >= inside {
		t.Errorf("a word: %d, inside one: %d", word, inside)
	}
	if rank, ok := fuzzyRank("dik", "quit, draft is kept"); !ok || rank < scattered {
		t.Errorf("words' beginnings: %d, %t", rank, ok)
	}
}
