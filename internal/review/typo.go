package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/publicsuffix"

	"sendoff/compose"
)

// providers are the domains at which most people have their mail. One that is close to
// another is here too, so that it is not taken for a slip: email.com is not gmail.com.
var providers = []string{
	"gmail.com", "googlemail.com", "hotmail.com", "outlook.com", "live.com", "msn.com", "yahoo.com", "ymail.com", "rocketmail.com", "icloud.com", "me.com", "mac.com", "aol.com",
	"proton.me", "protonmail.com", "protonmail.ch", "pm.me", "tutanota.com", "tuta.com", "tuta.io", "fastmail.com", "fastmail.fm", "hey.com", "zoho.com", "mail.com", "email.com", "mailbox.org", "posteo.de", "posteo.net",
	"gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "web.de", "t-online.de", "freenet.de", "arcor.de", "online.de", "vodafone.de",
	"orange.fr", "wanadoo.fr", "laposte.net", "sfr.fr", "free.fr", "neuf.fr", "bluewin.ch", "sunrise.ch", "hispeed.ch",
	"libero.it", "virgilio.it", "tiscali.it", "alice.it", "fastwebnet.it", "telefonica.net", "terra.es", "sapo.pt", "uol.com.br", "terra.com.br", "bol.com.br",
	"ziggo.nl", "kpnmail.nl", "xs4all.nl", "planet.nl", "hetnet.nl", "casema.nl", "telenet.be", "skynet.be", "proximus.be",
	"mail.ru", "yandex.ru", "yandex.com", "rambler.ru", "inbox.ru", "list.ru", "bk.ru", "wp.pl", "onet.pl", "interia.pl", "seznam.cz", "email.cz", "centrum.cz",
	"comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net", "charter.net", "earthlink.net",
	"btinternet.com", "virginmedia.com", "blueyonder.co.uk", "ntlworld.com", "talktalk.net", "sky.com", "shaw.ca", "rogers.com", "sympatico.ca", "bigpond.com", "optusnet.com.au",
	"qq.com", "naver.com", "hanmail.net", "rediffmail.com",
}

// misspeltMost are those whose names nobody else has a use for, and which stand under
// many endings: hotmail.fr, yahoo.co.uk.
var misspeltMost = []string{"gmail", "googlemail", "hotmail", "outlook", "yahoo", "icloud", "protonmail"}

// endings are what the ends of most addresses are, for those that are no ending at all.
// Of several that are close the first is meant, unless a provider ends otherwise.
var endings = []string{"com", "net", "org", "de", "fr", "it", "es", "nl", "ru", "pl", "uk", "eu", "info", "edu", "gov"}

// shortCom are endings that exist, and which at a provider are "com" in haste.
var shortCom = []string{"co", "cm", "om"}

// shortestName is the shortest name that is compared: of shorter ones too many are one
// letter apart.
const shortestName = 5

// misspelt finds addresses whose domain is most likely another one.
func misspelt(d compose.Draft, f Facts) (all []Finding) {
	known := knownDomains(f)
	candidates := slices.Concat(providers, slices.Sorted(maps.Keys(known)))
	judged := make(map[string]slip)
	var slips []slip
	for _, a := range recipients(d) {
		if written, ok := find(f.People, a); ok && written.Sent > 0 {
			continue // it has taken mail
		}
		domain := strings.ToLower(a.Domain)
		s, done := judged[domain]
		if !done && len(judged) < maxDomains {
			s.better, s.severity = correction(domain, known, candidates)
			judged[domain] = s
		}
		if s.better != "" {
			s.address = a
			slips = append(slips, s)
		}
	}
	one, rest := few(slips)
	for _, s := range one {
		b := s.address
		b.Domain = s.better
		all = append(all, Finding{s.severity, "Is " + clean(s.address.String()) + " meant to be " + clean(b.String()) + "?", Fix{What: "correct it", Mend: correct(s)}})
	}
	if len(rest) > 0 {
		all = append(all, Finding{Grave, fmt.Sprintf("%d more addresses look misspelt.", len(rest)), Fix{What: "correct them", Mend: correct(rest...)}})
	}
	return all
}

