package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"

	"sendoff/accounts"
)

// adviceSteps are what the DNS says of the domain of the sender.
var adviceSteps = []string{StepMX, StepSPF, StepDKIM, StepDMARC, StepAlignment}

// answer is what a name server gave: values, nothing, or no answer.
type answer[T any] struct {
	values []T
	err    error
}

// none tells that the name has no such records.
func (a answer[T]) none() bool {
	var e *net.DNSError
	return a.err == nil && len(a.values) == 0 || errors.As(a.err, &e) && e.IsNotFound
}

// unknown tells that nobody answered.
func (a answer[T]) unknown() bool { return a.err != nil && !a.none() }

// records is all that is looked up of a domain.
type records struct {
	domain   string // of the sender
	bounces  string // of the address that bounces go to, which is the one that SPF goes by
	provider accounts.Preset
	server   string         // that sends
	mx       exchange       // of the sender's domain
	back     exchange       // of the domain of bounces; the same where both are one
	policy   published      // of the domain of bounces
	own      published      // of the sender's; the same where both are one
	dkim     []string       // selectors that were found
	dkimOf   answer[string] // one that did not answer, if any
	dmarc    answer[string]
	dmarcAt  string // the domain that dmarc is of
}

// exchange is where mail for a domain goes.
type exchange struct {
	answer[*net.MX]
	hosts answer[string] // addresses of the domain itself, where it has no MX
}

// published is the SPF policy of a domain, and the TXT records that it was read from.
type published struct {
	policy
	of answer[string]
}

// advice looks the domain of the From address up, and that of the address for bounces,
// and says what it thinks of them.
// Nothing of it fails: without a network there is none.
func (r *run) advice(ctx context.Context, out chan<- Step) {
	c := newChain(out, adviceSteps...)
	defer c.end(CauseNoDNS)
	domain, err := idna.Lookup.ToASCII(domainOf(r.account.From.Address))
	if err != nil || net.ParseIP(strings.Trim(domain, "[]")) != nil || !strings.Contains(domain, ".") || r.account.SMTP.Loopback() {
		c.end(CauseNotNeeded) // a name that only this machine knows, or a server on it
		return
	}
	ctx, cancel := context.WithTimeout(ctx, adviceLimit)
	defer cancel()
	began := time.Now()
	seen := r.lookUp(ctx, domain, r.bounceDomain(domain))
	took := time.Since(began)
	for _, s := range seen.advise() {
		if s.State != Skipped {
			s.Took = took
		}
		c.tell(s)
	}
}

// bounceDomain is the domain of the envelope sender, where From has the given one.
func (r *run) bounceDomain(from string) string {
	address := r.account.ReturnPath("x")
	if address == "" {
		return from
	}
	domain, err := idna.Lookup.ToASCII(domainOf(address))
	if err != nil { // the settings take none that is not ASCII
		return from
	}
	return domain
}

// provider is the preset of the server that sends.
func (r *run) provider() accounts.Preset {
	p, _ := accounts.PresetOf(r.account.From.Address, r.account.SMTP.Host, r.account.SMTP.Port)
	return p
}

// lookUp asks for all records, side by side.
func (r *run) lookUp(ctx context.Context, domain, bounces string) records {
	seen := records{domain: domain, bounces: bounces, server: r.account.SMTP.Host, provider: r.provider()}
	var all sync.WaitGroup
	all.Go(func() { seen.mx = r.exchange(ctx, domain) })
	all.Go(func() { seen.policy = r.published(ctx, bounces) })
	if bounces != domain {
		all.Go(func() { seen.back = r.exchange(ctx, bounces) })
		all.Go(func() { seen.own = r.published(ctx, domain) })
	}
	all.Go(func() { seen.dkim, seen.dkimOf = r.selectors(ctx, domain, seen.provider) })
	all.Go(func() {
		seen.dmarcAt = domain
		seen.dmarc = r.text(ctx, "_dmarc."+domain)
		if organisation := accounts.RegistrableDomain(domain); !seen.dmarc.unknown() && len(dmarcRecords(seen.dmarc.values)) == 0 && organisation != domain {
			seen.dmarcAt, seen.dmarc = organisation, r.text(ctx, "_dmarc."+organisation)
		}
	})
	all.Wait()
	if bounces == domain {
		seen.own, seen.back = seen.policy, seen.mx
	}
	return seen
}

