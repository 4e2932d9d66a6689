package discover

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/dnstest"
	"sendoff/internal/smtptest"
)

// world is DNS and the web as one test has them.
type world struct {
	t     *testing.T
	names *dnstest.Server
	web   *httptest.Server
	dials *http.Transport

	mu       sync.Mutex
	requests []string // host, path and query, headers
}

// newWorld serves pages by host and path, all over one HTTPS server, whose
// certificate is good for each host with a page. A host is there if the zone has
// an address for it.
func newWorld(t *testing.T, zone string, pages map[string]http.HandlerFunc) *world {
	t.Helper()
	w := &world{t: t, names: dnstest.Serve(t, zone)}
	authority := smtptest.NewAuthority(t)
	w.web = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.requests = append(w.requests, fmt.Sprint(r.Host, r.URL, r.Header))
		w.mu.Unlock()
		if page := pages[r.Host+r.URL.Path]; page != nil {
			page(rw, r)
			return
		}
		http.NotFound(rw, r)
	}))
	w.web.TLS = authority.Server(func(c *x509.Certificate) {
		for page := range pages {
			host, _, _ := strings.Cut(page, "/")
			c.DNSNames = append(c.DNSNames, host)
		}
	})
	w.web.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up are what some tests are about
	w.web.StartTLS()
	t.Cleanup(w.web.Close)
	resolver := w.names.Resolver()
	w.dials = &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authority.Pool},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			if _, err = resolver.LookupHost(ctx, host); err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, network, w.web.Listener.Addr().String())
		},
	}
	t.Cleanup(w.dials.CloseIdleConnections)
	return w
}

func (w *world) options() Options {
	return Options{Resolver: w.names.Resolver(), Client: &http.Client{Transport: w.dials}}
}

// find looks for ada@example.org.
func (w *world) find(change func(*Options)) Result {
	w.t.Helper()
	o := w.options()
	if change != nil {
		change(&o)
	}
	result, err := Find(w.t.Context(), "ada@example.org", o)
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

func askDomain(o *Options) { o.AskDomain = true }

// page answers with a text.
func page(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// settings is a file of settings with servers as "host port socketType user
// authentication".
func settings(servers ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><clientConfig version="1.1"><emailProvider id="example.org"><domain>example.org</domain>`)
	for _, server := range servers {
		kind, rest, _ := strings.Cut(server, " ")
		words := strings.Fields(rest)
		element := "incomingServer"
		if kind == "smtp" {
			element = "outgoingServer"
		}
		fmt.Fprintf(&b, `<%s type=%q><hostname>%s</hostname><port>%s</port><socketType>%s</socketType><username>%s</username>`, element, kind, words[0], words[1], words[2], words[3])
		for _, method := range words[4:] {
			fmt.Fprintf(&b, `<authentication>%s</authentication>`, method)
		}
		fmt.Fprintf(&b, `</%s>`, element)
	}
	b.WriteString(`</emailProvider></clientConfig>`)
	return b.String()
}

// short is a finding in one line.
func short(f Finding) string {
	text := fmt.Sprintf("%s %s:%d %s %s", f.Source, f.SMTP.Host, f.SMTP.Port, f.SMTP.Security, f.SMTP.Username)
	if f.SMTP.Auth != accounts.AuthAuto {
		text += " " + string(f.SMTP.Auth)
	}
	if f.Guess {
		text += " guess"
	}
	return text
}

func shorts(all []Finding) (texts []string) {
	for _, f := range all {
		texts = append(texts, short(f))
	}
	return texts
}

func checkFindings(t *testing.T, result Result, want ...string) {
	t.Helper()
	if got := shorts(result.Findings); !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s\nroads %+v", strings.Join(got, "\n"), strings.Join(want, "\n"), result.Roads)
	}
}

func road(t *testing.T, result Result, source Source) Road {
	t.Helper()
	i := slices.IndexFunc(result.Roads, func(r Road) bool { return r.Source == source })
	if i < 0 {
		t.Fatalf("no road %s", source)
	}
	return result.Roads[i]
}

func checkRoad(t *testing.T, result Result, source Source, state State, said string) {
	t.Helper()
	if r := road(t, result, source); r.State != state || !strings.Contains(r.Said, said) {
		t.Errorf("%s: %s: %q, want %s: %q", source, r.State, r.Said, state, said)
	}
}
