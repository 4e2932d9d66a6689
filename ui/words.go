package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

// look is how a state is shown: its glyph and word say the same as its colour.
type look struct {
	glyph, word string
	tone        tone
}

func (l look) String() string { return l.glyph + " " + l.word }

var stateLooks = map[outbox.State]look{
	outbox.StateDraft:     {"✎", "draft", toneQuiet},
	outbox.StateCancelled: {"⊘", "cancelled", toneQuiet},
	outbox.StateHeld:      {"‖", "held", toneWait},
	outbox.StateScheduled: {"◷", "scheduled", toneWait},
	outbox.StateSending:   {"↑", "sending", toneAccent},
	outbox.StateWaiting:   {"…", "waiting", toneWait},
	outbox.StateUncertain: {"?", "uncertain", toneBad},
	outbox.StateSkipped:   {"-", "skipped", toneBad},
	outbox.StateFailed:    {"✗", "failed", toneBad},
	outbox.StateBounced:   {"✗", "bounced", toneBad},
	outbox.StatePartial:   {"◐", "partial", toneBad},
	outbox.StateSent:      {"✓", "sent", toneGood},
}

var (
	parkedLook = look{"‖", "parked", toneWait}
	lateLook   = look{"…", "late", toneBad}     // it waits for hours, and somebody should know
	resentLook = look{"→", "resent", toneQuiet} // it failed, and a copy of it is on its way or there
)

var recipientLooks = map[outbox.RecipientState]look{
	outbox.RecipientWaiting:   {"…", "waits", toneWait},
	outbox.RecipientSending:   {"↑", "is being sent", toneAccent},
	outbox.RecipientSent:      {"✓", "has it", toneGood},
	outbox.RecipientFailed:    {"✗", "failed", toneBad},
	outbox.RecipientUncertain: {"?", "uncertain", toneBad},
	outbox.RecipientBounced:   {"✗", "bounced", toneBad},
	outbox.RecipientDelayed:   {"…", "delayed on the way", toneWait},
	outbox.RecipientConfirmed: {"✓", "has it, confirmed", toneGood},
	outbox.RecipientSkipped:   {"-", "skipped", toneBad},
}

// stepWords are steps in the width of a column.
var stepWords = map[outbox.Step]string{
	outbox.StepPace: "in line", outbox.StepConnect: "connecting", outbox.StepTLS: "securing", outbox.StepLogin: "logging in",
	outbox.StepEnvelope: "addressing", outbox.StepDot: "confirming",
}

// shortSteps are the same in the column of states.
var shortSteps = map[outbox.Step]string{
	outbox.StepPace: "in line", outbox.StepConnect: "connects", outbox.StepTLS: "secures", outbox.StepLogin: "logs in",
	outbox.StepEnvelope: "addresses", outbox.StepDot: "confirms",
}

// plainWords are an explanation as sentences; the server's own words stand under
// them. "" where there is nothing to explain.
func plainWords(e outbox.Explanation) string {
	if e.Hint == "" {
		return e.What
	}
	return e.What + " " + sentence(e.Hint)
}

// reply is the server's own words, with the code in front once.
func reply(r outbox.Result) string {
	known, _, _ := r.Sought()
	return clean(known.Answer())
}

// sought says where a message that may have arrived was looked for; "" if nowhere.
func sought(r outbox.Result, now time.Time) string {
	_, folder, at := r.Sought()
	if folder == "" {
		return ""
	}
	return "It was looked for in the folder " + clean(folder) + ", " + clock(at, now) + ": it is not there."
}

// parkWords says in a few words why an account stopped.
func parkWords(r outbox.Result) string {
	switch {
	case r.Class == outbox.ClassCredentials && r.Code == 0:
		return "no password"
	case r.Class == outbox.ClassCredentials:
		return "login refused"
	case r.Class == outbox.ClassNetwork:
		return "not reachable"
	case r.Limit == outbox.LimitDay:
		return "day's quota used up"
	case r.Limit == outbox.LimitConnections:
		return "too many connections"
	case r.Limit == outbox.LimitLogins:
		return "hangs up on the login"
	case r.Class == outbox.ClassThrottled:
		return "limit reached"
	case r.Class == outbox.ClassProtocol:
		return "answers oddly"
	}
	return outbox.Brief(r)
}

