package discover

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
)

const (
	maxConfig    = 64 << 10 // bytes; the largest in the ISPDB has 10 KB
	maxRedirects = 3
)

// autoconfig asks the domain's own server for mail programs. It alone may be
// told the whole address.
func (s *search) autoconfig(ctx context.Context) answer {
	where := url.URL{Scheme: "https", Host: "autoconfig." + s.domain, Path: "/mail/config-v1.1.xml"}
	if s.ask {
		where.RawQuery = "emailaddress=" + url.QueryEscape(s.address)
	}
	a := s.fetch(ctx, where, where.Host+" says so")
	if a.state == Nothing && a.spoke && !s.ask {
		a.said += "; it may know more if it is shown the whole address"
		a.hides = true
	}
	return a
}

// wellKnown asks the domain's web server.
func (s *search) wellKnown(ctx context.Context) answer {
	return s.fetch(ctx, url.URL{Scheme: "https", Host: s.domain, Path: "/.well-known/autoconfig/mail/config-v1.1.xml"}, s.domain+" says so")
}

// ispdb asks Thunderbird's list of providers, which sees the domain.
func (s *search) ispdb(ctx context.Context) answer {
	return s.fetch(ctx, ispdbURL(s.domain), "Thunderbird's list of providers says so")
}

// ispdbOfMX asks the same list for where the domain's mail goes.
func (s *search) ispdbOfMX(ctx context.Context) answer {
	hosts, err := s.mx()
	switch {
	case err != nil:
		return lookupAnswer(err, "where mail for "+s.domain+" goes is not in DNS")
	case len(hosts) == 0:
		return nothing("mail for " + s.domain + " goes nowhere")
	}
	domain := accounts.RegistrableDomain(hosts[0])
	if domain == s.domain {
		return nothing("mail for " + s.domain + " stays there")
	}
	a := s.fetch(ctx, ispdbURL(domain), fmt.Sprintf("Thunderbird's list of providers says so of %s, where mail for %s goes", domain, s.domain))
	for i := range a.offers {
		a.offers[i].Confirm = s.confirm(a.offers[i], "DNS")
	}
	return a
}

func ispdbURL(domain string) url.URL {
	return url.URL{Scheme: "https", Host: "autoconfig.thunderbird.net", Path: "/v1.1/" + domain}
}

// fetch gets and reads one file of settings. why is for its offers.
func (s *search) fetch(ctx context.Context, where url.URL, why string) answer {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return failed(where.Host + " cannot be asked") // which cannot be: the host is checked
	}
	request.Header.Set("User-Agent", "sendoff")
	response, err := s.client.Do(request)
	if err != nil {
		return httpAnswer(where.Host, err)
	}
	defer response.Body.Close() // nothing is lost by an error here
	a := s.read(response, where.Host, why)
	a.spoke = true
	return a
}

// read makes an answer of what a web server sent.
func (s *search) read(response *http.Response, host, why string) answer {
	if response.StatusCode != http.StatusOK {
		return nothing(fmt.Sprintf("%s has none (HTTP %d)", host, response.StatusCode))
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxConfig+1))
	switch {
	case err != nil:
		return httpAnswer(host, err)
	case len(data) > maxConfig:
		return refused(host + " sends more than settings can be")
	}
	offers, refusals, err := parseConfig(data, who{address: s.address, local: s.local, domain: s.domain})
	for i := range offers {
		offers[i].Why = why
	}
	switch {
	case err != nil:
		return nothing(host + " answers, but " + err.Error())
	case len(offers) > 0:
		return found(strings.Join(append([]string{why}, refusals...), "; "), offers...)
	case len(refusals) > 0:
		return refused(strings.Join(refusals, "; "))
	}
	return nothing(host + " names no server to send through")
}

// newClient takes the transport of client; without one it makes its own. done
// closes what stays open in that.
func newClient(client *http.Client, resolver *net.Resolver) (made *http.Client, done func()) {
	made, done = &http.Client{CheckRedirect: checkRedirect}, func() {}
	if client != nil {
		made.Transport = client.Transport
		return made, done
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Resolver: resolver}).DialContext,
		MaxResponseHeaderBytes: maxConfig,
		DisableKeepAlives:      true, // one question a server
	}
	made.Transport = transport
	return made, transport.CloseIdleConnections
}

// redirectError is a redirect that is not followed.
type redirectError struct{ reason string }

func (e redirectError) Error() string { return e.reason }

// checkRedirect keeps to TLS, and the address to the server that it was shown
// to: a redirect may carry it on, as the query or in Referer, which net/http
// adds.
func checkRedirect(next *http.Request, via []*http.Request) error {
	host := cleantext.Line(next.URL.Hostname())
	switch first := via[0].URL; {
	case len(via) > maxRedirects:
		return redirectError{"leads on and on"}
	case next.URL.Scheme != "https":
		return redirectError{"leads to " + host + " without encryption"}
	case next.URL.User != nil:
		return redirectError{"leads to a login"}
	case carries(next.URL, first.Query().Get("emailaddress")) && accounts.RegistrableDomain(next.URL.Hostname()) != accounts.RegistrableDomain(first.Hostname()):
		return redirectError{"would pass the address on to " + host}
	}
	next.Header.Del("Referer")
	return nil
}

// carries tells a URL with an address in it, however it is written there.
func carries(where *url.URL, address string) bool {
	if address == "" {
		return false
	}
	text := strings.ToLower(where.String())
	for range 3 { // escapes within escapes
		if strings.Contains(text, strings.ToLower(address)) {
			return true
		}
		plain, err := url.PathUnescape(text) // which leaves a "+" alone
		if err != nil {
			return true // who writes like that hides something
		}
		text = plain
	}
	return false
}

// httpAnswer says why there is no answer over HTTPS. A wrong certificate is
// common: names under a domain with a "*" in DNS all lead to its web server.
func httpAnswer(host string, err error) answer {
	var redirect redirectError
	var name x509.HostnameError
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	switch {
	case errors.As(err, &redirect):
		return refused(host + " " + redirect.reason)
	case errors.As(err, &name):
		return refused(host + " shows the certificate of another name")
	case errors.As(err, &certificate):
		return refused(host + " shows a certificate that nobody vouches for")
	case errors.As(err, &dns) && dns.IsNotFound:
		return nothing("there is no " + strings.TrimSuffix(dns.Name, ".")) // it may be where a redirect leads
	case errors.Is(err, context.Canceled):
		return failed(host + " was not waited for")
	case isTimeout(err):
		return failed(host + " did not answer in time")
	case errors.As(err, &dns):
		return failed("the name " + host + " could not be looked up")
	}
	return failed(host + " cannot be reached over HTTPS: " + reason(err))
}

// reason is the core of an error of net/http: not the URL, which may hold the
// address.
func reason(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	const most = 120 // a line on a screen, and no more of a stranger's
	text := []rune(cleantext.Line(err.Error()))
	return string(text[:min(len(text), most)])
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
