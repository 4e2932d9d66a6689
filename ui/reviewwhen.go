package ui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/internal/moment"
)

// scheduled tells that the message is to leave later, and that this has not passed
// while it lay here.
func (r *reviewPane) scheduled() bool { return r.draft.Leaves.After(r.now) }

// leavesText says when the message leaves, or what it waits for.
func (r *reviewPane) leavesText() string {
	text := "at once"
	if wait := r.options.UndoWindow; wait > 0 {
		text = "in " + duration(wait) + r.keyed(" ({outbox.undo} takes it back)")
	}
	if r.scheduled() {
		text = r.moment(r.draft.Leaves)
	} else if !r.draft.Leaves.IsZero() {
		text += "; " + r.moment(r.draft.Leaves) + " has passed"
	}
	unsent := r.status.counts != nil && !r.sends()
	switch {
	case r.stands() && r.scheduled():
		return text + ", if the sender goes on by then, which stands still"
	case unsent && r.scheduled():
		return text + ", if something sends then: `sendoff daemon`"
	case r.scheduled():
		return text
	case r.stands():
		text = "when the sender goes on, which stands still"
	case unsent:
		text = "when something sends: `sendoff daemon` or `sendoff flush`"
	}
	if park, ok := r.parked(r.draft.Account); ok {
		text = "when " + clean(park.Account) + " goes on, which is parked: " + parkWords(park.Result)
		if r.triedAgain(park) {
			text += "; it is being tried again"
		} else if !park.Until.IsZero() {
			text += "; it tries again " + onward(park.Until, r.now)
		}
	} else if q, ok := r.full(r.draft.Account); ok {
		text = "when " + clean(q.Account) + " may send again: its limit is " + quotaWords(q)
		if !q.From.IsZero() {
			text += "; it goes on " + onward(q.From, r.now)
		}
	}
	return text
}

// moment writes a time so that nobody can take it for another: with its day, in the
// zone of this machine, which it names, and how far away it is.
func (d *desk) moment(t time.Time) string {
	t = t.In(d.now.Location())
	form := "Mon 2 Jan 15:04 MST"
	if t.Year() != d.now.Year() {
		form = "Mon 2 Jan 2006 15:04 MST"
	}
	text := t.Format(form)
	switch wait := t.Sub(d.now); {
	case wait <= 0:
		return text
	case wait < time.Hour:
		return text + ", in " + fmt.Sprintf("%d min", max((wait+time.Minute-1)/time.Minute, 1))
	case wait < 2*24*time.Hour:
		return text + ", in " + fmt.Sprintf("%d h", (wait+time.Hour/2)/time.Hour)
	default:
		return text + ", in " + count(int((wait+12*time.Hour)/(24*time.Hour)), "day")
	}
}

// until is a moment, or how long that is while seconds are counted down.
func (d *desk) until(t time.Time) string {
	if wait := t.Sub(d.now); wait <= time.Minute {
		return "in " + seconds(wait)
	}
	return d.moment(t)
}

// openSchedule asks when the message is to leave.
func (r *reviewPane) openSchedule() {
	value := ""
	if r.scheduled() {
		value = r.draft.Leaves.In(r.now.Location()).Format("2006-01-02 15:04")
	}
	at := r.desk.text("leaves", value)
	p := &formPane{desk: r.desk, name: "when it leaves", fields: []*formField{at}}
	at.note = func() string { return r.scheduleNote(at.input.value()) }
	p.below = func(width int) []string {
		var lines []string
		for _, line := range wrap("For example: tomorrow · tomorrow 8 · mon 9:00 · 17:30 · in 2h · 2026-12-24 18:00. Left empty, it leaves at once.", width) {
			lines = append(lines, r.styles.dim.Render(line))
		}
		return lines
	}
	p.submit = func() tea.Cmd {
		t, err := moment.Parse(at.input.value(), r.now)
		if err != nil {
			return p.wrong(at, clean(err.Error())+".")
		}
		p.close(p)
		return r.schedule(t)
	}
	p.start()
	r.push(p)
}

// scheduleNote says what is made of a text, while it is typed.
func (r *reviewPane) scheduleNote(text string) string {
	switch t, err := moment.Parse(text, r.now); {
	case err != nil:
		return "…"
	case t.IsZero():
		return "at once"
	default:
		return r.moment(t)
	}
}

// schedule has the message leave at a time; the zero time is at once.
func (r *reviewPane) schedule(t time.Time) tea.Cmd {
	if !t.IsZero() {
		t = t.UTC().Truncate(time.Second) // as it is stored
	}
	r.composer.base.Leaves = t
	r.composer.touch()
	cmd, _ := r.follow()
	return tea.Batch(cmd, r.composer.changed())
}
