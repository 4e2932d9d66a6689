package outbox

import (
	"testing"
	"time"
)

func TestLookInterval_GrowsWhileNothingIsSent(t *testing.T) {
	const day = 24 * time.Hour
	for _, test := range []struct{ every, idle, want time.Duration }{
		{2 * time.Minute, 0, 2 * time.Minute},
		{2 * time.Minute, 47 * time.Hour, 2 * time.Minute},
		{2 * time.Minute, 2 * day, 4 * time.Minute},
		{2 * time.Minute, 3 * day, 8 * time.Minute},
		{2 * time.Minute, 5 * day, 30 * time.Minute},
		{2 * time.Minute, 1<<63 - 1, 30 * time.Minute},
		{10 * time.Second, 2 * day, 20 * time.Second},
		{time.Hour, 9 * day, time.Hour},
		{2 * time.Minute, -day, 2 * time.Minute}, // the clock was set back
	} {
		if got := lookInterval(test.every, test.idle); got != test.want {
			t.Errorf("every %s, idle for %s: %s, want %s", test.every, test.idle, got, test.want)
		}
	}
}

func TestNextLook(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	p := Policy{Mailbox: "here", Every: 2 * time.Minute, Revision: "1"}
	at := func(d time.Duration) looked { return looked{place: "here", at: ago(d), tried: ago(d), revision: "1"} }
	with := func(l looked, change func(*looked)) looked {
		change(&l)
		return l
	}
	for _, test := range []struct {
		name string
		l    looked
		sent time.Time
		want time.Time
	}{
		{"never looked", looked{}, time.Time{}, now},
		{"another mailbox", looked{place: "there", at: now, tried: now, stopped: true, revision: "1"}, time.Time{}, now},
		{"as usual", at(time.Minute), ago(time.Hour), now.Add(time.Minute)},
		{"nothing was sent for days", at(time.Minute), ago(1000 * time.Hour), now.Add(29 * time.Minute)},
		{"something was sent", at(time.Minute), ago(time.Second), now.Add(4 * time.Second)},
		{"and something before", at(10 * time.Second), ago(time.Second), now.Add(20 * time.Second)},
		{"it was sent before the look", at(10 * time.Second), ago(11 * time.Second), now.Add(110 * time.Second)},
		{"a clock that was wrong", with(at(0), func(l *looked) { l.tried = now.Add(time.Hour) }), time.Time{}, now},
		{"a failure", with(at(time.Minute), func(l *looked) { l.fails, l.class, l.next = 1, ClassTemporary, now.Add(time.Hour) }), ago(time.Second), now.Add(time.Hour)},
		{"no network", with(at(time.Minute), func(l *looked) { l.fails, l.class, l.next = 1, ClassNetwork, now.Add(time.Hour) }), ago(time.Hour), now.Add(time.Hour)},
		{"a network again", with(at(time.Minute), func(l *looked) { l.fails, l.class, l.next = 1, ClassNetwork, now.Add(time.Hour) }), ago(time.Second), now.Add(4 * time.Second)},
		{"a refused login", with(at(time.Hour), func(l *looked) { l.fails, l.class, l.stopped = 1, ClassCredentials, true }), ago(time.Second), time.Time{}},
		{"another setting", with(at(time.Hour), func(l *looked) { l.fails, l.class, l.stopped, l.revision = 1, ClassCredentials, true, "0" }), ago(time.Second), now},
		{"a report of what is being sent", with(at(time.Second), func(l *looked) { l.next = now.Add(30 * time.Second) }), ago(time.Hour), now.Add(30 * time.Second)},
	} {
		if got := nextLook(p, test.l, test.sent, now); !got.Equal(test.want) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