// maxDomains bounds how many domains of a message are compared with all others.
const maxDomains = 200

// slip is an address whose domain is most likely another one.
type slip struct {
	address  compose.Address
	better   string
	severity Severity
}

// correct gives addresses the domains that were meant.
func correct(slips ...slip) func(compose.Draft) compose.Draft {
	better := make(map[string]string)
	for _, s := range slips {
		better[keyOf(s.address)] = s.better
	}
	return mend(func(a compose.Address) (string, bool) {
		domain, wrong := better[keyOf(a)]
		a.Domain = domain
		return a.String(), wrong
	})
}

// knownDomains are those that have taken mail from here.
func knownDomains(f Facts) map[string]bool {
	known := make(map[string]bool)
	for address, c := range f.People {
		if _, domain, ok := strings.Cut(address, "@"); ok && c.Sent > 0 {
			known[domain] = true
		}
	}
	return known
}

// correction gives the domain that one was meant to be, and how sure that is; "" if it
// may stand. known are those that have taken mail, candidates what it may be meant for.
func correction(domain string, known map[string]bool, candidates []string) (string, Severity) {
	switch {
	case known[domain] || slices.Contains(providers, domain) || strings.HasPrefix(domain, "["):
		return "", 0
	case !strings.Contains(domain, "."):
		if better := withDot(domain); better != "" {
			return better, Grave
		}
		return "", 0
	}
	ended := mendEnding(domain)
	if better := closeProvider(ended); better != "" {
		return better, Grave
	}
	if ended != domain {
		return ended, Grave
	}
	for _, other := range candidates {
		if isClose(domain, other) {
			return other, Warning
		}
	}
	return "", 0
}

// withDot gives the provider whose dot is missing in a name; "" for another name, which
// may be that of a machine of the house.
func withDot(name string) string {
	for _, p := range providers {
		if len(name) >= shortestName && strings.ReplaceAll(p, ".", "") == name {
			return p
		}
	}
	return ""
}

// mendEnding replaces an ending that does not exist by the one that it is close to.
func mendEnding(domain string) string {
	rest, ending := cutEnding(domain)
	if suffix, official := publicsuffix.PublicSuffix(domain); official || strings.Contains(suffix, ".") || len(ending) < 2 {
		return domain
	}
	better := domain
	for _, e := range endings {
		switch mended := rest + "." + e; {
		case distance(ending, e) != 1:
		case slices.Contains(providers, mended):
			return mended
		case better == domain:
			better = mended
		}
	}
	return better
}

// cutEnding takes the last label off.
func cutEnding(domain string) (rest, ending string) {
	i := strings.LastIndexByte(domain, '.')
	return domain[:i], domain[i+1:]
}

// closeProvider gives the large provider that a domain looks like; "" if there is none.
func closeProvider(domain string) string {
	name, ending, _ := strings.Cut(domain, ".")
	hasty := slices.Contains(shortCom, ending)
	for _, p := range misspeltMost {
		switch {
		case name == p && hasty:
			return p + ".com"
		case hasty && distance(name, p) == 1:
			return p + ".com"
		case distance(name, p) == 1 && !isProvider(name) && ending != "":
			return p + "." + ending
		}
	}
	return ""
}

// isProvider tells the name of a provider, whatever its ending.
func isProvider(name string) bool {
	return slices.ContainsFunc(providers, func(p string) bool { return strings.HasPrefix(p, name+".") })
}

// isClose tells that two domains differ by one slip in a name that is long enough to
// tell. One that differs by a number is another server of the same people.
func isClose(domain, other string) bool {
	name, ending, _ := strings.Cut(domain, ".")
	otherName, otherEnding, _ := strings.Cut(other, ".")
	return ending == otherEnding && min(len(name), len(otherName)) >= shortestName && withoutDigits(name) != withoutDigits(otherName) && distance(name, otherName) == 1
}

func withoutDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, s)
}

// distance counts the slips between two words, up to 2 for all that are more: a letter
// too much, too few, another one, or two in the wrong order.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	switch {
	case len(x) == 0 && len(y) == 0:
		return 0
	case len(x) <= 1 && len(y) <= 1, len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]:
		return 1
	}
	return 2
}
