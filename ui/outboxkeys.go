package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"

	"sendoff/outbox"
)

// outboxKeys are the keys of the list.
type outboxKeys struct {
	move                  moveKeys
	item                  itemKeys
	campaign              campaignActionKeys
	Sections              [sections]key.Binding
	Next, Previous        key.Binding
	Compose, Open, Filter key.Binding
	Accounts, Add         key.Binding
	Campaign              key.Binding
	Mark, Range, Saved    key.Binding
	Import, Demo          key.Binding
	Back, Help, Quit      key.Binding
}

// listBegin are the ways to begin from the list.
func listBegin() waysToBegin {
	return waysToBegin{add: "list.add-account", taken: "list.import", demo: "list.demo", compose: "list.compose"}
}

// keys are those that mean something for what is selected now.
func (p *outboxPane) keys() outboxKeys {
	i := p.item()
	begin := p.beginKeys(listBegin())
	k := outboxKeys{
		move:     p.moveKeys(),
		item:     p.itemKeys(i),
		Next:     p.bound(orElse(p.foundNext(), "next section"), "list.next-section"),
		Previous: p.bound("previous section", "list.previous-section"),
		Compose:  p.bound("compose", "list.compose"),
		Open:     when(i != nil || p.campaign() != nil, p.bound("open", "list.open")),
		Mark:     when(i != nil, p.bound("mark", "list.mark")),
		Range:    when(i != nil, p.bound(p.rangeWord(), "list.range")),
		Filter:   when(p.section != sectionCampaigns, p.bound("filter", "list.filter")),
		Saved:    when(p.section != sectionCampaigns && len(p.options.Filters) > 0, p.bound("saved filters", "list.saved-filters")),
		Accounts: p.bound("accounts", "list.accounts"),
		Campaign: when(p.options.Campaigns != nil, p.bound("new campaign", "list.new-campaign")),
		Add:      begin.Add,
		Import:   begin.Import,
		Demo:     begin.Demo,
		Back:     when(p.filter.on() || p.notice.text != "", p.bound("clear", "list.clear")),
		Help:     p.bound("help", "everywhere.help"),
		Quit:     p.bound("quit", "list.quit"),
	}
	if c := p.campaign(); c != nil {
		k.campaign = p.campaignActionKeys(*c)
	}
	if marked := p.markedItems(); len(marked) > 0 {
		k.item, k.Back = p.manyKeys(marked), p.bound("mark none", "list.clear")
	}
	for n := range k.Sections {
		k.Sections[n] = when(p.there(section(n)), p.bound(sectionNames[n], sectionActions[n]))
	}
	return k
}

func (p *outboxPane) bindings() bindings {
	if p.filter.typing {
		k := p.filterKeys()
		return bindings{typing: true, footer: k.all()}
	}
	k := p.keys()
	b := bindings{
		footer: slices.Concat([]key.Binding{k.Add, k.Import, k.Demo, k.Compose, k.Open, k.item.Undo}, k.item.actions(), k.campaign.all(), []key.Binding{k.Filter, k.Mark, k.Accounts, k.Campaign}),
		end:    []key.Binding{k.Help, k.Quit},
		help: []group{
			{"Everywhere in the list", slices.Concat([]key.Binding{k.Add, k.Import, k.Demo, k.Compose, k.item.Undo, k.Campaign, k.Accounts, k.Filter, k.Saved, k.Mark, k.Range, k.Next, k.Previous}, k.Sections[:], []key.Binding{k.Back, k.Quit})},
			p.selectedKeys(k),
			{"Moving", k.move.all()},
		},
		apart: []group{{"While a filter is typed", p.filterKeys().all()}},
	}
	if p.filter.on() && p.loaded && p.rowCount() == 0 { // it is what there is to do
		b.footer = append([]key.Binding{k.Back}, b.footer...)
	}
	if p.foundNext() != "" {
		b.footer = append([]key.Binding{k.Next}, b.footer...)
	}
	if n := len(p.markedItems()); n > 0 {
		b.note = number(n) + " marked"
		b.footer = append(k.item.actions(), k.Range, k.Mark, k.Back, k.item.Export)
	}
	return b
}

// selectedKeys are those on what is selected, for the help.
func (p *outboxPane) selectedKeys(k outboxKeys) group {
	if p.campaign() != nil {
		return group{"The selected campaign", append([]key.Binding{k.Open}, k.campaign.all()...)}
	}
	return group{"The selected message", slices.Concat([]key.Binding{k.Open}, k.item.actions(), []key.Binding{k.item.Export})}
}

