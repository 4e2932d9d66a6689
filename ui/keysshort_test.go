package ui

import (
	"slices"
	"strings"
	"testing"

	"charm.land/bubbles/v2/key"
	"github.com/charmbracelet/x/ansi"
)

// shown are the keys of a footer that it has room for.
func shown(s *story, width int) (n, of int) {
	b := s.model.top().bindings()
	line := ansi.Strip(s.model.styles.keyed(s.model.styles.footer(b, width-2)))
	has := func(k key.Binding) bool {
		h := k.Help()
		return strings.Contains(" "+line+" ", " "+h.Key+" "+h.Desc+" ")
	}
	whole, short := inFooter(b.footer), inFooter(b.short().footer)
	for i := range whole {
		if has(whole[i]) || has(short[i]) {
			n++
		}
	}
	return n, len(whole)
}

// On the narrowest screens the footer has the three keys that matter now.
func TestFooter_HasThreeKeysOnNarrowScreens(t *testing.T) {
	two := []string{"campaignfiles", "campaignwrong", "marks", "wizard"} // at 40 columns: what they do cannot be said in less
	for _, screen := range screens {
		t.Run(screen.name, func(t *testing.T) {
			screen.beside(t)
			tell(t, 40, 12, nil, everyState, func(s *story) {
				screen.open(s)
				if s.model.question != nil { // it has answers in place of the footer
					return
				}
				for _, width := range []int{40, 50} {
					want := 3
					if width == 40 && slices.Contains(two, screen.name) {
						want = 2
					}
					if n, of := shown(s, width); n < min(want, of) {
						s.t.Errorf("at %d columns %d of %d: %q", width, n, of, ansi.Strip(s.model.styles.keyed(s.model.styles.footer(s.model.top().bindings(), width-2))))
					}
				}
			})
		})
	}
}

// A wide screen has the words in full, and the threshold is where they begin to fit.
func TestFooter_HasWholeWordsWhereTheyFit(t *testing.T) {
	tell(t, 64, 24, nil, everyState, func(s *story) {
		s.Keys("m")
		s.See("ctrl+s review  ctrl+e editor  ctrl+t attach", "esc keep  f1 help")
		s.Resize(63, 24)
		s.See("^s review  ^e edit  ^t attach", "esc  f1")
	})
}

// Every short word is of a key that there is, and shorter.
func TestFooter_ShortWordsAreOfKeys(t *testing.T) {
	left := make(map[string]bool)
	for does, word := range shortWords {
		left[does] = true
		if ansi.StringWidth(word) >= ansi.StringWidth(does) {
			t.Errorf("%q is no shorter than %q", word, does)
		}
	}
	for _, screen := range screens {
		tell(t, 80, 24, nil, everyState, func(s *story) {
			screen.open(s)
			b := s.model.top().bindings()
			for _, k := range slices.Concat(b.footer, b.end) {
				delete(left, k.Help().Desc)
			}
		})
	}
	if len(left) > 0 {
		t.Errorf("no key does %v", left)
	}
}
