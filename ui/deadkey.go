package ui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// whyDead says why a key that has a meaning on a pane does nothing there now; "" where
// there is no more to say.
func (d *desk) whyDead(msg tea.KeyPressMsg, on pane) string {
	switch p := on.(type) {
	case *campaignPane:
		return d.whyDeadOnCampaign(msg, p.campaign)
	case *outboxPane:
		if c := p.campaign(); c != nil {
			return d.whyDeadOnCampaign(msg, *c)
		}
		if p.section != sectionCampaigns && len(d.options.Filters) == 0 && key.Matches(msg, d.bound("", "list.saved-filters")) {
			return "No filter is saved: [filters] in config.toml is empty."
		}
	}
	return ""
}

// whyDeadOnCampaign is whyDead for what the state of a campaign does not take.
func (d *desk) whyDeadOnCampaign(msg tea.KeyPressMsg, c outbox.Campaign) string {
	pressed := func(action string) bool { return key.Matches(msg, d.bound("", action)) }
	word := d.campaignLook(c).word
	switch {
	case pressed("campaign.delete") && !isOver(c):
		return d.keyed("It is " + word + ": {campaign.cancel} ends it first.")
	case (pressed("campaign.pause") || pressed("campaign.cancel")) && isOver(c):
		return "It is " + word + " already."
	case pressed("campaign.settle") && c.Counts.Uncertain == 0:
		return "None of its letters is in doubt."
	case pressed("campaign.retry") && c.Counts.Failed == 0:
		return "None of its letters has failed."
	}
	return ""
}
