package ui

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// askedOf is the message that a question asks of, as it is by now.
type askedOf struct {
	question *question
	item     outbox.Item
	holds    func(outbox.Item) bool
	err      error
}

// whileItem has the question that was just put withdrawn once its message is not what it
// asks of any more.
func (d *desk) whileItem(id outbox.ID, holds func(outbox.Item) bool) {
	q := d.question
	q.follow = func() tea.Cmd {
		return d.do(func(ctx context.Context) tea.Msg {
			item, err := d.options.Outbox.Get(ctx, id)
			return askedOf{q, item, holds, err}
		})
	}
}

func (d *desk) handleAskedOf(msg askedOf) tea.Cmd {
	switch {
	case d.question != msg.question:
		return nil
	case errors.Is(msg.err, outbox.ErrNotFound):
		return d.withdraw("It is not asked any more: the message is not in the outbox any more.")
	case msg.err != nil || msg.holds(msg.item):
		return nil
	}
	return d.withdraw("It is not asked any more: the message is " + d.stateNow(&msg.item) + " now.")
}

// stateNow is an item's state within a sentence.
func (d *desk) stateNow(i *outbox.Item) string {
	switch i.State {
	case outbox.StateSending:
		return "being sent"
	case outbox.StateScheduled:
		return "scheduled"
	}
	return d.look(i).word
}

// whileCampaign has the question that was just put follow a campaign: text is what is
// asked, "" if that has no sense any more.
func (d *desk) whileCampaign(id outbox.CampaignID, text func(outbox.Campaign) string) {
	q := d.question
	q.follow = func() tea.Cmd {
		for _, c := range d.status.campaigns {
			if c.ID == id && text(c) != "" {
				q.text = text(c)
				return nil
			}
		}
		return d.withdraw("It is not asked any more: the campaign has changed.")
	}
}
