package ui

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// following asks how the attempt for an item goes, one question at a time.
type following struct{ asking bool }

// followed is how far the attempt for an item is that goes on, what was said in it, and
// what is known of its recipients.
type followed struct {
	of     pane
	live   outbox.Progress
	goesOn bool
}

// ask asks for a pane, if its item is among those that go out.
func (f *following) ask(d *desk, of pane, id outbox.ID, all []outbox.Progress) tea.Cmd {
	if f.asking || !slices.ContainsFunc(all, func(g outbox.Progress) bool { return g.Item == id }) {
		return nil
	}
	f.asking = true
	return d.do(func(ctx context.Context) tea.Msg {
		live, goesOn, err := d.options.Outbox.Following(ctx, id)
		return followed{of, live, goesOn && err == nil} // of what is wrong with the store, reading all of it tells
	})
}
