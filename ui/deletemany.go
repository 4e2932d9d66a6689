package ui

import (
	"context"
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// mostFollowed is how many of the messages that are to be deleted are looked at again: who
// deletes more has not counted them.
const mostFollowed = 500

// askDeleteMany asks, and says how many are gone for good then. It follows what becomes of
// them meanwhile; left is how many of them are not asked of any more for that.
func (d *desk) askDeleteMany(items []outbox.Item, left int) {
	d.ask(deleteManyText(items, left), "keep", yes("delete", func() tea.Cmd { return d.deleteMany(items) }))
	q := d.question
	q.follow = func() tea.Cmd {
		return d.do(func(ctx context.Context) tea.Msg {
			same, err := unchanged(ctx, d.options.Outbox, items)
			return ended{func() tea.Cmd {
				switch {
				case err != nil || d.question != q || len(same) == len(items):
				case len(same) == 0:
					return d.withdraw("It is not asked any more: all of them have changed meanwhile.")
				default:
					d.askDeleteMany(same, left+len(items)-len(same))
				}
				return nil
			}}
		})
	}
}

// deleteManyText is the question.
func deleteManyText(items []outbox.Item, left int) string {
	lost := 0
	for _, i := range items {
		if !comesBack(i) {
			lost++
		}
	}
	text := fmt.Sprintf("Delete %s?", count(len(items), "message"))
	if lost > 0 {
		text += fmt.Sprintf(" %s cannot be brought back.", number(lost))
	}
	if left > 0 {
		text += " " + changedSince(left) + "."
	}
	return text
}

// changedSince says what became of messages that stay.
func changedSince(n int) string {
	if n == 1 {
		return "1 more has changed meanwhile, and stays"
	}
	return number(n) + " more have changed meanwhile, and stay"
}

// deleteMany deletes those that are still what was asked of.
func (d *desk) deleteMany(items []outbox.Item) tea.Cmd {
	return d.deed(func(ctx context.Context) tea.Msg {
		same, err := unchanged(ctx, d.options.Outbox, items)
		if err != nil {
			return acted{err: err}
		}
		ids := make([]outbox.ID, len(same))
		for n, i := range same {
			ids[n] = i.ID
		}
		tally, err := d.options.Outbox.ActOn(ctx, outbox.ActionDelete, ids...)
		say := tallied(actionWords[outbox.ActionDelete].done, tally)
		if left := len(items) - len(same); left > 0 {
			say += " " + changedSince(left) + "."
		}
		return acted{say: say, err: err}
	})
}

// unchanged are the items that are not something else by now: sent, say, or deleted.
func unchanged(ctx context.Context, b *outbox.Outbox, items []outbox.Item) (same []outbox.Item, err error) {
	looked := 0
	for _, before := range items {
		if !waitsToGo(before.State) || looked == mostFollowed {
			same = append(same, before)
			continue
		}
		looked++
		now, err := b.Get(ctx, before.ID)
		switch {
		case errors.Is(err, outbox.ErrNotFound):
		case err != nil:
			return nil, err
		case waitsToGo(now.State):
			same = append(same, before)
		}
	}
	return same, nil
}

// waitsToGo tells that a sender, or a person elsewhere, may make something else of an item.
func waitsToGo(s outbox.State) bool {
	return s == outbox.StateWaiting || s == outbox.StateScheduled || s == outbox.StateHeld
}
