package pace

import (
	"fmt"
	"strings"

	"sendoff/internal/cleantext"
)

// Outcome is what became of one letter, as far as it says something about its
// campaign.
type Outcome struct {
	Kind   Kind
	Answer string // of the server, its codes: "550 5.1.1"; of an unfit letter what is wrong with it
}

// Kind is how a letter fared.
type Kind uint8

// The kinds.
const (
	Taken    Kind = iota // the server took it
	Deferred             // it is tried again: says nothing
	Refused              // the recipient's address is wrong for good
	Blocked              // refused as spam, by policy, or for who sends it
	Failed               // refused for good for any other reason
	Unfit                // it could not be made, or not be sent as it is: no server has said so
)

// When a campaign stops itself. Providers begin to look at who sends when one
// address of twenty is wrong (Amazon SES reviews an account at 5 %), and each
// further letter that is taken for spam costs the name of the domain.
const (
	Recent      = 200 // outcomes that are looked at
	mostRefused = 10  // of them: 5 %. Ten of fewer are as bad: a list of good addresses has not so many
	mostBlocked = 3   // in a row
	mostAlike   = 5   // in a row refused with the same answer
	mostUnfit   = 3   // in a row: one row may be wrong, a file that is missing is missing for all
)

// Trip looks at the outcomes of a campaign since it was last started or resumed,
// the oldest first, and says why it has to stop; "" if it may go on. Those before
// the last [Recent] may be left out.
func Trip(outcomes []Outcome) (reason string) {
	blocked, alike, refused, unfit := 0, 0, 0, 0
	blocks, answers, unfits := true, true, true // it is still one row, from the newest back
	var newest Outcome
	seen := 0
	for i := len(outcomes) - 1; i >= 0 && seen < Recent; i-- {
		o := outcomes[i]
		if o.Kind == Deferred {
			continue
		}
		if seen++; seen == 1 {
			newest = o
		}
		blocks = blocks && o.Kind == Blocked
		unfits = unfits && o.Kind == Unfit
		answers = answers && o.Kind != Taken && o.Answer != "" && o.Answer == newest.Answer
		if blocks {
			blocked++
		}
		if unfits {
			unfit++
		}
		if answers {
			alike++
		}
		if o.Kind == Refused {
			refused++
		}
	}
	switch {
	case blocked >= mostBlocked:
		return fmt.Sprintf("%d letters in a row were refused as spam or by a policy%s: more of them harm the name of the sender", blocked, inBrackets(newest.Answer))
	case unfit >= mostUnfit:
		return fmt.Sprintf("%d letters in a row cannot be made or sent as they are%s", unfit, inBrackets(newest.Answer))
	case alike >= mostAlike:
		return fmt.Sprintf("%d letters in a row were refused with the same answer%s", alike, inBrackets(newest.Answer))
	case refused >= mostRefused:
		return fmt.Sprintf("%d of the last %d addresses are wrong: is the list old?", refused, seen)
	}
	return ""
}

func inBrackets(answer string) string {
	if answer = cleantext.Line(strings.TrimSpace(answer)); answer == "" {
		return ""
	}
	return " (" + answer + ")"
}
