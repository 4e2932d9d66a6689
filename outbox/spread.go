package outbox

import (
	"slices"

	"sendoff/outbox/pace"
)

// Bounds of how many items of campaigns wait before an account: some for each of
// its connections, so that a lane never waits for the next one to be made, and few
// enough to be held at once.
const (
	aheadPerConnection = 25
	leastAhead         = 50
	mostAhead          = 400
)

// ahead is how many items of campaigns are to wait before an account at most. It
// is pure.
func ahead(connections int) int {
	return min(max(connections*aheadPerConnection, leastAhead), mostAhead)
}

// budget is how many rows are to become items of an account now: nothing before
// half of what waits is gone, so that they are made some at a time, and never more
// than its limits leave. It is pure.
func budget(connections, due, room int) int {
	most := min(ahead(connections), room)
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
