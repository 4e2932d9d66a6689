package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/compose"
)

// sender is one choice of From: an address and the account it goes through.
type sender struct {
	account string // its name
	from    string // as in the header
}

// senders are the choices of From: every account's own address and its
// identities that are one address, in the order of the accounts.
func senders(all []accounts.Account) (choices []sender) {
	for _, a := range all {
		choices = append(choices, sender{a.Name, fromLine(a)})
		for _, identity := range a.Addresses() {
			if !strings.HasPrefix(identity, "*@") {
				choices = append(choices, sender{a.Name, identity})
			}
		}
	}
	return choices
}

// fromLine is an account's From as a person writes it.
func fromLine(a accounts.Account) string {
	address := a.From.Address
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	return compose.Address{Name: a.From.Name, Mailbox: address[:at], Domain: address[at+1:]}.String()
}

// chooseSender finds the choice that a draft stands for. One that is none of
// them, such as an address of a whole-domain identity, becomes a choice of its
// own.
func chooseSender(choices []sender, d compose.Draft) ([]sender, int) {
	for i, c := range choices {
		if (d.Account == "" || c.account == d.Account) && (d.From == "" || sameAddress(c.from, d.From)) {
			return choices, i
		}
	}
	if d.From == "" && d.Account == "" {
		return choices, -1 // there is no account
	}
	return append([]sender{{d.Account, d.From}}, choices...), 0
}

func sameAddress(a, b string) bool { return strings.EqualFold(bareAddress(a), bareAddress(b)) }

// signatureLine stands above a signature (RFC 3676 §4.3).
const signatureLine = "-- \n"

// signedBelow is the block that ends a new message: "" without a signature.
func signedBelow(signature string) string {
	if signature == "" {
		return ""
	}
	return "\n\n" + signatureLine + signature
}

// resign gives a text the signature of another sender in place of that of the one
// before, wherever that stands. A text never has two: where some other one stands, such
// as one that was changed by hand, it stays, and ok is false. One that was taken out
// stays out.
func resign(text, from, to string) (signed string, ok bool) {
	if from == to {
		return text, true
	}
	start, end := blockOf(text, from)
	switch {
	case start >= 0 && to == "":
		above := strings.TrimSuffix(strings.TrimSuffix(text[:start], "\n"), "\n")
		return above + text[end:], true
	case start >= 0:
		return text[:start] + signatureLine + to + text[end:], true
	case compose.IsSigned(text):
		return text, false
	case from == "":
		return strings.TrimRight(text, "\n") + signedBelow(to), true
	}
	return text, true
}

// blockOf is where a signature stands with the line above it, in bytes; -1 if it does
// not stand there to the letter.
func blockOf(text, signature string) (start, end int) {
	if signature == "" {
		return -1, -1
	}
	block := signatureLine + signature
	for end = len(text); ; end = start {
		if start = strings.LastIndex(text[:end], block); start < 0 {
			return -1, -1
		}
		end = start + len(block)
		if (start == 0 || text[start-1] == '\n') && (end == len(text) || text[end] == '\n') {
			return start, end
		}
	}
}

// senderAccount is the account that the message goes through; zero without one.
func (c *composer) senderAccount() accounts.Account {
	if c.from < 0 {
		return accounts.Account{}
	}
	a, _ := c.account(c.senders[c.from].account)
	return a
}

// signature is that of the sender; "" without one.
func (c *composer) signature() string {
	if c.from < 0 {
		return ""
	}
	return c.senderAccount().SignatureOf(c.senders[c.from].from)
}

// takeSenders offers what can be sent from now, which may have changed while this
// is written. From stays as it is where that is possible; an account that has got
// another name is found by it. before is the signature that it had.
func (c *composer) takeSenders(before string) tea.Cmd {
	d := c.draft()
	if _, ok := c.account(d.Account); !ok {
		d.Account = ""
	}
	c.senders, c.from = chooseSender(senders(c.accounts), d)
	var said tea.Cmd
	if !c.editing {
		said = c.sign(before)
	}
	c.touch()
	return tea.Batch(said, c.changed())
}

// switchSender takes another From; the account and the signature follow.
func (c *composer) switchSender(by int) tea.Cmd {
	if len(c.senders) == 0 {
		return nil
	}
	before := c.signature()
	c.from = (c.from + by + len(c.senders)) % len(c.senders)
	return c.sign(before)
}

// sign puts the signature of the sender in place of that of another one, or says why
// it does not.
func (c *composer) sign(before string) tea.Cmd {
	text, ok := resign(c.body.text(), before, c.signature())
	if !ok {
		return c.say("The sender is another one. The signature was changed by hand, and stays.")
	}
	c.body.rewrite(text)
	return nil
}
