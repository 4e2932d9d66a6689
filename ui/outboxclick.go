package ui

import tea "charm.land/bubbletea/v2"

// begins tells that in place of rows it is said how to begin.
func (p *outboxPane) begins() bool {
	return p.loaded && p.rowCount() == 0 && p.filter.search() == "" && len(p.accounts) == 0
}

// click selects a row, opens the one that is selected, or opens a section, or an account
// of the header in the list of accounts, or begins where there is none.
func (p *outboxPane) click(msg tea.MouseClickMsg) tea.Cmd {
	if msg.Button != tea.MouseLeft {
		return nil
	}
	if p.hasHead() && msg.Y < headLines {
		return p.clickHead(msg)
	}
	row, ok := p.rowAt(msg.Y)
	if !ok && p.begins() {
		if pressed, ok := pressFirst(p.firstRun(listBegin(), p.width, p.paneHeight()-p.above()), msg.Y-p.above()); ok {
			return p.press(pressed)
		}
	}
	if !ok {
		return nil
	}
	if row == p.list.cursor {
		return p.openSelected()
	}
	p.list.cursor = row
	return p.moved()
}

func (p *outboxPane) clickHead(msg tea.MouseClickMsg) tea.Cmd {
	switch msg.Y {
	case headerLine:
		if account, ok := p.headerAccountAt(msg.X); ok {
			return p.openAccountsAt(account)
		}
	case sectionLine:
		if s, ok := p.sectionAt(msg.X); ok {
			return p.open(s)
		}
	}
	return nil
}
