package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"
)

// askDiscard asks, since a slip of the finger is undone only by who notices it.
func (c *composer) askDiscard() {
	c.ask("Discard this message?", "keep", yes("discard", func() tea.Cmd {
		c.touch()
		s, p := c.saver, c.sheet()
		return c.do(func(ctx context.Context) tea.Msg {
			undoable, err := s.throwAway(ctx, p)
			return left{composer: c, err: err, undoable: undoable}
		})
	}))
}
