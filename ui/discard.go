package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/outbox"
)

// discarded is a draft that was thrown away, until the next one is or a message
// is queued.
type discarded struct{ draft compose.Draft }

// askDiscard asks, since a slip of the finger is undone only by who notices it.
func (c *composer) askDiscard() {
	c.ask("Discard this message?", "keep", yes("discard", func() tea.Cmd {
		c.touch()
		s, d := c.saver, c.last
		return c.do(func(ctx context.Context) tea.Msg {
			return left{composer: c, err: s.discard(ctx), discarded: &discarded{d}}
		})
	}))
}

// deleteDraft throws a saved draft away. One that cannot be read is not brought
// back, and goes all the same.
func (d *desk) deleteDraft(id outbox.ID) tea.Cmd {
	return d.do(func(ctx context.Context) tea.Msg {
		draft, unread := d.options.Outbox.Draft(ctx, id)
		err := d.options.Outbox.Delete(ctx, id)
		if err != nil || unread != nil {
			return acted{id: id, say: "Deleted.", err: err}
		}
		return acted{id: id, say: d.keyed("Deleted; {outbox.undo} brings it back."), discarded: &discarded{draft}}
	})
}

// bringBack opens what was thrown away as a new draft.
func (d *desk) bringBack() tea.Cmd {
	draft := d.discarded.draft
	d.discarded = nil
	return d.openComposer(draft, outbox.DraftRef{})
}
