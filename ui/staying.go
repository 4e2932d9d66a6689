package ui

import (
	"strings"
	"time"

	"sendoff/outbox"
)

// allWaitSince is why everything that goes on by itself waits, and until when, if that is
// one account; else "".
func (d *desk) allWaitSince(u outbox.UnderWay, standing map[string]int) string {
	if u.Waits == 0 || u.Later > 0 {
		return ""
	}
	for _, account := range d.standingStill().Later {
		if standing[account] == u.Waits {
			return d.stillUntil(account)
		}
	}
	return ""
}

// stillUntil says until when an account stands still that goes on by itself.
func (d *desk) stillUntil(account string) string {
	if park, ok := d.parked(account); ok {
		return clean(account) + " is parked until " + toMinute(park.Until, d.now)
	}
	q, _ := d.full(account)
	if q.From.IsZero() {
		return clean(account) + " has reached its limit"
	}
	return clean(account) + " has reached its limit until " + toMinute(q.From, d.now)
}

// untilMended is how many messages wait until a person does something about their account,
// and what.
func (d *desk) untilMended(standing map[string]int) (n int, until string) {
	for _, park := range d.status.parks {
		waiting := standing[park.Account]
		if waiting == 0 || !park.Until.IsZero() {
			continue
		}
		switch {
		case n > 0:
			until = "until their accounts are mended"
		case park.Class == outbox.ClassCredentials:
			until = "until the login of " + clean(park.Account) + " is mended"
		default:
			until = "until " + clean(park.Account) + " is mended"
		}
		n += waiting
	}
	return n, until
}

// toMinute is a time that comes, by the clock also where it comes soon: a question does not
// count down.
func toMinute(t, now time.Time) string {
	if t.Sub(now) < time.Hour {
		return t.In(now.Location()).Add(time.Minute - 1).Format("15:04")
	}
	return ahead(t, now)
}

// staysBehind says what is not waited for, and why; "" if that is nothing.
func (d *desk) staysBehind(u outbox.UnderWay, standing map[string]int) string {
	if d.options.Passing {
		return ""
	}
	var parts []string
	switch since := d.allWaitSince(u, standing); {
	case since != "":
		parts = append(parts, number(u.Waits)+", since "+since)
	case u.Waits+u.Later == 1:
		parts = append(parts, "1 until its time")
	case u.Waits+u.Later > 1:
		parts = append(parts, number(u.Waits+u.Later)+" until their time")
	}
	if n, until := d.untilMended(standing); n > 0 {
		parts = append(parts, number(n)+" "+until)
	}
	if len(parts) == 0 {
		return ""
	}
	return "Stays behind: " + strings.Join(parts, "; ") + "."
}

func theyWait(n int) string {
	if n == 1 {
		return "1 waits"
	}
	return number(n) + " wait"
}
