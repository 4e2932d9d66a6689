package outbox

import (
	"fmt"
	"strings"

	"sendoff/internal/cleantext"
	"sendoff/outbox/refusal"
)

// Explanation is a result in plain words. The server's own stand beside it: they
// say more, and who reads them can tell whether they were understood.
type Explanation struct {
	What string // what happened: one sentence
	Hint string // what to do, in lower case and without a full stop

	// Otherwise is the Hint where nothing is tried again by itself, or where that
	// does not help; "" if nothing is known.
	Otherwise string
}

// Explain says in plain words what a result means, for who sent through an
// account to an address. It is pure, and safe to show. A result without a class
// has no explanation; every other has the first two parts.
//
// It goes by what is stored: the class, the codes, the words. Where they tell
// nothing, it says just what the class and the code do.
func Explain(r Result, account, address string) Explanation {
	if r.Class.String() == "" {
		return Explanation{}
	}
	line := lineFor(r)
	fill := strings.NewReplacer(
		"{code}", answered(r),
		"{account}", named(account, "the account ", "the account"),
		"{address}", named(address, "", "the recipient"),
		"{domain}", named(domainOf(address), "", "the recipient's domain"),
	)
	what := fill.Replace(line.what)
	if rest, found := strings.CutPrefix(what, "the "); found { // and never an address
		what = "The " + rest
	}
	hint := fill.Replace(line.hint)
	return Explanation{What: what, Hint: waiting(r, hint), Otherwise: hint}
}

// line is an explanation before it is about somebody.
type line struct{ what, hint string }

// lineFor looks for the narrowest line: by what went wrong here, by the reason
// of the server, by the class.
func lineFor(r Result) line {
	if !r.Replied() {
		if _, l, known := unusableFor(r); known {
			return l
		}
		for _, f := range failures {
			if f.class == r.Class && strings.Contains(r.Text, f.text) {
				return f.line
			}
		}
		return withoutReply[r.Class]
	}
	why := refusal.Of(r.Code, r.Enhanced, r.Text)
	for _, l := range refusals {
		if l.reason == why && l.classes.has(r.Class) {
			return l.line
		}
	}
	return withReply[r.Class]
}

// Brief says in a few words, as for a headline, why an account cannot be used; ""
// for a result that does not say so. It is pure, and safe to show.
func Brief(r Result) string {
	if r.Class != ClassAccount {
		return ""
	}
	if brief, _, known := unusableFor(r); known {
		return brief
	}
	switch why := refusal.Of(r.Code, r.Enhanced, r.Text); {
	case r.Code == 0:
		return "cannot be used"
	case why == refusal.AccountBlocked:
		return "blocked by its provider"
	case why == refusal.Blocked:
		return "blocked where it comes from"
	case why == refusal.TLSNeeded:
		return "TLS is wanted"
	}
	return "refused by the server"
}

// unusableFor looks for what makes an account unusable without a reply.
func unusableFor(r Result) (brief string, l line, known bool) {
	if r.Class == ClassAccount && !r.Replied() {
		for _, u := range unusable {
			if strings.Contains(r.Text, u.text) {
				return u.brief, u.line, true
			}
		}
	}
	return "", line{}, false
}

// waiting puts in front of a hint that nothing needs to be done yet.
func waiting(r Result, hint string) string {
	switch r.Class {
	case ClassTemporary, ClassThrottled, ClassNetwork, ClassProtocol:
	default:
		return hint
	}
	if r.Class == ClassThrottled && r.Code == 0 {
		return hint // a server that hangs up on logins: a person is asked soon
	}
	const begin = "it is tried again by itself"
	if hint == "" {
		return begin
	}
	return begin + "; if that does not help, " + hint
}

// answered are the codes of a reply, as in "550 5.1.1".
func answered(r Result) string {
	enhanced := cleantext.Line(r.Enhanced)
	if r.Code == 0 {
		return enhanced
	}
	return strings.TrimSpace(fmt.Sprint(r.Code, " ", enhanced))
}

// maxNamed bounds what an account or an address takes of a line.
const maxNamed = 80

// named is a name with words in front, or what stands for a name that is not
// there or too long.
func named(name, before, otherwise string) string {
	if name = strings.TrimSpace(cleantext.Line(name)); name == "" || len(name) > maxNamed {
		return otherwise
	}
	return before + name
}

func domainOf(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

// classes is a set of them.
type classes uint16

func of(all ...Class) (set classes) {
	for _, c := range all {
		set |= 1 << c
	}
	return set
}

func (s classes) has(c Class) bool { return s&(1<<c) != 0 }
