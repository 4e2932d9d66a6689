package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/compose"
)

// askSender asks for an address to send from, such as one of a whole domain that an
// account has, which nobody can list.
func (c *composer) askSender() {
	from := c.text("From", "")
	from.note = func() string { return clean(maySend(c.accounts)) }
	if c.from >= 0 {
		from.input.set(c.senders[c.from].from)
	}
	p := &formPane{desk: c.desk, name: "sender", fields: []*formField{from}}
	p.submit = func() tea.Cmd {
		s, problem := c.senderTyped(from.input.value())
		if problem != "" {
			return p.wrong(from, problem)
		}
		p.close(p)
		before := c.signature()
		c.takeSender(s)
		said := c.sign(before)
		if c.touch() {
			return tea.Batch(said, c.changed())
		}
		return said
	}
	p.setFocus(0)
	c.push(p)
}

// maySend says what addresses the accounts may send as, beside those that are offered.
func maySend(all []accounts.Account) string {
	var domains []string
	for _, a := range all {
		for _, identity := range a.Addresses() {
			if strings.HasPrefix(identity, "*@") {
				domains = append(domains, identity+" ("+a.Name+")")
			}
		}
	}
	if len(domains) == 0 {
		return "an address of an account, with or without a name"
	}
	return "an address of an account, or of " + strings.Join(domains, ", ")
}

// senderTyped is the sender that was typed: through the account that is chosen if that
// may send so, else through the first that may. problem says why there is none, clean.
func (c *composer) senderTyped(typed string) (s sender, problem string) {
	address, err := compose.ParseOne(typed)
	if err != nil {
		return s, clean(err.Error())
	}
	candidates := slices.Clone(c.accounts)
	if c.from >= 0 {
		candidates = append([]accounts.Account{c.senderAccount()}, candidates...)
	}
	for _, a := range candidates {
		if a.Allows(address.String()) {
			return sender{a.Name, address.String()}, ""
		}
	}
	return s, "no account may send as " + clean(address.String())
}

// takeSender chooses a sender, which becomes a choice if it is none.
func (c *composer) takeSender(s sender) {
	if c.from = slices.Index(c.senders, s); c.from < 0 {
		c.senders, c.from = append([]sender{s}, c.senders...), 0
	}
}
