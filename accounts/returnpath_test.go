package accounts

import (
	"strings"
	"testing"
)

func TestParse_BounceAddresses(t *testing.T) {
	const needs = ` needs one {token} before its @, in place of what tells one message from another`
	for address, want := range map[string]string{
		"bounces+{token}@example.org":                    "",
		"{token}@bounces.example.org":                    "",
		"b-{token}-b@xn--bcher-kva.test":                 "",
		strings.Repeat("a", 31) + "+{token}@example.org": "",
		strings.Repeat("a", 32) + "+{token}@example.org": "is too long: a token has up to 32 letters, and all before the @ at most 64",
		"bounces@example.org":                            `"bounces@example.org"` + needs,
		"bounces@{token}.example.org":                    `"bounces@{token}.example.org"` + needs,
		"{token}+{token}@example.org":                    `"{token}+{token}@example.org"` + needs,
		"bounces+{token}":                                `"bounces+{token}"` + needs,
		"bounces+{token}@":                               `"bounces+{token}@" is not an address with a domain`,
		"Ada <bounces+{token}@example.org>":              `"Ada <bounces+{token}@example.org>" is not an address with a domain`,
		"bounces+{token}@bücher.example":                 `"bounces+{token}@bücher.example" is not an address with a domain`,
		"bounces{token}@example.org":                     "has a letter or digit beside {token}, which would be taken for a part of it",
		"+{token}2@example.org":                          "has a letter or digit beside {token}, which would be taken for a part of it",
		"":                                               "is empty",
	} {
		book, err := parse("f", []byte(strings.Replace(valid, "[account.smtp]", "bounce_address = '"+address+"'\n[account.smtp]", 1)))
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", address, err)
		case want == "":
			if got := book.DefaultAccount().ReturnPath("abc"); got != strings.Replace(address, "{token}", "abc", 1) {
				t.Errorf("%q: %q", address, got)
			}
		case err == nil || !strings.HasSuffix(err.Error(), "account.bounce_address: "+want):
			t.Errorf("%q: %v", address, err)
		}
	}
}
