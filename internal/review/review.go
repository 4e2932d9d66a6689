// Package review looks at a message before it leaves, as somebody would who has sent
// one too many: a file that is missing, an address that is misspelt, people who would
// see each other.
//
// What makes a message impossible is not for it but for [compose.Draft.Check], and it
// never stops one: who sends knows more than it does.
//
// Its one hard rule: [Look] is pure. It judges a draft by [Facts], which [Gather] has
// read before.
package review

import (
	"cmp"
	"slices"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

// Severity is how much a finding matters.
type Severity int

// The severities, from the least. What is Grave cannot be mended once the message has
// left, and is nearly always a mistake: it is asked for once more.
const (
	Note Severity = iota
	Warning
	Grave
)

// Finding is one thing that somebody may want to know before the message leaves.
type Finding struct {
	Severity Severity
	Text     string // a sentence; texts of others in it are clean
	Fix      Fix    // zero: there is none to offer
}

// Fix is what can be done about a finding: one of its ways is set.
type Fix struct {
	What  string // in a few words: "correct it"
	Mend  func(compose.Draft) compose.Draft
	Field string // where the writer has something to do, as a draft names it in JSON
}

// IsZero tells that there is nothing to offer.
func (f Fix) IsZero() bool { return f.What == "" }

// Facts are what is known beside the draft. Their zero value is that nothing is.
type Facts struct {
	Now      time.Time
	Accounts []accounts.Account
	People   map[string]outbox.Correspondent // by address, in lower case
	Stopped  map[string]outbox.Suppression   // the recipients that must not be written to, by address in lower case
	Size     int64                           // of the message, about; 0: not known
	Begun    time.Time                       // when the draft was; zero: not known
	Leaves   time.Time                       // when the message is to; zero: now
}

// account is the one that the draft goes through.
func (f Facts) account(d compose.Draft) (accounts.Account, bool) {
	i := slices.IndexFunc(f.Accounts, func(a accounts.Account) bool { return a.Name == d.Account })
	if i < 0 {
		return accounts.Account{}, false
	}
	return f.Accounts[i], true
}

// Look gives what is worth a second look, the gravest first.
func Look(d compose.Draft, f Facts) []Finding {
	all := slices.Concat(
		attachmentMissing(d),
		misspelt(d, f),
		inTheOpen(d, f),
		unwelcome(d, f),
		twice(d),
		filesOf(d),
		otherAccount(d, f),
		unsigned(d, f),
		withoutSubject(d),
		large(f, d),
		late(f),
	)
	return Sort(all)
}

// Sort puts the gravest first.
func Sort(all []Finding) []Finding {
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return all
}

// Worst is the severity of the gravest; ok is false if there is none.
func Worst(all []Finding) (worst Severity, ok bool) {
	for _, f := range all {
		worst = max(worst, f.Severity)
	}
	return worst, len(all) > 0
}
