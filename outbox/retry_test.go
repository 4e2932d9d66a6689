package outbox

import (
	"testing"
	"time"
)

func TestBackoff_FollowsTheScheduleWithinItsJitter(t *testing.T) {
	for tries, want := range map[int]time.Duration{
		0: time.Minute, 1: time.Minute, 2: 2 * time.Minute, 3: 5 * time.Minute, 4: 10 * time.Minute,
		5: 20 * time.Minute, 6: 30 * time.Minute, 7: time.Hour, 8: time.Hour, 500: time.Hour,
	} {
		if low := backoff(tries, 0); low != max(time.Duration(float64(want)*0.8), time.Minute) {
			t.Errorf("after %d tries at least %v", tries, low)
		}
		if mid := backoff(tries, 0.5); mid != want {
			t.Errorf("after %d tries about %v, want %v", tries, mid, want)
		}
		if high := backoff(tries, 0.999999); high > time.Duration(float64(want)*1.2) {
			t.Errorf("after %d tries up to %v", tries, high)
		}
	}
}

func TestDecide(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	const week = 7 * 24 * time.Hour
	for _, c := range []struct {
		name  string
		class Class
		in    situation
		want  verdict
	}{
		{"accepted", ClassAccepted, situation{}, verdict{event: EventAccept, counted: true}},
		{"refused for good", ClassRejected, situation{}, verdict{event: EventReject, counted: true}},
		{"refused by policy", ClassPolicy, situation{}, verdict{event: EventReject, counted: true}},
		{"greylisted", ClassTemporary, situation{began: true}, verdict{event: EventDefer, counted: true, next: now.Add(time.Minute)}},
		{"greylisted again", ClassTemporary, situation{began: true, tries: 2}, verdict{event: EventDefer, counted: true, next: now.Add(5 * time.Minute)}},
		{"not SMTP", ClassProtocol, situation{began: true}, verdict{event: EventDefer, counted: true, next: now.Add(time.Minute)}},
		{"login refused", ClassCredentials, situation{}, verdict{event: EventInterrupt, next: now, parks: true}},
		{"no network", ClassNetwork, situation{}, verdict{event: EventInterrupt, next: now, parks: true}},
		{"a person has stopped it", ClassNetwork, situation{began: true, brokenOff: true}, verdict{event: EventInterrupt, next: now}},
		{"a person has stopped it, and this one was refused by then", ClassRejected, situation{began: true, brokenOff: true}, verdict{event: EventReject, counted: true}},
		{"the line broke over this message", ClassNetwork, situation{began: true}, verdict{event: EventDefer, counted: true, next: now.Add(time.Minute)}},
		{"too much", ClassThrottled, situation{began: true}, verdict{event: EventInterrupt, next: now, parks: true}},
		{"a greeting that is not SMTP", ClassProtocol, situation{}, verdict{event: EventInterrupt, next: now, parks: true}},
		{"a greeting of 4yz", ClassTemporary, situation{tries: 30, waited: week}, verdict{event: EventInterrupt, next: now, parks: true}},
		{"no answer to the dot", ClassUncertain, situation{began: true}, verdict{event: EventDoubt, counted: true}},
		{"no answer, and the account says resend", ClassUncertain, situation{began: true, resend: true}, verdict{event: EventDefer, counted: true, next: now.Add(time.Minute)}},
		{"old, but hardly tried", ClassTemporary, situation{began: true, waited: week, tries: 3}, verdict{event: EventDefer, counted: true, next: now.Add(10 * time.Minute)}},
		{"tried often, but young", ClassTemporary, situation{began: true, tries: 40}, verdict{event: EventDefer, counted: true, next: now.Add(time.Hour)}},
		{"given up", ClassTemporary, situation{began: true, waited: week, tries: 9}, verdict{event: EventReject, counted: true}},
	} {
		c.in.now, c.in.random = now, 0.5
		if got := decide(Result{Class: c.class}, c.in); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestDecide_ByTheLimitThatTheServerSpeaksOf(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := situation{began: true, now: now, random: 0.5}
	rest := Result{Class: ClassTemporary, Code: 452, Enhanced: "4.5.3", Limit: LimitRecipients}
	if v := decide(rest, s); v.event != EventDefer || !v.counted {
		t.Errorf("too many recipients and none was taken: %+v", v)
	}
	s.partly = true
	if v := decide(rest, s); v != (verdict{event: EventInterrupt, next: now, rest: true}) {
		t.Errorf("the rest goes at once, uncounted: %+v", v)
	}
	if v := decide(Result{Class: ClassTemporary, Code: 450, Enhanced: "4.2.1"}, s); v.next.Sub(now) < 10*time.Minute {
		t.Errorf("a mailbox that receives too quickly is tried again after %v", v.next.Sub(now))
	}
}

func TestPatience_CountsWhatWasWaitedForTheServer(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		last time.Time
		want time.Duration
	}{
		"the first try":          {time.Time{}, 0},
		"an hour":                {now.Add(-time.Hour), time.Hour},
		"a week asleep":          {now.Add(-7 * 24 * time.Hour), 24 * time.Hour},
		"the clock was set back": {now.Add(10 * 24 * time.Hour), 0},
	} {
		if got := patience(c.last, now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// I02: a clock that jumps ahead by ten days gives up nothing, and neither do
// ten tries in a row.
func TestExhausted_NeedsTriesAndPatience(t *testing.T) {
	if exhausted(10, 10*time.Hour) || exhausted(3, 10*24*time.Hour) || !exhausted(10, 5*24*time.Hour) {
		t.Error("a message is given up after ten tries and five days of waiting, not after one of them")
	}
	waited, tries := time.Duration(0), 0
	last, now := time.Time{}, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for range 8 { // an afternoon of tries
		waited, tries, last, now = waited+patience(last, now), tries+1, now, now.Add(time.Hour)
	}
	now = now.Add(10 * 24 * time.Hour)
	for range 4 { // and the clock is wrong by ten days
		waited, tries, last, now = waited+patience(last, now), tries+1, now, now.Add(time.Hour)
	}
	if exhausted(tries, waited) {
		t.Errorf("given up after %d tries and %v by a jump of the clock", tries, waited)
	}
}

func TestSetBack_NoticesAClockThatGoesBackAlone(t *testing.T) {
	for name, c := range map[string]struct{ wall, monotonic, want time.Duration }{
		"both go on":                 {time.Minute, time.Minute, 0},
		"a time service":             {58 * time.Second, time.Minute, 0},
		"set back by a day":          {time.Minute - 24*time.Hour, time.Minute, 24 * time.Hour},
		"ahead by ten days":          {10 * 24 * time.Hour, time.Minute, 0},
		"asleep (it stands still)":   {8 * time.Hour, time.Minute, 0},
		"asleep (it goes on)":        {8 * time.Hour, 8 * time.Hour, 0},
		"daylight saving is no jump": {time.Hour, time.Hour, 0},
	} {
		if got := setBack(c.wall, c.monotonic); got != c.want {
			t.Errorf("%s: set back by %v, want %v", name, got, c.want)
		}
	}
}

func TestParkedUntil(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	if got := parkedUntil(Result{Class: ClassCredentials}, 1, now); !got.IsZero() {
		t.Errorf("a refused login is tried again by itself at %v", got)
	}
	if got := parkedUntil(Result{Class: ClassThrottled, Limit: LimitDay}, 1, now); got != now.Add(24*time.Hour) {
		t.Errorf("a day's quota is free again at %v", got)
	}
	hungUp := Result{Class: ClassThrottled, Limit: LimitLogins}
	for tries, want := range map[int]time.Time{1: now.Add(15 * time.Minute), 2: now.Add(time.Hour), 3: {}, 4: {}} {
		if got := parkedUntil(hungUp, tries, now); got != want {
			t.Errorf("hung up on %d logins: the next is at %v, want %v", tries, got, want)
		}
	}
	for tries := 1; tries < 50; tries++ {
		if wait := parkedUntil(Result{Class: ClassNetwork}, tries, now).Sub(now); wait <= 0 || wait > time.Minute {
			t.Errorf("try %d: the network is looked for after %v, want within a minute", tries, wait)
		}
		for _, c := range []Class{ClassAccount, ClassThrottled} {
			if wait := parkedUntil(Result{Class: c}, tries, now).Sub(now); wait < time.Minute || wait > time.Hour {
				t.Errorf("try %d: %s waits %v", tries, c, wait)
			}
		}
	}
}

func TestFewerConnections(t *testing.T) {
	for _, c := range []struct{ configured, known, want int }{{2, 0, 1}, {1, 0, 1}, {5, 3, 2}, {5, 1, 1}, {2, 9, 1}} {
		if got := fewerConnections(c.configured, c.known); got != c.want {
			t.Errorf("configured %d, known %d: %d, want %d", c.configured, c.known, got, c.want)
		}
	}
}

func TestAfterInterruption_FollowsThePlanFromTheThird(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for row, want := range map[int]time.Duration{1: 0, 2: 0, 3: time.Minute, 4: 2 * time.Minute} {
		planned := plannedNext(0, row-1, now, 0.5)
		if got := afterInterruption(row, planned, now).Sub(now); got != want {
			t.Errorf("interruption %d: waits %v, want %v", row, got, want)
		}
	}
}

func TestLearned_OneConnectionMoreADay(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		learned int
		later   time.Duration
		want    int
	}{
		{0, 0, 0},
		{0, 100 * raiseEvery, 0},
		{1, 0, 1},
		{1, raiseEvery - time.Second, 1},
		{1, raiseEvery, 2},
		{3, 2*raiseEvery + time.Hour, 5},
		{3, -raiseEvery, 3}, // the clock was set back
	} {
		if got := (learned{c.learned, at}).atMost(at.Add(c.later)); got != c.want {
			t.Errorf("%d, %s later: %d, want %d", c.learned, c.later, got, c.want)
		}
	}
}
