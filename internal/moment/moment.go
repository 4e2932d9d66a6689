// Package moment reads a time that comes as people write it: "tomorrow 8", "mon 9:00",
// "in 2h".
//
// It is for a command line and a field of a form, in English. It knows no calendar but
// the clock's, and never guesses between two days that were meant: what it makes of a
// text is shown before it counts.
package moment

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Error says why a text is no time that comes.
type Error struct {
	Problem, Hint string
	Passed        bool // it is a time, and not one that comes
}

func (e *Error) Error() string { return e.Problem }

// Examples are texts that Parse reads, for people.
const Examples = "'15:04', 'tomorrow 8', 'mon 9:00', 'in 2h', '2026-12-24 18:00' or '+2h'"

// maxLength is more than anybody needs to name a time.
const maxLength = 64

// dateForms are those that name a day, in local time.
var dateForms = []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02"}

// morning is the time of a day of which nothing else is said.
const morning = 8

// Parse reads a time after now, in the zone of now unless the text has one. A time of
// day alone that has passed is tomorrow's; "" is the zero time. Errors are *Error.
func Parse(text string, now time.Time) (time.Time, error) {
	words := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	if words == "" {
		return time.Time{}, nil
	}
	if len(words) <= maxLength {
		if t, err := time.Parse(time.RFC3339, strings.ToUpper(words)); err == nil {
			return future(t, now)
		}
		for _, form := range dateForms {
			if t, err := time.ParseInLocation(form, strings.ToUpper(words), now.Location()); err == nil {
				return future(t, now)
			}
		}
		if t, ok := wait(words, now); ok {
			return t, nil
		}
		if t, ok := onDay(words, now); ok {
			return future(t, now)
		}
	}
	return time.Time{}, &Error{fmt.Sprintf("%q is not a time", words[:min(len(words), maxLength)]), "write " + Examples, false}
}

func future(t, now time.Time) (time.Time, error) {
	if !t.After(now) {
		return t, &Error{t.Format(time.RFC3339) + " has passed", "a time of day alone, such as '15:04', and a wait, such as '+2h', never lie in the past", true}
	}
	return t, nil
}

// units are those of a wait. A day is the same time on another day, whatever the clock
// does in between.
var units = map[string]struct {
	long time.Duration
	days int
}{
	"m": {time.Minute, 0}, "min": {time.Minute, 0}, "mins": {time.Minute, 0}, "minute": {time.Minute, 0}, "minutes": {time.Minute, 0},
	"h": {time.Hour, 0}, "hr": {time.Hour, 0}, "hour": {time.Hour, 0}, "hours": {time.Hour, 0},
	"d": {0, 1}, "day": {0, 1}, "days": {0, 1}, "w": {0, 7}, "week": {0, 7}, "weeks": {0, 7},
}

// maxWait is the largest number before a unit: of weeks, two thousand years.
const maxWait = 100_000

// wait reads "+2h", "in 2 hours", "1h30m", "in 3 days".
func wait(words string, now time.Time) (time.Time, bool) {
	words = strings.TrimPrefix(strings.TrimPrefix(words, "in "), "+")
	if d, err := time.ParseDuration(words); err == nil && d > 0 {
		return now.Add(d), true
	}
	digits := len(words) - len(strings.TrimLeft(words, "0123456789"))
	n, err := strconv.Atoi(words[:digits])
	unit, known := units[strings.TrimSpace(words[digits:])]
	if err != nil || !known || n == 0 || n > maxWait {
		return time.Time{}, false
	}
	return now.AddDate(0, 0, n*unit.days).Add(time.Duration(n) * unit.long), true
}

// onDay reads a day, a time of day, or both: "tomorrow", "15:04", "fri 9am".
func onDay(words string, now time.Time) (time.Time, bool) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(words, "on "), " ")
	ahead, named := daysAhead(first, now)
	if !named {
		rest = words
	}
	bare, at := strings.CutPrefix(rest, "at ")
	hour, minute, sure, ok := clock(bare)
	switch {
	case named && rest == "":
		hour, minute = morning, 0
	case !ok, !named && !sure && !at:
		return time.Time{}, false
	}
	on := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, hour, minute, 0, 0, now.Location())
	}
	t := on(ahead)
	switch {
	case t.After(now):
	case !named:
		t = on(1)
	case ahead == 0 && first != "today":
		t = on(7) // the day of the week is today's, and its time has passed
	}
	return t, true
}

// daysAhead tells how many days a named day is away: 0 to 6 for those of the week.
func daysAhead(word string, now time.Time) (days int, named bool) {
	switch word {
	case "today":
		return 0, true
	case "tomorrow":
		return 1, true
	}
	const shortest = len("mon")
	for d := time.Sunday; d <= time.Saturday; d++ {
		if len(word) >= shortest && strings.HasPrefix(strings.ToLower(d.String()), word) {
			return int(d-now.Weekday()+7) % 7, true
		}
	}
	return 0, false
}

// clock reads a time of day. One that is a number alone is not sure to be one.
func clock(text string) (hour, minute int, sure, ok bool) {
	if text == "noon" {
		return 12, 0, true, true
	}
	for _, form := range []string{"15:04", "3:04pm", "3pm", "3:04 pm", "3 pm"} {
		if t, err := time.Parse(form, text); err == nil {
			return t.Hour(), t.Minute(), true, true
		}
	}
	if t, err := time.Parse("15", text); err == nil {
		return t.Hour(), 0, false, true
	}
	return 0, 0, false, false
}
