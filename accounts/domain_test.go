package accounts

import "testing"

func TestRegistrableDomain(t *testing.T) {
	for _, test := range []struct{ host, want string }{
		{"example.org", "example.org"},
		{"imap.example.org", "example.org"},
		{"a.b.mail.example.org", "example.org"},
		{"IMAP.Example.ORG.", "example.org"},
		{"mail.example.co.uk", "example.co.uk"},
		{"ada.github.io", "ada.github.io"}, // of the private part of the list
		{"xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"mail.example.nosuchtld", "example.nosuchtld"},
		{"co.uk", "co.uk"},
		{"org", "org"},
		{"localhost", "localhost"},
		{"192.0.2.1", "192.0.2.1"},
		{"2001:DB8::1", "2001:db8::1"},
		{".example.org", ".example.org"},
		{"mail..org", "mail..org"},
		{"", ""},
	} {
		if got := RegistrableDomain(test.host); got != test.want {
			t.Errorf("%q: %q, want %q", test.host, got, test.want)
		}
	}
}