// exchange asks where mail for a domain goes.
func (r *run) exchange(ctx context.Context, domain string) (e exchange) {
	e.values, e.err = within(ctx, domain, r.options.Resolver.LookupMX)
	if e.none() {
		e.hosts.values, e.hosts.err = within(ctx, domain, r.options.Resolver.LookupHost)
	}
	return e
}

// published reads the SPF policy of a domain.
func (r *run) published(ctx context.Context, domain string) published {
	of := r.text(ctx, domain)
	return published{of: of, policy: readPolicy(ctx, domain, func(ctx context.Context, name string) answer[string] {
		if name == domain {
			return of
		}
		return r.text(ctx, name)
	})}
}

func (r *run) text(ctx context.Context, name string) (a answer[string]) {
	a.values, a.err = within(ctx, name, r.options.Resolver.LookupTXT)
	return a
}

// within bounds one look-up.
func within[T any](ctx context.Context, name string, look func(context.Context, string) ([]T, error)) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	return look(ctx, strings.TrimSuffix(name, ".")+".") // with the dot, no search list
}

// usualSelectors are those under which many put their DKIM keys. They cannot be
// listed, so what is not found there may stand elsewhere.
var usualSelectors = []string{"default", "mail", "dkim", "google", "selector1", "selector2", "s1", "s2", "k1", "fm1", "zmail"}

// selectors are the names under which there is a DKIM key, of the provider's own
// and the usual ones.
func (r *run) selectors(ctx context.Context, domain string, provider accounts.Preset) (found []string, silent answer[string]) {
	names := slices.Clone(provider.DKIM)
	for _, name := range usualSelectors {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	answers := make([]answer[string], len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() { answers[i] = r.text(ctx, name+"._domainkey."+domain) })
	}
	all.Wait()
	for i, a := range answers {
		if a.unknown() {
			silent = a
		}
		if slices.ContainsFunc(a.values, isKey) {
			found = append(found, names[i])
		}
	}
	return found, silent
}

// isKey tells a DKIM key that was not taken back (RFC 6376 §3.6.1).
func isKey(record string) bool { return tagOf(record, "p") != "" }

