package review

import (
	"fmt"
	"strings"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// manyInTheOpen is from how many strangers on a message shows them each other's
// addresses by mistake more often than not.
const manyInTheOpen = 15

// inTheOpen finds a message that shows many people each other's addresses. Those of
// the sender's own house know theirs.
func inTheOpen(d compose.Draft, f Facts) []Finding {
	account, _ := f.account(d)
	_, own, _ := strings.Cut(account.From.Address, "@")
	own = accounts.RegistrableDomain(own)
	strangers := 0
	open := d
	open.Bcc = ""
	for _, a := range recipients(open) {
		if own == "" || accounts.RegistrableDomain(a.Domain) != own {
			strangers++
		}
	}
	if strangers < manyInTheOpen {
		return nil
	}
	return []Finding{{Grave, fmt.Sprintf("%d people see each other's addresses.", strangers), Fix{What: "move them to Bcc", Mend: hide}}}
}

// hide makes blind copies of all.
func hide(d compose.Draft) compose.Draft {
	var all []string
	for _, list := range lists(&d) {
		if text := strings.Trim(*list, ",; \t\r\n"); text != "" {
			all = append(all, text)
		}
	}
	d.To, d.Cc, d.Bcc = "", "", strings.Join(all, ", ")
	return d
}

// twice finds those that stand in several places. Each gets one copy, but all others see
// the address as often as it stands there.
func twice(d compose.Draft) (all []Finding) {
	times := make(map[string]int)
	var repeated []string
	for _, list := range lists(&d) {
		for _, a := range compose.Addresses(*list) {
			key := keyOf(a)
			if times[key]++; times[key] == 2 {
				repeated = append(repeated, key)
			}
		}
	}
	switch len(repeated) {
	case 0:
		return nil
	case 1:
		return []Finding{{Note, clean(repeated[0]) + " stands there more than once, and gets one copy.", Fix{What: "keep the first", Mend: once}}}
	}
	return []Finding{{Note, fmt.Sprintf("%d addresses stand there more than once, and get one copy each.", len(repeated)), Fix{What: "keep the first of each", Mend: once}}}
}

// once keeps the first of each address.
func once(d compose.Draft) compose.Draft {
	seen := make(map[string]bool)
	return mend(func(a compose.Address) (string, bool) {
		key := keyOf(a)
		again := seen[key]
		seen[key] = true
		return "", again
	})(d)
}

// unwelcome finds those that must not be written to, and those that were refused when
// they were last written to.
func unwelcome(d compose.Draft, f Facts) (all []Finding) {
	var found []against
	for _, a := range recipients(d) {
		if severity, why := judge(a, f); why != "" {
			found = append(found, against{a, severity, why})
		}
	}
	one, rest := few(found)
	for _, r := range one {
		all = append(all, Finding{r.severity, clean(r.address.String()) + " " + r.why + ".", Fix{What: "take it off", Mend: without(r)}})
	}
	if len(rest) > 0 {
		all = append(all, Finding{Grave, fmt.Sprintf("%d more are suppressed or have refused mail.", len(rest)), Fix{What: "take them off", Mend: without(rest...)}})
	}
	return all
}

// against is a recipient that something is known against.
type against struct {
	address  compose.Address
	severity Severity
	why      string
}

// judge says what is known against a recipient; "" if nothing is.
func judge(a compose.Address, f Facts) (Severity, string) {
	s, stopped := find(f.Stopped, a)
	c, _ := find(f.People, a)
	trouble := Trouble(c, f.Now)
	switch {
	case stopped && (!s.Why.Shown() || trouble == ""): // else that says more
		return Grave, "is " + Stopped(s, f.Now)
	case stopped:
		return Grave, trouble
	}
	return Warning, trouble
}

// maxAlike is how many findings of a kind are told one by one.
const maxAlike = 5

// few are those that are told one by one, and the rest.
func few[T any](all []T) (one, rest []T) {
	if len(all) <= maxAlike {
		return all, nil
	}
	return all[:maxAlike-1], all[maxAlike-1:]
}

// without takes recipients off a draft.
func without(unwanted ...against) func(compose.Draft) compose.Draft {
	off := make(map[string]bool)
	for _, r := range unwanted {
		off[keyOf(r.address)] = true
	}
	return mend(func(a compose.Address) (string, bool) { return "", off[keyOf(a)] })
}

// Trouble says that an address did not take a message, when and why; "" if it did.
func Trouble(c outbox.Correspondent, now time.Time) string {
	if c.Failure.Class == 0 {
		return ""
	}
	what := "refused"
	if c.Bounced {
		what = "bounced"
	}
	return what + " " + day(c.At, now) + ": " + strings.TrimSuffix(outbox.Explain(c.Failure, "", c.Address).What, ".")
}

// Stopped says since when an address must not be written to, and why.
func Stopped(s outbox.Suppression, now time.Time) string {
	return "suppressed since " + day(s.At, now) + ": " + s.Why.Words()
}

// day writes the day of a time that has passed.
func day(t, now time.Time) string {
	t = t.In(now.Location())
	switch {
	case sameDay(t, now):
		return "today"
	case sameDay(t, now.AddDate(0, 0, -1)):
		return "yesterday"
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

func sameDay(a, b time.Time) bool { return a.Year() == b.Year() && a.YearDay() == b.YearDay() }

func clean(text string) string { return cleantext.Line(text) }
