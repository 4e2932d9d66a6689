package compose

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/net/idna"
)

func TestAddress_HasAFormForPeopleHeadersAndEnvelopes(t *testing.T) {
	tests := []struct {
		a                     Address
		people, header, ascii string
	}{
		{Address{"", "a", "example.org"}, "a@example.org", "a@example.org", "a@example.org"},
		{Address{"Ada B. L", "a", "Example.ORG"}, "Ada B. L <a@Example.ORG>", `"Ada B. L" <a@example.org>`, "a@example.org"},
		{Address{"Ada", "a", "bücher.example"}, "Ada <a@bücher.example>", "Ada <a@xn--bcher-kva.example>", "a@xn--bcher-kva.example"},
		{Address{"L, A", "a", "b.org"}, `"L, A" <a@b.org>`, `"L, A" <a@b.org>`, "a@b.org"},
		{Address{`a "b" \`, "a", "b.org"}, `"a \"b\" \\" <a@b.org>`, `"a \"b\" \\" <a@b.org>`, "a@b.org"},
		{Address{"Ädä", "a", "b.org"}, "Ädä <a@b.org>", "=?utf-8?b?w4Rkw6Q=?= <a@b.org>", "a@b.org"},
		{Address{"=?utf-8?q?x?=", "a", "b.org"}, `"=?utf-8?q?x?=" <a@b.org>`, "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <a@b.org>", "a@b.org"},
		{Address{"", "a b", "b.org"}, `"a b"@b.org`, `"a b"@b.org`, `"a b"@b.org`},
		{Address{"", `a"\`, "b.org"}, `"a\"\\"@b.org`, `"a\"\\"@b.org`, `"a\"\\"@b.org`},
		{Address{"", "a..b", "b.org"}, `"a..b"@b.org`, `"a..b"@b.org`, `"a..b"@b.org`},
		{Address{"", "jürgen", "bücher.example"}, "jürgen@bücher.example", "jürgen@xn--bcher-kva.example", "jürgen@xn--bcher-kva.example"},
		{Address{"", "a", "[ipv6:2001:DB8::0:1]"}, "a@[ipv6:2001:DB8::0:1]", "a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"},
	}
	for _, test := range tests {
		header, err := test.a.Header()
		if err != nil {
			t.Errorf("%q: %v", test.people, err)
		}
		ascii, err := test.a.ASCII()
		if err != nil {
			t.Errorf("%q: %v", test.people, err)
		}
		if test.a.String() != test.people || header != test.header || ascii != test.ascii {
			t.Errorf("%#v:\n got  %s · %s · %s\n want %s · %s · %s", test.a, test.a, header, ascii, test.people, test.header, test.ascii)
		}
	}
}

// Hand-made addresses can hold anything; SMTP commands and headers must not.
func TestAddress_RefusesWhatCouldBreakOutOfACommand(t *testing.T) {
	for _, a := range []Address{
		{},
		{"", "a", ""},
		{"", "", "b.org"},
		{"", "a\r\nDATA", "b.org"},
		{"", "a\x00", "b.org"},
		{"", "a> X=<", "b.org"},
		{"", "a\tb", "b.org"},
		{"", "a", "b.org> NOTIFY=NEVER"},
		{"", "a", "b.org\r\n"},
		{"", "a", "[192.0.2.1\r\n]"},
		{"", "a", "b@c"},
		{"", "a", "b\xff.org"},
	} {
		ascii, err := a.ASCII()
		var wrong *AddressError
		if !errors.As(err, &wrong) || ascii != "" {
			t.Errorf("ASCII of %#v = %q, %v", a, ascii, err)
		}
		if header, err := a.Header(); err == nil {
			t.Errorf("Header of %#v = %q", a, header)
		}
	}
}

// What is not given to IDNA must be what that would leave alone.
func FuzzIsPlainDomain(f *testing.F) {
	for _, seed := range []string{"example.org", "a-b.c1.example", "xn--bcher-kva.example", "-a.org", "a-.org", "a..b", "A.org", "a", "1.2", "a--b.org", "bücher.example", "a.", ".a",
		strings.Repeat("a", 64) + ".org", strings.Repeat("a.", 126) + "a", strings.Repeat("a.", 127) + "a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, domain string) {
		if !isPlainDomain(domain) {
			return
		}
		if ascii, err := idna.Lookup.ToASCII(domain); err != nil || ascii != domain {
			t.Errorf("%q is %q, %v", domain, ascii, err)
		}
	})
}
