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

	undone  bool   // one was undone here, as far as that could be done
	lasting string // what was done last that is no deed, in the words of why it stays so; "": the last was one
}

// deedOver is the end of a deed, with what came of it.
type deedOver struct{ came tea.Msg }

// deed makes a command of work that can be undone, or that undoes.
func (d *desk) deed(work func(ctx context.Context) tea.Msg) tea.Cmd {
	d.deeds.underWay++
	d.deeds.steps++
	d.status.deed = outbox.Deed{}
	d.begun()
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

// note takes in what an action on messages came to.
func (d *deeds) note(msg acted) {
	if msg.err != nil || msg.next != nil || msg.say == "" {
		return
	}
	d.lasting = msg.lasting
	d.undone = d.undone || msg.undid
}

// nothingToUndo says why there is nothing to be undone.
func (d *desk) nothingToUndo() string {
	switch {
	case d.status.undo > 0:
		return d.keyed("There is nothing to undo but messages that have not left: {outbox.undo} takes one back where it is selected.")
	case d.deeds.lasting != "":
		return "There is nothing to undo: " + d.deeds.lasting + "."
	case d.deeds.undone:
		return "There is nothing more to undo of what was done in the last day."
	}
	return "There is nothing to undo: nothing was done to a message in the last day."
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
				return d.say(d.nothingToUndo())
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
				return ended{func() tea.Cmd {
					d.deeds.undone = true // as far as it can be: its record is gone
					return d.say("That cannot be undone any more: " + nameOf(i) + " is " + d.stateNow(&i) + ".")
				}}
			}
		case len(u.Items) > 0:
			return d.undid(ctx, u)
		}
		return acted{say: "That cannot be undone any more: it has changed since.", undid: true}
	})
}

// undid tells what was undone. What was deleted is gone to.
func (d *desk) undid(ctx context.Context, u outbox.Undone) acted {
	i, err := d.options.Outbox.Get(ctx, slices.Max(u.Items))
	if err != nil { // it is undone all the same
		i = outbox.Item{}
	}
	out := acted{say: undone(u, i), undid: true}
	if u.Action == outbox.ActionDelete {
		out.back = i
	}
	return out
}

// undone says what became of what by undoing: of the item i, if that is all.
func undone(u outbox.Undone, i outbox.Item) string {
	text := capital(actionWords[u.Action].undone) + ": "
	if len(u.Items) == 1 && i.ID != 0 {
		text += nameOf(i)
	} else {
		text += count(len(u.Items), "message")
	}
	switch u.Left {
	case 0:
		return text + "."
	case 1:
		return text + "; 1 has changed since."
	}
	return text + "; " + number(u.Left) + " have changed since."
}

// nameOf names a message within a sentence: what it is about, and to whom it goes.
func nameOf(i outbox.Item) string {
	const longestSubject, longestAddress = 40, 30
	name := "\"" + cut(subject(i), longestSubject) + "\""
	if to := who(&i, longestAddress); to != "" {
		name += " to " + to
	}
	return name
}
