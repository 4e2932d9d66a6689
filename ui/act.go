package ui

import (
	"context"
	"errors"
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/outbox"
)

// errTooLate is why a message cannot be taken back.
var errTooLate = errors.New("it is too late: the message is on its way")

type (
	// acted is what an action on an item came to.
	acted struct {
		id      outbox.ID
		say     string      // what happened, if it did
		undo    bool        // say names the key that undoes it
		undid   bool        // what was done last is undone, as far as that can be
		back    outbox.Item // the newest of what was brought back, to go to; the zero one: nothing was
		lasting string      // in lower case, why it cannot be undone; "": it can, or it is not about that
		err     error
		next    func() tea.Cmd // asked when err wants a decision; nil if not
	}
	// draftRead is a draft that shall be written on.
	draftRead struct {
		draft compose.Draft
		ref   outbox.DraftRef // the zero one: as a new draft
		say   string
		err   error
	}
)

// act does what a key asks of an item.
func (d *desk) act(msg tea.KeyPressMsg, k itemKeys, i *outbox.Item) tea.Cmd {
	switch {
	case i != nil && key.Matches(msg, k.TakeBack):
		return d.takeBack(i.ID)
	case key.Matches(msg, k.Undo, d.bound("", undoAction)):
		return d.undoLast()
	case i == nil:
	case key.Matches(msg, k.Retry) && i.Resent:
		d.askResent(*i)
	case key.Matches(msg, k.Retry):
		return d.retry(*i)
	case key.Matches(msg, k.Move):
		d.askAccount(*i)
	case key.Matches(msg, k.Correct):
		return d.correct(i.ID)
	case key.Matches(msg, k.Edit):
		return d.edit(*i)
	case key.Matches(msg, k.SendNow):
		return d.doOn(i.ID, d.soon("It is due now."), dueLasts, d.options.Outbox.Release)
	case key.Matches(msg, k.Release):
		return d.actOn(outbox.ActionRelease, d.soon("It is due now."), *i)
	case key.Matches(msg, k.Hold):
		return d.actOn(outbox.ActionHold, d.keyed("It is held until {outbox.hold} releases it."), *i)
	case key.Matches(msg, k.Cancel):
		return d.actOn(outbox.ActionCancel, d.keyed("It is cancelled; {outbox.retry} sends it after all."), *i)
	case d.tooLate(*i) && key.Matches(msg, d.bound("", "outbox.cancel")): // which is not offered
		return d.fail(outbox.ErrTooLate)
	case i.Halted && key.Matches(msg, d.bound("", "outbox.hold")): // nor is this
		return d.fail(outbox.ErrCampaignHolds)
	case key.Matches(msg, k.Delete):
		d.askDelete(*i)
	case key.Matches(msg, k.Export):
		return d.openExport(*i)
	}
	return nil
}

// Why some actions cannot be undone.
const (
	triedAgainLasts = "what was done last was to try again, and that may be on its way"
	dueLasts        = "what was done last was to make a message due, and it may be on its way"
	arrivedLasts    = "what was done last was to count a message as sent, and it stays so"
	sentLasts       = "what was done last was to send a message, and what has left does not come back"
	scheduledLasts  = "what was done last was to schedule a message, and {outbox.cancel} on that cancels it"
	deletedLasts    = "what was deleted last does not come back"
)

// doOn makes the command of one action, which cannot be undone.
func (d *desk) doOn(id outbox.ID, say, lasting string, action func(context.Context, outbox.ID) error) tea.Cmd {
	d.begun()
	return d.do(func(ctx context.Context) tea.Msg {
		return acted{id: id, say: say, lasting: lasting, err: action(ctx, id)}
	})
}

// soon is what is said of a message that is due now. Where nothing sends, now is
// not the word for it.
func (d *desk) soon(now string) string {
	if d.sends() {
		return now
	}
	return "It goes out as soon as something sends."
}

// otherAccounts are those that may send an item in place of its own.
func (d *desk) otherAccounts(i outbox.Item) (others []string) {
	for _, a := range d.accounts {
		if a.Name != i.Account && a.Allows(i.From) {
			others = append(others, a.Name)
		}
	}
	return others
}

// askAccount asks through which other account to send. More than there are digits
// can be reached by `sendoff retry -a`.
func (d *desk) askAccount(i outbox.Item) {
	others := d.otherAccounts(i)
	var choices []answer
	for _, name := range others[:min(len(others), 9)] {
		choices = append(choices, answer{clean(name), "", func() tea.Cmd {
			return d.retryThrough(i, name)
		}})
	}
	d.ask("Through which account?", "leave it", choices...)
	d.whileItem(i.ID, func(i outbox.Item) bool { return d.itemKeys(&i).Move.Enabled() })
}

