// Package accounts knows who the user may send as, and how to reach and log in
// to each account's server.
//
// It loads and validates accounts.toml and resolves secrets at the moment of
// use. It does not connect to anything and it never writes a secret anywhere.
//
// Its one hard rule: a setting it does not understand is an error with file,
// line and key, never a guess.
package accounts

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/mail"
	"net/netip"
	"strings"
)

// Account is one submission server and who may send through it. Take one from
// [Load], or begin with [New]; [NewBook] and [File] fill in what is left out.
type Account struct {
	Name          string
	From          mail.Address
	Identities    []string   // further addresses: "Ada <ada@lists.example.org>", "*@ada.example"
	Signature     string     // "\n" line ends, none at the end
	Signing       []Identity // further addresses, too: those that sign otherwise
	WhenUncertain WhenUncertain
	Fallback      string // account that its mail goes through while this one is down; empty: none
	BounceAddress string `json:",omitempty"` // envelope sender, with mailtoken.Mark in it; empty: the address of From
	SMTP          SMTP
	Limits        Limits
	Mailbox       Mailbox // where its bounces arrive
	OpenPGP       OpenPGP
}

// New is an account of which nothing is said but its name and whose it is.
func New(name string, from mail.Address) Account {
	return Account{Name: name, From: from, Limits: Limits{MessagesPerConnection: messagesDefault}}
}

// WhenUncertain says what follows when the final dot may have left and no
// answer was seen.
type WhenUncertain string

// The choices; ask is the default.
const (
	Ask    WhenUncertain = "ask"
	Resend WhenUncertain = "resend"
)

// SMTP is how to reach and log in to the submission server.
type SMTP struct {
	Host     string // a name or an IP address without brackets
	Port     int    // by default 465 for tls, 587 for starttls, 25 for none
	Security Security
	Auth     Auth
	Username string // empty: no login, unless by certificate
	Secret   Secret // of the token methods it is an access token
	EHLO     string // name to greet with; empty: an address literal, which tells nothing
	Proxy    Proxy

	CAFile     string // PEM file to trust instead of the system's authorities
	PinSHA256  string // the one certificate to trust, as [ParsePin] reads it; empty: what authorities vouch for
	ClientCert string // PEM file with the certificate to show to the server
	ClientKey  string // PEM file with its key: 0600 and the user's own
}

// Security is how the line is secured (RFC 8314).
type Security string

// The choices; tls is the default. None is refused outside loopback unless the
// file says it.
const (
	TLS      Security = "tls"
	STARTTLS Security = "starttls"
	None     Security = "none"
)

// Auth is the login method.
type Auth string

// The methods of this version. Auto takes the best that the server offers for a
// password. Without a username it does not log in, unless there is a client
// certificate and the server takes that for a login. The token methods are
// never taken unasked: a password must not be sent where a token belongs.
const (
	AuthAuto        Auth = "auto"
	AuthPlain       Auth = "plain"
	AuthLogin       Auth = "login"
	AuthSCRAMSHA256 Auth = "scram-sha-256" // bound to the TLS line where the server offers that
	AuthSCRAMSHA1   Auth = "scram-sha-1"
	AuthXOAUTH2     Auth = "xoauth2"
	AuthOAUTHBEARER Auth = "oauthbearer"
	AuthExternal    Auth = "external" // the client certificate is the login
	AuthNone        Auth = "none"
)

// ByToken tells that the secret is an access token (OAuth 2), which is short of
// life, and no password.
func (a Auth) ByToken() bool { return a == AuthXOAUTH2 || a == AuthOAUTHBEARER }

// Limits are what the provider allows. Zero means no limit, except for
// Connections, where it stands for the default.
type Limits struct {
	Connections           int   // at once; 2 if unset
	MessagesPerConnection int   // then a new connection; 50 if the file does not say
	MaxSize               int64 // octets of an encoded message

	// Recipients in any stretch of time of that length.
	PerSecond, PerMinute, PerHour, PerDay int
}

const (
	connectionsDefault = 2  // one that uploads something large does not stop the next
	messagesDefault    = 50 // some servers answer 421 after a number of their own
)

// Loopback tells that the server is this machine: what goes there never
// crosses a line that others can read. Through a proxy the same name is another
// machine, even if the proxy is this one.
func (s SMTP) Loopback() bool {
	return s.Proxy.IsZero() && loopback(s.Host)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// Revision changes whenever a setting of the account does, so that what
// stopped because of the account can try again. It does not see a password
// that changes where it is kept.
func (a Account) Revision() string {
	text, err := json.Marshal([]any{a, a.tokens().settings()})
	if err != nil {
		panic("accounts: an account holds nothing but text and numbers: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]) // to tell apart, not to keep secret: 128 bits do
}

// withDefaults fills in what was left out.
func (a Account) withDefaults() Account {
	if a.WhenUncertain == "" {
		a.WhenUncertain = Ask
	}
	if a.SMTP.Security == "" {
		a.SMTP.Security = TLS
	}
	a.SMTP.Auth = cmp.Or(a.SMTP.Auth, a.SMTP.Secret.usualAuth())
	if a.SMTP.Port == 0 {
		a.SMTP.Port = a.SMTP.Security.Port()
	}
	if a.Limits.Connections == 0 {
		a.Limits.Connections = connectionsDefault
	}
	if a.OpenPGP.Encrypt == "" {
		a.OpenPGP.Encrypt = EncryptNever
	}
	a.SMTP.Secret = a.SMTP.Secret.keptFor(a.Name, RoleSMTP)
	a.SMTP.Proxy.Secret = a.SMTP.Proxy.Secret.keptFor(a.Name, RoleProxy)
	a.Mailbox.Secret = a.Mailbox.Secret.keptFor(a.Name, RoleMailbox)
	a.Mailbox = a.Mailbox.withDefaults(a.SMTP)
	return a
}

// Port is where submission with this security is usually served: RFC 8314
// §3.3, RFC 6409 §3.1, and 25 for a relay on the own machine.
func (s Security) Port() int {
	switch s {
	case STARTTLS:
		return 587
	case None:
		return 25
	}
	return 465
}
