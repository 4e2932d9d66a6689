package check

import (
	"context"
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
	partly  bool     // some name server did not answer: there may be more
}

// readPolicy follows the record of a domain through all that it includes. text
// gives the TXT records of a name. It asks for no more names than a receiver
// would.
func readPolicy(ctx context.Context, domain string, text func(ctx context.Context, name string) answer[string]) policy {
	var p policy
	p.read(ctx, domain, text)
	return p
}

func (p *policy) read(ctx context.Context, domain string, text func(context.Context, string) answer[string]) {
	top := len(p.domains) == 0
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
		if !t.asks() {
			continue
		}
		if p.lookups++; p.lookups > maxSPFLookups {
			return
		}
		// A macro stands for something of the message (RFC 7208 §7).
		if (t.name == "include" || t.name == "redirect") && t.domain != "" && !strings.Contains(t.domain, "%") {
			p.read(ctx, t.domain, text)
		}
	}
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
	}
	return verdict{found: domain + " says who may send for it"}
}

func suggestedSPF(provider accounts.Preset) string {
	if provider.SPF == "" {
		return "v=spf1 mx ~all"
	}
	return "v=spf1 include:" + provider.SPF + " ~all"
}
