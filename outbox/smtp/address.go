package smtp

import (
	"errors"
	"strings"
)

// maxAddress is an address within the limits of RFC 5321 §4.5.3.1: 64 octets
// before the at sign, 255 behind it.
const maxAddress = 64 + 1 + 255

var (
	errEmptyAddress  = errors.New("the address is empty")
	errLongAddress   = errors.New("the address is too long")
	errUnsafeAddress = errors.New("the address has a character that cannot stand in an envelope")
	errUTF8Address   = errors.New("the address is not ASCII, and the message was not made for that")
)

// checkAddress looks at bytes, not at grammar: nothing may end the command, the
// brackets, or the address within them, except what quotes make harmless. The
// empty sender is allowed.
func checkAddress(address string, utf8 bool) error {
	if len(address) > maxAddress {
		return errLongAddress
	}
	quoted, escaped := false, false
	for _, b := range []byte(address) {
		switch {
		case b < ' ' || b == 0x7f:
			return errUnsafeAddress
		case b > 0x7f && !utf8:
			return errUTF8Address
		case escaped:
			escaped = false
		case b == '\\':
			if !quoted {
				return errUnsafeAddress
			}
			escaped = true
		case b == '"':
			quoted = !quoted
		case !quoted && (b == ' ' || b == '<' || b == '>'):
			return errUnsafeAddress
		}
	}
	if quoted {
		return errUnsafeAddress
	}
	return nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f })
}
