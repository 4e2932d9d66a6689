package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	"sendoff/accounts"
)

// lookupMX gives the names of the domain's mail exchangers, best first; none if
// it wants no mail (RFC 7505).
func (s *search) lookupMX(ctx context.Context) (hosts []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	// The final dot keeps the system's search list out of it.
	records, err := s.resolver.LookupMX(ctx, s.domain+".")
	for _, record := range records {
		if host, err := plainHost(record.Host); err == nil {
			hosts = append(hosts, host)
		}
	}
	if len(records) > 0 {
		return hosts, nil // some may have been malformed, which is the error then
	}
	return nil, err
}

// mxPreset knows where the domain's mail goes, if that is a large provider.
func (s *search) mxPreset(context.Context) answer {
	hosts, err := s.mx()
	if err != nil {
		return lookupAnswer(err, s.domain+" has no mail exchanger in DNS")
	}
	p, host := s.presetOfMX()
	switch {
	case len(hosts) == 0:
		return nothing(s.domain + " takes no mail: nothing could be sent back to it")
	case p == nil:
		return nothing(fmt.Sprintf("mail for %s goes to %s, which sendoff does not know", s.domain, hosts[0]))
	case len(p.SMTP) == 0:
		return refused(strings.Join(p.Hints, " "))
	}
	why := fmt.Sprintf("mail for %s goes to %s (%s)", s.domain, p.Name, host)
	return found(why, s.presetOffers(*p, why)...)
}

// presetOfMX is the preset of the domain's best mail exchanger that one knows,
// and which that is; nil if there is none.
func (s *search) presetOfMX() (*accounts.Preset, string) {
	hosts, _ := s.mx()
	for _, host := range hosts {
		if p, ok := accounts.PresetForMX(host); ok {
			return &p, host
		}
	}
	return nil, ""
}

// srv asks for the services that the domain says it has (RFC 6186, RFC 8314 §5).
func (s *search) srv(ctx context.Context) answer {
	services := []struct {
		name     string
		security accounts.Security
		protocol accounts.Protocol // "" for sending
	}{
		{"submissions", accounts.TLS, ""}, {"submission", accounts.STARTTLS, ""},
		{"imaps", accounts.TLS, accounts.IMAP}, {"pop3s", accounts.TLS, accounts.POP3},
	}
	records := make([]*net.SRV, len(services))
	errs := make([]error, len(services))
	var running sync.WaitGroup
	for i, service := range services {
		running.Go(func() { records[i], errs[i] = s.lookupSRV(ctx, service.name) })
	}
	running.Wait()

	var offers []Finding
	var mailbox accounts.Mailbox
	var said []string
	for i, service := range services {
		if records[i] == nil {
			continue
		}
		host, err := plainHost(records[i].Target)
		switch {
		case records[i].Target == ".":
			said = append(said, "no "+service.name+" is offered")
		case err != nil || records[i].Port == 0:
			said = append(said, "what it says of "+service.name+" cannot be a server")
		case service.protocol == "":
			offers = append(offers, Finding{
				Why:  s.domain + "'s DNS says so",
				SMTP: accounts.SMTP{Host: host, Port: int(records[i].Port), Security: service.security, Auth: accounts.AuthAuto, Username: s.address},
			})
		case mailbox.IsZero(): // IMAP goes first
			mailbox = accounts.Mailbox{Protocol: service.protocol, Host: host, Port: int(records[i].Port), Security: service.security, Username: s.address}
		}
	}
	for i := range offers {
		offers[i].Mailbox = mailbox
		offers[i].Confirm = s.confirm(offers[i], s.domain+"'s DNS")
	}
	said = append([]string{s.domain + "'s DNS says so"}, said...)
	switch {
	case len(offers) > 0:
		return found(strings.Join(said, "; "), offers...)
	case len(said) > 1:
		return nothing("in " + s.domain + "'s DNS " + strings.Join(said[1:], "; "))
	}
	return lookupAnswer(errors.Join(errs[0], errs[1]), s.domain+"'s DNS names no server to send through")
}

