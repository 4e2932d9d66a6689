package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
)

// setUp are the accounts that are set up now; nil where that cannot be told. It is
// for commands.
func (o Options) setUp() []accounts.Account {
	if o.AccountsNow == nil {
		return nil
	}
	all, err := o.AccountsNow()
	if err != nil {
		return nil // someone is writing it; the next reading tells
	}
	if all == nil {
		return []accounts.Account{}
	}
	return all
}

// takeAccounts takes in which accounts there are now.
func (d *desk) takeAccounts(all []accounts.Account) tea.Cmd {
	if all == nil || slices.EqualFunc(d.accounts, all, sameAccount) {
		return nil
	}
	c := d.composer()
	if c == nil {
		d.accounts = all
		return nil
	}
	before := c.senderAccount()
	d.accounts = all
	return c.takeSenders(before)
}

func sameAccount(a, b accounts.Account) bool { return a.Name == b.Name && a.Revision() == b.Revision() }
