package outbox

import (
	"slices"
	"time"

	"sendoff/outbox/pace"
)

// Bounds of how many items of campaigns wait before an account: some for each of its
// connections, and as many as leave in a moment, so that a lane never waits for the next
// one to be made; and few enough to be held at once.
const (
	aheadPerConnection = 25
	leastAhead         = 50
	mostAhead          = 400
	aheadFeed          = 10 * feedPause // half of what leaves in it is there when more is made
)

// ahead is how many items of campaigns are to wait before an account at most, of which
// so many leave in an aheadFeed. It is pure.
func ahead(connections, leave int) int {
	return min(max(connections*aheadPerConnection, leave, leastAhead), mostAhead)
}

// stock is what waited before an account when it was looked at, and how many left since
// the look before, in an aheadFeed.
type stock struct {
	at         time.Time
	due, leave int
}

// next is the stock at a later look, at which so many wait. It is pure.
func (s stock) next(now time.Time, due int) stock {
	took := now.Sub(s.at)
	switch {
	case s.at.IsZero():
		return stock{at: now, due: due}
	case took < feedPause/2: // too short to tell: what left meanwhile counts the next time
		return s
	}
	leave := time.Duration(max(s.due-due, 0)) * aheadFeed / took
	return stock{at: now, due: due, leave: int(min(leave, mostAhead))}
}

// and is the stock with what was made meanwhile.
func (s stock) and(made int) stock {
	s.due += made
	return s
}

// budget is how many rows are to become items of an account now: nothing before
// half of what waits is gone, so that they are made some at a time, and never more
// than its limits leave. It is pure.
func budget(connections, leave, due, room int) int {
	most := min(ahead(connections, leave), room)
	if due > most/2 && due > 0 {
		return 0
	}
	return max(most-due, 0)
}

// spread gives rows, of which there are so many, to accounts, by what each may still
// send. It stops when none may. It is pure.
func spread(rows int, accounts []string, left map[string]int) (given []string) {
	var choices []pace.Choice
	for _, a := range accounts {
		choices = append(choices, pace.Choice{Account: a, Room: left[a]})
	}
	for range rows {
		account, ok := pace.Choose(choices)
		if !ok {
			break
		}
		choices[slices.Index(accounts, account)].Given++
		given = append(given, account)
	}
	return given
}
