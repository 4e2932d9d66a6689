package ui

import (
	"context"
	"errors"
	"slices"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// deeds follows what can be undone and is being done. The list learns of it only when
// it is read again: who is quick means the last deed all the same, not the one before.
type deeds struct {
	underWay int  // deeds, undoing among them, that have not come to their end
	steps    int  // that begun or ended so far: what was read before the last knows too little
	undo     bool // is wanted when the last of them has come to its end
}

// deedOver is the end of a deed, with what came of it.
type deedOver struct{ came tea.Msg }

// deed makes a command of work that can be undone, or that undoes.
func (d *desk) deed(work func(ctx context.Context) tea.Msg) tea.Cmd {
	d.deeds.underWay++
	d.deeds.steps++
	d.status.deed = outbox.Deed{}
	return d.do(func(ctx context.Context) tea.Msg { return deedOver{work(ctx)} })
}

// handleDeedOver takes in what came of a deed, and undoes it if that was asked for.
func (m *Model) handleDeedOver(msg deedOver) tea.Cmd {
	m.deeds.underWay--
	m.deeds.steps++
	cmd := m.update(msg.came)
	if m.deeds.underWay > 0 || !m.deeds.undo {
		return cmd
	}
	m.deeds.undo = false
	if a, ok := msg.came.(acted); !ok || a.err != nil { // it came to nothing, or to something that has the screen now
		return cmd
	}
	return tea.Batch(cmd, m.undoLast())
}

// takeStatus takes in what was read of the outbox when so many steps were done.
func (d *desk) takeStatus(st status, steps int) {
	d.status = st
	if steps != d.deeds.steps {
		d.status.deed = outbox.Deed{}
	}
}

// undoLast undoes the deed that is shown. Where none is, the record is asked: there may
// be one that has not been read yet.
func (d *desk) undoLast() tea.Cmd {
	if d.deeds.underWay > 0 {
		d.deeds.undo = true
		return nil
	}
	deed := d.status.deed
	return d.deed(func(ctx context.Context) tea.Msg {
		if deed.ID == 0 {
			var err error
			if deed, err = d.options.Outbox.LastDeed(ctx); err != nil {
				return acted{err: err}
			}
		}
		if deed.ID == 0 {
			return ended{func() tea.Cmd {
				return d.say("There is nothing to undo: what is sent or tried again stays so.")
			}}
		}
		u, err := d.options.Outbox.Undo(ctx, deed.ID)
		switch {
		case errors.Is(err, outbox.ErrNotFound):
			return acted{err: errors.New("another window has undone that")}
		case err != nil:
			return acted{err: err}
		case len(u.Items) == 0 && u.Left == 1:
			if i, err := d.options.Outbox.Get(ctx, u.Stays); err == nil {
				return ended{func() tea.Cmd { return d.say("That cannot be undone any more: the message is " + d.stateNow(&i) + ".") }}
			}
		case u.Action == outbox.ActionDelete && len(u.Items) > 0:
			if i, err := d.options.Outbox.Get(ctx, slices.Max(u.Items)); err == nil {
				return acted{say: undone(u), back: i}
			}
		}
		return acted{say: undone(u)}
	})
}

// undone says what undoing came to.
func undone(u outbox.Undone) string {
	what := actionWords[u.Action].undone
	switch n := len(u.Items); {
	case n == 0:
		return "That cannot be undone any more: it has changed since."
	case n == 1 && u.Left == 0:
		return "Undone: it is " + what + "."
	case u.Left == 0:
		return "Undone: " + number(n) + " are " + what + "."
	default:
		return "Undone: " + number(n) + " " + what + "; " + number(u.Left) + " have changed since."
	}
}