// quotaWords says how much of an account's own limit is used.
func quotaWords(q outbox.Quota) string {
	unit := "an hour"
	if q.Window > time.Hour {
		unit = "a day"
	}
	return fmt.Sprintf("%s of %s %s", number(q.Used), number(q.Most), unit)
}

// mistake is an error in words for the person, in lower case and without a
// full stop.
func mistake(err error) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{outbox.ErrBusy, "it is being sent at this moment; wait for the server's answer"},
		{outbox.ErrTooLate, outbox.ErrTooLate.Error()},
		{outbox.ErrNotFound, "it is not in the outbox any more"},
		{outbox.ErrTransition, "that is not possible in its state"},
		{outbox.ErrNotDraft, "it has been queued meanwhile"},
		{outbox.ErrDiskFull, "the disk is full"},
		{outbox.ErrReplaced, "it was sent anew as another message"},
		{outbox.ErrPurged, "its text was removed, since it is old"},
		{outbox.ErrDayLimit, "the provider has said that the day's quota is used up"},
		{accounts.ErrChanged, "accounts.toml was changed by somebody else at this moment; do it again"},
		{outbox.ErrNoCampaign, "the campaign is not there any more"},
		{outbox.ErrCampaignOver, "the campaign is over"},
		{outbox.ErrCampaignHolds, "its campaign is paused or sends nothing at this hour; it goes when that goes on"},
		{outbox.ErrCampaignOpen, "the campaign is not over"},
		{outbox.ErrReadOnly, "the outbox cannot be written"},
		{context.DeadlineExceeded, "it took too long"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	var field compose.FieldError
	if errors.As(err, &field) {
		return clean(field.Problem)
	}
	if key, problem, hint, ok := accounts.Complaint(err); ok {
		return clean(withHint(key+" "+problem, hint))
	}
	var lookup *accounts.LookupError
	if errors.As(err, &lookup) {
		return clean(withHint(lookup.Problem, lookup.Hint))
	}
	return clean(err.Error())
}

// withHint is a problem and what to do about it, if that is known.
func withHint(problem, hint string) string {
	if hint == "" {
		return problem
	}
	return problem + ": " + hint
}

// sentence begins with a capital letter, unless that is a command as it is typed, and
// ends with a full stop.
func sentence(s string) string {
	if !strings.HasPrefix(s, "sendoff ") {
		first, size := utf8.DecodeRuneInString(s)
		s = string(unicode.ToUpper(first)) + s[size:]
	}
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// ago writes a time that has passed as short as a list wants it.
func ago(t, now time.Time) string {
	t = t.In(now.Location())
	switch since := now.Sub(t); {
	case t.IsZero():
		return ""
	case since < time.Minute:
		return "just now"
	case since < time.Hour:
		return fmt.Sprintf("%d min", since/time.Minute)
	case sameDay(t, now):
		return t.Format("15:04")
	case sameDay(t, now.AddDate(0, 0, -1)):
		return "yesterday"
	case since < 6*24*time.Hour:
		return t.Format("Mon 15:04")
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// ahead writes a time that comes as short as a list wants it.
func ahead(t, now time.Time) string {
	t = t.In(now.Location())
	switch until := t.Sub(now); {
	case t.IsZero():
		return ""
	case until <= 0:
		return "now"
	case until <= time.Minute:
		return "in " + seconds(until)
	case until < time.Hour:
		return fmt.Sprintf("in %d min", (until+time.Minute-1)/time.Minute)
	case sameDay(t, now):
		return t.Format("15:04")
	case until < 6*24*time.Hour:
		return t.Format("Mon 15:04")
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// seconds counts down in whole seconds, never to less than one.
func seconds(d time.Duration) string {
	return fmt.Sprintf("%d s", max((d+time.Second-1)/time.Second, 1))
}

// duration writes a wait of settings: "10 s", "2 min".
func duration(d time.Duration) string {
	if d >= time.Minute && d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return seconds(d)
}

// clock is an exact time for the item view: the day is left out if it is today.
func clock(t, now time.Time) string {
	t = t.In(now.Location())
	switch {
	case t.IsZero():
		return ""
	case sameDay(t, now):
		return t.Format("15:04:05")
	case t.Year() == now.Year():
		return t.Format("Mon 2 Jan 15:04:05")
	}
	return t.Format("Mon 2 Jan 2006 15:04:05")
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}
