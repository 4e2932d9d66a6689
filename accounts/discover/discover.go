// Package discover finds the settings of an account from its address alone:
// what sendoff knows of the provider, what the domain says of itself, what
// Thunderbird's list of providers (ISPDB) says, where the domain's mail goes,
// and last a guess that says it is one.
//
// It logs in to nothing and does not try what it finds; accounts/check does. It
// writes nothing.
//
// Its one hard rule: what would carry a password without encryption is no
// finding, and nobody but the domain's own server gets to see the whole
// address, and that only if the user agreed.
package discover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
)

const (
	limit       = 8 * time.Second // for all of it: longer nobody looks at a screen that does not change
	lookupLimit = 3 * time.Second // for a look-up in DNS
)

// Source is a road to settings.
type Source string

// The roads. They are words of the JSON output.
const (
	SourcePreset     Source = "preset"     // sendoff knows the domain
	SourceAutoconfig Source = "autoconfig" // the server autoconfig.DOMAIN
	SourceWellKnown  Source = "well-known" // the web server of the domain
	SourceMX         Source = "mx"         // sendoff knows where the domain's mail goes
	SourceSRV        Source = "srv"        // the domain's DNS (RFC 6186, RFC 8314)
	SourceISPDB      Source = "ispdb"      // Thunderbird's list
	SourceISPDBMX    Source = "ispdb-mx"   // the same, for where the domain's mail goes
	SourceGuess      Source = "guess"
)

// Options are how to look. The zero Options do for a user's machine.
type Options struct {
	Resolver *net.Resolver // nil: Go's own, with the system's settings
	Client   *http.Client  // its Transport is used; nil: one that asks Resolver for names

	// AskDomain says that the user agreed to show the whole address to the
	// domain's own server, which may know more for it than for the domain.
	AskDomain bool

	// Told hears of each road as it has its answer, one at a time and before Find
	// returns, from goroutines of Find. It must not block. Nil: nobody is told.
	Told func(Road)
}

// Sources are all roads, in the order in which they are told of.
func Sources() []Source {
	return []Source{
		SourcePreset, SourceAutoconfig, SourceWellKnown, SourceMX, SourceSRV, SourceISPDB, SourceISPDBMX, SourceGuess,
	}
}

// Finding is one way to send, and where its bounces arrive. There is no secret in
// it.
type Finding struct {
	Source  Source
	Also    []Source // that say the same
	Why     string   // in words
	Guess   bool     // nobody says so
	Confirm string   // what the user should know before a password goes there; "" if nothing

	SMTP    accounts.SMTP
	Mailbox accounts.Mailbox      // zero if the road tells none
	Secrets []accounts.SecretKind // what it takes, the main road first; empty: unknown, or none is wanted
	Preset  *accounts.Preset      // of this server, for its limits and hints; nil if there is none
}

// Account is the account of a finding, with the published limits and without a
// secret, which only the user knows.
func (f Finding) Account(name string, from mail.Address) accounts.Account {
	a := accounts.New(name, from)
	a.SMTP, a.Mailbox = f.SMTP, f.Mailbox
	a.Mailbox.SentCopy = a.Mailbox.Protocol == accounts.IMAP && !(f.Preset != nil && f.Preset.FilesSent)
	if f.Preset != nil {
		a.Limits = f.Preset.Limits.Fill(a.Limits)
	}
	return a
}

// State is what became of a road.
type State string

// The states. They are words of the JSON output.
const (
	Found   State = "found"
	Nothing State = "nothing" // it was asked, and has nothing
	Refused State = "refused" // what it has must not or cannot be used
	Failed  State = "failed"  // it did not answer
)

// Road is what one of the sources said.
type Road struct {
	Source Source
	State  State
	Said   string // in words, safe to show; never empty
	Took   time.Duration

	// MayKnow says that it is the domain's own server, which answered that it has
	// nothing, and which was not shown the whole address: with that it may have.
	MayKnow bool
}

// Result is all that was found.
type Result struct {
	Address    string    // as it was looked for: the domain in ASCII
	Findings   []Finding // best first
	Roads      []Road    // each road once
	DidYouMean string    // the address with the domain of a large provider, if one letter makes the difference
	Offline    bool      // nobody could be asked: neither DNS nor a server answered
}

// ErrAddress is wrapped where a text is no address that can be looked up.
var ErrAddress = errors.New("no address with a domain")

// Find looks on all roads at once. It takes eight seconds at most and then gives
// what was found until then; so it does when ctx ends. The only error is
// [ErrAddress].
func Find(ctx context.Context, address string, o Options) (Result, error) {
	s, err := newSearch(address, o)
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	asks := map[Source]func(context.Context) answer{
		SourcePreset: s.preset, SourceAutoconfig: s.autoconfig, SourceWellKnown: s.wellKnown, SourceMX: s.mxPreset,
		SourceSRV: s.srv, SourceISPDB: s.ispdb, SourceISPDBMX: s.ispdbOfMX, SourceGuess: s.guess,
	}
	all := Sources()
	answers := make([]answer, len(all))
	roads := make([]Road, len(all))
	var telling sync.Mutex
	var running sync.WaitGroup
	running.Go(func() {
		defer close(s.mxDone)
		s.mxHosts, s.mxErr = s.lookupMX(ctx)
	})
	for i, source := range all {
		running.Go(func() {
			start := time.Now()
			a := asks[source](ctx)
			answers[i], roads[i] = a, Road{Source: source, State: a.state, Said: cleantext.Line(a.said), Took: time.Since(start), MayKnow: a.hides}
			if o.Told != nil {
				telling.Lock()
				defer telling.Unlock()
				o.Told(roads[i])
			}
		})
	}
	running.Wait()
	return s.result(answers, roads), nil
}

