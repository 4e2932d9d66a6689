package pace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Words say how a campaign will go: "1,840 messages: gmail-work 500 a day, so done
// Thursday 14:10; add an account or a relay to finish today".
func (p Plan) Words(f Forecast, now time.Time) string {
	if f.Letters == 0 {
		return "no messages"
	}
	return f.Left() + p.Course(f, now)
}

// Course is what Words say behind how much is left, with what divides it from that.
func (p Plan) Course(f Forecast, now time.Time) string {
	text := ""
	switch {
	case f.Letters == f.Stuck:
	case p.asks(f.Letters):
		text += fmt.Sprintf(": %s, then it pauses until it is resumed", first(p.Canary))
	case f.Again && f.Letters == 1:
		text += ": tried again " + When(f.Done, now)
	case f.Again:
		text += ": the last is tried again " + When(f.Done, now)
	default:
		text += ": " + p.bounds(f) + "done " + When(f.Done, now) + p.advice(f, now)
	}
	if f.Stuck > 0 {
		return text + fmt.Sprintf("; %s cannot go: %s", number(f.Stuck), p.stopped())
	}
	return text
}

// Brief is the end of Words alone, for where there is no room for what leads to it.
func (p Plan) Brief(f Forecast, now time.Time) string {
	var texts []string
	switch {
	case f.Letters == f.Stuck:
	case p.asks(f.Letters):
		texts = append(texts, first(p.Canary)+", then it pauses")
	case f.Again && f.Letters == 1:
		texts = append(texts, "tried again "+When(f.Done, now))
	case f.Again:
		texts = append(texts, "last try "+When(f.Done, now))
	default:
		texts = append(texts, "done "+When(f.Done, now))
	}
	if f.Stuck > 0 {
		texts = append(texts, number(f.Stuck)+" cannot go")
	}
	return strings.Join(texts, "; ")
}

// Left says how much is left, and promises nothing.
func (f Forecast) Left() string { return messages(f.Letters) }

func first(n int) string {
	if n == 1 {
		return "the first goes"
	}
	return "the first " + number(n) + " go"
}

// most are the accounts that are told of.
const mostTold = 3

// bounds says what each account holds to.
func (p Plan) bounds(f Forecast) string {
	var all []string
	byHours, more := false, 0
	for i, s := range f.Shares {
		switch words := s.Bound.words(); {
		case s.Letters == 0:
		case s.Bound.Hours:
			byHours = true
			if limit := p.Accounts[i].longest(); limit.Most > 0 && limit.Most < s.Letters {
				all = append(all, s.Account+" "+limit.words())
			}
		case words == "":
		case len(all) == mostTold:
			more++
		default:
			all = append(all, s.Account+" "+words)
		}
	}
	if more > 0 {
		all = append(all, fmt.Sprintf("%d more accounts", more))
	}
	if byHours {
		all = append(all, "only "+p.Hours.String())
	}
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, ", ") + ", so "
}

// longest is the limit of the longest stretch of time.
func (a Account) longest() (longest Limit) {
	for _, l := range a.Limits {
		if l.Most > 0 && l.Length > longest.Length {
			longest = l
		}
	}
	return longest
}

// advice says how it could be done today, where that is in a person's power.
func (p Plan) advice(f Forecast, now time.Time) string {
	byLimit := slices.ContainsFunc(f.Shares, func(s Share) bool { return s.Bound.Limit.Length >= time.Hour })
	ahead := p.At.After(now) && !sameDay(p.At.In(now.Location()), now)
	if !byLimit || ahead || sameDay(f.Done, now) {
		return ""
	}
	return "; add an account or a relay to finish today"
}

// stopped says why accounts stand still.
func (p Plan) stopped() string {
	var all []string
	for _, a := range p.Accounts {
		if a.Stopped != "" {
			all = append(all, fmt.Sprintf("%s stands still: %s", a.Name, a.Stopped))
		}
	}
	if len(all) == 0 {
		return "there is no account"
	}
	return strings.Join(all, "; ")
}

