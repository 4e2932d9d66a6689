package accounts

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// RegistrableDomain is the part of a host name that somebody has registered, and
// that names below it share: example.org of imap.example.org, example.co.uk of
// mail.example.co.uk (the organizational domain of RFC 7489 §3.2). The host is in
// ASCII; case and a final dot do not count. A public suffix, a name of one label
// and an IP address have none, and are given back in lower case, without the dot.
func RegistrableDomain(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(host); err == nil {
		return host // the list would take the last two numbers for a domain
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}
