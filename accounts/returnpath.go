package accounts

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"sendoff/internal/mailtoken"
)

// maxToken is how many letters take the place of mailtoken.Mark at most: a number of
// 64 bits, signed.
const maxToken = 32

// maxLocal is the most octets that an address has before its @ (RFC 5321 §4.5.3.1.1).
const maxLocal = 64

const bounceAddressHint = `for example bounce_address = "bounces+{token}@example.org"`

// ReturnPath is the envelope sender that a token makes of the account; "" if it has no
// address for that, and the one of From is it.
func (a Account) ReturnPath(token string) string {
	return strings.Replace(a.BounceAddress, mailtoken.Mark, token, 1)
}

// bounceAddress says why tokens could not come back by it.
func (c checker) bounceAddress(a Account) error {
	const key = "bounce_address"
	if a.BounceAddress == "" {
		return nil
	}
	before, after, found := strings.Cut(a.BounceAddress, mailtoken.Mark)
	local, _, inLocal := strings.Cut(after, "@")
	filled := a.ReturnPath(strings.Repeat("x", maxToken))
	address, err := mail.ParseAddress(filled)
	switch {
	case !found || !inLocal || strings.Contains(before, "@") || strings.Contains(after, mailtoken.Mark):
		return c.complain(key, fmt.Sprintf("%q needs one {token} before its @, in place of what tells one message from another", a.BounceAddress), bounceAddressHint)
	case strings.ContainsFunc(filled, func(r rune) bool { return r > unicode.MaxASCII || r <= ' ' }), err != nil || address.Address != filled:
		return c.complain(key, fmt.Sprintf("%q is not an address with a domain", a.BounceAddress), bounceAddressHint)
	case isAlphanumeric(lastByte(before)), isAlphanumeric(firstByte(local)):
		return c.complain(key, "has a letter or digit beside {token}, which would be taken for a part of it", `set it apart, as in "bounces+{token}@example.org"`)
	case len(before)+maxToken+len(local) > maxLocal:
		return c.complain(key, fmt.Sprintf("is too long: a token has up to %d letters, and all before the @ at most %d", maxToken, maxLocal), bounceAddressHint)
	}
	return nil
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// firstByte and lastByte are 0 for none.
func firstByte(text string) byte {
	if text == "" {
		return 0
	}
	return text[0]
}

func lastByte(text string) byte {
	if text == "" {
		return 0
	}
	return text[len(text)-1]
}
