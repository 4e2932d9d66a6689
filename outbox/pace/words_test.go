package pace

import (
	"strings"
	"testing"
	"time"
)

func TestWords_SayWhenItIsDoneAndWhatHoldsItUp(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	now := at(t, z, "2026-11-30 14:05") // a Monday
	daily := func(most int) []Limit { return []Limit{{most, 24 * time.Hour}} }
	sent := func(n int, before time.Duration) []Sent { return []Sent{{now.Add(-before), n}} }
	for _, test := range []struct {
		plan Plan
		want string
	}{
		{Plan{}, "no messages"},
		{Plan{Letters: 1, Accounts: []Account{{Name: "work"}}}, "1 message: done today 14:05"},
		{Plan{Letters: 1840, Accounts: []Account{{Name: "gmail-work", Limits: daily(500), Connections: 2}}},
			"1,840 messages: gmail-work 500 a day, so done Thursday 14:06; add an account or a relay to finish today"},
		{Plan{Letters: 1840, Accounts: []Account{{Name: "gmail-work", Limits: daily(500), Sent: sent(500, 23*time.Hour), Connections: 2}}},
			"1,840 messages: gmail-work 500 a day, so done Thursday 15:06; add an account or a relay to finish today"},
		{Plan{Letters: 1840, Accounts: []Account{{Name: "gmail-work", Limits: daily(500)}, {Name: "office", Limits: []Limit{{30, time.Minute}}}}},
			"1,840 messages: gmail-work over 1 connection, office 30 a minute, so done today 14:50"},
		{Plan{Letters: 100_000, Accounts: []Account{{Name: "relay", Limits: []Limit{{14, time.Second}}, Connections: 10}}},
			"100,000 messages: relay 14 a second, so done today 16:05"},
		{Plan{Letters: 10_000, Accounts: []Account{{Name: "gmail", Limits: daily(500)}}},
			"10,000 messages: gmail 500 a day, so done Saturday 19 December 14:08; add an account or a relay to finish today"},
		{Plan{Letters: 30_000, Accounts: []Account{{Name: "gmail", Limits: daily(500)}}},
			"30,000 messages: gmail 500 a day, so done Thursday 28 January 2027 14:08; add an account or a relay to finish today"},
		{Plan{Letters: 900, At: at(t, z, "2026-12-05 09:00"), Hours: hours(t, "08:00-18:00 mon-fri"), Accounts: []Account{{Name: "office", Limits: []Limit{{60, time.Hour}}}}},
			"900 messages: office 60 an hour, only 08:00-18:00 mon-fri, so done Tuesday 8 December 12:01"},
		{Plan{Letters: 20, Accounts: []Account{{Name: "office", Stopped: "its login was refused"}}},
			"20 messages; 20 cannot go: office stands still: its login was refused"},
		{Plan{Letters: 2, Accounts: []Account{{Name: "office", Letters: 1, Stopped: "its login was refused"}, {Name: "home"}}},
			"3 messages: home over 1 connection, so done today 14:06; 1 cannot go: office stands still: its login was refused"},
		{Plan{Letters: 2}, "2 messages; 2 cannot go: there is no account"},
	} {
		if got := test.plan.Words(test.plan.Forecast(now), now); got != test.want {
			t.Errorf("\n got %s\nwant %s", got, test.want)
		}
	}
}

func TestWords_TellOfAFewAccounts(t *testing.T) {
	now := at(t, zone(t, "Europe/Berlin"), "2026-11-30 14:05")
	p := Plan{Letters: 9000}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		p.Accounts = append(p.Accounts, Account{Name: name, Limits: []Limit{{500, 24 * time.Hour}}, Connections: 5})
	}
	want := "9,000 messages: a 500 a day, b 500 a day, c 500 a day, 2 more accounts, so done Thursday 14:06; add an account or a relay to finish today"
	if got := p.Words(p.Forecast(now), now); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestBrief_IsHowItEnds(t *testing.T) {
	now := at(t, zone(t, "Europe/Berlin"), "2026-11-30 14:05")
	daily := []Limit{{500, 24 * time.Hour}}
	for _, test := range []struct {
		plan Plan
		want string
	}{
		{Plan{}, ""},
		{Plan{Letters: 10_000, Accounts: []Account{{Name: "gmail", Limits: daily}}}, "done Saturday 19 December 14:08"},
		{Plan{Letters: 1840, Canary: 50, Accounts: []Account{{Name: "gmail"}}}, "the first 50 go, then it pauses"},
		{Plan{Letters: 1, Last: now.Add(time.Hour), Accounts: []Account{{Name: "office"}}}, "tried again today 15:05"},
		{Plan{Letters: 9, Last: now.Add(time.Hour), Accounts: []Account{{Name: "office"}}}, "last try today 15:05"},
		{Plan{Letters: 20, Accounts: []Account{{Name: "office", Stopped: "its login was refused"}}}, "20 cannot go"},
		{Plan{Letters: 2, Accounts: []Account{{Name: "office", Letters: 1, Stopped: "its login was refused"}, {Name: "home"}}}, "done today 14:06; 1 cannot go"},
	} {
		if got := test.plan.Brief(test.plan.Forecast(now), now); got != test.want {
			t.Errorf("%q instead of %q", got, test.want)
		}
	}
}

