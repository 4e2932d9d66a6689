package cli

import (
	"testing"
	"time"
	_ "time/tzdata" // the machine may have none
)

func TestParseWhen(t *testing.T) {
	now := time.Date(2026, 5, 12, 14, 30, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"15:04":            "2026-05-12 15:04",
		"9:15":             "2026-05-13 09:15",
		"tomorrow":         "2026-05-13 08:00",
		"Tomorrow 7:30":    "2026-05-13 07:30",
		"2026-12-24 18:00": "2026-12-24 18:00",
		"+2h":              "2026-05-12 16:30",
	} {
		got, err := parseWhen(text, now)
		if err != nil || got.Format("2006-01-02 15:04") != want {
			t.Errorf("%q is %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"whenever", "2026-05-12 14:30", "2001-01-01", "-2h", "tomorrow never"} {
		_, err := parseWhen(text, now)
		if code, hint := exitFor(err); code != exitUsage || hint == "" {
			t.Errorf("%q: %v exits %d with hint %q", text, err, code, hint)
		}
	}
}

// I04: a local time is that of the clock on the wall of that day, and a wait is
// a wait.
func TestI04_ParseWhenAcrossDaylightSaving(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	const form = "2006-01-02 15:04"
	for _, c := range []struct{ now, text, want string }{ // want is in UTC
		{"2026-03-28 22:00", "tomorrow", "2026-03-29 06:00"},
		{"2026-03-28 22:00", "8:30", "2026-03-29 06:30"},
		{"2026-03-28 22:00", "+10h", "2026-03-29 07:00"},
		{"2026-03-28 22:00", "2026-03-28 23:00", "2026-03-28 22:00"},
		{"2026-03-28 22:00", "2026-03-29 02:30", "2026-03-29 01:30"}, // which that day does not have
		{"2026-10-24 22:00", "tomorrow", "2026-10-25 07:00"},
		{"2026-10-24 22:00", "8:30", "2026-10-25 07:30"},
		{"2026-10-24 22:00", "+10h", "2026-10-25 06:00"},
		{"2026-10-24 22:00", "2026-10-25 02:30", "2026-10-25 01:30"}, // the second of two
	} {
		now, err := time.ParseInLocation(form, c.now, berlin)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parseWhen(c.text, now); err != nil || got.UTC().Format(form) != c.want {
			t.Errorf("at %s, %q is %v, %v; want %s UTC", c.now, c.text, got.UTC(), err, c.want)
		}
	}
}
