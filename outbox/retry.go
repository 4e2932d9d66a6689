package outbox

import "time"

// schedule is the wait after the first, second … try that counted. A person
// who has just sent something wants the first tries soon; greylisting servers
// let the second or third through. After the last step it goes on hourly.
var schedule = [...]time.Duration{
	1 * time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
	20 * time.Minute, 30 * time.Minute, 60 * time.Minute,
}

// When a message that nobody refuses for good is given up (RFC 5321 §4.5.4.1
// asks for 4-5 days). The tries must be real ones, so that a machine that was
// switched off does not give up at its first try.
const (
	giveUpAfter = 5 * 24 * time.Hour // of patience
	giveUpTries = 10
)

// LateAfter is how long a message may wait before the user is warned: it has not
// failed, but somebody may want to use the telephone.
const LateAfter = 4 * time.Hour

// jitter is how far a wait may be off, either way: messages that failed
// together should not come back together.
const jitter = 0.2

// backoff is the wait after a number of tries. random is in [0, 1). It is never
// less than a minute: servers that greylist refuse who comes back sooner.
func backoff(tries int, random float64) time.Duration {
	wait := schedule[min(max(tries, 1), len(schedule))-1]
	return max(time.Duration(float64(wait)*(1-jitter+2*jitter*random)), schedule[0])
}

// slowMailbox is the least wait after 450 4.2.1, with which Gmail says that a
// mailbox receives too much: it is about the recipient, not the account.
const slowMailbox = 10 * time.Minute

func leastWait(r Result) time.Duration {
	if r.Code == 450 && r.Enhanced == "4.2.1" {
		return slowMailbox
	}
	return 0
}

// longestGap is the most that one wait between two tries counts. A clock that
// jumps ahead by ten days, a machine that slept for a week: nothing is given up
// by that alone.
const longestGap = 24 * time.Hour

// patience is how much of the time from one counted try to the next a message
// has really waited for its server. Both are readings of the account's online
// clock, which stands still while it cannot be reached; the zero time is none.
func patience(last, now time.Time) time.Duration {
	if last.IsZero() {
		return 0
	}
	return min(max(now.Sub(last), 0), longestGap)
}

// exhausted tells that a recipient has been tried long and often enough.
func exhausted(tries int, waited time.Duration) bool {
	return tries >= giveUpTries && waited >= giveUpAfter
}

// interruptedFree is how many attempts in a row may end with the program
// before a message follows the schedule: one that makes the program crash must
// not loop.
const interruptedFree = 2

// plannedNext is when an attempt that begins now would be followed by another if
// nothing came of it, not even an end: tries have counted before it, and row of
// the last ones ended with their program. It is recorded before the attempt.
func plannedNext(tries, row int, now time.Time, random float64) time.Time {
	return now.Add(backoff(max(tries+1, row+1-interruptedFree), random))
}

// afterInterruption is when an attempt that ended with the program, before its
// mark, is tried again; row is how many in a row there have been, this included,
// and planned what was recorded for it.
func afterInterruption(row int, planned, now time.Time) time.Time {
	if row <= interruptedFree {
		return now
	}
	return later(now, planned)
}

// networkWaits space the tries of an account that cannot be reached. The last
// is the most that mail waits after the network has come back.
var networkWaits = [...]time.Duration{
	5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, longestNetworkWait,
}

// longestNetworkWait is the last of them: an account that is parked until then was
// tried within that time before.
const longestNetworkWait = 60 * time.Second

// throttleWaits space the tries of an account whose provider said "too much".
var throttleWaits = [...]time.Duration{
	10 * time.Minute, 20 * time.Minute, 30 * time.Minute, 60 * time.Minute,
}

// loginWaits space the tries of an account whose server hangs up on the login.
// Behind the last a person is asked: each try may make a lock last longer.
var loginWaits = [...]time.Duration{15 * time.Minute, 60 * time.Minute}

// dayLimitWait is how long an account waits whose provider said that the day's
// quota is used up: quotas are counted over the last 24 hours.
const dayLimitWait = 24 * time.Hour

// parkedUntil is when an account that stopped for the tries-th time in a row
// goes on; the zero time means when a person or a change of the account says so.
func parkedUntil(r Result, tries int, now time.Time) time.Time {
	step := max(tries, 1) - 1
	switch {
	case r.Class == ClassCredentials:
		return time.Time{}
	case r.Class == ClassNetwork:
		return now.Add(networkWaits[min(step, len(networkWaits)-1)])
	case r.Class == ClassThrottled && r.Limit == LimitDay:
		return now.Add(dayLimitWait)
	case r.Class == ClassThrottled && r.Limit == LimitConnections:
		return now.Add(schedule[min(step, len(schedule)-1)]) // with fewer of them it goes on soon
	case r.Class == ClassThrottled && r.Limit == LimitLogins:
		if step >= len(loginWaits) {
			return time.Time{}
		}
		return now.Add(loginWaits[step])
	case r.Class == ClassThrottled:
		return now.Add(throttleWaits[min(step, len(throttleWaits)-1)])
	}
	return now.Add(schedule[min(step, len(schedule)-1)])
}

// verdict is what a result means for a recipient that is being sent.
type verdict struct {
	event   Event
	counted bool      // as a try
	next    time.Time // for EventDefer and EventInterrupt
	parks   bool      // the account stops
	rest    bool      // of more recipients than one transaction takes: due at once
}

// situation is what decide must know besides the result.
type situation struct {
	tries  int           // counted ones, this one not included
	waited time.Duration // see patience; up to this one
	now    time.Time
	began  bool // MAIL was sent: see Report
	partly bool // others of the same attempt were accepted

	brokenOff bool // by a person, before the final dot
	resend    bool // when_uncertain = "resend"
	random    float64
}

// decide turns an answer into what follows. It is pure.
func decide(r Result, s situation) verdict {
	retry := r.Class.Retry()
	switch {
	case r.Class == ClassNetwork && s.brokenOff: // neither line nor account is to blame
		return verdict{event: EventInterrupt, next: s.now}
	case r.Class == ClassNetwork && s.began:
		// The line broke over this very message: that counts, or a message that
		// always breaks it would be tried for ever.
		retry = RetryLater
	case retry == RetryLater && !s.began:
		retry = RetryPark // the server has not heard of this message yet
	}
	if r.Limit == LimitRecipients && (s.partly || r.leftForAnother()) {
		// The rest goes in another transaction at once (RFC 5321 §4.5.3.1.10); it
		// ends, since each takes some. Without a code it was never asked about.
		return verdict{event: EventInterrupt, next: s.now, rest: true}
	}
	switch retry {
	case RetryNone:
		return verdict{event: EventAccept, counted: true}
	case RetryNever:
		return verdict{event: EventReject, counted: true}
	case RetryPark:
		return verdict{event: EventInterrupt, next: s.now, parks: true}
	case RetryAsk:
		if !s.resend {
			return verdict{event: EventDoubt, counted: true}
		}
	}
	if exhausted(s.tries+1, s.waited) {
		return verdict{event: EventReject, counted: true}
	}
	wait := max(backoff(s.tries+1, s.random), leastWait(r))
	return verdict{event: EventDefer, counted: true, next: s.now.Add(wait)}
}