// retry makes an item due now.
func (d *desk) retry(i outbox.Item) tea.Cmd { return d.retryThrough(i, "") }

// retryThrough makes an item due now, through another account or ("") its own.
// What may have arrived is asked about first.
func (d *desk) retryThrough(i outbox.Item, account string) tea.Cmd {
	if i.State != outbox.StateUncertain {
		return d.retryWith(i.ID, outbox.RetryOptions{Account: account})
	}
	d.ask("Send it again? It may have arrived already.", "leave it",
		yes("send again", func() tea.Cmd { return d.retryWith(i.ID, outbox.RetryOptions{Account: account, ResendUncertain: true}) }),
		answer{"it arrived", "question.arrived", func() tea.Cmd {
			return d.doOn(i.ID, "It counts as sent.", arrivedLasts, d.options.Outbox.MarkSent)
		}})
	d.whileItem(i.ID, func(i outbox.Item) bool { return i.State == outbox.StateUncertain })
	return nil
}

func (d *desk) retryWith(id outbox.ID, o outbox.RetryOptions) tea.Cmd {
	say := "It is tried again now."
	if o.Account != "" {
		say = "It goes through " + clean(o.Account) + " now."
	}
	say = d.soon(say)
	d.begun()
	return d.do(func(ctx context.Context) tea.Msg {
		waits, err := d.retryOne(ctx, id, o)
		switch {
		case errors.Is(err, outbox.ErrOldMail):
			return acted{id: id, err: err, next: func() tea.Cmd { return d.askOldMail(id, o) }}
		case errors.Is(err, outbox.ErrDayLimit):
			return acted{id: id, err: err, next: func() tea.Cmd {
				o.AgainstLimit = true
				d.ask("Try all the same? The account's quota for the day is used up.", "wait",
					yes("try", func() tea.Cmd { return d.retryWith(id, o) }))
				d.whileItem(id, d.canRetry)
				return nil
			}}
		case waits:
			return acted{id: id, say: sentence("it is tried again, and " + halted(1)), lasting: triedAgainLasts}
		}
		return acted{id: id, say: say, lasting: triedAgainLasts, err: err}
	})
}

// askResent asks before a message is tried again whose copy goes out, or has: who reads
// both addresses would have it twice.
func (d *desk) askResent(i outbox.Item) {
	d.ask("A copy of it goes to another address. Try this one too?", "leave it", yes("try", func() tea.Cmd { return d.retry(i) }))
	d.whileItem(i.ID, func(i outbox.Item) bool { return i.Resent && d.canRetry(i) })
}

// retryOne tells of an item that is to be tried again whether it waits for its campaign.
func (d *desk) retryOne(ctx context.Context, id outbox.ID, o outbox.RetryOptions) (waits bool, err error) {
	if err := d.options.Outbox.Retry(ctx, id, o); err != nil {
		return false, err
	}
	i, err := d.options.Outbox.Get(ctx, id)
	return err == nil && i.Halted, nil // it is done, whatever can be said of it
}

// askOldMail asks with which date to send what was written days ago.
func (d *desk) askOldMail(id outbox.ID, o outbox.RetryOptions) tea.Cmd {
	o.AnyAge = true
	own := func() tea.Cmd { return d.retryWith(id, o) }
	if o.Account != "" { // a new message would go through the account of the old one
		d.ask("Over four days old: send it with its own date?", "not at all", yes("send", own))
		d.whileItem(id, d.canRetry)
		return nil
	}
	d.ask("Over four days old: with which date?", "not at all",
		yes("of today", func() tea.Cmd { return d.redate(id) }), answer{"its own", "question.own-date", own})
	d.whileItem(id, d.canRetry)
	return nil
}

func (d *desk) canRetry(i outbox.Item) bool { return d.itemKeys(&i).Retry.Enabled() }

// redate sends a message anew, as another one.
func (d *desk) redate(id outbox.ID) tea.Cmd {
	say := d.soon("It goes out now as a new message.")
	return d.do(func(ctx context.Context) tea.Msg {
		_, err := d.options.Outbox.Redate(ctx, id)
		return acted{id: id, say: say, lasting: sentLasts, err: err}
	})
}

// handleActed says what an action came to.
func (d *desk) handleActed(msg acted) tea.Cmd {
	switch {
	case msg.next != nil:
		return msg.next()
	case msg.err != nil:
		return d.fail(msg.err)
	}
	if msg.undo {
		return d.offerUndo(msg.say)
	}
	return d.say(msg.say)
}

