package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"
)

// spellCounted is how many words of a draft no dictionary knows.
type spellCounted struct {
	review *reviewPane
	round  int
	words  int
}

// countMisspelt looks up the words of the draft beside the check, which does not
// wait for that. Where it cannot be told nothing is said: alt+s says why.
func (r *reviewPane) countMisspelt() tea.Cmd {
	if r.options.Spelling == nil {
		return nil
	}
	checker, text, round := r.checker(), spellable(r.draft.Subject, r.draft.Body), r.round
	ignored := make(map[string]bool)
	for word := range r.composer.ignored {
		ignored[word] = true
	}
	return r.do(func(ctx context.Context) tea.Msg {
		words, err := checker.Check(ctx, text)
		if err != nil {
			return nil
		}
		n := 0
		for _, w := range words {
			if !ignored[w.Text] {
				n++
			}
		}
		return spellCounted{r, round, n}
	})
}

// spellText is the note in the review; "" without one.
func (r *reviewPane) spellText() string {
	switch r.misspelt {
	case 0:
		return ""
	case 1:
		return r.keyed("1 word is not in the dictionary: {compose.spelling} in the form shows it")
	}
	return count(r.misspelt, "word") + r.keyed(" are not in the dictionary: {compose.spelling} in the form shows them")
}
