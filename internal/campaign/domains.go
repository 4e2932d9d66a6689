package campaign

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// Domains tells which domains take no mail, by what name servers say of their mail
// servers. One that takes mail is asked about once; one that does not may be mended, and
// is asked about at every look. Its methods may be called from several goroutines.
type Domains struct {
	resolver *net.Resolver

	mu    sync.Mutex
	known map[string]string // why nothing can arrive there; "": it takes mail
}

// NewDomains asks a resolver; nil is Go's own with the system's settings.
func NewDomains(resolver *net.Resolver) *Domains {
	if resolver == nil {
		resolver = &net.Resolver{PreferGo: true} // which ends with its context
	}
	return &Domains{resolver: resolver, known: make(map[string]string)}
}

// Bounds of the look-ups.
const (
	domainsAtOnce = 16              // what a resolver at home takes without losing questions
	domainLimit   = 3 * time.Second // for one domain: who has not answered by then is slow for good
	domainsLimit  = time.Minute     // for all: at 20 ms each that is some 50,000 domains
	domainsNamed  = 3               // that a remark names
)

// lookUp asks about each domain that is not known to take mail. The remark says of which nothing
// is known after that; "" for none. tell hears the share that is through, often and one
// call at a time; nil is nobody. The error is that of ctx.
func (d *Domains) lookUp(ctx context.Context, domains []string, tell func(share float64)) (remark string, err error) {
	limited, stop := context.WithTimeout(ctx, domainsLimit)
	defer stop()
	questions := make(chan string)
	var running sync.WaitGroup
	var mu sync.Mutex
	through, answered := 0, 0
	var silent []string
	answer := func(domain string, known bool) {
		mu.Lock()
		defer mu.Unlock()
		if through++; known {
			answered++
		} else {
			silent = append(silent, domain)
		}
		if len(silent) >= domainsAtOnce && answered == 0 { // there is no network: the others would take minutes
			stop()
		}
		if tell != nil {
			tell(float64(through) / float64(len(domains)))
		}
	}
	for range min(domainsAtOnce, len(domains)) {
		running.Go(func() {
			for domain := range questions {
				answer(domain, d.learn(limited, domain))
			}
		})
	}
	for _, domain := range domains {
		questions <- domain
	}
	close(questions)
	running.Wait()
	slices.Sort(silent)
	return remarkOn(silent, answered), ctx.Err()
}

// learn asks about a domain, and tells whether something is known of it.
func (d *Domains) learn(ctx context.Context, domain string) bool {
	d.mu.Lock()
	was, known := d.known[domain]
	d.mu.Unlock()
	if known && was == "" || ctx.Err() != nil {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, domainLimit)
	defer cancel()
	name := domain + "." // with the dot, no search list
	servers, err := d.resolver.LookupMX(ctx, name)
	var hosts []string
	var hostErr error
	if len(servers) == 0 && isNotFound(err) { // the domain itself is its server then (RFC 5321 §5.1)
		hosts, hostErr = d.resolver.LookupHost(ctx, name)
	}
	why, told := unreachable(servers, err, hosts, hostErr)
	if told {
		d.mu.Lock()
		d.known[domain] = why
		d.mu.Unlock()
	}
	return told || known
}

// unreachable is why no mail can reach a domain, by its mail servers and, where it has
// none, its own addresses; "" if some may. Where nobody has answered nothing is known.
func unreachable(servers []*net.MX, err error, hosts []string, hostErr error) (why string, known bool) {
	switch {
	case len(servers) == 1 && servers[0].Host == ".": // RFC 7505
		return "takes no mail", true
	case len(servers) > 0 || len(hosts) > 0:
		return "", true // some records may have been malformed, which is the error then
	case isNotFound(err) && isNotFound(hostErr):
		return "has no mail server", true
	}
	return "", false
}

func isNotFound(err error) bool {
	var e *net.DNSError
	return errors.As(err, &e) && e.IsNotFound
}

// why says why no mail can reach a domain; "" if some may, or nobody knows.
func (d *Domains) why(domain string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known[domain]
}

// remarkOn says of which domains nothing is known, once for all of them.
func remarkOn(silent []string, answered int) string {
	switch {
	case len(silent) == 0:
		return ""
	case answered == 0:
		return "no name server answers, so it was not looked whether the domains of the list take mail"
	}
	names := strings.Join(silent[:min(len(silent), domainsNamed)], ", ")
	if len(silent) > domainsNamed {
		names += " …"
	}
	domains := "1 domain"
	if len(silent) > 1 {
		domains = fmt.Sprintf("%d domains", len(silent))
	}
	return "the name servers say nothing of " + domains + " now, which may take mail or not: " + names
}

// domains are those that the letters of a campaign go to, each once.
func (c *Campaign) domains(ctx context.Context) ([]string, error) {
	seen := make(map[string]bool)
	var all []string
	for row, err := range c.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		if domain := c.Domain(row); domain != "" && !seen[domain] {
			seen[domain] = true
			all = append(all, domain)
		}
	}
	return all, nil
}
