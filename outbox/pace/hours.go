package pace

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Hours are when letters may go: spans of the clock on the wall, on some days of
// the week. The zero value is always.
//
// What counts is the clock as people see it: an hour that is left out in spring
// opens nothing, and one that comes twice in autumn is open twice.
type Hours struct {
	text  string
	spans []span
	days  [7]bool        // on which a span begins; by time.Weekday
	zone  *time.Location // nil: that of the time that is asked about
}

// span is a part of a day, in minutes from its beginning. One that does not end
// after its beginning runs into the next day.
type span struct{ from, to int }

const (
	day  = 24 * 60 // in minutes
	week = 7 * day
)

func (s span) length() int {
	if s.to <= s.from {
		return s.to + day - s.from
	}
	return s.to - s.from
}

// weekdays are the beginnings of their names, by time.Weekday.
var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// errHours goes with every text that is not understood.
var errHours = errors.New("write it as 08:00-18:00 mon-fri, or 08:00-12:00,14:00-18:00 mon-thu,sat Europe/Berlin")

// ParseHours reads "08:00-18:00 mon-fri". Either part may be missing, several are
// separated by commas, and the name of a time zone may follow. "22:00-06:00 fri"
// ends on Saturday.
func ParseHours(text string) (Hours, error) {
	h := Hours{text: strings.Join(strings.Fields(text), " ")}
	if h.text == "" {
		return h, errHours
	}
	for word := range strings.SplitSeq(h.text, " ") {
		if err := h.take(word); err != nil {
			return Hours{}, fmt.Errorf("%w: %w", err, errHours)
		}
	}
	if len(h.spans) == 0 {
		h.spans = []span{{0, day}}
	}
	if !slices.Contains(h.days[:], true) {
		h.days = [7]bool{true, true, true, true, true, true, true}
	}
	return h, nil
}

// take reads one word.
func (h *Hours) take(word string) (err error) {
	switch {
	case h.zone != nil:
		return errors.New("nothing follows the time zone")
	case word[0] >= '0' && word[0] <= '9':
		return h.takeSpans(word)
	case strings.Contains(word, "/") || strings.EqualFold(word, "utc"):
		if strings.EqualFold(word, "utc") {
			word = "UTC"
		}
		if h.zone, err = time.LoadLocation(word); err != nil {
			return fmt.Errorf("there is no time zone %.40q", word)
		}
		return nil
	}
	return h.takeDays(strings.ToLower(word))
}

func (h *Hours) takeSpans(word string) error {
	for text := range strings.SplitSeq(word, ",") {
		from, to, found := strings.Cut(text, "-")
		s := span{minute(from), minute(to)}
		if !found || s.from < 0 || s.to < 0 || s.from == day {
			return fmt.Errorf("%.40q is not a part of a day", text)
		}
		if s.from == s.to {
			return fmt.Errorf("%.40q ends when it begins", text)
		}
		h.spans = append(h.spans, s)
	}
	return nil
}

// minute reads 8:00; -1: it is no time of a day.
func minute(text string) int {
	hour, rest, found := strings.Cut(text, ":")
	h, err := strconv.ParseUint(hour, 10, 8)
	m, err2 := strconv.ParseUint(rest, 10, 8)
	if !found || err != nil || err2 != nil || len(hour) > 2 || len(rest) != 2 || m > 59 || h > 24 || h == 24 && m > 0 {
		return -1
	}
	return int(h)*60 + int(m)
}

func (h *Hours) takeDays(word string) error {
	for text := range strings.SplitSeq(word, ",") {
		first, last, isRange := strings.Cut(text, "-")
		if !isRange {
			last = first
		}
		from, to := weekday(first), weekday(last)
		if from < 0 || to < 0 {
			return fmt.Errorf("%.40q is not a day of the week", text)
		}
		for h.days[from] = true; from != to; h.days[from] = true {
			from = (from + 1) % 7
		}
	}
	return nil
}

// weekday reads mon or monday; -1: it is none.
func weekday(name string) int {
	return slices.IndexFunc(weekdays[:], func(short string) bool {
		full := strings.ToLower(time.Weekday(slices.Index(weekdays[:], short)).String())
		return len(name) >= len(short) && strings.HasPrefix(full, name)
	})
}

// String is how it was written; "" is always.
func (h Hours) String() string { return h.text }

// Open tells that letters may go at a time.
func (h Hours) Open(t time.Time) bool { return h.wait(h.local(t)) == 0 }

// Next is the first time from t on at which letters may go.
func (h Hours) Next(t time.Time) time.Time {
	local := h.local(t)
	for wait := h.wait(local); wait > 0; wait = h.wait(local) {
		begun := time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
		next := local.Add(time.Duration(wait)*time.Minute - begun)
		// Where the clock is changed before that, it is asked again: it may be put on
		// past the opening, or back to before the end.
		if _, change := local.ZoneBounds(); !change.IsZero() && change.Before(next) {
			next = change
		}
		local = next
	}
	return local.In(t.Location())
}

func (h Hours) local(t time.Time) time.Time {
	if h.zone == nil {
		return t
	}
	return t.In(h.zone)
}

// wait is how many minutes of the clock on the wall it is until it opens; 0: it is
// open.
func (h Hours) wait(local time.Time) int {
	if len(h.spans) == 0 {
		return 0
	}
	now := int(local.Weekday())*day + local.Hour()*60 + local.Minute()
	shortest := week
	for d, begins := range h.days {
		if !begins {
			continue
		}
		for _, s := range h.spans {
			from := d*day + s.from
			if since := (now - from + week) % week; since < s.length() {
				return 0
			}
			shortest = min(shortest, (from-now+week)%week)
		}
	}
	return shortest
}
