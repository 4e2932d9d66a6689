package outbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What is said of an item where its state is meant is a name of States, or a word that
// rows show in place of one: a search and a Query know both.

// circumstances are what it goes by, besides the item, what an item is called.
type circumstances struct {
	now      time.Time
	policies []Policy
}

// stateWord is a word for some of the items of a state, or another word for one.
type stateWord struct {
	word string
	of   func(circumstances) (condition string, args []any)
}

var stateWords = []stateWord{
	{"parked", circumstances.parked},
	{"late", circumstances.late},
	{"undo", func(c circumstances) (string, []any) {
		return "(state = 6 AND undo <> 0 AND not_before > ?)", []any{stamp(c.now)}
	}},
	{"resent", func(circumstances) (string, []any) {
		return "(state IN (9, 10, 11) AND replaced_by <> 0 AND EXISTS(SELECT 1 FROM items s WHERE s.id = items.replaced_by AND s.draft = 0 AND s.cancelled = 0))", nil
	}},
	{"in doubt", sameAs(StateUncertain)},
	{"under way", sameAs(StateSending)},
	{"on the wire", sameAs(StateSending)},
}

// StateWords are the words of rows that a search and [Query.Words] take beside the names of
// States: parked for what waits for an account that stands still, in doubt for what is
// uncertain, and so on.
func StateWords() (words []string) {
	for _, w := range stateWords {
		words = append(words, w.word)
	}
	return words
}

// ParseStateWord finds the one of StateWords that is meant, whatever the case, with a blank,
// a hyphen or nothing between its parts.
func ParseStateWord(typed string) (word string, ok bool) {
	for _, w := range stateWords {
		if joined(w.word) == joined(typed) {
			return w.word, true
		}
	}
	return "", false
}

// joined is a word as it is compared.
func joined(word string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(word))
}

func sameAs(s State) func(circumstances) (string, []any) {
	return func(c circumstances) (string, []any) { return stateCondition([]State{s}, c.now) }
}

// parked holds for what waits for an account that stands still by its settings as they are
// now, as StandingParks has it.
func (c circumstances) parked() (string, []any) {
	condition, args := stateCondition([]State{StateWaiting}, c.now)
	var changed strings.Builder
	for _, p := range c.policies {
		if p.Revision != "" {
			changed.WriteString(" AND NOT (account = ? AND revision <> ?)")
			args = append(args, p.Account, p.Revision)
		}
	}
	return fmt.Sprintf("(%s AND account IN (SELECT account FROM parks WHERE 1%s))", condition, changed.String()), args
}

// late holds for what has waited for longer than anybody expects, as Item.Late has it.
func (c circumstances) late() (string, []any) {
	condition, args := stateCondition([]State{StateWaiting}, c.now)
	since := stamp(c.now.Add(-LateAfter))
	return "(" + condition + " AND iif(date = 0, created_at, date) <= ? AND not_before <= ?)", append(args, since, since)
}

// anyOf holds for items in one of some states, or that one of some words is said of.
func (c circumstances) anyOf(states []State, words []string) (string, []any) {
	var either []string
	var args []any
	if len(states) > 0 {
		condition, values := stateCondition(states, c.now)
		either, args = append(either, condition), values
	}
	for _, w := range stateWords {
		if slices.Contains(words, w.word) {
			condition, values := w.of(c)
			either, args = append(either, condition), append(args, values...)
		}
	}
	if len(either) == 0 {
		return "0", nil
	}
	return "(" + strings.Join(either, " OR ") + ")", args
}

// saidOfState gives the states and the words that begin with what is typed.
func saidOfState(typed string) (states []State, words []string) {
	for _, s := range States {
		if strings.HasPrefix(s.String(), strings.ToLower(typed)) {
			states = append(states, s)
		}
	}
	for _, w := range stateWords {
		if begin := joined(typed); begin != "" && strings.HasPrefix(joined(w.word), begin) {
			words = append(words, w.word)
		}
	}
	return states, words
}

// cutStateWord takes a word of several parts from the beginning, as rows show it: whole, or
// as far as it is typed at the end of a search.
func cutStateWord(text string, words []string) (word, rest string, ok bool) {
	typed := strings.ToLower(text)
	for _, w := range words {
		if !strings.Contains(w, " ") {
			continue
		}
		if after, whole := strings.CutPrefix(typed, w); whole && (after == "" || strings.TrimLeft(after, " \t") != after) {
			return w, text[len(w):], true
		}
		if strings.Contains(typed, " ") && strings.HasPrefix(w, typed) {
			return typed, "", true
		}
	}
	return "", text, false
}
