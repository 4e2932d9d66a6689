package smtp

import (
	"context"
	"fmt"
	"strings"

	"github.com/emersion/go-sasl"

	"sendoff/accounts"
	"sendoff/outbox"
)

// tokenClient logs in by an access token. A server that does not like the token
// gives its reasons as a challenge; only to the answer does it say its refusal.
// go-sasl's client gives up at the challenge, does not escape names, and has no
// XOAUTH2.
type tokenClient struct {
	name    string
	initial string
	dismiss string // the answer to the reasons
	reasons string // as the server gave them, JSON in general
	asked   bool
}

// newOAuthBearer is RFC 7628.
func newOAuthBearer(l login) *tokenClient {
	name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(l.username) // a saslname (RFC 5801 §4)
	return &tokenClient{
		name:    sasl.OAuthBearer,
		initial: fmt.Sprintf("n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01", name, l.host, l.port, l.secret),
		dismiss: "\x01", // §3.2.3
	}
}

// newXOAUTH2 is what Google made before there was a standard, and others took up.
func newXOAUTH2(l login) *tokenClient {
	return &tokenClient{
		name:    xoauth2,
		initial: fmt.Sprintf("user=%s\x01auth=Bearer %s\x01\x01", l.username, l.secret),
	}
}

// isToken tells what can be an access token (RFC 6750 §2.1). The complaint that a
// command printed in place of one cannot.
func isToken(secret string) bool {
	return !strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (c *tokenClient) Start() (name string, initial []byte, err error) {
	return c.name, []byte(c.initial), nil
}

func (c *tokenClient) Next(challenge []byte) ([]byte, error) {
	if c.asked {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	c.asked, c.reasons = true, string(challenge)
	return []byte(c.dismiss), nil
}

// renewed asks once more for the token of a login that was refused: it lives for
// an hour or so, and who gives it out may have given the one of before. The
// server sees no third login, and no second one with the same token.
func renewed(ctx context.Context, settings accounts.SMTP, l login, refusal error) (fresh login, again bool) {
	if refusal == nil || !l.method.ByToken() || resultOf(refusal).Class != outbox.ClassCredentials {
		return login{}, false
	}
	fresh, err := resolveLogin(ctx, settings, l.secret)
	return fresh, err == nil && fresh.secret != l.secret
}
