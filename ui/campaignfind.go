package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// sought is the search that rows must fit; "": all do.
func (p *campaignPane) sought() string {
	if p.filter == nil {
		return ""
	}
	return outbox.BegunSearch(p.filter.value())
}

func (p *campaignPane) startFilter() {
	if p.filter == nil {
		p.filter = p.newInput("")
	}
	p.filter.setFocus(true)
	p.filtering = true
}

// pressFilter types in the filter; the rows follow.
func (p *campaignPane) pressFilter(msg tea.KeyPressMsg) tea.Cmd {
	k := p.filterKeys()
	switch {
	case key.Matches(msg, k.Clear):
		return p.showAll()
	case key.Matches(msg, k.Done):
		p.filtering = false
		p.filter.setFocus(false)
		if p.filter.value() == "" {
			p.filter = nil
		}
		return nil
	case key.Matches(msg, k.Up):
		return p.goTo(p.at() - 1)
	case key.Matches(msg, k.Down):
		return p.goTo(p.at() + 1)
	}
	before := p.filter.value()
	p.filter.update(msg)
	if p.filter.value() == before {
		return nil
	}
	return p.find()
}

// find reads the rows that fit what is typed now. Those of before stay until they are
// there, and the reading of others ends.
func (p *campaignPane) find() tea.Cmd {
	p.after, p.next, p.wanted, p.more, p.loaded, p.list = []int{0}, 0, 0, false, false, list{}
	p.generation++
	if p.loading {
		p.endLoading()
	}
	return p.load()
}

// showAll ends the filter.
func (p *campaignPane) showAll() tea.Cmd {
	p.filter, p.filtering = nil, false
	return p.find()
}

// nothing says why there is no row.
func (p *campaignPane) nothing() string {
	if p.filter == nil {
		return "There are no such rows now."
	}
	goes := " {view.back} shows all."
	if p.filtering {
		goes = " {filter.clear} shows all."
	}
	if problem := outbox.RowSearchProblem(p.sought(), p.campaign.Columns); problem != "" {
		return "Nothing is found: " + clean(problem) + "." + p.keyed(goes)
	}
	return "No row has that." + p.keyed(goes)
}

// filterLine is what is typed, and among which rows it is looked for.
func (p *campaignPane) filterLine(room int) (string, int) {
	return p.searchLine(p.filter, "in "+rowChoices[p.only].name, "/ ", room)
}
