package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"

	"sendoff/accounts"
)

// What follows is for the other servers of an account: where its bounces arrive
// is reached through the same proxies, is trusted by the same rules, and is
// logged in to by the same mechanisms (RFC 4422 is one for all protocols).

// Dial makes the connection below TLS to a server, through its proxy if it has
// one. Only Options.Dial counts. The error wraps what is known of the reason.
func Dial(ctx context.Context, server accounts.SMTP, o Options) (net.Conn, error) {
	h, err := resolveHop(ctx, server)
	if err != nil {
		return nil, err
	}
	return New(nil, o).dial(ctx, server, h)
}

// TLSConfig is how a server's line is to be secured; nil: not at all. roots are
// trusted where the server names no CAFile; nil: the system's.
func TLSConfig(server accounts.SMTP, roots *x509.CertPool) (*tls.Config, error) {
	return tlsConfig(server, roots)
}

// HandshakeError is the failure of a handshake, with its reason among those of
// this package or those of the standard library, and in words.
func HandshakeError(server accounts.SMTP, err error) error {
	s := &session{settings: server, server: hostPort(server)}
	return s.tlsFailure(err)
}

// Login is a secret on its way into a login. It lives as long as that.
type Login struct {
	login
	said *echo
}

// NewLogin asks for the secret of a server.
func NewLogin(ctx context.Context, server accounts.SMTP) (*Login, error) {
	l, err := resolveLogin(ctx, server, "")
	if err != nil {
		return nil, err
	}
	return &Login{l, echoOf(l)}, nil
}

// Clients are the ways to log in that a server offers, the best first; state is
// that of the TLS line, nil for a clear one. What was refused by one of them is
// not for the next: that is for a server that does not know the mechanism.
func (l *Login) Clients(offered []string, state *tls.ConnectionState) []sasl.Client {
	upper := strings.Fields(strings.ToUpper(strings.Join(offered, " ")))
	f := footing{plus: offersPlus(upper)}
	if state != nil {
		f.binding = bindingTo(*state)
	}
	var clients []sasl.Client
	for _, m := range fitting(upper, l.login, f.binding.IsSupported()) {
		clients = append(clients, m.client(l.login, f))
	}
	return clients
}

// Password gives user name and password for a command that is no mechanism, as
// old as LOGIN of IMAP. ok is false where the account wants another way.
func (l *Login) Password() (username, password string, ok bool) {
	ok = slices.Contains([]accounts.Auth{accounts.AuthAuto, accounts.AuthPlain, accounts.AuthLogin}, l.method) && l.username != ""
	return l.username, l.secret, ok
}

// Fingerprint is what of makes of the secret.
func (l *Login) Fingerprint(of func(secret string) string) string { return of(l.secret) }

// Hide takes the secret, and what was said of it, out of a clean text.
func (l *Login) Hide(text string) string {
	if l == nil {
		return text
	}
	return l.said.hide(text)
}

// Proven tells that a server which has let a client in has also shown that it
// knows the password, where the mechanism asks for that.
func Proven(client sasl.Client) bool {
	c, mutual := client.(*scramClient)
	return !mutual || c.proven()
}
