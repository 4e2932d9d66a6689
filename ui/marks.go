package ui

import (
	"context"
	"errors"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// marks are the items of the list that the next action is for, in place of the
// selected one.
type marks struct {
	ids  map[outbox.ID]bool
	from outbox.ID // a range goes from here to the cursor; 0: there is none
}

// marked tells that an item of the list is marked.
func (p *outboxPane) marked(id outbox.ID) bool {
	if p.marks.ids[id] {
		return true
	}
	return p.marks.from != 0 && id >= min(p.marks.from, p.selected) && id <= max(p.marks.from, p.selected)
}

// markedItems are those that are marked and still there.
func (p *outboxPane) markedItems() (all []outbox.Item) {
	if len(p.marks.ids) == 0 && p.marks.from == 0 {
		return nil
	}
	for _, i := range p.rows.items {
		if p.marked(i.ID) {
			all = append(all, i)
		}
	}
	return all
}

// toggleMark marks the selected item, or as many from there on as was said, or marks
// them no more, and goes to the next. It ends a range, whose items stay marked.
func (p *outboxPane) toggleMark() tea.Cmd {
	switch {
	case p.item() == nil:
		return nil
	case p.marks.from != 0:
		p.endRange()
		return nil
	}
	marked, end := p.marks.ids[p.selected], p.list.cursor+max(p.count, 1)
	for _, i := range p.rows.items[p.list.cursor:min(end, len(p.rows.items))] {
		if marked {
			delete(p.marks.ids, i.ID)
		} else {
			p.mark(i.ID)
		}
	}
	var told tea.Cmd
	if end > len(p.rows.items) && !p.rows.complete {
		told = p.say(p.keyed("More than that are not read yet: {list.range} and {move.last} mark to the end."))
	}
	p.list.cursor = end
	return tea.Batch(told, p.moved())
}

func (p *outboxPane) mark(id outbox.ID) {
	if p.marks.ids == nil {
		p.marks.ids = make(map[outbox.ID]bool)
	}
	p.marks.ids[id] = true
}

// toggleRange begins a range at the cursor, or ends the one that there is.
func (p *outboxPane) toggleRange() {
	switch {
	case p.item() == nil:
	case p.marks.from != 0:
		p.endRange()
	default:
		p.marks.from = p.selected
	}
}

func (p *outboxPane) endRange() {
	for _, i := range p.markedItems() {
		p.mark(i.ID)
	}
	p.marks.from = 0
}

// manyKeys are the keys for several items: those that one of them takes.
func (d *desk) manyKeys(items []outbox.Item) itemKeys {
	many := d.itemKeys(nil)
	type kind struct {
		state                                              outbox.State
		undo, replaced, unfiled, stopping, tooLate, halted bool
	}
	seen := make(map[kind]bool)
	for n, i := range items {
		of := kind{i.State, inUndoWindow(i, d.now), i.ReplacedBy != 0, unfiled(i), i.Stopping, d.tooLate(i), i.Halted}
		if seen[of] { // it takes what another one took: there may be a hundred thousand
			continue
		}
		seen[of] = true
		one := d.itemKeys(&items[n])
		for n, b := range many.several() {
			b.SetEnabled(b.Enabled() || one.several()[n].Enabled())
		}
	}
	if many.Hold.Enabled() { // they have one key
		many.Release.SetEnabled(false)
	}
	return many
}

// several are the keys that make sense for more than one item.
func (k *itemKeys) several() []*key.Binding {
	return []*key.Binding{&k.Retry, &k.Hold, &k.Release, &k.Cancel, &k.Delete, &k.Export}
}

// actOn does something to items. one is what is said if it was one.
func (d *desk) actOn(a outbox.Action, one string, items ...outbox.Item) tea.Cmd {
	ids := make([]outbox.ID, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	return d.deed(func(ctx context.Context) tea.Msg {
		tally, err := d.options.Outbox.ActOn(ctx, a, ids...)
		if err == nil && len(tally.Stopping) > 0 { // what comes of it is told when it is known
			return acted{next: func() tea.Cmd { return d.awaitStops(a, tally, items) }}
		}
		switch {
		case err != nil || len(ids) != 1:
			return acted{say: tallied(actionWords[a].done, tally), err: err}
		case tally.Busy > 0:
			return acted{err: outbox.ErrBusy}
		case tally.TooLate > 0:
			return acted{err: outbox.ErrTooLate}
		case tally.Other > 0:
			return acted{err: errNotNow}
		case tally.Halted > 0:
			return acted{err: outbox.ErrCampaignHolds}
		case a == outbox.ActionDelete && tally.Undoable == 0:
			return acted{say: "Deleted.", lasting: deletedLasts}
		}
		return acted{say: one, undo: a == outbox.ActionDelete}
	})
}

// errNotNow is why an action came to nothing.
var errNotNow = errors.New("it has changed meanwhile, and does not take that any more")

// actionWords are what is said of an action: that it was done to some, that it was
// undone, and what undoing it is called.
var actionWords = map[outbox.Action]struct{ done, undone, undo string }{
	outbox.ActionHold:    {"held", "not held any more", "undo hold"},
	outbox.ActionRelease: {"released", "held again", "undo release"},
	outbox.ActionCancel:  {"cancelled", "not cancelled any more", "undo cancel"},
	outbox.ActionDelete:  {"deleted", "brought back", "bring back"},
}

// tallied says what became of many.
func tallied(done string, t outbox.Tally) string {
	text := number(t.Done) + " " + done
	if t.Halted > 0 {
		text += "; " + number(t.Halted) + " " + halted(t.Halted)
	}
	if t.Busy > 0 {
		text += "; " + number(t.Busy) + " just being sent"
	}
	if n := len(t.Stopping); n > 0 {
		text += "; " + number(n) + " being stopped"
	}
	if t.TooLate > 0 {
		text += "; " + number(t.TooLate) + " too late, since the server has all of it"
	}
	if t.Other > 0 {
		text += "; " + number(t.Other) + " did not take it"
	}
	return text + "."
}

// isHalted tells of a held message that its campaign alone lets it go.
func isHalted(i outbox.Item) bool { return i.Halted }

// halted says of messages that their campaign holds them.
func halted(n int) string {
	if n == 1 {
		return "goes when its campaign goes on"
	}
	return "go when their campaign goes on"
}

// retryMany tries items again. What a person must be asked about is left to be
// retried by itself.
func (d *desk) retryMany(items []outbox.Item) tea.Cmd {
	now := "due now"
	if !d.sends() {
		now = "due as soon as something sends"
	}
	d.begun()
	return d.do(func(ctx context.Context) tea.Msg {
		var tally outbox.Tally
		ask := 0
		for _, i := range items {
			if i.Resent {
				ask++
				continue
			}
			waits, err := d.retryOne(ctx, i.ID, outbox.RetryOptions{})
			switch {
			case err == nil && waits:
				tally.Halted++
			case err == nil:
				tally.Done++
			case errors.Is(err, outbox.ErrBusy):
				tally.Busy++
			case errors.Is(err, outbox.ErrMayHaveArrived), errors.Is(err, outbox.ErrOldMail), errors.Is(err, outbox.ErrDayLimit):
				ask++
			case errors.Is(err, outbox.ErrTransition), errors.Is(err, outbox.ErrNotFound), errors.Is(err, outbox.ErrReplaced):
				tally.Other++
			default:
				return acted{err: err}
			}
		}
		say := tallied(now, tally)
		switch {
		case ask == 1:
			say += " Retry one of them by itself: something is to be asked."
		case ask > 1:
			say += " Retry " + number(ask) + " of them one by one: something is to be asked."
		}
		return acted{say: say, lasting: triedAgainLasts}
	})
}

// actOnMany does what a key asks of the marked items.
func (p *outboxPane) actOnMany(msg tea.KeyPressMsg, k itemKeys, items []outbox.Item) tea.Cmd {
	switch {
	case key.Matches(msg, k.Retry):
		return p.retryMany(items)
	case key.Matches(msg, k.Release):
		return p.actOn(outbox.ActionRelease, p.soon("It is due now."), items...)
	case key.Matches(msg, k.Hold):
		return p.actOn(outbox.ActionHold, p.keyed("It is held until {outbox.hold} releases it."), items...)
	case key.Matches(msg, k.Cancel):
		return p.actOn(outbox.ActionCancel, p.keyed("It is cancelled; {outbox.retry} sends it after all."), items...)
	case slices.ContainsFunc(items, isHalted) && key.Matches(msg, p.bound("", "outbox.hold")):
		n := len(slices.DeleteFunc(slices.Clone(items), func(i outbox.Item) bool { return !i.Halted }))
		return p.say(tallied(actionWords[outbox.ActionRelease].done, outbox.Tally{Halted: n, Other: len(items) - n}))
	case slices.ContainsFunc(items, p.tooLate) && key.Matches(msg, p.bound("", "outbox.cancel")):
		return p.fail(outbox.ErrTooLate)
	case key.Matches(msg, k.Delete):
		p.askDeleteMany(items, 0)
		return nil
	case key.Matches(msg, k.Export):
		return p.openExport(items...)
	}
	return p.act(msg, k, nil)
}

// comesBack tells that an item can be deleted and brought back: all but the letters of
// campaigns.
func comesBack(i outbox.Item) bool { return i.Campaign == "" }

func (p *outboxPane) rangeWord() string {
	if p.marks.from != 0 {
		return "end the range"
	}
	return "mark a range"
}
