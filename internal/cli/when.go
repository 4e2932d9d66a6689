package cli

import (
	"strings"
	"time"
)

// dateForms are the forms of --at that name a day, in local time.
var dateForms = []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02"}

// tomorrowMorning is what "tomorrow" alone means.
const tomorrowMorning = "08:00"

// parseWhen reads --at. A time of day that has passed is tomorrow's; "" is the
// zero time.
func parseWhen(text string, now time.Time) (time.Time, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, strings.ToUpper(text)); err == nil {
		return future(t, now)
	}
	if d, err := time.ParseDuration(strings.TrimPrefix(text, "+")); err == nil && d > 0 {
		return now.Add(d), nil
	}
	for _, form := range dateForms {
		if t, err := time.ParseInLocation(form, strings.ToUpper(text), now.Location()); err == nil {
			return future(t, now)
		}
	}
	day := 0
	clock, tomorrow := strings.CutPrefix(text, "tomorrow")
	if tomorrow {
		day = 1
	}
	if clock = strings.TrimSpace(clock); tomorrow && clock == "" {
		clock = tomorrowMorning
	}
	if t, err := time.Parse("15:04", clock); err == nil {
		at := time.Date(now.Year(), now.Month(), now.Day()+day, t.Hour(), t.Minute(), 0, 0, now.Location())
		if !at.After(now) {
			at = time.Date(now.Year(), now.Month(), now.Day()+1, t.Hour(), t.Minute(), 0, 0, now.Location())
		}
		return at, nil
	}
	return time.Time{}, hinted{usagef("--at %q is not a time", text), "write '15:04', 'tomorrow', 'tomorrow 8:00', '2026-12-24 18:00' or '+2h'"}
}

func future(t, now time.Time) (time.Time, error) {
	if !t.After(now) {
		return t, hinted{usagef("--at %s has passed", t.Format(time.RFC3339)), "without --at it is due at once; '15:04' and '+2h' never lie in the past"}
	}
	return t, nil
}
