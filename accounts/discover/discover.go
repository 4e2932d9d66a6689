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

	all := []struct {
		source Source
		ask    func(context.Context) answer
	}{
		{SourcePreset, s.preset}, {SourceAutoconfig, s.autoconfig}, {SourceWellKnown, s.wellKnown}, {SourceMX, s.mxPreset},
		{SourceSRV, s.srv}, {SourceISPDB, s.ispdb}, {SourceISPDBMX, s.ispdbOfMX}, {SourceGuess, s.guess},
	}
	answers := make([]answer, len(all))
	took := make([]time.Duration, len(all))
	var running sync.WaitGroup
	running.Go(func() {
		defer close(s.mxDone)
		s.mxHosts, s.mxErr = s.lookupMX(ctx)
	})
	for i, road := range all {
		running.Go(func() {
			start := time.Now()
			answers[i] = road.ask(ctx)
			took[i] = time.Since(start)
		})
	}
	running.Wait()

	result := Result{Address: s.address, Offline: true}
	var offers []Finding
	for i, road := range all {
		a := answers[i]
		for _, f := range a.offers {
			f.Source = road.source
			offers = append(offers, f)
		}
		result.Roads = append(result.Roads, Road{Source: road.source, State: a.state, Said: cleantext.Line(a.said), Took: took[i]})
		if road.source != SourcePreset && a.state != Failed {
			result.Offline = false
		}
	}
	mx, _ := s.presetOfMX()
	result.Findings = rank(offers, mx)
	if near := accounts.NearestDomain(s.domain); near != "" {
		result.DidYouMean = s.local + "@" + near
	}
	return result, nil
}

// answer is what a road says.
type answer struct {
	offers []Finding
	state  State
	said   string
	spoke  bool // a web server did
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
	parsed, err := mail.ParseAddress(address)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", cleantext.Line(address), ErrAddress)
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	domain, err := plainHost(parsed.Address[at+1:])
	if err != nil {
		return nil, fmt.Errorf("%q: %w", cleantext.Line(address), ErrAddress)
	}
	s := &search{local: parsed.Address[:at], domain: domain, ask: o.AskDomain, resolver: o.Resolver, mxDone: make(chan struct{})}
	s.address = s.local + "@" + domain
	if s.resolver == nil {
		s.resolver = &net.Resolver{PreferGo: true} // the system's own cannot be ended at a deadline
	}
	s.client, s.close = newClient(o.Client, s.resolver)
	return s, nil
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
