package ui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// stopWithin is how long it is waited for what comes of the wish to stop messages. Their
// senders look for such four times a second.
const stopWithin = 5 * time.Second

// stopsCame is what came of the wish to stop messages, some time after it: the person may
// have gone on by then.
type stopsCame struct {
	say    string // "": there is nothing to say
	bad    bool
	notice int // generation of the notice that was there when it began
}

// awaitStops waits for what comes of such wishes among those of a deed, and tells of them
// with the others. It is no part of the deed: what was wished can be taken back meanwhile.
func (d *desk) awaitStops(a outbox.Action, t outbox.Tally, items []outbox.Item) tea.Cmd {
	notice := d.notice.generation
	d.deeds.lasting = "" // a wish can be taken back
	return d.do(func(ctx context.Context) tea.Msg {
		came := stopsCame{notice: notice}
		stopped, backs := d.takeInStops(ctx, &t)
		switch {
		case backs == len(items): // the wishes were taken back, of which is told already
		case len(items) == 1:
			came.say, came.bad = stopWords(items[0], t, stopped)
		default:
			came.say = tallied(actionWords[a].done, t)
		}
		return came
	})
}

// takeInStops waits for what comes of wishes and takes it into a tally. It tells how many
// messages were stopped, and of how many the wish was taken back. A sender that stands still
// hears of none, and is not waited for.
func (d *desk) takeInStops(ctx context.Context, t *outbox.Tally) (stopped, backs int) {
	b := d.options.Outbox
	if b.Sender().State == outbox.SenderStill {
		return 0, 0
	}
	ctx, stop := context.WithTimeout(ctx, stopWithin)
	defer stop()
	var left []outbox.ID
	for n, came := range b.AwaitStops(ctx, t.Stopping...) {
		id := t.Stopping[n]
		switch {
		case came == nil:
			stopped++
			t.Done++
		case errors.Is(came, outbox.ErrTooLate):
			t.TooLate++
		case errors.Is(came, context.DeadlineExceeded), errors.Is(came, context.Canceled):
			left = append(left, id)
		default: // it came to something else meanwhile
			if i, err := b.Get(ctx, id); err == nil && i.State == outbox.StateSending && !i.Stopping {
				backs++
			}
			t.Other++
		}
	}
	t.Stopping = left
	return stopped, backs
}

// stopWords say what came of the wish to stop one message, by its name: another one may be
// selected by now.
func stopWords(i outbox.Item, t outbox.Tally, stopped int) (say string, bad bool) {
	name := nameOf(i)
	switch {
	case stopped > 0:
		return "Stopped before the server had all of it: " + name + ".", false
	case t.TooLate > 0:
		return "Too late to stop " + name + ": the server has all of it.", true
	case len(t.Stopping) > 0:
		return "Its sender was asked to stop " + name + "; the list shows what comes of it.", false
	}
	return "Not stopped: " + name + " has changed meanwhile.", true
}

// handleStopsCame says it, unless something newer is said that nobody can have read yet.
func (d *desk) handleStopsCame(msg stopsCame) tea.Cmd {
	switch {
	case msg.say == "", d.notice.generation != msg.notice && !d.givesWay():
		return nil
	case msg.bad:
		return d.fail(errors.New(msg.say))
	}
	return d.say(msg.say)
}
