package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"sendoff/outbox"
)

// withLive are the attempts for an item, the newest first, with what was said so far in
// the one that goes on, which the store may not know of yet. Where it knows how that has
// ended, or of a newer one, it is right.
func withLive(attempts []outbox.Attempt, live outbox.Progress) []outbox.Attempt {
	all := slices.Clone(attempts)
	slices.Reverse(all)
	if live.Number == 0 {
		return all
	}
	for i, a := range all {
		if a.Number == live.Number && a.Finished.IsZero() && live.Dialogue != "" {
			all[i].Dialogue = live.Dialogue
		}
	}
	if len(all) > 0 && all[0].Number >= live.Number {
		return all
	}
	begun := outbox.Attempt{Number: live.Number, Account: live.Account, Started: live.Started, Dialogue: live.Dialogue}
	return slices.Insert(all, 0, begun)
}

// passage is one attempt as it is drawn.
type passage struct {
	attempt int // its number
	lines   []string
}

// attemptPassage draws what was said in an attempt.
func (d *desk) attemptPassage(a outbox.Attempt, width int) passage {
	lines := []string{"", d.attemptLine(a, width)}
	if a.Dialogue != "" {
		for line := range strings.SplitSeq(a.Dialogue, "\n") {
			lines = append(lines, d.spoken(line, width)...)
		}
	} else if !a.Finished.IsZero() {
		lines = append(lines, indented("Nothing is kept of what was said.", width, d.styles.dim)...)
	}
	return passage{a.Number, lines}
}

// spokenMargin is the columns before the words of a dialogue: the time, and who.
const spokenMargin = 9

// spoken is one line of a dialogue, in the form of [outbox.Report]: when in
// milliseconds, who, and the words.
func (d *desk) spoken(line string, width int) (lines []string) {
	const times = 6
	at, rest, _ := strings.Cut(clean(line), " ")
	who, words, _ := strings.Cut(rest, " ")
	return d.withMargin(right(at, times)+" "+who, words, d.spokenStyle(who, words), width)
}

// withMargin wraps words, with something in the margin of their first line.
func (d *desk) withMargin(margin, words string, style lipgloss.Style, width int) (lines []string) {
	for n, part := range wrap(words, max(width-spokenMargin, 1)) {
		start := spaces(min(spokenMargin, width))
		if n == 0 {
			start = d.styles.dim.Render(cell(margin, min(spokenMargin, width)))
		}
		lines = append(lines, start+style.Render(cut(part, width-spokenMargin)))
	}
	return lines
}

// spokenStyle is plain for what both say; a refusal has the colour of what comes
// of it.
func (d *desk) spokenStyle(who, words string) lipgloss.Style {
	switch {
	case who == "*":
		return d.styles.dim
	case who == "<" && strings.HasPrefix(words, "5"):
		return d.styles.bad
	case who == "<" && strings.HasPrefix(words, "4"):
		return d.styles.wait
	}
	return d.styles.plain
}

// standing is the last line of an attempt that is under way: how far it is, and for how
// long nothing has come. goesOn is false where it has ended and the store does not know
// yet how, or its sender has died.
func (d *desk) standing(g outbox.Progress, goesOn bool, width int) []string {
	style, parts := d.styles.dim, []string{}
	if goesOn {
		silent := silence(g, d.now)
		if silent >= silentFrom {
			style = d.styles.wait
		}
		parts = append(parts, standingWords(g, d.uploads[g.Item].words(g.Total), silent))
	}
	if g.Dialogue == "" && (!goesOn || d.now.Sub(g.Started) >= untoldFrom && g.Step != outbox.StepConnect) {
		parts = append(parts, "What is said stands here when it has ended.")
	}
	if len(parts) == 0 {
		return nil
	}
	return d.withMargin("       …", strings.Join(parts, ". "), style, width)
}

const (
	// silentFrom is how long nothing has come when that is worth a word: most answers
	// take less.
	silentFrom = 3 * time.Second
	// untoldFrom is how long something must have been said without being known here
	// for it to become known in the end alone: another program tells it after a second.
	untoldFrom = 3 * time.Second
)

// silence is for how long an attempt has come no further, and nothing was said in it.
func silence(g outbox.Progress, now time.Time) time.Duration {
	since := g.Since
	last := g.Dialogue[strings.LastIndexByte(g.Dialogue, '\n')+1:]
	at, _, _ := strings.Cut(last, " ")
	if n, err := strconv.Atoi(at); err == nil {
		if spoken := g.Started.Add(time.Duration(n) * time.Millisecond); spoken.After(since) {
			since = spoken
		}
	}
	return max(now.Sub(since), 0)
}

// standingWords says how far an attempt is, how fast its bytes go out where that is known,
// and what it waits for when nothing has come for a while.
func standingWords(g outbox.Progress, speed string, silent time.Duration) string {
	text, long := clean(string(g.Step)), roughly(silent.Truncate(time.Second))
	quiet := silent >= silentFrom
	switch {
	case g.Step == outbox.StepBody && g.Total > 0:
		text += ", " + share(g)
		if quiet {
			return text + " · the server has taken nothing for " + long
		}
		if speed != "" {
			text += " · " + speed
		}
	case !quiet:
	case g.Step == outbox.StepConnect || g.Step == outbox.StepPace:
		return text + " for " + long
	case g.Step == outbox.StepDot:
		return "waiting for the server's answer for " + long
	default:
		return text + " · waiting for the server's answer for " + long
	}
	return text
}
