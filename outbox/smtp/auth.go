package smtp

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// resolveLogin asks for the secret, if there is to be a login by one. refused is a
// token that the server did not take.
func resolveLogin(ctx context.Context, settings accounts.SMTP, refused string) (login, error) {
	l := login{
		method: settings.Auth, username: settings.Username,
		certificate: settings.ClientCert != "", host: settings.Host, port: settings.Port,
	}
	byCertificate := l.method == accounts.AuthExternal || l.method == accounts.AuthAuto && l.certificate && l.username == ""
	switch {
	case l.method == accounts.AuthNone, l.username == "" && !byCertificate:
		return login{method: accounts.AuthNone}, nil
	case byCertificate:
		return l, nil
	}
	secret, err := settings.Secret.ResolveAfter(ctx, refused)
	switch {
	case err != nil && ctx.Err() != nil:
		return login{}, stopped(ctx, err)
	case errors.Is(err, accounts.ErrTryLater):
		return login{}, (&failure{Result: outbox.Result{Class: outbox.ClassNetwork, Text: cleantext.Line(err.Error())}}).from(err).because(ErrSecret)
	case err != nil:
		return login{}, withSecret(credentialsFailure("%v", err).from(err).because(ErrSecret), noSecret)
	case strings.Contains(secret, "\x00"): // which PLAIN would take for the end of it (RFC 4616 §2)
		return login{}, withSecret(credentialsFailure("secret from %s: it holds a NUL byte", settings.Secret).because(ErrSecret), noSecret)
	case l.method.ByToken() && !isToken(secret):
		return login{}, withSecret(credentialsFailure("secret from %s: it is no access token, which has no spaces and is all ASCII", settings.Secret).because(ErrSecret), noSecret)
	}
	l.secret = secret
	return l, nil
}

const (
	// maxAuthRounds bounds the challenges of a login; no mechanism needs more.
	maxAuthRounds = 10

	// maxAuthLine is the longest that a server must take (RFC 4954 §4), CRLF
	// included. A token that is longer was not meant for mail.
	maxAuthLine = 12288
)

// authenticate logs in (RFC 4954). A refused password is tried exactly once:
// the next mechanism only gets its turn when the server does not know this one.
func (s *session) authenticate(l login) error {
	if s.tls == "" && !loopback(s.conn.RemoteAddr()) {
		return accountFailure("%s is a clear line: the password was not sent; set security to tls or starttls", s.server).because(ErrClearLine)
	}
	offered := strings.Fields(strings.ToUpper(s.extensions["AUTH"]))
	f := footing{plus: offersPlus(offered)}
	if secured, ok := s.conn.(*tls.Conn); ok {
		f.binding = bindingTo(secured.ConnectionState())
	}
	fit := fitting(offered, l, f.binding.IsSupported())
	if len(fit) == 0 {
		return s.noneFits(l, offered)
	}
	var refusal error
	for _, m := range fit {
		unknown, err := s.attempt(m.client(l, f))
		if err == nil {
			s.way = m.name
		}
		if !unknown {
			return err
		}
		refusal = err
	}
	return refusal
}

// noneFits says why there is no way to log in. A certificate without a user name
// may do without: the line alone may be what the server lets in.
func (s *session) noneFits(l login, offered []string) error {
	switch {
	case l.method == accounts.AuthAuto && l.username == "":
		return nil
	case len(offered) == 0 && l.username == "":
		return accountFailure("%s, but the account wants one", s.without("login")).because(ErrNoLogin)
	case len(offered) == 0:
		return accountFailure("%s, but the account has a user name", s.without("login")).because(ErrNoLogin)
	}
	hint := ""
	if l.method == accounts.AuthAuto && (slices.Contains(offered, xoauth2) || slices.Contains(offered, sasl.OAuthBearer)) {
		hint = `; with an access token as the secret, set auth to "xoauth2" or "oauthbearer"`
	}
	return accountFailure("%s offers no login method that this account can use, only %s%s", s.server, shorten(strings.Join(offered, ", "), 200), hint).because(ErrNoMethod)
}

