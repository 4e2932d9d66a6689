package ui

import (
	"context"
	"errors"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// itemPane shows what became of one message: each recipient's truth, what
// happens next, and every attempt.
type itemPane struct {
	*desk
	item      outbox.Item
	successor outbox.Item     // that it was sent again as; the zero one: none, or it is gone
	campaign  outbox.Campaign // that holds it; the zero one: none does
	attempts  []outbox.Attempt
	live      outbox.Progress // of the attempt that goes on; the zero one: none does
	loaded    bool
	reading   reading
	following following
	text      scroller
}

// itemRead is an item read anew.
type itemRead struct {
	id              outbox.ID
	item, successor outbox.Item
	campaign        outbox.Campaign
	attempts        []outbox.Attempt
	live            outbox.Progress
	err             error
}

func newItemPane(d *desk, i outbox.Item) *itemPane { return &itemPane{desk: d, item: i} }

func (p *itemPane) title() string { return subject(p.item) }

func (p *itemPane) restyled() {}

func (p *itemPane) load() tea.Cmd {
	if !p.reading.begin() {
		return nil
	}
	id := p.item.ID
	return p.do(func(ctx context.Context) tea.Msg {
		out := itemRead{id: id}
		if out.item, out.err = p.options.Outbox.Get(ctx, id); out.err == nil {
			out.attempts, out.err = p.options.Outbox.Attempts(ctx, id)
		}
		if out.err == nil && out.item.State == outbox.StateSending {
			out.live, _, out.err = p.options.Outbox.Following(ctx, id)
		}
		if out.err == nil && out.item.ReplacedBy != 0 {
			if out.successor, out.err = p.options.Outbox.Get(ctx, out.item.ReplacedBy); errors.Is(out.err, outbox.ErrNotFound) {
				out.successor, out.err = outbox.Item{}, nil
			}
		}
		if out.err == nil && out.item.Halted {
			if out.campaign, out.err = p.options.Outbox.Campaign(ctx, out.item.Campaign); errors.Is(out.err, outbox.ErrNoCampaign) {
				out.campaign, out.err = outbox.Campaign{}, nil
			}
		}
		return out
	})
}

func (p *itemPane) handleRead(msg itemRead) tea.Cmd {
	if msg.id != p.item.ID {
		return nil
	}
	p.reading.end()
	if msg.err != nil {
		p.close(p)
		if errors.Is(msg.err, outbox.ErrNotFound) { // deleted, and that has been said
			return nil
		}
		return p.fail(msg.err)
	}
	p.item, p.successor, p.campaign, p.attempts, p.loaded = msg.item, msg.successor, msg.campaign, msg.attempts, true
	p.takeLive(msg.live)
	if p.reading.again {
		return p.load()
	}
	return nil
}

func (p *itemPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case itemRead:
		return p.handleRead(msg)
	case changed:
		return p.load()
	case progressed:
		return p.following.ask(p.desk, p, p.item.ID, msg.all)
	case followed:
		p.handleFollowed(msg)
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.MouseWheelMsg:
		p.text.update(msg, moveKeys{}, p.textHeight())
	}
	return nil
}

// takeLive takes in how the attempt goes. What was known of it stands until the item is
// read that knows how it has ended: in between nobody tells.
func (p *itemPane) takeLive(live outbox.Progress) {
	switch {
	case p.item.State != outbox.StateSending:
		p.live = outbox.Progress{}
	case live.Attempt != 0:
		p.live = live
	}
}

func (p *itemPane) handleFollowed(msg followed) {
	if msg.of != p {
		return
	}
	p.following.asking = false
	if msg.goesOn {
		p.takeLive(msg.live)
	}
}

func (p *itemPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case p.text.update(msg, k.move, p.textHeight()):
	case key.Matches(msg, k.Back):
		p.pop()
	case key.Matches(msg, k.Successor):
		return p.openItem(&p.successor)
	case key.Matches(msg, k.Source):
		return p.show(newSourcePane(p.desk, p.item))
	case key.Matches(msg, k.Transcript):
		return p.show(newTranscriptPane(p.desk, p.item))
	case p.loaded && key.Matches(msg, p.bound("", "message.transcript")):
		said := p.say("Nothing was said with a server yet.")
		p.notice.here = true
		return said
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case p.doneElsewhere() && !k.item.TakeBack.Enabled() && key.Matches(msg, p.bound("", undoAction)):
		return p.say(p.keyed("What was done last was done to something else: {outbox.undo} in the list undoes it."))
	default:
		return p.act(msg, k.item, &p.item)
	}
	return nil
}

// doneElsewhere tells that what was done last was done to other messages that are still there:
// that is undone where they are seen. What was deleted is nowhere.
func (p *itemPane) doneElsewhere() bool {
	deed := p.status.deed
	return deed.ID != 0 && deed.Action != outbox.ActionDelete && deed.One != p.item.ID && p.deeds.underWay == 0
}

// show opens a text about the item.
func (p *itemPane) show(t interface {
	pane
	load() tea.Cmd
}) tea.Cmd {
	p.push(t)
	return t.load()
}

// itemPaneKeys are the keys of the item view.
type itemPaneKeys struct {
	move                           moveKeys
	item                           itemKeys
	Successor                      key.Binding
	Transcript, Source, Back, Help key.Binding
}

func (p *itemPane) keys() itemPaneKeys {
	k := p.itemKeys(&p.item)
	k.Undo = when(k.Undo.Enabled() && !p.doneElsewhere(), k.Undo)
	_, goesOn := p.progress[p.item.ID] // it may be its first attempt, of which the item was read too early to know
	k.readdress = k.readdress || wrongAddress(p.item)
	return itemPaneKeys{
		move:       p.moveKeys(),
		item:       k,
		Successor:  when(p.successor.ID != 0, p.bound("open the copy", "message.successor")),
		Transcript: when(goesOn || len(p.attempts) > 0, p.bound("transcript", "message.transcript")),
		Source:     p.bound("view source", "message.source"),
		Back:       p.bound("back", "view.back"),
		Help:       p.bound("help", "everywhere.help"),
	}
}

func (p *itemPane) bindings() bindings {
	k := p.keys()
	return bindings{
		footer: append(append([]key.Binding{k.Successor}, k.item.all()...), k.Transcript, k.Source),
		end:    []key.Binding{k.Help, k.Back},
		help: []group{
			{"This message", slices.Concat(k.item.all(), []key.Binding{k.item.Export, k.Successor, k.Transcript, k.Source, k.Back})},
			{"Moving", k.move.all()},
		},
	}
}

// wrongAddress tells that a message has failed since an address is wrong, as far as the
// servers say so: trying again does not help that.
func wrongAddress(i outbox.Item) bool {
	return slices.ContainsFunc(i.Recipients, func(r outbox.Recipient) bool {
		return (r.State == outbox.RecipientFailed || r.State == outbox.RecipientBounced) && outbox.WrongAddress(r.Result)
	})
}