// lookupSRV gives the record to use, nil if there is none. Where several are
// equal it is always the same one: these are settings, and no load to spread.
func (s *search) lookupSRV(ctx context.Context, service string) (*net.SRV, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	_, records, err := s.resolver.LookupSRV(ctx, service, "tcp", s.domain+".")
	if len(records) == 0 {
		return nil, err
	}
	return slices.MinFunc(records, func(a, b *net.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(b.Weight, a.Weight), strings.Compare(a.Target, b.Target))
	}), nil
}

// confirm says what is to be thought of before a password goes to hosts that DNS
// alone named: anybody on the way can have written that (RFC 6186 §6).
func (s *search) confirm(f Finding, teller string) string {
	var others []string
	for _, host := range []string{f.SMTP.Host, f.Mailbox.Host} {
		if host != "" && accounts.RegistrableDomain(host) != accounts.RegistrableDomain(s.domain) && !slices.Contains(others, host) {
			others = append(others, host)
		}
	}
	if len(others) == 0 {
		return ""
	}
	verb, what := "does", "it is the server: make sure that it is"
	if len(others) > 1 {
		verb, what = "do", "they are the servers: make sure that they are"
	}
	return fmt.Sprintf("%s %s not belong to %s, and only %s says that %s your provider's", strings.Join(others, " and "), verb, s.domain, teller, what)
}

// guess looks whether the usual names exist.
func (s *search) guess(ctx context.Context) answer {
	names := []string{"smtp." + s.domain, "mail." + s.domain, "imap." + s.domain}
	exists := make([]bool, len(names))
	errs := make([]error, len(names))
	var running sync.WaitGroup
	for i, name := range names {
		running.Go(func() { exists[i], errs[i] = s.exists(ctx, name) })
	}
	running.Wait()

	var mailbox accounts.Mailbox
	for _, i := range []int{2, 1} {
		if exists[i] && mailbox.IsZero() {
			mailbox = accounts.Mailbox{Protocol: accounts.IMAP, Host: names[i], Port: accounts.IMAP.Port(accounts.TLS), Security: accounts.TLS, Username: s.address}
		}
	}
	var offers []Finding
	var said []string
	for i, name := range names[:2] {
		if !exists[i] {
			continue
		}
		why := "a guess: there is a " + name
		said = append(said, "there is a "+name)
		for _, security := range []accounts.Security{accounts.TLS, accounts.STARTTLS} {
			offers = append(offers, Finding{
				Why: why, Guess: true, Mailbox: mailbox,
				SMTP: accounts.SMTP{Host: name, Port: security.Port(), Security: security, Auth: accounts.AuthAuto, Username: s.address},
			})
		}
	}
	if len(offers) == 0 {
		return lookupAnswer(errors.Join(errs[0], errs[1]), fmt.Sprintf("there is neither %s nor %s", names[0], names[1]))
	}
	return found("a guess: "+strings.Join(said, ", "), offers...)
}

// exists tells whether a name has an address.
func (s *search) exists(ctx context.Context, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	addresses, err := s.resolver.LookupHost(ctx, name+".")
	return len(addresses) > 0, err
}

// lookupAnswer tells names that are not there, all of them, from a DNS that does
// not answer.
func lookupAnswer(err error, notFound string) answer {
	switch {
	case !unanswered(err):
		return nothing(notFound)
	case errors.Is(err, context.Canceled):
		return failed("DNS was not waited for")
	case isTimeout(err):
		return failed("DNS did not answer in time")
	}
	return failed("DNS could not be asked")
}

// unanswered looks through joined errors for one that is no answer.
func unanswered(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return slices.ContainsFunc(joined.Unwrap(), unanswered)
	}
	var dns *net.DNSError
	return err != nil && (!errors.As(err, &dns) || !dns.IsNotFound)
}