// attempt logs in by one mechanism. unknown tells that it was refused for what it
// is: the server does not know it.
func (s *session) attempt(client sasl.Client) (unknown bool, err error) {
	r, err := s.converse(client)
	switch {
	case err != nil:
		return false, s.secrets.hideIn(err)
	case r.positive():
		return false, nil
	}
	r.text = s.secrets.hide(r.text) // now, since what is kept of it may be cut within a secret
	return r.code == 504, refusedBy(client, r, s.secrets)
}

// converse goes through a mechanism and gives the reply that ends it.
func (s *session) converse(client sasl.Client) (reply, error) {
	name, initial, err := client.Start()
	if err != nil {
		return reply{}, accountFailure("login: %v", err).from(err)
	}
	say := func(before, answer string) (reply, error) {
		if len(before)+len(answer)+len("\r\n") > maxAuthLine {
			return reply{}, credentialsFailure("the secret is too long for a login").because(ErrSecret)
		}
		return s.exchange(phaseAuth, before+answer)
	}
	command, answer := "AUTH "+name, ""
	if initial != nil {
		command, answer = command+" ", encodeInitial(initial)
	}
	r, err := say(command, answer)
	for round := 0; err == nil && r.code == 334; round++ {
		var next []byte
		if next, err = nextAnswer(client, r); err != nil || round == maxAuthRounds {
			return reply{}, s.senseless(r, err)
		}
		r, err = say("", base64.StdEncoding.EncodeToString(next))
	}
	if c, mutual := client.(*scramClient); mutual && err == nil && r.positive() && !c.proven() {
		return reply{}, s.senseless(r, errNoProof)
	}
	return r, err
}

// refusedBy is a refusal, with what the mechanism knows beyond the reply.
func refusedBy(client sasl.Client, r reply, said *echo) *failure {
	f := refused(phaseAuth, r)
	note := ""
	switch c := client.(type) {
	case *scramClient:
		// Some servers keep passwords in a form that PLAIN can be compared with and
		// SCRAM cannot: the mechanism is a part of what was refused.
		note = c.name
		if c.complaint != "" {
			note += ": " + c.complaint
		}
		if c.aboutBinding() {
			note += "; somebody may be on the line"
		}
	case *tokenClient:
		note = c.reasons
	}
	if note = strings.TrimSpace(shorten(cleantext.Line(said.hide(note)), 300)); note != "" {
		f.Text += " (" + note + ")"
	}
	return f
}

// senseless ends a login that leads nowhere. Cancelling with "*" would ask for
// one answer more; the connection is closed instead.
func (s *session) senseless(r reply, err error) error {
	s.broken = true
	var f *failure
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, errNoProof):
		return lost(phaseAuth, &protocolError{outbox.ClassProtocol, err.Error(), ""}).because(ErrUnsafeLogin)
	}
	return lost(phaseAuth, &protocolError{outbox.ClassProtocol, "the login makes no sense", r.text})
}

func nextAnswer(client sasl.Client, r reply) ([]byte, error) {
	if r.cut {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.text))
	if _, strict := client.(*scramClient); err != nil && strict {
		return nil, err
	}
	if err != nil {
		challenge = []byte(r.text) // QUIRK: some servers send LOGIN's prompts as they are
	}
	return client.Next(challenge)
}

// encodeInitial writes an empty initial response as "=" (RFC 4954 §4).
func encodeInitial(response []byte) string {
	if len(response) == 0 {
		return "="
	}
	return base64.StdEncoding.EncodeToString(response)
}

// loginClient is LOGIN, which no RFC describes. QUIRK: servers word the two
// prompts as they like, so the first gets the user name and the second the
// password, whatever they say; go-sasl's client insists on "Password:".
type loginClient struct{ answers []string }

func (c *loginClient) Start() (name string, initial []byte, err error) { return sasl.Login, nil, nil }

func (c *loginClient) Next([]byte) ([]byte, error) {
	if len(c.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	answer := c.answers[0]
	c.answers = c.answers[1:]
	return []byte(answer), nil
}

// loopback tells that a connection does not leave the machine, by where it
// really goes: a name may be pointed anywhere.
func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
