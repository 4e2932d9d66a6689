package pace

import "time"

// Grace is by how much the start of a campaign may be missed. What was meant for
// the morning is not sent in the night because the machine was off, or because a
// copy of it from last week has come to life.
const Grace = time.Hour

// Start is what follows from when a campaign is to begin.
type Start uint8

// The answers.
const (
	StartNow  Start = iota
	StartWait       // until its time
	StartAsk        // it was missed: a person says whether it still goes
)

// Begin says whether a campaign that is to begin at a time, and has sent nothing
// yet, begins now; from is when it does, or would have. A zero time is at once.
func Begin(at time.Time, hours Hours, now time.Time) (s Start, from time.Time) {
	if at.IsZero() {
		at = now
	}
	from = hours.Next(at)
	switch {
	case now.Before(from):
		return StartWait, from
	case now.Sub(from) > Grace:
		return StartAsk, from
	case !hours.Open(now): // it was open for less than the grace
		return StartWait, hours.Next(now)
	}
	return StartNow, from
}
