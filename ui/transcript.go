package ui

import (
	"context"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"sendoff/outbox"
)

// newTranscriptPane shows what was said in every attempt, the newest first. One that
// is under way is kept when it has ended: until then the pane says how far it is.
func newTranscriptPane(d *desk, i outbox.Item) *textPane {
	return &textPane{desk: d, item: i, name: "transcript", opener: "message.transcript", follows: true, read: func(ctx context.Context) (linesOf, error) {
		attempts, err := d.options.Outbox.Transcript(ctx, i.ID)
		return func(width int) []string { return d.transcript(i.ID, attempts, width) }, err
	}}
}

func (d *desk) transcript(id outbox.ID, attempts []outbox.Attempt, width int) (lines []string) {
	if len(attempts) == 0 {
		return []string{"", d.styles.dim.Render(cut("It was not tried yet.", width))}
	}
	for _, a := range slices.Backward(attempts) {
		lines = append(lines, "", d.attemptLine(a, width))
		switch {
		case a.Dialogue != "":
			for line := range strings.SplitSeq(a.Dialogue, "\n") {
				lines = append(lines, d.spoken(line, width)...)
			}
		case a.Finished.IsZero():
			lines = append(lines, indented(d.underWay(id, a), width, d.styles.plain)...)
		default:
			lines = append(lines, indented("Nothing is kept of what was said.", width, d.styles.dim)...)
		}
	}
	return lines
}

// underWay says how far an attempt is that has not ended.
func (d *desk) underWay(id outbox.ID, a outbox.Attempt) string {
	text := "Under way since " + clock(a.Started, d.now)
	if g, ok := d.progress[id]; ok {
		text += ": " + clean(string(g.Step))
		if g.Step == outbox.StepBody && g.Total > 0 {
			text += ", " + share(g)
			if words := d.uploads[id].words(g.Total); words != "" {
				text += " · " + words
			}
		}
	}
	return text + ". What is said stands here when it has ended."
}

// spoken is one line of a dialogue, in the form of [outbox.Report]: when in
// milliseconds, who, and the words.
func (d *desk) spoken(line string, width int) (lines []string) {
	const margin, times = 9, 6
	at, rest, _ := strings.Cut(clean(line), " ")
	who, words, _ := strings.Cut(rest, " ")
	style := d.spokenStyle(who, words)
	for n, part := range wrap(words, max(width-margin, 1)) {
		start := spaces(min(margin, width))
		if n == 0 {
			start = d.styles.dim.Render(cell(right(at, times)+" "+who, min(margin, width)))
		}
		lines = append(lines, start+style.Render(cut(part, width-margin)))
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
