package smtp

import (
	"context"
	"encoding/base64"
	"net"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// login is who logs in, and how. Its secret lives as long as the dial.
type login struct {
	method   accounts.Auth // AuthNone: not at all
	username string
	secret   string
}

// resolveLogin asks for the secret, if there is to be a login.
func resolveLogin(ctx context.Context, settings accounts.SMTP) (login, error) {
	if settings.Auth == accounts.AuthNone || settings.Username == "" {
		return login{method: accounts.AuthNone}, nil
	}
	secret, err := settings.Secret.Resolve(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return login{}, stopped(err)
	case err != nil:
		return login{}, withSecret(&failure{outbox.Result{Class: outbox.ClassCredentials, Text: cleantext.Line(err.Error())}, err}, noSecret)
	}
	return login{settings.Auth, settings.Username, secret}, nil
}

// mechanism is one way to log in (RFC 4422).
type mechanism struct {
	method accounts.Auth
	name   string // as in EHLO
	client func(login) sasl.Client
}

// mechanisms are the ones we know, the best first.
var mechanisms = [...]mechanism{
	{accounts.AuthPlain, sasl.Plain, func(l login) sasl.Client { return sasl.NewPlainClient("", l.username, l.secret) }},
	{accounts.AuthLogin, sasl.Login, func(l login) sasl.Client { return &loginClient{answers: []string{l.username, l.secret}} }},
}

// maxAuthRounds bounds the challenges of a login; no mechanism needs more.
const maxAuthRounds = 10

// authenticate logs in (RFC 4954). A refused password is tried exactly once:
// the next mechanism only gets its turn when the server does not know this one.
func (s *session) authenticate(l login) error {
	if s.tls == "" && !loopback(s.conn.RemoteAddr()) {
		return accountFailure("%s is a clear line: the password was not sent; set security to tls or starttls", s.server)
	}
	offered := strings.Fields(strings.ToUpper(s.extensions["AUTH"]))
	var last error
	for _, m := range mechanisms {
		if l.method != accounts.AuthAuto && l.method != m.method || !slices.Contains(offered, m.name) {
			continue
		}
		r, err := s.attempt(m.client(l))
		if err != nil {
			return err
		}
		if r.positive() {
			return nil
		}
		last = refused(phaseAuth, r)
		if r.code != 504 { // "unrecognized authentication type"
			return last
		}
	}
	if last != nil {
		return last
	}
	if len(offered) == 0 {
		return accountFailure("%s offers no login, but the account has a user name", s.server)
	}
	return accountFailure("%s offers no login method that this account can use, only %s", s.server, strings.Join(offered, ", "))
}

// attempt goes through one mechanism and gives the reply that ends it.
func (s *session) attempt(client sasl.Client) (reply, error) {
	name, initial, err := client.Start()
	if err != nil {
		return reply{}, accountFailure("login: %v", err)
	}
	command := "AUTH " + name
	if initial != nil {
		command += " " + encodeInitial(initial)
	}
	r, err := s.exchange(phaseAuth, command)
	for range maxAuthRounds {
		if err != nil || r.code != 334 {
			return r, err
		}
		var answer []byte
		if answer, err = nextAnswer(client, r); err != nil {
			break
		}
		r, err = s.exchange(phaseAuth, base64.StdEncoding.EncodeToString(answer))
	}
	if err == nil && r.code != 334 {
		return r, nil
	}
	// The server leads nowhere. Cancelling with "*" would ask for one answer
	// more; the connection is closed instead.
	s.broken = true
	return reply{}, lost(phaseAuth, &protocolError{outbox.ClassProtocol, "the login makes no sense", r.text})
}

func nextAnswer(client sasl.Client, r reply) ([]byte, error) {
	if r.cut {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.text))
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
