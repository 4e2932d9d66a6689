package discover

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
)

// clientConfig is what of Thunderbird's format (config-v1.1.xml,
// draft-ietf-mailmaint-autoconfig) is of use here.
type clientConfig struct {
	XMLName   xml.Name `xml:"clientConfig"`
	Providers []struct {
		Incoming []configServer `xml:"incomingServer"`
		Outgoing []configServer `xml:"outgoingServer"`
	} `xml:"emailProvider"`
}

type configServer struct {
	Type           string   `xml:"type,attr"`
	Hostname       string   `xml:"hostname"`
	Port           string   `xml:"port"`
	SocketType     string   `xml:"socketType"`
	Username       string   `xml:"username"`
	Authentication []string `xml:"authentication"` // best first
}

// who is whose settings are sought.
type who struct{ address, local, domain string }

// errNoConfig says of an answer, behind "but", that there are no settings in it.
var errNoConfig = errors.New("with something else than settings")

// parseConfig reads a file of settings that a stranger wrote. It gives the ways
// to send in the order of the file, and of those that must not be used why: of
// what is said without encryption, for one.
func parseConfig(data []byte, w who) (offers []Finding, refusals []string, err error) {
	var config clientConfig
	decoder := xml.NewDecoder(bytes.NewReader(data))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) {
		return input, nil // all that is read is ASCII, or not taken
	}
	if decoder.Decode(&config) != nil {
		return nil, nil, errNoConfig
	}
	for _, provider := range config.Providers {
		mailbox, mailboxRefusals := w.bestMailbox(provider.Incoming)
		for _, server := range provider.Outgoing {
			if kind := word(server.Type); kind != "" && kind != "smtp" {
				continue // Exchange's own way
			}
			offer, refusal := w.offer(server)
			if refusal != "" {
				refusals = append(refusals, refusal)
				continue
			}
			offer.Mailbox = mailbox
			offers = append(offers, offer)
		}
		refusals = append(refusals, mailboxRefusals...)
	}
	// Port 25 is for servers among themselves; many networks block it.
	slices.SortStableFunc(offers, func(a, b Finding) int { return relay(a.SMTP.Port) - relay(b.SMTP.Port) })
	return offers, refusals, nil
}

func relay(port int) int {
	if port == 25 {
		return 1
	}
	return 0
}

// offer is one way to send.
func (w who) offer(s configServer) (f Finding, refusal string) {
	place, refusal := w.place(s)
	if refusal != "" {
		return Finding{}, refusal
	}
	secrets, logsIn, ok := logins(s.Authentication)
	if !ok {
		return Finding{}, fmt.Sprintf("%s wants a login that sendoff does not know (%s): refused", place, quote(strings.Join(s.Authentication, ", ")))
	}
	f = Finding{Secrets: secrets, SMTP: accounts.SMTP{Host: place.Host, Port: place.Port, Security: place.Security, Auth: accounts.AuthNone}}
	if !logsIn {
		return f, ""
	}
	f.SMTP.Auth = auth(secrets)
	if f.SMTP.Username, ok = w.username(s.Username); !ok {
		return Finding{}, place.String() + " comes with a user name that cannot be one: refused"
	}
	return f, ""
}

// bestMailbox is the first of IMAP, else of POP3.
func (w who) bestMailbox(servers []configServer) (best accounts.Mailbox, refusals []string) {
	for _, s := range servers {
		protocol := accounts.Protocol(word(s.Type))
		if protocol != accounts.IMAP && protocol != accounts.POP3 {
			continue
		}
		place, refusal := w.place(s)
		secrets, logsIn, ok := logins(s.Authentication)
		user, named := w.username(s.Username)
		switch {
		case refusal != "":
			refusals = append(refusals, refusal)
		case !ok || !logsIn || !named:
			refusals = append(refusals, place.String()+" wants a login that sendoff does not know: refused")
		case best.IsZero() || best.Protocol == accounts.POP3 && protocol == accounts.IMAP:
			best = accounts.Mailbox{Protocol: protocol, Host: place.Host, Port: place.Port, Security: place.Security, Username: user, Auth: auth(secrets)}
		}
	}
	return best, refusals
}

// place is where a server is, if that is a place to send a password to.
func (w who) place(s configServer) (at accounts.Server, refusal string) {
	host, err := plainHost(w.substitute(s.Hostname))
	if err != nil {
		return at, fmt.Sprintf("%s is no host name: refused", quote(s.Hostname))
	}
	port, err := strconv.Atoi(strings.TrimSpace(s.Port))
	if err != nil || port < 1 || port > 65535 {
		return at, fmt.Sprintf("%s with port %s: refused", host, quote(s.Port))
	}
	at = accounts.Server{Host: host, Port: port}
	switch word(s.SocketType) {
	case "ssl", "tls":
		at.Security = accounts.TLS
	case "starttls":
		at.Security = accounts.STARTTLS
	default:
		return at, fmt.Sprintf("%s port %d is without encryption: refused", host, port)
	}
	return at, ""
}

// logins reads the methods of a server: the secrets that they take, the first
// being what the server likes best. ok is false if none can be used here.
func logins(methods []string) (secrets []accounts.SecretKind, logsIn, ok bool) {
	open := false
	for _, method := range methods {
		var kind accounts.SecretKind
		switch word(method) {
		case "password-cleartext", "plain", "password-encrypted", "secure":
			// How it is sent is between us and the server: SCRAM is such a password too.
			kind = accounts.SecretPassword
		case "oauth2":
			kind = accounts.SecretOAuth
		case "none", "client-ip-address":
			open = true
			continue
		default: // NTLM, GSSAPI, TLS-client-cert
			continue
		}
		if !slices.Contains(secrets, kind) {
			secrets = append(secrets, kind)
		}
	}
	switch {
	case len(secrets) > 0:
		return secrets, true, true
	case len(methods) == 0: // a password is what everybody takes
		return []accounts.SecretKind{accounts.SecretPassword}, true, true
	}
	return nil, false, open
}

// auth asks for a token where nothing else will do: a password by hand is less
// to set up.
func auth(secrets []accounts.SecretKind) accounts.Auth {
	if slices.Equal(secrets, []accounts.SecretKind{accounts.SecretOAuth}) {
		return accounts.AuthXOAUTH2
	}
	return accounts.AuthAuto
}

// maxUsername is longer than any address (RFC 5321 §4.5.3.1).
const maxUsername = 320

// username fills in the form of a user name; without one it is the address.
func (w who) username(form string) (name string, ok bool) {
	name = strings.TrimSpace(w.substitute(form))
	// QUIRK: some servers echo what they were asked, escapes and all.
	if plain, err := url.QueryUnescape(name); name == "" || err == nil && plain == w.address {
		name = w.address
	}
	return name, len(name) <= maxUsername && cleantext.Line(name) == name && !strings.Contains(name, "%EMAIL")
}

// substitute fills in the placeholders of the format.
func (w who) substitute(text string) string {
	return strings.NewReplacer("%EMAILADDRESS%", w.address, "%EMAILLOCALPART%", w.local, "%EMAILDOMAIN%", w.domain).Replace(text)
}

// word is a word of the format: their case is not the same everywhere.
func word(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// quote shows a stranger's text within a sentence.
func quote(text string) string {
	const most = 60
	runes := []rune(cleantext.Line(strings.TrimSpace(text)))
	if len(runes) > most {
		return strconv.Quote(string(runes[:most])) + "…"
	}
	return strconv.Quote(string(runes))
}
