package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// pressFilter types in the filter; the rows follow.
func (p *campaignPane) pressFilter(msg tea.KeyPressMsg) tea.Cmd {
	k := p.filterKeys()
	switch {
	case key.Matches(msg, k.Up):
		return p.goTo(p.at() - 1)
	case key.Matches(msg, k.Down):
		return p.goTo(p.at() + 1)
	case p.filter.press(msg, k):
		return p.find()
	}
	return nil
}

// find reads the rows that fit what is typed now. Those of before stay until they are
// there, and the reading of others ends.
func (p *campaignPane) find() tea.Cmd {
	p.after, p.next, p.wanted, p.more, p.loaded, p.list = []int{0}, 0, 0, false, false, list{}
	p.generation++
	if p.reading.underWay {
		p.endLoading()
	}
	return p.load()
}

// showAll ends the filter.
func (p *campaignPane) showAll() tea.Cmd {
	p.filter = filter{}
	return p.find()
}

// nothing says why there is no row.
func (p *campaignPane) nothing() string {
	if !p.filter.on() {
		return "There are no such rows now."
	}
	goes := " {view.back} shows all."
	if p.filter.typing {
		goes = " {filter.clear} shows all."
	}
	if problem := outbox.RowSearchProblem(p.filter.search(), p.campaign.Columns); problem != "" {
		return "Nothing is found: " + clean(problem) + "." + p.keyed(goes)
	}
	return "No row has that." + p.keyed(goes)
}

// filterLine is what is typed, and among which rows it is looked for.
func (p *campaignPane) filterLine(room int) (string, int) {
	return p.searchLine(p.filter.line, "in "+rowChoices[p.only].name, "/ ", room)
}
