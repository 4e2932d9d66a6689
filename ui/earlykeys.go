package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// mostEarly bounds the keys that are kept: nobody types as many in the moment that a
// reading takes.
const mostEarly = 16

// early tells that a key is for a list of which nothing has been read yet, and keeps it:
// who turns to a section and acts on what is first there types both in one go.
func (p *outboxPane) early(msg tea.KeyPressMsg, k outboxKeys) bool {
	if p.loaded || p.trouble != 0 || len(p.rows.items) > 0 || p.section == sectionCampaigns || len(p.kept) >= mostEarly {
		return false
	}
	if key.Matches(msg, append(k.Sections[:], k.Next, k.Previous, k.Compose, k.Filter, k.Saved, k.Accounts, k.Campaign, k.Add,
		k.Back, k.Help, k.Quit, k.item.Undo)...) {
		return false // it needs no row
	}
	p.kept = append(p.kept, msg)
	return true
}

// pressKept presses the keys that were typed before the list was there. Who has opened
// something meanwhile does not mean the list any more.
func (m *Model) pressKept() tea.Cmd {
	var cmds []tea.Cmd
	here := m.top() == m.home
	for _, k := range m.home.takeKept() {
		if here {
			cmds = append(cmds, m.press(k))
		}
	}
	return tea.Batch(cmds...)
}

// takeKept gives the keys that were kept, once there is something that they are for.
func (p *outboxPane) takeKept() (keys []tea.KeyPressMsg) {
	if p.loaded {
		keys, p.kept = p.kept, nil
	}
	return keys
}
