package smtp

import (
	"slices"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/xdg-go/scram"

	"sendoff/accounts"
)

// login is who logs in, and how. Its secret lives as long as the dial.
type login struct {
	method      accounts.Auth // AuthNone: not at all
	username    string
	secret      string
	certificate bool   // the TLS line has shown one of ours
	host        string // of the server, and its port: a token may be good for these alone
	port        int
}

// footing is what a login may stand on besides a secret.
type footing struct {
	binding scram.ChannelBinding // to the TLS line; none on a clear one
	plus    bool                 // the server can bind: it offers a mechanism that does
}

// mechanism is one way to log in (RFC 4422).
type mechanism struct {
	name    string          // as in EHLO
	methods []accounts.Auth // the settings that it fits
	binds   bool            // to the TLS line
	client  func(login, footing) sasl.Client
}

// plus ends the names of the mechanisms that bind (RFC 5802 §4).
const plus = "-PLUS"

// The names that go-sasl has not.
const (
	scramSHA256     = "SCRAM-SHA-256" // RFC 7677
	scramSHA256Plus = scramSHA256 + plus
	scramSHA1       = "SCRAM-SHA-1" // RFC 5802
	xoauth2         = "XOAUTH2"     // Google's, of before RFC 7628
)

// mechanisms are the ones we know, the best first: those that show no secret,
// and of them those that a machine in the middle cannot pass on.
var mechanisms = [...]mechanism{
	{sasl.External, []accounts.Auth{accounts.AuthAuto, accounts.AuthExternal}, false, func(l login, _ footing) sasl.Client {
		return sasl.NewExternalClient(l.username)
	}},
	{scramSHA256Plus, []accounts.Auth{accounts.AuthAuto, accounts.AuthSCRAMSHA256}, true, func(l login, f footing) sasl.Client {
		return &scramClient{name: scramSHA256Plus, hash: scram.SHA256, login: l, footing: f}
	}},
	{scramSHA256, []accounts.Auth{accounts.AuthAuto, accounts.AuthSCRAMSHA256}, false, func(l login, f footing) sasl.Client {
		return &scramClient{name: scramSHA256, hash: scram.SHA256, login: l, footing: f}
	}},
	{scramSHA1, []accounts.Auth{accounts.AuthAuto, accounts.AuthSCRAMSHA1}, false, func(l login, f footing) sasl.Client {
		return &scramClient{name: scramSHA1, hash: scram.SHA1, login: l, footing: f}
	}},
	{sasl.OAuthBearer, []accounts.Auth{accounts.AuthOAUTHBEARER}, false, func(l login, _ footing) sasl.Client {
		return newOAuthBearer(l)
	}},
	{xoauth2, []accounts.Auth{accounts.AuthXOAUTH2}, false, func(l login, _ footing) sasl.Client {
		return newXOAUTH2(l)
	}},
	{sasl.Plain, []accounts.Auth{accounts.AuthAuto, accounts.AuthPlain}, false, func(l login, _ footing) sasl.Client {
		return sasl.NewPlainClient("", l.username, l.secret)
	}},
	{sasl.Login, []accounts.Auth{accounts.AuthAuto, accounts.AuthLogin}, false, func(l login, _ footing) sasl.Client {
		return &loginClient{answers: []string{l.username, l.secret}}
	}},
}

// fitting gives the mechanisms for a login that a server offers, the best first.
// It is pure.
//
// Only the first is used, unless the server says that it does not know it. That
// is no hole: whoever could say so inside verified TLS to get at a password that
// SCRAM does not show could as well offer nothing but PLAIN. Who does not trust
// the server with the password sets auth = "scram-sha-256", which means that
// and nothing less.
//
// A certificate beside a user name opens the line, and the name logs in; alone
// it is the login.
func fitting(offered []string, l login, bindable bool) []mechanism {
	var fit []mechanism
	for _, m := range mechanisms {
		byCertificate := m.name == sasl.External
		switch {
		case !slices.Contains(offered, m.name), !slices.Contains(m.methods, l.method):
		case m.binds && !bindable, byCertificate && !l.certificate:
		case l.method == accounts.AuthAuto && byCertificate != (l.username == ""):
		default:
			fit = append(fit, m)
		}
	}
	return fit
}

// offersPlus tells that a server has mechanisms that bind to the TLS line.
func offersPlus(offered []string) bool {
	return slices.ContainsFunc(offered, func(name string) bool { return strings.HasSuffix(name, plus) })
}
