package moment

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have none
)

const form = "Mon 2006-01-02 15:04"

func TestParse(t *testing.T) {
	now := time.Date(2026, 5, 12, 14, 30, 0, 0, time.UTC) // a Tuesday
	for text, want := range map[string]string{
		"15:04":                "Tue 2026-05-12 15:04",
		"9:15":                 "Wed 2026-05-13 09:15",
		"3pm":                  "Tue 2026-05-12 15:00",
		"9:30 am":              "Wed 2026-05-13 09:30",
		"at 8":                 "Wed 2026-05-13 08:00",
		"noon":                 "Wed 2026-05-13 12:00",
		"tomorrow":             "Wed 2026-05-13 08:00",
		"tomorrow 8":           "Wed 2026-05-13 08:00",
		" Tomorrow  at 7:30 ":  "Wed 2026-05-13 07:30",
		"tomorrow noon":        "Wed 2026-05-13 12:00",
		"today 17":             "Tue 2026-05-12 17:00",
		"mon 9:00":             "Mon 2026-05-18 09:00",
		"Monday":               "Mon 2026-05-18 08:00",
		"on friday 5pm":        "Fri 2026-05-15 17:00",
		"tue 15":               "Tue 2026-05-12 15:00",
		"tue 14":               "Tue 2026-05-19 14:00",
		"wed":                  "Wed 2026-05-13 08:00",
		"2026-12-24 18:00":     "Thu 2026-12-24 18:00",
		"2026-12-24":           "Thu 2026-12-24 00:00",
		"2026-12-24T18:00":     "Thu 2026-12-24 18:00",
		"2026-05-12T18:00:00z": "Tue 2026-05-12 18:00",
		"+2h":                  "Tue 2026-05-12 16:30",
		"in 2h":                "Tue 2026-05-12 16:30",
		"1h30m":                "Tue 2026-05-12 16:00",
		"in 45 minutes":        "Tue 2026-05-12 15:15",
		"in 3 days":            "Fri 2026-05-15 14:30",
		"2w":                   "Tue 2026-05-26 14:30",
	} {
		if got, err := Parse(text, now); err != nil || got.Format(form) != want {
			t.Errorf("%q is %s, %v; want %s", text, got.Format(form), err, want)
		}
	}
	if got, err := Parse("  ", now); err != nil || !got.IsZero() {
		t.Errorf("nothing is %v, %v", got, err)
	}
}

func TestParse_RefusesWhatIsNoTimeThatComes(t *testing.T) {
	now := time.Date(2026, 5, 12, 14, 30, 0, 0, time.UTC)
	for _, text := range []string{
		"whenever", "8", "2026-05-12 14:30", "2001-01-01", "-2h", "+0h", "in 0 days", "tomorrow never", "today 9:00", "today", "mo 9:00", "25:00", "tomorrow 24",
		"in 999999999999 days", "in 200000 days", strings.Repeat("tomorrow ", 50), "in", "at", "on", "+", "日本",
	} {
		got, err := Parse(text, now)
		var why *Error
		if !errors.As(err, &why) || why.Problem == "" || why.Hint == "" {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
}

// A day is the same time on the clock of another day, a wait of hours is one.
func TestParse_AcrossDaylightSaving(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 28, 22, 0, 0, 0, berlin)
	for text, want := range map[string]string{ // in UTC
		"in 1 day": "Sun 2026-03-29 20:00", "in 24h": "Sun 2026-03-29 21:00", "sun 8": "Sun 2026-03-29 06:00", "mon": "Mon 2026-03-30 06:00",
	} {
		if got, err := Parse(text, now); err != nil || got.UTC().Format(form) != want {
			t.Errorf("%q is %v, %v; want %s UTC", text, got.UTC(), err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"tomorrow 8", "mon 9:00", "in 2h", "2026-12-24 18:00", "+1h30m", "today 3 pm", "on sun at noon"} {
		f.Add(seed)
	}
	now := time.Date(2026, 5, 12, 14, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text, now)
		if err == nil && !got.IsZero() && !got.After(now) {
			t.Fatalf("%q is %v, which has passed", text, got)
		}
		if err == nil && got.IsZero() != (strings.TrimSpace(text) == "") {
			t.Fatalf("%q is %v", text, got)
		}
	})
}