func (b Bound) words() string {
	switch {
	case b.Connections == 1:
		return "over 1 connection"
	case b.Connections > 1:
		return fmt.Sprintf("over %d connections", b.Connections)
	case b.Limit.Most > 0:
		return b.Limit.words()
	}
	return ""
}

// words are "500 a day".
func (l Limit) words() string {
	per := "in " + l.Length.String()
	switch l.Length {
	case time.Second:
		per = "a second"
	case time.Minute:
		per = "a minute"
	case time.Hour:
		per = "an hour"
	case 24 * time.Hour:
		per = "a day"
	}
	return number(l.Most) + " " + per
}

// Wait says why nothing goes at a time.
type Wait struct {
	Until time.Time // zero: until a person does something
	Text  string    // "gmail-work: 500 a day are used up, next at 14:07"
}

// Wait says why no letter goes now; false if one does.
func (p Plan) Wait(now time.Time) (Wait, bool) {
	if p.At.After(now) {
		from := p.Hours.Next(p.At)
		return Wait{from, "begins " + When(from, now)}, true
	}
	if from := p.Hours.Next(now); from.After(now) {
		return Wait{from, fmt.Sprintf("only %s: goes on %s", p.Hours, When(from, now))}, true
	}
	var first time.Time
	var texts []string
	for _, a := range p.Accounts {
		if p.Letters == 0 && a.Letters == 0 {
			continue
		}
		until, text := a.wait(p, now)
		if text == "" {
			return Wait{}, false
		}
		texts = append(texts, text)
		if !until.IsZero() && (first.IsZero() || until.Before(first)) {
			first = until
		}
	}
	if len(texts) == 0 {
		return Wait{}, false
	}
	return Wait{first, strings.Join(texts, "; ")}, true
}

// wait says why an account sends nothing now; "" if it does.
func (a Account) wait(p Plan, now time.Time) (until time.Time, text string) {
	if a.Stopped != "" {
		return time.Time{}, fmt.Sprintf("%s stands still: %s", a.Name, a.Stopped)
	}
	l := newLane(Plan{Hours: p.Hours}, a, now)
	switch {
	case !l.next.After(now):
		return time.Time{}, ""
	case l.cause >= 0:
		return l.next, fmt.Sprintf("%s: %s are used up, next %s", a.Name, l.bounds[l.cause].Limit.words(), soon(l.next, now))
	case l.cause == causeHours:
		return l.next, fmt.Sprintf("%s: only %s, next %s", a.Name, p.Hours, soon(l.next, now))
	}
	text = fmt.Sprintf("%s stands still until %s", a.Name, When(l.next, now))
	if a.Said != "" {
		text += ": " + a.Said
	}
	return l.next, text
}

// soon is a time as a person waits for it.
func soon(t, now time.Time) string {
	wait := t.Sub(now)
	switch {
	case wait < time.Minute:
		return fmt.Sprintf("in %d s", (wait+time.Second-1)/time.Second)
	case sameDay(upToMinute(t), now):
		return "at " + upToMinute(t).Format("15:04")
	}
	return When(t, now)
}

// When is a time as a person says it, in the zone that now is in, not before the
// time itself.
func When(t, now time.Time) string {
	t = upToMinute(t.In(now.Location()))
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch {
	case sameDay(t, now):
		return "today " + t.Format("15:04")
	case sameDay(t, midnight.AddDate(0, 0, 1)):
		return "tomorrow " + t.Format("15:04")
	case t.After(now) && t.Before(midnight.AddDate(0, 0, 7)):
		return t.Format("Monday 15:04")
	case t.Year() == now.Year():
		return t.Format("Monday 2 January 15:04")
	}
	return t.Format("Monday 2 January 2006 15:04")
}

// upToMinute is a time or the next whole minute.
func upToMinute(t time.Time) time.Time {
	if past := time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond()); past > 0 {
		return t.Add(time.Minute - past)
	}
	return t
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

func messages(n int) string {
	if n == 1 {
		return "1 message"
	}
	return number(n) + " messages"
}

// number groups digits: 1,840.
func number(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
