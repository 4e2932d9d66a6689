package ui

import (
	"context"
	"reflect"
	"time"

	tea "charm.land/bubbletea/v2"
)

// saveAfter is how long a change waits to be saved: with the time that takes,
// no more than two seconds of typing can be lost. It counts from the first key
// that is not saved, not from the last.
const saveAfter = time.Second

// Results of the composer's commands. Each names the composer it is for.
type (
	saveDue    struct{ composer *composer }
	draftSaved struct {
		composer *composer
		sheet    sheet
		copied   bool // since another process had changed the draft
		err      error
	}
	left struct { // the composer may close
		composer *composer
		kept     bool
		err      error
		undoable bool // it was discarded, and can be brought back
		asMade   bool // it is not kept since nobody has written on it
	}
)

// touch notes that something may have changed, and tells whether it has. The
// cursor goes along with the text and is no change by itself.
func (c *composer) touch() bool {
	before, d := c.last, c.draft()
	c.last.Cursor = d.Cursor
	if reflect.DeepEqual(d, c.last) {
		return false
	}
	if c.notice.bad { // writing goes on: it has been read
		c.clearNotice()
	}
	c.history.add(before, d, c.now)
	c.last = d
	c.revision++
	return true
}

// changed sees to it that the text is on disk soon.
func (c *composer) changed() tea.Cmd {
	if c.timer || c.revision == c.saved {
		return nil
	}
	c.timer = true
	return tea.Tick(saveAfter, func(time.Time) tea.Msg { return saveDue{c} })
}

// save writes the text to disk now.
func (c *composer) save() tea.Cmd {
	c.saving = true
	s, p := c.saver, c.sheet()
	c.placed = p.draft.Cursor
	return c.do(func(ctx context.Context) tea.Msg {
		err := s.save(ctx, p)
		return draftSaved{c, p, s.becameACopy(ctx), err}
	})
}

func (c *composer) handleSaved(msg draftSaved) tea.Cmd {
	c.saving = false
	c.saveErr = msg.err
	if msg.err == nil {
		c.saved, c.savedBlank = max(c.saved, msg.sheet.revision), msg.sheet.blank
	}
	switch {
	case c.leaving && msg.err != nil: // everything stays on the screen
		c.leaving = false
		return tea.Batch(c.fail(msg.err), c.changed())
	case c.leaving:
		c.settle()
		if c.revision > c.saved {
			return c.save()
		}
		return c.finish()
	case msg.copied:
		return tea.Batch(c.say("Another window has changed this draft: what stands here is a copy of its own now."), c.changed())
	}
	return tea.Batch(c.changed(), c.lookAtFiles(), c.lookAtPictures())
}

// leave saves and closes.
func (c *composer) leave() tea.Cmd {
	if c.leaving {
		return nil
	}
	c.leaving = true
	if c.saving {
		return nil // handleSaved goes on
	}
	c.settle()
	if c.revision > c.saved {
		return c.save()
	}
	return c.finish()
}

// leaveKept is leave for who wants it kept, whoever has written it.
func (c *composer) leaveKept() tea.Cmd {
	if c.made != nil && !c.keep && !c.leaving {
		c.keep = true
		c.revision++ // or it would count as saved
	}
	return c.leave()
}

// finish closes once the text is safe; a draft with nothing in it goes.
func (c *composer) finish() tea.Cmd {
	s, p, empty := c.saver, c.sheet(), c.last.Empty(c.signature())
	return c.do(func(ctx context.Context) tea.Msg {
		kept, err := s.leave(ctx, p)
		return left{composer: c, kept: kept, err: err, asMade: !kept && !empty}
	})
}

func (c *composer) handleLeft(msg left) tea.Cmd {
	c.leaving = false
	if msg.err != nil {
		return c.fail(msg.err)
	}
	c.close(c)
	c.movedOn()
	switch {
	case msg.kept:
		return c.say("Kept as a draft.")
	case msg.undoable:
		return c.offerUndo(c.keyed("Discarded; {outbox.undo} brings it back."))
	case msg.asMade:
		return c.say("Nothing was written: no draft is kept.")
	}
	return nil
}