// askDelete asks, since what is deleted is gone after a day.
func (d *desk) askDelete(i outbox.Item) {
	say := d.keyed("Deleted; {outbox.undo} brings it back.")
	text := deleteText(i)
	d.ask(text, "keep", yes("delete", func() tea.Cmd { return d.actOn(outbox.ActionDelete, say, i) }))
	d.whileItem(i.ID, func(i outbox.Item) bool { return d.itemKeys(&i).Delete.Enabled() && deleteText(i) == text })
}

// deleteText asks whether to delete an item, and says what is lost then.
func deleteText(i outbox.Item) string {
	text := fmt.Sprintf("Delete %q?", subject(i))
	switch i.State {
	case outbox.StateWaiting, outbox.StateScheduled, outbox.StateHeld:
		text += " It has not been sent."
	}
	if !comesBack(i) {
		text += " It cannot be brought back."
	}
	return text
}

// takeBack makes a message that has not left a draft again, and opens it.
func (d *desk) takeBack(id outbox.ID) tea.Cmd {
	return d.do(func(ctx context.Context) tea.Msg {
		if err := d.options.Outbox.TakeBack(ctx, id); err != nil {
			if errors.Is(err, outbox.ErrTransition) || errors.Is(err, outbox.ErrBusy) {
				err = errTooLate
			}
			return acted{id: id, err: err}
		}
		return d.readDraft(ctx, id, "Taken back: it is a draft again.")
	})
}

// edit opens a draft. A message that waits and that nobody can have becomes a
// draft again; of any other a copy is made, since what has left stays as it was.
func (d *desk) edit(i outbox.Item) tea.Cmd {
	return d.do(func(ctx context.Context) tea.Msg {
		if i.State == outbox.StateDraft {
			return d.readDraft(ctx, i.ID, "")
		}
		if untouched(i) {
			err := d.options.Outbox.TakeBack(ctx, i.ID)
			if err == nil {
				return d.readDraft(ctx, i.ID, "It is a draft again, and not sent until you send it.")
			}
			if !errors.Is(err, outbox.ErrTransition) { // else it has left meanwhile
				return acted{id: i.ID, err: err}
			}
		}
		draft, err := d.options.Outbox.Draft(ctx, i.ID)
		return draftRead{draft: draft, say: "This is a copy; the message itself stays as it is.", err: err}
	})
}

// correct opens a copy for those alone who did not get a message, at their address.
func (d *desk) correct(id outbox.ID) tea.Cmd {
	return d.do(func(ctx context.Context) tea.Msg {
		item, err := d.options.Outbox.Get(ctx, id)
		if err != nil {
			return acted{id: id, err: err}
		}
		draft, err := d.options.Outbox.Draft(ctx, id)
		if err != nil {
			return acted{id: id, err: err}
		}
		return draftRead{draft: draft.OnlyTo(unreached(item)), say: d.keyed("A copy for those who did not get it: correct the address; {compose.review} leads on.")}
	})
}

// unreached are the addresses of those to whom a message could not be delivered.
func unreached(i outbox.Item) (addresses []string) {
	for _, r := range i.Recipients {
		if r.State == outbox.RecipientFailed || r.State == outbox.RecipientBounced {
			addresses = append(addresses, r.Address)
		}
	}
	return addresses
}

// untouched tells that a message waits, that nobody can have it, and that its
// draft is kept. What has failed is no such message: its history is the answer to
// what became of it.
func untouched(i outbox.Item) bool {
	switch i.State {
	case outbox.StateWaiting, outbox.StateHeld, outbox.StateScheduled, outbox.StateCancelled:
		return i.HasDraft && !i.Marked
	}
	return false
}

func (d *desk) readDraft(ctx context.Context, id outbox.ID, say string) tea.Msg {
	draft, ref, err := d.options.Outbox.OpenDraft(ctx, id)
	return draftRead{draft: draft, ref: ref, say: say, err: err}
}

// openItem shows an item; a draft opens in the composer.
func (d *desk) openItem(i *outbox.Item) tea.Cmd {
	switch {
	case i == nil:
		return nil
	case i.State == outbox.StateDraft:
		return d.edit(*i)
	}
	p := newItemPane(d, *i)
	d.push(p)
	return p.load()
}

// subject is an item's subject for people.
func subject(i outbox.Item) string {
	if s := clean(i.Subject); s != "" {
		return s
	}
	return "(no subject)"
}