// tagOf is the value of a tag in a list of them, as DKIM and DMARC have it
// (RFC 6376 §3.2).
func tagOf(record, name string) string {
	for tag := range strings.SplitSeq(record, ";") {
		key, value, _ := strings.Cut(tag, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// advise says what all that was looked up means. It is pure.
func (d records) advise() []Step {
	return []Step{
		advise(StepMX, d.back.unknown(), d.judgeMX()),
		advise(StepSPF, d.policy.of.unknown(), d.judgeSPF()),
		advise(StepDKIM, d.unknownDKIM(), d.judgeDKIM()),
		advise(StepDMARC, d.dmarc.unknown(), d.judgeDMARC()),
		advise(StepAlignment, d.policy.of.unknown() || d.mx.unknown() || d.dmarc.unknown() || !d.aligned() && d.unknownDKIM(), d.judgeAlignment()),
	}
}

func advise(name string, unknown bool, v verdict) Step {
	switch {
	case unknown:
		return Step{Name: name, State: Skipped, Cause: CauseNoDNS, Found: "the name servers do not answer"}
	case v.cause == CauseNotNeeded:
		return Step{Name: name, State: Skipped, Cause: v.cause, Found: v.found}
	case v.cause != "":
		return Step{Name: name, State: Advice, Cause: v.cause, Found: v.found, Hint: v.hint}
	}
	return Step{Name: name, State: OK, Found: v.found, Hint: v.hint}
}

// judgeMX says where bounces go, and where answers do: another domain, if the account has
// an address for bounces elsewhere.
func (d records) judgeMX() verdict {
	if d.bounces == d.domain {
		return d.mx.judge(d.domain, "bounces and answers")
	}
	answers := d.mx.judge(d.domain, "answers")
	if d.mx.unknown() { // nobody says anything of it; the bounces have been looked at
		answers = verdict{}
	}
	bounces := d.back.judge(d.bounces, "bounces")
	if bounces.cause == "" && answers.cause != "" {
		bounces, answers = answers, bounces
	}
	if answers.found != "" {
		bounces.found += "; " + answers.found
	}
	return bounces
}

// judge says whether what is sent to a domain in reply to a message can arrive.
func (e exchange) judge(domain, replies string) verdict {
	hint := "see that " + domain + " takes mail, or " + replies + " do not reach you"
	switch {
	case len(e.values) == 1 && e.values[0].Host == ".": // RFC 7505
		return verdict{CauseNullMX, domain + " says that it takes no mail, so " + replies + " cannot come back", hint}
	case e.none() && len(e.hosts.values) > 0: // RFC 5321 §5.1
		return verdict{CauseNoMX, domain + " has no MX record; some servers take its address instead, others do not", hint}
	case e.none():
		return verdict{CauseNoMX, domain + " has no MX record, so " + replies + " cannot come back", hint}
	}
	var names []string
	for _, mx := range e.values {
		names = append(names, strings.TrimSuffix(mx.Host, "."))
	}
	return verdict{found: "mail for " + domain + " goes to " + listed(names)}
}

func (d records) judgeDKIM() verdict {
	if len(d.dkim) == 0 {
		return verdict{CauseNoDKIM, "no DKIM key is found under the usual names; it may stand under another", "see in the provider's settings that it signs for " + d.domain}
	}
	return verdict{found: "a key is found under " + listed(d.dkim)}
}

// dmarcRecords are the DMARC records among TXT records (RFC 7489 §6.6.3).
func dmarcRecords(all []string) (records []string) {
	for _, text := range all {
		if strings.EqualFold(tagOf(text, "v"), "DMARC1") {
			records = append(records, text)
		}
	}
	return records
}

// wish is what a domain asks receivers to do with mail that cannot prove itself:
// none, quarantine, reject; "" if it asks nothing.
func (d records) wish() string {
	found := dmarcRecords(d.dmarc.values)
	if len(found) != 1 {
		return ""
	}
	wish := strings.ToLower(tagOf(found[0], "p"))
	if below := strings.ToLower(tagOf(found[0], "sp")); d.dmarcAt != d.domain && below != "" {
		wish = below
	}
	switch wish {
	case "quarantine", "reject":
		return wish
	}
	return "none"
}

func (d records) judgeDMARC() verdict {
	found := dmarcRecords(d.dmarc.values)
	at := "_dmarc." + d.dmarcAt
	switch {
	case len(found) == 0:
		return verdict{CauseNoDMARC, d.domain + " has no DMARC record; large receivers want one", `add a TXT record at _dmarc.` + accounts.RegistrableDomain(d.domain) + `: "v=DMARC1; p=none; rua=mailto:…"`}
	case len(found) > 1:
		return verdict{CauseManyDMARC, at + " has more than one DMARC record, which counts as none", "make one of them"}
	case d.wish() == "none" && tagOf(found[0], "rua") == "":
		return verdict{CauseDMARCNoReport, "the DMARC record asks for nothing, and for no reports (p=none, no rua)", "add rua=mailto:… to learn who sends as " + d.domain}
	}
	return verdict{found: fmt.Sprintf("p=%s, at %s", d.wish(), at)}
}