// filterKeys are the keys while the filter is typed, with the one that goes to what it
// finds elsewhere.
func (p *outboxPane) filterKeys() filterKeys {
	k := p.desk.filterKeys()
	k.Elsewhere = when(p.foundNext() != "", p.bound(p.foundNext(), "filter.elsewhere"))
	return k
}

// itemKeys act on one item, in the list and in its own view. Those that its
// state does not take are disabled.
type itemKeys struct {
	TakeBack, Undo, Retry, Move, Correct, Edit, SendNow, Hold, Release, Cancel, Delete, Export key.Binding

	readdress bool // Correct matters more than Retry
	stops     bool // Cancel stops what is being sent, which is for now alone
}

func (d *desk) itemKeys(i *outbox.Item) itemKeys {
	is := func(states ...outbox.State) bool { return i != nil && slices.Contains(states, i.State) }
	waiting := is(outbox.StateWaiting, outbox.StateScheduled)
	undo := i != nil && inUndoWindow(*i, d.now)
	retry := !undo && i != nil && !redated(*i) && is(outbox.StateWaiting, outbox.StateCancelled, outbox.StateUncertain, outbox.StateFailed,
		outbox.StateBounced, outbox.StatePartial)
	return itemKeys{
		TakeBack: when(undo, d.bound("take back", undoAction)),
		Undo:     when(!undo && d.status.deed.Undoable, d.bound(actionWords[d.status.deed.Action].undo, undoAction)),
		Retry:    when(retry || i != nil && unfiled(*i), d.bound("retry", "outbox.retry")),
		Move:     when(retry && len(d.otherAccounts(*i)) > 0, d.bound("other account", "outbox.other-account")),
		Correct:  when(i != nil && i.HasDraft && is(outbox.StateFailed, outbox.StateBounced, outbox.StatePartial), d.bound("readdress", "outbox.correct")),
		Edit:     when(is(outbox.StateDraft) || i != nil && i.HasDraft && !undo, d.editBinding(i)),
		SendNow:  when(is(outbox.StateScheduled), d.bound("send now", "outbox.send-now")),
		Hold:     when(waiting, d.bound("hold", "outbox.hold")),
		Release:  when(is(outbox.StateHeld) && !i.Halted, d.bound("release", "outbox.hold")),
		Cancel:   when(waiting || is(outbox.StateHeld) || is(outbox.StateSending) && !i.Stopping && !d.tooLate(*i), d.bound(cancelWord(i), "outbox.cancel")),
		Delete:   when(i != nil && !is(outbox.StateSending), d.bound("delete", "outbox.delete")),
		Export:   when(i != nil, d.bound("copy out", "outbox.export")),

		stops: is(outbox.StateSending),
	}
}

// tooLate tells that an item is being sent and can no longer be stopped: its final dot may
// have left. What is seen of its attempt is newer than the record, which alone there is of a
// sender that has told nothing, as before its first quarter of a second.
func (d *desk) tooLate(i outbox.Item) bool {
	return i.State == outbox.StateSending && (i.AtDot || d.progress[i.ID].Step == outbox.StepDot)
}

// cancelWord is what cancelling an item is called.
func cancelWord(i *outbox.Item) string {
	if i != nil && i.State == outbox.StateSending {
		return "stop"
	}
	return "cancel"
}

// redated tells that an item was given up for one of today's date.
func redated(i outbox.Item) bool { return i.ReplacedBy != 0 && i.State == outbox.StateCancelled }

func (d *desk) editBinding(i *outbox.Item) key.Binding {
	if i != nil && i.State != outbox.StateDraft && !untouched(*i) {
		return d.bound("edit a copy", "outbox.edit")
	}
	return d.bound("edit", "outbox.edit")
}

const undoAction = "outbox.undo"

func (k itemKeys) all() []key.Binding { return append([]key.Binding{k.Undo}, k.actions()...) }

// actions are those on the item alone that the footer has.
func (k itemKeys) actions() []key.Binding {
	first := []key.Binding{k.TakeBack, k.Retry, k.Correct}
	if k.readdress {
		first = []key.Binding{k.Correct, k.Retry}
	}
	if k.stops {
		return append(first, k.Cancel, k.Move, k.Edit, k.SendNow, k.Hold, k.Release, k.Delete)
	}
	return append(first, k.Move, k.Edit, k.SendNow, k.Hold, k.Release, k.Cancel, k.Delete)
}
