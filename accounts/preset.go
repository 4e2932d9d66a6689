package accounts

import (
	"cmp"
	_ "embed"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"sendoff/internal/config"
)

// Preset is what is known of a mail provider without asking anybody. Presets
// are shared: do not change one.
type Preset struct {
	ID      string // for settings and scripts; it does not change
	Name    string // for people
	Domains []string
	MX      []string // what the names of its mail exchangers are, or end in, for domains of its customers

	SMTP []Server // best first; none if nobody can send there by SMTP
	IMAP Server   // zero if there is none, or none that is known
	POP3 Server   // likewise

	Login     Login
	LoginName string       // of LoginFixed
	Secrets   []SecretKind // the main road first
	FilesSent bool         // it puts what it sends into Sent itself

	SPF  string   // what a domain's SPF record includes for it; "" if not known
	DKIM []string // selectors it signs under

	Hints  []string // sentences, in the order in which to say them
	Limits PublishedLimits
}

// Server is where a service is reached. The zero Server is none.
type Server struct {
	Host     string
	Port     int
	Security Security
}

// IsZero tells that there is no such server.
func (s Server) IsZero() bool { return s.Host == "" }

// String is the server as people write it: smtp.example.org:465 tls.
func (s Server) String() string {
	line := string(s.Security)
	if s.Security == None { // alone, "none" could be anything
		line = "no TLS"
	}
	return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) + " " + line
}

// Login is what a provider wants as the user name.
type Login string

// The forms of a user name.
const (
	LoginAddress Login = "address" // the whole address
	LoginLocal   Login = "local"   // what is before the @
	LoginFixed   Login = "fixed"   // the same for everybody
	LoginOwn     Login = "own"     // one that the provider issues
)

// SecretKind is what a provider wants as the secret.
type SecretKind string

// The kinds of secret.
const (
	SecretPassword    SecretKind = "password"
	SecretAppPassword SecretKind = "app password" // made at the provider for one program
	SecretOAuth       SecretKind = "oauth"
	SecretToken       SecretKind = "token" // made at the provider for sending alone
)

// PublishedLimits are what a provider said at a time; zero if nothing is known.
type PublishedLimits struct {
	Limits           // the numbers that an account keeps to; zero where there is none, Connections too
	Published string // all of it in words
	AsOf      string // year and month: 2026-11
	Source    string // where it was read
}

// String says what was published and when, "" if nothing is known.
func (l PublishedLimits) String() string {
	if l.Published == "" {
		return ""
	}
	return "published as of " + l.AsOf + ": " + l.Published
}

// Fill puts the numbers that were published in place of those of an account.
func (l PublishedLimits) Fill(own Limits) Limits {
	return Limits{
		Connections:           cmp.Or(l.Connections, own.Connections),
		MessagesPerConnection: cmp.Or(l.MessagesPerConnection, own.MessagesPerConnection),
		MaxSize:               cmp.Or(l.MaxSize, own.MaxSize),
		PerSecond:             cmp.Or(l.PerSecond, own.PerSecond),
		PerMinute:             cmp.Or(l.PerMinute, own.PerMinute),
		PerHour:               cmp.Or(l.PerHour, own.PerHour),
		PerDay:                cmp.Or(l.PerDay, own.PerDay),
	}
}

// Username is the user name for an address, "" if only the user can know it.
func (p Preset) Username(address string) string {
	at := strings.LastIndexByte(address, '@')
	switch {
	case p.Login == LoginFixed:
		return p.LoginName
	case p.Login == LoginLocal && at > 0:
		return address[:at]
	case p.Login == LoginAddress:
		return address
	}
	return ""
}

