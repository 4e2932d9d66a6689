package ui

import (
	"fmt"
	"slices"

	"charm.land/bubbles/v2/key"

	"sendoff/outbox"
)

// outboxKeys are the keys of the list.
type outboxKeys struct {
	move                  moveKeys
	item                  itemKeys
	Sections              [sections]key.Binding
	Next, Previous        key.Binding
	Compose, Open, Filter key.Binding
	Accounts, Add         key.Binding
	BringBack             key.Binding
	Back, Help, Quit      key.Binding
}

// keys are those that mean something for what is selected now.
func (p *outboxPane) keys() outboxKeys {
	i := p.item()
	k := outboxKeys{
		move:     newMoveKeys(),
		item:     p.itemKeys(i),
		Next:     bind("next section", "tab"),
		Previous: bind("previous section", "shift+tab"),
		Compose:  bind("compose", "m", "c"),
		Open:     when(i != nil, bind("open", "enter")),
		Filter:   bind("filter", "/"),
		Accounts: bind("accounts", "A"),
		Add:      when(len(p.accounts) == 0 && p.options.Setup != nil, bind("add an account", "n")),
		Back:     when(p.filter != nil || p.notice.text != "", bind("clear", "esc")),
		Help:     bind("help", "?", "f1"),
		Quit:     bind("quit", "q"),
	}
	k.BringBack = when(p.discarded != nil && !k.item.TakeBack.Enabled(), bind("bring back", "u"))
	for n := range k.Sections {
		k.Sections[n] = bind(sectionNames[n], fmt.Sprint(n+1))
	}
	return k
}

func (p *outboxPane) bindings() bindings {
	if p.filtering {
		k := newFilterKeys()
		return bindings{footer: k.all()}
	}
	k := p.keys()
	return bindings{
		footer: slices.Concat([]key.Binding{k.Add, k.BringBack, k.Compose, k.Open}, k.item.all(), []key.Binding{k.Filter, k.Accounts}),
		end:    []key.Binding{k.Help, k.Quit},
		help: []group{
			{"Everywhere in the list", slices.Concat([]key.Binding{k.Add, k.Compose, k.BringBack, k.Accounts, k.Filter, k.Next, k.Previous}, k.Sections[:], []key.Binding{k.Back, k.Quit})},
			{"The selected message", append([]key.Binding{k.Open}, k.item.all()...)},
			{"Moving", k.move.all()},
			{"While a filter is typed", newFilterKeys().all()},
		},
	}
}

// filterKeys are the keys while the filter is typed.
type filterKeys struct{ Done, Clear, Up, Down key.Binding }

func newFilterKeys() filterKeys {
	return filterKeys{
		Done: bind("to the list", "enter"), Clear: bind("clear", "esc"),
		Up: bind("up", "up"), Down: bind("down", "down"),
	}
}

func (k filterKeys) all() []key.Binding { return []key.Binding{k.Done, k.Clear, k.Up, k.Down} }

// itemKeys act on one item, in the list and in its own view. Those that its
// state does not take are disabled.
type itemKeys struct {
	TakeBack, Retry, Move, Edit, SendNow, Hold, Release, Cancel, Delete key.Binding
}

func (d *desk) itemKeys(i *outbox.Item) itemKeys {
	is := func(states ...outbox.State) bool { return i != nil && slices.Contains(states, i.State) }
	waiting := is(outbox.StateWaiting, outbox.StateScheduled)
	undo := i != nil && inUndoWindow(*i, d.now)
	retry := !undo && i != nil && i.ReplacedBy == 0 && is(outbox.StateWaiting, outbox.StateCancelled, outbox.StateUncertain, outbox.StateFailed,
		outbox.StateBounced, outbox.StatePartial)
	return itemKeys{
		TakeBack: when(undo, bind("take back", "u")),
		Retry:    when(retry || i != nil && unfiled(*i), bind("retry", "r")),
		Move:     when(retry && len(d.otherAccounts(*i)) > 0, bind("other account", "a")),
		Edit:     when(is(outbox.StateDraft) || i != nil && i.HasDraft && !undo, editBinding(i)),
		SendNow:  when(is(outbox.StateScheduled), bind("send now", "S")),
		Hold:     when(waiting, bind("hold", "H")),
		Release:  when(is(outbox.StateHeld), bind("release", "H")),
		Cancel:   when(waiting || is(outbox.StateHeld), bind("cancel", "x")),
		Delete:   when(i != nil && !is(outbox.StateSending), bind("delete", "d")),
	}
}

func editBinding(i *outbox.Item) key.Binding {
	if i != nil && i.State != outbox.StateDraft && !untouched(*i) {
		return bind("edit a copy", "e")
	}
	return bind("edit", "e")
}

func (k itemKeys) all() []key.Binding {
	return []key.Binding{k.TakeBack, k.Retry, k.Move, k.Edit, k.SendNow, k.Hold, k.Release, k.Cancel, k.Delete}
}
