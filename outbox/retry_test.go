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
		if low := backoff(tries, 0); low != time.Duration(float64(want)*0.8) {
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
	week := now.Add(-7 * 24 * time.Hour)
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
		{"the line broke over this message", ClassNetwork, situation{began: true}, verdict{event: EventDefer, counted: true, next: now.Add(time.Minute)}},
		{"too much", ClassThrottled, situation{began: true}, verdict{event: EventInterrupt, next: now, parks: true}},
		{"a greeting that is not SMTP", ClassProtocol, situation{}, verdict{event: EventInterrupt, next: now, parks: true}},
		{"a greeting of 4yz", ClassTemporary, situation{tries: 30, created: week}, verdict{event: EventInterrupt, next: now, parks: true}},
		{"no answer to the dot", ClassUncertain, situation{began: true}, verdict{event: EventDoubt, counted: true}},
		{"no answer, and the account says resend", ClassUncertain, situation{began: true, resend: true}, verdict{event: EventDefer, counted: true, next: now.Add(time.Minute)}},
		{"old, but hardly tried", ClassTemporary, situation{began: true, created: week, tries: 3}, verdict{event: EventDefer, counted: true, next: now.Add(10 * time.Minute)}},
		{"tried often, but young", ClassTemporary, situation{began: true, tries: 40}, verdict{event: EventDefer, counted: true, next: now.Add(time.Hour)}},
		{"given up", ClassTemporary, situation{began: true, created: week, tries: 9}, verdict{event: EventReject, counted: true}},
	} {
		c.in.now, c.in.random = now, 0.5
		if c.in.created.IsZero() {
			c.in.created = now
		}
		if got := decide(Result{Class: c.class}, c.in); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestParkedUntil(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	if got := parkedUntil(ClassCredentials, 1, now); !got.IsZero() {
		t.Errorf("a refused login is tried again by itself at %v", got)
	}
	for tries := 1; tries < 50; tries++ {
		if wait := parkedUntil(ClassNetwork, tries, now).Sub(now); wait <= 0 || wait > time.Minute {
			t.Errorf("try %d: the network is looked for after %v, want within a minute", tries, wait)
		}
		for _, c := range []Class{ClassAccount, ClassThrottled} {
			if wait := parkedUntil(c, tries, now).Sub(now); wait < time.Minute || wait > time.Hour {
				t.Errorf("try %d: %s waits %v", tries, c, wait)
			}
		}
	}
}

func TestAfterInterruption_FollowsTheScheduleFromTheThird(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for row, want := range map[int]time.Duration{1: 0, 2: 0, 3: time.Minute, 4: 2 * time.Minute} {
		if got := afterInterruption(row, now, 0.5).Sub(now); got != want {
			t.Errorf("interruption %d: waits %v, want %v", row, got, want)
		}
	}
}