// SMTPFor gives the ways to send as an address, best first, without a secret.
func (p Preset) SMTPFor(address string) []SMTP {
	all := make([]SMTP, len(p.SMTP))
	for i, server := range p.SMTP {
		all[i] = SMTP{Host: server.Host, Port: server.Port, Security: server.Security, Auth: AuthAuto, Username: p.Username(address)}
		if len(p.Secrets) > 0 && p.Secrets[0] == SecretOAuth {
			all[i].Auth = AuthXOAUTH2 // which auto never takes
		}
	}
	return all
}

// MailboxFor is where the bounces of an address arrive, without a secret: by IMAP
// if there is that. It is zero if there is none that is known.
func (p Preset) MailboxFor(address string) Mailbox {
	m := Mailbox{Protocol: IMAP, Host: p.IMAP.Host, Port: p.IMAP.Port, Security: p.IMAP.Security, Username: p.Username(address)}
	switch {
	case p.IMAP.IsZero() && p.POP3.IsZero():
		return Mailbox{}
	case p.IMAP.IsZero():
		m.Protocol, m.Host, m.Port, m.Security = POP3, p.POP3.Host, p.POP3.Port, p.POP3.Security
	}
	return m
}

// Serves tells that a server is one of the provider's, to send through or to read
// at. On this machine anything may listen, and only the port says what does.
func (p Preset) Serves(host string, port int) bool {
	host = strings.TrimSuffix(host, ".")
	return slices.ContainsFunc(append([]Server{p.IMAP, p.POP3}, p.SMTP...), func(s Server) bool {
		return !s.IsZero() && strings.EqualFold(s.Host, host) && (s.Port == port || !loopback(host))
	})
}

// Presets gives all of them, large providers first.
func Presets() []Preset { return presets() }

// PresetFor gives the preset whose domain an address belongs to. The address is
// written as in a header.
func PresetFor(address string) (Preset, bool) {
	sought, ok := parseMailbox(address)
	if !ok {
		return Preset{}, false
	}
	for _, p := range presets() {
		for _, domain := range p.Domains {
			if domain == sought.domain {
				return p, true
			}
		}
	}
	return Preset{}, false
}

// PresetForMX gives the preset whose mail exchanger a host is, with or without
// a final dot: the one that is told most closely.
func PresetForMX(host string) (Preset, bool) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	best, longest := Preset{}, 0
	for _, p := range presets() {
		for _, suffix := range p.MX {
			if len(suffix) > longest && (host == suffix || strings.HasSuffix(host, "."+suffix)) {
				best, longest = p, len(suffix)
			}
		}
	}
	return best, longest > 0
}

// PresetOf gives the preset that serves at a server where mail is from an address.
// Several may share one, as Gmail and Google Workspace do: that of the address
// goes first, then one for domains of customers, which has none of its own.
func PresetOf(address, host string, port int) (Preset, bool) {
	own, isOwn := PresetFor(address)
	var best Preset
	found := false
	for _, p := range presets() {
		switch {
		case !p.Serves(host, port):
		case isOwn && p.ID == own.ID:
			return p, true
		case !found || len(best.Domains) > 0 && len(p.Domains) == 0:
			best, found = p, true
		}
	}
	return best, found
}

// PresetForHost gives the first preset that sends through a server.
func PresetForHost(host string) (Preset, bool) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, p := range presets() {
		for _, server := range p.SMTP {
			if server.Host == host {
				return p, true
			}
		}
	}
	return Preset{}, false
}

// NearestHost gives the server of a preset that a host looks like a slip of the
// finger for, "" if it is one itself or like none.
func NearestHost(host string) string {
	var known []string
	for _, p := range presets() {
		for _, server := range append([]Server{p.IMAP, p.POP3}, p.SMTP...) {
			known = append(known, server.Host)
		}
	}
	return nearest(host, known)
}

// NearestDomain does the same for the domain of an address.
func NearestDomain(domain string) string {
	var known []string
	for _, p := range presets() {
		known = append(known, p.Domains...)
	}
	return nearest(domain, known)
}

