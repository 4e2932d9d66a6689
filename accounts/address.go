package accounts

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"
)

// Allows tells whether the account may send as an address: its From, an
// identity, or anything that a "*@domain" identity covers. The address is
// written as in a header, with or without a display name.
func (a Account) Allows(address string) bool {
	sought, ok := parseMailbox(address)
	return ok && a.match(sought) != matchNone
}

// match says how closely an address belongs to an account; less is closer.
type match int

const (
	matchFrom match = iota
	matchIdentity
	matchDomain
	matchNone
)

func (a Account) match(sought mailbox) match {
	if newMailbox(a.From.Address) == sought {
		return matchFrom
	}
	best := matchNone
	for _, identity := range a.Addresses() {
		own, ok := parseMailbox(identity)
		switch {
		case !ok:
		case own == sought:
			return matchIdentity
		case own.local == anyone && own.domain == sought.domain:
			best = matchDomain
		}
	}
	return best
}

// anyone is the local part of an identity that covers a whole domain.
const anyone = "*"

// mailbox is an address in a form that compares: no display name, the domain
// in ASCII (RFC 5890), no upper case. RFC 5321 §2.4 would let a server tell
// local parts apart by case; people do not, and the server has the last word.
type mailbox struct{ local, domain string }

// parseMailbox reads an address as it stands in a header.
func parseMailbox(text string) (mailbox, bool) {
	address, err := mail.ParseAddress(text)
	if err != nil {
		return mailbox{}, false
	}
	return newMailbox(address.Address), true
}

// newMailbox takes what net/mail calls Address: local part without quotes.
func newMailbox(address string) mailbox {
	at := max(strings.LastIndexByte(address, '@'), 0)
	domain := strings.TrimPrefix(address[at:], "@")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	return mailbox{local: strings.ToLower(address[:at]), domain: strings.ToLower(domain)}
}