func TestWait_SaysWhyNothingGoes(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	now := at(t, z, "2026-11-30 14:05")
	full := func(length, before time.Duration) Account {
		return Account{Name: "gmail", Limits: []Limit{{500, length}}, Sent: []Sent{{now.Add(-before), 500}}}
	}
	office := hours(t, "08:00-12:00 mon-fri")
	for _, test := range []struct {
		plan        Plan
		want, until string
	}{
		{Plan{Letters: 1, Accounts: []Account{full(24*time.Hour, 23*time.Hour+58*time.Minute)}}, "gmail: 500 a day are used up, next at 14:07", "2026-11-30 14:07"},
		{Plan{Letters: 1, Accounts: []Account{full(24*time.Hour, time.Hour)}}, "gmail: 500 a day are used up, next tomorrow 13:05", "2026-12-01 13:05"},
		{Plan{Letters: 1, Accounts: []Account{full(time.Minute, 20*time.Second)}}, "gmail: 500 a minute are used up, next in 40 s", "2026-11-30 14:05:40"},
		{Plan{Letters: 1, Hours: office, Accounts: []Account{{Name: "a"}}}, "only 08:00-12:00 mon-fri: goes on tomorrow 08:00", "2026-12-01 08:00"},
		{Plan{Letters: 1, At: at(t, z, "2026-12-05 09:00"), Accounts: []Account{{Name: "a"}}}, "begins Saturday 09:00", "2026-12-05 09:00"},
		{Plan{Letters: 1, Accounts: []Account{{Name: "a", Stopped: "its login was refused"}, full(time.Hour, 50*time.Minute)}},
			"a stands still: its login was refused; gmail: 500 an hour are used up, next at 14:15", "2026-11-30 14:15"},
		{Plan{Letters: 1, Accounts: []Account{{Name: "a", Until: now.Add(time.Hour)}}}, "a stands still until today 15:05", "2026-11-30 15:05"},
		{Plan{Letters: 1, Accounts: []Account{{Name: "a", Until: now.Add(time.Hour), Said: "550 5.4.5 enough"}, full(time.Hour, 50*time.Minute)}},
			"a stands still until today 15:05: 550 5.4.5 enough; gmail: 500 an hour are used up, next at 14:15", "2026-11-30 14:15"},
		{Plan{Letters: 1, Accounts: []Account{{Name: "a", Until: now.Add(time.Hour), Said: "451 later", Limits: []Limit{{1, 24 * time.Hour}}, Sent: []Sent{{now, 1}}}}},
			"a: 1 a day are used up, next tomorrow 14:05", "2026-12-01 14:05"},
		{Plan{Letters: 1, Hours: office, At: at(t, z, "2026-12-04 13:00"), Accounts: []Account{{Name: "a"}}}, "begins Monday 7 December 08:00", "2026-12-07 08:00"},
		{Plan{Letters: 1, Hours: office, Accounts: []Account{{Name: "a", Until: now.Add(time.Minute), Said: "451 later"}}}, "only 08:00-12:00 mon-fri: goes on tomorrow 08:00", "2026-12-01 08:00"},
		{Plan{Accounts: []Account{{Name: "a", Letters: 1, Stopped: "x"}, {Name: "b"}}}, "a stands still: x", ""},
	} {
		got, waits := test.plan.Wait(now)
		until := time.Time{}
		if test.until != "" {
			until = at(t, z, test.until)
		}
		if !waits || got.Text != test.want || !got.Until.Equal(until) {
			t.Errorf("\n got %s until %s\nwant %s", got.Text, got.Until, test.want)
		}
	}
	for _, p := range []Plan{
		{},
		{Letters: 1, Accounts: []Account{{Name: "a", Stopped: "x"}, {Name: "b"}}},
		{Letters: 1, Hours: hours(t, "14:00-15:00"), At: now, Accounts: []Account{full(time.Hour, time.Hour)}},
	} {
		if got, waits := p.Wait(now); waits {
			t.Errorf("%+v waits: %+v", p, got)
		}
	}
}

func TestWhen_IsNeverBeforeTheTime(t *testing.T) {
	now := at(t, zone(t, "Europe/Berlin"), "2026-12-30 14:05:30")
	for text, want := range map[string]string{
		"2026-12-30 14:06:01": "today 14:07",
		"2026-12-30 23:59:01": "tomorrow 00:00",
		"2027-01-05 23:59":    "Tuesday 23:59",
		"2027-01-06 00:00":    "Wednesday 6 January 2027 00:00",
		"2026-12-29 14:05":    "Tuesday 29 December 14:05",
	} {
		if got := When(at(t, now.Location(), text), now); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if strings.Contains(When(now.UTC().Add(time.Hour), now), "14:") {
		t.Error("it is in another zone")
	}
}

func TestWords_PromiseNoTimeThatAPersonOrAServerDecides(t *testing.T) {
	now := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	accounts := []Account{{Name: "work", Connections: 2}}
	for _, test := range []struct {
		plan Plan
		want string
	}{
		{Plan{Letters: 1, Accounts: accounts, Last: now.Add(time.Hour)}, "1 message: tried again today 11:00"},
		{Plan{Letters: 9, Accounts: accounts, Last: now.Add(time.Hour)}, "9 messages: the last is tried again today 11:00"},
		{Plan{Letters: 9, Accounts: accounts, Last: now.Add(-time.Hour)}, "9 messages: work over 2 connections, so done today 10:01"},
		{Plan{Letters: 9, Accounts: accounts, Canary: 2}, "9 messages: the first 2 go, then it pauses until it is resumed"},
		{Plan{Letters: 9, Accounts: accounts, Canary: 9}, "9 messages: work over 2 connections, so done today 10:01"},
	} {
		if got := test.plan.Words(test.plan.Forecast(now), now); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