// nearest allows one slip, and two in a long name. In a short one everything is
// near: me.com is no slip for qq.com, nor gmx.li for gmx.de.
func nearest(name string, known []string) string {
	const short, long = 7, 14 // "aol.com", "smtp.gmail.com"
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	best, least := "", 2
	switch {
	case len(name) < short:
		return ""
	case len(name) >= long:
		least = 3
	}
	for _, candidate := range known {
		if len(candidate) < short {
			continue
		}
		if slips := config.Slips(name, candidate); slips < least {
			best, least = candidate, slips
		}
	}
	if least == 0 {
		return ""
	}
	return best
}

//go:embed presets.toml
var presetsFile []byte

// presets reads the file at the first use: most runs of the program need none.
var presets = sync.OnceValue(func() []Preset {
	var file presetsEntry
	if _, err := config.Decode("presets.toml", presetsFile, &file); err != nil {
		panic("accounts: " + err.Error())
	}
	all := make([]Preset, len(file.Providers))
	for i, entry := range file.Providers {
		all[i] = entry.preset()
	}
	return all
})

type presetsEntry struct {
	Providers []presetEntry `toml:"provider"`
}

type presetEntry struct {
	ID        string          `toml:"id"`
	Name      string          `toml:"name"`
	Domains   []string        `toml:"domains"`
	MX        []string        `toml:"mx"`
	SMTP      []string        `toml:"smtp"` // "host:port security"
	IMAP      string          `toml:"imap"`
	POP3      string          `toml:"pop3"`
	Login     Login           `toml:"login"`
	LoginName string          `toml:"login_name"`
	Secrets   []SecretKind    `toml:"secrets"`
	FilesSent bool            `toml:"files_sent"`
	SPF       string          `toml:"spf"`
	DKIM      []string        `toml:"dkim"`
	Hints     []string        `toml:"hints"`
	Limits    publishedLimits `toml:"limits"`
}

type publishedLimits struct {
	Published             string `toml:"published"`
	AsOf                  string `toml:"as_of"`
	Source                string `toml:"source"`
	Connections           int    `toml:"connections"`
	MessagesPerConnection int    `toml:"messages_per_connection"`
	MaxSize               int64  `toml:"max_size"`
	PerSecond             int    `toml:"per_second"`
	PerMinute             int    `toml:"per_minute"`
	PerHour               int    `toml:"per_hour"`
	PerDay                int    `toml:"per_day"`
}

func (e presetEntry) preset() Preset {
	p := Preset{
		ID: e.ID, Name: e.Name, Domains: e.Domains, MX: e.MX, IMAP: parseServer(e.IMAP), POP3: parseServer(e.POP3),
		Login: e.Login, LoginName: e.LoginName, Secrets: e.Secrets, FilesSent: e.FilesSent, SPF: e.SPF, DKIM: e.DKIM, Hints: e.Hints,
	}
	for _, text := range e.SMTP {
		p.SMTP = append(p.SMTP, parseServer(text))
	}
	l := e.Limits
	p.Limits = PublishedLimits{Published: l.Published, AsOf: l.AsOf, Source: l.Source, Limits: Limits{
		Connections: l.Connections, MessagesPerConnection: l.MessagesPerConnection, MaxSize: l.MaxSize,
		PerSecond: l.PerSecond, PerMinute: l.PerMinute, PerHour: l.PerHour, PerDay: l.PerDay,
	}}
	return p
}

// parseServer reads what [Server.String] writes, "" as none. The file is our own:
// a mistake in it is a mistake in the program.
func parseServer(text string) Server {
	if text == "" {
		return Server{}
	}
	address, security, _ := strings.Cut(text, " ")
	host, port, err := net.SplitHostPort(address)
	number, numberErr := strconv.Atoi(port)
	if err != nil || numberErr != nil {
		panic(fmt.Sprintf("accounts: presets.toml: %q is not a server", text))
	}
	return Server{Host: host, Port: number, Security: Security(security)}
}
