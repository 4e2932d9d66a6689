package check

import (
	"context"
	"slices"
	"strings"

	"sendoff/accounts"
)

// maxSPFLookups is what a receiver looks up of one record and all that it
// includes, before it gives the whole up (RFC 7208 §4.6.4).
const maxSPFLookups = 10

// policy is an SPF record as far as it can be read without the address that
// sends: the provider's outgoing servers are its own affair.
type policy struct {
	records int      // at the domain itself
	lookups int      // of all records, counted up to one more than is allowed
	all     string   // the qualifier of "all" at the domain itself: + - ~ ?, "" without
	domains []string // whose records were read: the domain, and what it includes
	missing string   // one that is included and has no record
	partly  bool     // there may be more: a name server did not answer, or only the address that sends can tell
}

// readPolicy follows the record of a domain through all that it includes. text
// gives the TXT records of a name. It asks for no more names than a receiver
// would.
func readPolicy(ctx context.Context, domain string, text func(ctx context.Context, name string) answer[string]) policy {
	var p policy
	p.read(ctx, domain, false, text)
	return p
}

// read reads one record. known tells that a provider who is known includes it: the
// addresses in it are that provider's own.
func (p *policy) read(ctx context.Context, domain string, known bool, text func(context.Context, string) answer[string]) {
	top := len(p.domains) == 0
	known = known || isProviders(domain)
	p.domains = append(p.domains, strings.ToLower(strings.TrimSuffix(domain, ".")))
	found := text(ctx, domain)
	records := spfRecords(found.values)
	if top {
		p.records = len(records)
	}
	switch {
	case found.unknown():
		p.partly = true
		return
	case len(records) == 0 && !top:
		p.missing = domain
	}
	if len(records) != 1 {
		return
	}
	for _, term := range strings.Fields(strings.ToLower(records[0]))[1:] {
		t := parseTerm(term)
		if top && t.name == "all" {
			p.all = t.qualifier
		}
		p.partly = p.partly || t.byAddress() && !known
		if !t.asks() {
			continue
		}
		if p.lookups++; p.lookups > maxSPFLookups {
			return
		}
		if (t.name == "include" || t.name == "redirect") && t.domain != "" && !t.hasMacro() {
			p.read(ctx, t.domain, known, text)
		}
	}
}

// isProviders tells a record of a provider that is known. Others may be lists of
// anybody's addresses: there are services that write out what a domain includes.
func isProviders(domain string) bool {
	domain = strings.TrimSuffix(domain, ".")
	return slices.ContainsFunc(accounts.Presets(), func(p accounts.Preset) bool { return p.SPF != "" && strings.EqualFold(p.SPF, domain) })
}

// spfRecords are the SPF records among TXT records (RFC 7208 §4.5).
func spfRecords(all []string) (records []string) {
	for _, text := range all {
		version, _, _ := strings.Cut(text, " ")
		if strings.EqualFold(version, "v=spf1") {
			records = append(records, text)
		}
	}
	return records
}

// term is a mechanism or a modifier of an SPF record (RFC 7208 §4.6.1).
type term struct{ qualifier, name, domain string }

func parseTerm(text string) term {
	t := term{qualifier: "+"}
	if strings.ContainsAny(text[:1], "+-~?") {
		t.qualifier, text = text[:1], text[1:]
	}
	end := strings.IndexAny(text, ":=/")
	if end < 0 {
		t.name = text
		return t
	}
	t.name = text[:end]
	t.domain, _, _ = strings.Cut(text[end+1:], "/")
	return t
}

// asks tells a term that costs a look-up (RFC 7208 §4.6.4).
func (t term) asks() bool {
	switch t.name {
	case "include", "redirect", "a", "mx", "ptr", "exists":
		return true
	}
	return false
}

// byAddress tells a term that may let a server send, and does not say by name
// whose that is.
func (t term) byAddress() bool {
	if t.qualifier != "+" {
		return false
	}
	switch t.name {
	case "ip4", "ip6", "a", "mx", "ptr", "exists":
		return true
	}
	return t.hasMacro()
}

// hasMacro tells a name with something of the message in it (RFC 7208 §7).
func (t term) hasMacro() bool { return strings.Contains(t.domain, "%") }

// lets tells that a policy includes a domain, or one below it.
func (p policy) lets(domain string) bool {
	for _, d := range p.domains {
		if d == domain || strings.HasSuffix(d, "."+domain) {
			return true
		}
	}
	return false
}

// judgeSPF says what a policy means for a domain that sends through a provider.
// It is pure; the verdict of one that is in order has no cause.
func judgeSPF(domain string, p policy, provider accounts.Preset) verdict {
	includes := provider.SPF != "" && p.lets(provider.SPF)
	switch {
	case p.records == 0:
		return verdict{CauseNoSPF, domain + " does not say who may send for it (no SPF record)", "add a TXT record at the domain: \"" + suggestedSPF(provider) + "\""}
	case p.records > 1:
		return verdict{CauseManySPF, domain + " has more than one SPF record, which counts as none", "make one of them"}
	case p.all == "+":
		return verdict{CauseSPFOpen, "the SPF record lets everybody send as " + domain + " (+all)", "end it in ~all or -all"}
	case p.lookups > maxSPFLookups:
		return verdict{CauseSPFLookups, "the SPF record needs more than 10 look-ups, so receivers give it up", "take out what is not needed any more"}
	case p.missing != "":
		return verdict{CauseSPFBroken, "the SPF record includes " + p.missing + ", which has none: receivers give the whole up", "take that out"}
	case provider.SPF != "" && !includes && !p.partly && p.domains[0] != provider.SPF:
		return verdict{CauseSPFProvider, "the SPF record does not let " + provider.Name + " send for " + domain, "add include:" + provider.SPF + " to it"}
	case includes:
		return verdict{found: "lets " + provider.Name + " send for " + domain}
	case provider.SPF != "" && p.partly:
		return verdict{found: domain + " says who may send for it; whether " + provider.Name + " may cannot be told without the address that sends"}
	}
	return verdict{found: domain + " says who may send for it"}
}

func suggestedSPF(provider accounts.Preset) string {
	if provider.SPF == "" {
		return "v=spf1 mx ~all"
	}
	return "v=spf1 include:" + provider.SPF + " ~all"
}