// result puts together what the roads have said.
func (s *search) result(answers []answer, roads []Road) Result {
	result := Result{Address: s.address, Roads: roads, Offline: true, DidYouMean: nearAddress(s.local, s.domain)}
	var offers []Finding
	for i, road := range roads {
		for _, f := range answers[i].offers {
			f.Source = road.Source
			offers = append(offers, f)
		}
		if road.Source != SourcePreset && road.State != Failed {
			result.Offline = false
		}
	}
	mx, _ := s.presetOfMX()
	result.Findings = rank(offers, mx)
	return result
}

// Known is what is known of an address at once, without asking anybody: that its
// provider is one that sendoff knows, and that its domain looks like a slip. The
// only error is [ErrAddress].
func Known(address string) (Result, error) {
	local, domain, err := splitAddress(address)
	if err != nil {
		return Result{}, err
	}
	s := &search{address: local + "@" + domain, local: local, domain: domain}
	result := Result{Address: s.address, DidYouMean: nearAddress(local, domain)}
	for _, f := range s.preset(context.Background()).offers {
		f.Source = SourcePreset
		result.Findings = append(result.Findings, f)
	}
	return result, nil
}

// nearAddress is the address with the domain of a large provider, if one letter
// makes the difference.
func nearAddress(local, domain string) string {
	near := accounts.NearestDomain(domain)
	if near == "" {
		return ""
	}
	return local + "@" + near
}

// answer is what a road says.
type answer struct {
	offers []Finding
	state  State
	said   string
	spoke  bool // a web server did
	hides  bool // perhaps, from who does not show the whole address
}

func found(said string, offers ...Finding) answer {
	return answer{offers: offers, state: Found, said: said}
}

func nothing(said string) answer { return answer{state: Nothing, said: said} }
func refused(said string) answer { return answer{state: Refused, said: said} }
func failed(said string) answer  { return answer{state: Failed, said: said} }

// search is one run of Find.
type search struct {
	address       string // domain in ASCII: a login with other letters is more than most servers take
	local, domain string
	ask           bool // the whole address may be shown to the domain's own server

	resolver *net.Resolver
	client   *http.Client
	close    func()

	mxDone  chan struct{} // closed when the two below are there
	mxHosts []string      // the domain's mail exchangers, best first
	mxErr   error
}

func newSearch(address string, o Options) (*search, error) {
	local, domain, err := splitAddress(address)
	if err != nil {
		return nil, err
	}
	s := &search{local: local, domain: domain, ask: o.AskDomain, resolver: o.Resolver, mxDone: make(chan struct{})}
	s.address = s.local + "@" + domain
	if s.resolver == nil {
		s.resolver = &net.Resolver{PreferGo: true} // the system's own cannot be ended at a deadline
	}
	s.client, s.close = newClient(o.Client, s.resolver)
	return s, nil
}

// splitAddress gives the two sides of an address, the domain in ASCII.
func splitAddress(address string) (local, domain string, err error) {
	parsed, err := mail.ParseAddress(address)
	if err != nil {
		return "", "", fmt.Errorf("%q: %w", cleantext.Line(address), ErrAddress)
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	if domain, err = plainHost(parsed.Address[at+1:]); err != nil {
		return "", "", fmt.Errorf("%q: %w", cleantext.Line(address), ErrAddress)
	}
	return parsed.Address[:at], domain, nil
}

// mx waits for the mail exchangers, which several roads want to know.
func (s *search) mx() ([]string, error) {
	<-s.mxDone // the look-up ends by itself
	return s.mxHosts, s.mxErr
}

// preset knows the domain without asking anybody.
func (s *search) preset(context.Context) answer {
	p, ok := accounts.PresetFor(s.address)
	switch {
	case !ok:
		return nothing("sendoff does not know " + s.domain)
	case len(p.SMTP) == 0:
		return refused(strings.Join(p.Hints, " "))
	}
	return found("sendoff knows "+p.Name, s.presetOffers(p, "sendoff knows "+p.Name)...)
}

// presetOffers are the servers of a preset.
func (s *search) presetOffers(p accounts.Preset, why string) (offers []Finding) {
	for _, server := range p.SMTPFor(s.address) {
		offers = append(offers, Finding{Why: why, SMTP: server, Mailbox: p.MailboxFor(s.address), Secrets: p.Secrets, Preset: &p})
	}
	return offers
}

var errHost = errors.New("not a host name")

// plainHost gives a name that a stranger wrote in the form that DNS knows. It is
// an error if that is no name with a dot in it: an IP address, say.
func plainHost(name string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.TrimSpace(name), "."))
	if err != nil {
		return "", errHost
	}
	ascii = strings.ToLower(ascii)
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.'
	}
	const most = 253 // RFC 1035 §3.1, without the lengths around it
	if len(ascii) > most || strings.ContainsFunc(ascii, odd) || net.ParseIP(ascii) != nil {
		return "", errHost
	}
	labels := strings.Split(ascii, ".")
	if len(labels) < 2 || slices.Contains(labels, "") {
		return "", errHost
	}
	return ascii, nil
}
