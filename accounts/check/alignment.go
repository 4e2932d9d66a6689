package check

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"sendoff/accounts"
)

// judgeSPF says what the policies mean for the account: that of the domain of bounces,
// by which receivers go, and where From has another one, that of From.
func (d records) judgeSPF() verdict {
	asked := judgeSPF(d.bounces, d.policy.policy, d.provider)
	if d.bounces == d.domain {
		return asked
	}
	asked.found += " (receivers go by the domain of bounce_address)"
	if asked.cause != "" || d.own.of.unknown() {
		return asked
	}
	own := judgeSPF(d.domain, d.own.policy, d.provider)
	if own.cause == CauseSPFProvider { // nobody asks whether it may
		return asked
	}
	own.found = asked.found + "; " + own.found
	return own
}

func (d records) unknownDKIM() bool { return d.dkimOf.unknown() && len(d.dkim) == 0 }

// aligned tells that what SPF proves of the domain of bounces counts for the domain of
// From: it is the same, or of the same organisation unless the latter wants the same
// (aspf=s, RFC 7489 §3.1.2).
func (d records) aligned() bool {
	if d.bounces == d.domain {
		return true
	}
	found := dmarcRecords(d.dmarc.values)
	strict := len(found) == 1 && strings.EqualFold(tagOf(found[0], "aspf"), "s")
	return !strict && accounts.RegistrableDomain(d.bounces) == accounts.RegistrableDomain(d.domain)
}

// signs tells that the provider signs for the domain (DKIM), which one does for domains
// that it looks after, so whose mail it takes as well.
func (d records) signs() bool {
	return slices.ContainsFunc(d.mx.values, func(mx *net.MX) bool {
		p, found := accounts.PresetForMX(mx.Host)
		return d.provider.ID != "" && found && p.SPF == d.provider.SPF && p.SPF != "" || accounts.RegistrableDomain(mx.Host) == accounts.RegistrableDomain(d.server)
	})
}

// through names whose servers send.
func (d records) through() string {
	if d.provider.Name != "" {
		return d.provider.Name
	}
	return d.server
}

// judgeAlignment tells whether mail from the domain can prove itself when it goes
// through the account's server: by SPF, which asks that the domain of bounces lets the
// provider send and belongs to that of From, or by a DKIM signature of the latter.
func (d records) judgeAlignment() verdict {
	if !d.aligned() {
		return d.judgeUnaligned()
	}
	provider := d.provider
	switch {
	case slices.Contains(provider.Domains, d.domain), accounts.RegistrableDomain(d.server) == accounts.RegistrableDomain(d.domain):
		return verdict{found: d.domain + " sends through its own servers"}
	case d.signs(), provider.SPF != "" && d.policy.lets(provider.SPF), d.policy.lets(accounts.RegistrableDomain(d.server)):
		return verdict{found: d.domain + " lets " + d.through() + " send for it"}
	case provider.ID == "" || provider.SPF == "" || d.policy.partly:
		return verdict{CauseNotNeeded, "what is known of " + d.server + " does not tell whether " + d.domain + " lets it send", ""}
	}
	found := fmt.Sprintf("mail from %s through the servers of %s cannot prove that it is from there", d.domain, d.through())
	hint := "send it through the provider of " + d.domain + ", or set up SPF and DKIM there for " + d.through()
	return verdict{CauseUnaligned, found + d.consequence(), hint}
}

// judgeUnaligned is judgeAlignment where SPF proves nothing for the domain of From,
// since bounces go to another one: then a DKIM signature alone can.
func (d records) judgeUnaligned() verdict {
	proves := fmt.Sprintf("SPF goes by %s, where bounces go to, and proves nothing for %s", d.bounces, d.domain)
	switch {
	case d.signs():
		return verdict{found: proves + "; the DKIM signature of " + d.through() + " does"}
	case len(d.dkim) > 0:
		return verdict{found: proves + "; a DKIM signature of " + d.domain + " does, and there is a key for one"}
	}
	return verdict{CauseUnaligned, proves + ", of which no DKIM key is found either" + d.consequence(),
		"set up DKIM for " + d.domain + " at " + d.through() + ", or a bounce_address at " + d.domain}
}

// consequence is what receivers do with mail that cannot prove itself.
func (d records) consequence() string {
	organisation := accounts.RegistrableDomain(d.domain)
	switch d.wish() {
	case "reject":
		return ": " + organisation + " asks receivers to refuse it (DMARC p=reject)"
	case "quarantine":
		return ": " + organisation + " asks receivers to put it to the spam (DMARC p=quarantine)"
	}
	return "; many receivers put it to the spam"
}
