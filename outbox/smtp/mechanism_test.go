package smtp

import (
	"strings"
	"testing"

	"sendoff/accounts"
)

func TestFitting(t *testing.T) {
	const (
		all      = "LOGIN PLAIN XOAUTH2 OAUTHBEARER CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS EXTERNAL"
		password = "ada"
	)
	for _, test := range []struct {
		name        string
		offered     string
		method      accounts.Auth
		username    string
		certificate bool
		bindable    bool
		want        string
	}{
		{"everything", all, accounts.AuthAuto, password, false, true, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"},
		{"a line that gives no binding", all, accounts.AuthAuto, password, false, false, "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"},
		{"a certificate beside a password", all, accounts.AuthAuto, password, true, true, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"},
		{"a certificate alone", all, accounts.AuthAuto, "", true, true, "EXTERNAL"},
		{"a certificate alone, which is no login there", "PLAIN", accounts.AuthAuto, "", true, true, ""},
		{"external", all, accounts.AuthExternal, "", true, true, "EXTERNAL"},
		{"external as somebody", all, accounts.AuthExternal, "ada", true, true, "EXTERNAL"},
		{"external, not offered", "PLAIN LOGIN", accounts.AuthExternal, "ada", true, true, ""},
		{"external without a certificate", all, accounts.AuthExternal, "", false, true, ""},
		{"usual", "PLAIN LOGIN", accounts.AuthAuto, password, false, true, "PLAIN LOGIN"},
		{"Gmail's", "LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH", accounts.AuthAuto, password, false, true, "PLAIN LOGIN"},
		{"a password where only tokens go", "XOAUTH2 OAUTHBEARER", accounts.AuthAuto, password, false, true, ""},
		{"scram", "PLAIN SCRAM-SHA-1 SCRAM-SHA-256", accounts.AuthSCRAMSHA256, password, false, true, "SCRAM-SHA-256"},
		{"scram, bound", all, accounts.AuthSCRAMSHA256, password, false, true, "SCRAM-SHA-256-PLUS SCRAM-SHA-256"},
		{"scram is never less", "PLAIN LOGIN SCRAM-SHA-1", accounts.AuthSCRAMSHA256, password, false, true, ""},
		{"scram of SHA-1", all, accounts.AuthSCRAMSHA1, password, false, true, "SCRAM-SHA-1"},
		{"plain", all, accounts.AuthPlain, password, false, true, "PLAIN"},
		{"login", all, accounts.AuthLogin, password, false, true, "LOGIN"},
		{"xoauth2", all, accounts.AuthXOAUTH2, "ada", false, true, "XOAUTH2"},
		{"oauthbearer", all, accounts.AuthOAUTHBEARER, "ada", false, true, "OAUTHBEARER"},
		{"a token is no password", "PLAIN LOGIN SCRAM-SHA-256", accounts.AuthXOAUTH2, "ada", false, true, ""},
		{"nothing offered", "", accounts.AuthAuto, password, false, true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := login{method: test.method, username: test.username, certificate: test.certificate}
			var got []string
			for _, m := range fitting(strings.Fields(test.offered), l, test.bindable) {
				got = append(got, m.name)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
