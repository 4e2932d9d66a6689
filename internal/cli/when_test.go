package cli

import (
	"testing"
	"time"
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
