package review

import (
	"fmt"
	"slices"
	"strings"

	"sendoff/accounts"
	"sendoff/compose"
)

// otherAccount finds a message to people who have always been written to from another
// account, or whose answers go to the address of another one.
func otherAccount(d compose.Draft, f Facts) []Finding {
	switch {
	case len(f.Accounts) < 2 || d.Account == "":
		return nil
	case d.ReplyTo != "": // who writes that has thought of who sends
		return answersElsewhere(d, f)
	}
	var usual, whom string // of the first that is known
	others := 0
	for _, a := range recipients(d) {
		c, ok := find(f.People, a)
		switch {
		case !ok || len(c.Accounts) == 0:
		case slices.Contains(c.Accounts, d.Account):
			return nil
		case usual == "":
			usual, whom = c.Accounts[0], clean(a.String())
		default:
			others++
		}
	}
	i := slices.IndexFunc(f.Accounts, func(a accounts.Account) bool { return a.Name == usual })
	if i < 0 {
		return nil
	}
	if others > 0 {
		whom += " and others"
	}
	return []Finding{through(f.Accounts[i], "So far you wrote to "+whom+" through "+clean(usual)+".")}
}

// answersElsewhere finds a Reply-To that is the address of another account.
func answersElsewhere(d compose.Draft, f Facts) []Finding {
	answers := compose.Addresses(d.ReplyTo)
	if a, ok := f.account(d); len(answers) != 1 || !ok || a.Allows(answers[0].String()) {
		return nil
	}
	for _, a := range f.Accounts {
		if strings.EqualFold(a.From.Address, answers[0].Mailbox+"@"+answers[0].Domain) {
			return []Finding{through(a, fmt.Sprintf("Answers go to %s, which is the address of %s.", clean(a.From.Address), clean(a.Name)))}
		}
	}
	return nil
}

// through offers another account.
func through(a accounts.Account, text string) Finding {
	return Finding{Warning, text, Fix{What: "send through " + clean(a.Name), Mend: func(d compose.Draft) compose.Draft {
		d.Account, d.From = a.Name, a.From.String()
		return d
	}}}
}

// houses are the providers that let nobody else send for their domains, and the
// domains of the servers that do it for them.
var houses = map[string]string{
	"gmail.com": "gmail.com google.com", "googlemail.com": "gmail.com google.com",
	"yahoo.com": "yahoo.com", "ymail.com": "yahoo.com", "aol.com": "aol.com yahoo.com",
	"outlook.com": "office365.com outlook.com live.com", "hotmail.com": "office365.com outlook.com live.com", "live.com": "office365.com outlook.com live.com", "msn.com": "office365.com outlook.com live.com",
	"icloud.com": "me.com icloud.com", "me.com": "me.com icloud.com", "mac.com": "me.com icloud.com",
	"gmx.de": "gmx.net gmx.de", "gmx.net": "gmx.net gmx.de", "web.de": "web.de", "mail.ru": "mail.ru",
}

// unsigned finds a sender for whom the server of the account cannot vouch: receivers
// that keep to DMARC want what the server signs, or the sender of the envelope, to
// have the domain of From.
func unsigned(d compose.Draft, f Facts) []Finding {
	account, ok := f.account(d)
	from := compose.Addresses(d.From)
	if !ok || len(from) != 1 || account.SMTP.Loopback() { // what a program of this machine passes on to, nobody knows
		return nil
	}
	domain, host := strings.ToLower(from[0].Domain), accounts.RegistrableDomain(account.SMTP.Host)
	if servers, ok := houses[domain]; ok {
		if slices.Contains(strings.Fields(servers), host) {
			return nil
		}
		return []Finding{{Warning, fmt.Sprintf("%s cannot vouch for an address at %s: many receivers will refuse it (DMARC).", clean(account.SMTP.Host), clean(domain)), Fix{}}}
	}
	_, own, _ := strings.Cut(account.From.Address, "@")
	if of := accounts.RegistrableDomain(domain); of == accounts.RegistrableDomain(own) || of == host {
		return nil
	}
	return []Finding{{Note, fmt.Sprintf("From is at %s: in order if the server signs for that (DMARC).", clean(domain)), Fix{}}}
}
