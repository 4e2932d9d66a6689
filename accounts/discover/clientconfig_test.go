package discover

import (
	"slices"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
)

var ada = who{address: "ada@example.org", local: "ada", domain: "example.org"}

func TestParseConfig_Offers(t *testing.T) {
	for server, want := range map[string]string{ // or why it is refused
		"smtp.example.org 465 SSL %EMAILADDRESS% password-cleartext":      "smtp.example.org:465 tls ada@example.org auto [password]",
		"smtp.%EMAILDOMAIN% 587 starttls %EMAILLOCALPART%+x plain":        "smtp.example.org:587 starttls ada+x auto [password]",
		"SMTP.Example.ORG. 465 TLS x secure":                              "smtp.example.org:465 tls x auto [password]",
		"smtp.example.org 465 SSL x":                                      "smtp.example.org:465 tls x auto [password]",
		"smtp.example.org 465 SSL x OAuth2":                               "smtp.example.org:465 tls x xoauth2 [oauth]",
		"smtp.example.org 465 SSL x GSSAPI password-encrypted OAuth2":     "smtp.example.org:465 tls x auto [password oauth]",
		"smtp.example.org 587 STARTTLS x client-IP-address":               "smtp.example.org:587 starttls  none []",
		"smtp.example.org 465 SSL x none":                                 "smtp.example.org:465 tls  none []",
		"smtp.example.org 465 SSL x NTLM":                                 `smtp.example.org:465 tls wants a login that sendoff does not know ("NTLM"): refused`,
		"smtp.example.org 25 plain x password-cleartext":                  "smtp.example.org port 25 is without encryption: refused",
		"smtp.example.org 465 anything x password-cleartext":              "smtp.example.org port 465 is without encryption: refused",
		"smtp.example.org 0 SSL x password-cleartext":                     `smtp.example.org with port "0": refused`,
		"smtp.example.org 70000 SSL x password-cleartext":                 `smtp.example.org with port "70000": refused`,
		"smtp 465 SSL x password-cleartext":                               `"smtp" is no host name: refused`,
		"127.0.0.1 465 SSL x password-cleartext":                          `"127.0.0.1" is no host name: refused`,
		"https://smtp.example.org 465 SSL x password-cleartext":           `"https://smtp.example.org" is no host name: refused`,
		"smtp.example.org 465 SSL a\u202eb password-cleartext":            "smtp.example.org:465 tls comes with a user name that cannot be one: refused",
		"smtp.example.org 465 SSL %EMAILUNKNOWN% password-cleartext":      "smtp.example.org:465 tls comes with a user name that cannot be one: refused",
		"smtp.example.org 465 SSL " + strings.Repeat("x", 400) + " plain": "smtp.example.org:465 tls comes with a user name that cannot be one: refused",
	} {
		offers, refusals, err := parseConfig([]byte(settings("smtp "+server)), ada)
		var got string
		switch {
		case err != nil || len(offers)+len(refusals) != 1:
			t.Errorf("%s: %+v, %q, %v", server, offers, refusals, err)
			continue
		case len(refusals) == 1:
			got = refusals[0]
		default:
			s := offers[0].SMTP
			got = accounts.Server{Host: s.Host, Port: s.Port, Security: s.Security}.String() + " " + s.Username + " " + string(s.Auth) + " " + kinds(offers[0].Secrets)
		}
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", server, got, want)
		}
	}
}

func kinds(all []accounts.SecretKind) string {
	var texts []string
	for _, kind := range all {
		texts = append(texts, string(kind))
	}
	return "[" + strings.Join(texts, " ") + "]"
}

func TestParseConfig_Port25GoesLast(t *testing.T) {
	offers, _, err := parseConfig([]byte(settings("smtp a.example.org 25 STARTTLS x plain", "smtp b.example.org 587 STARTTLS x plain")), ada)
	if err != nil || len(offers) != 2 || offers[0].SMTP.Port != 587 {
		t.Errorf("%+v, %v", offers, err)
	}
}

func TestParseConfig_EmptyUsernameIsTheAddress(t *testing.T) {
	offers, _, err := parseConfig([]byte(strings.Replace(settings("smtp a.example.org 465 SSL x plain"), "<username>x</username>", "", 1)), ada)
	if err != nil || len(offers) != 1 || offers[0].SMTP.Username != ada.address {
		t.Errorf("%+v, %v", offers, err)
	}
}

func TestParseConfig_ExchangeIsLeftOut(t *testing.T) {
	offers, refusals, err := parseConfig([]byte(strings.Replace(settings("smtp a.example.org 465 SSL x plain"), `type="smtp"`, `type="exchange"`, 1)), ada)
	if err != nil || len(offers)+len(refusals) != 0 {
		t.Errorf("%+v, %q, %v", offers, refusals, err)
	}
}

// Whatever a stranger's file says: what comes of it is safe to show, and no
// password goes out in the clear by it.
func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(settings("smtp smtp.example.org 465 SSL %EMAILADDRESS% password-cleartext", "imap imap.example.org 993 SSL %EMAILLOCALPART% OAuth2")))
	f.Add([]byte(settings("smtp smtp\u202e.example 25 plain x\u0085 NTLM", "pop3 pop.%EMAILDOMAIN% 110 STARTTLS ada%40example.org none", "smtp b.example 25 STARTTLS x client-IP-address")))
	f.Add([]byte(`<clientConfig><emailProvider><outgoingServer><hostname>&lt;&#27;[2J</hostname></outgoingServer></emailProvider></clientConfig>`))
	f.Add([]byte(`<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><clientConfig>&b;</clientConfig>`))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		offers, refusals, err := parseConfig(data, ada)
		if err != nil && len(offers)+len(refusals) > 0 {
			t.Errorf("%v with %+v", err, offers)
		}
		for _, refusal := range refusals {
			if cleantext.Line(refusal) != refusal {
				t.Errorf("unsafe: %q", refusal)
			}
		}
		for _, o := range offers {
			checkServer(t, accounts.Server{Host: o.SMTP.Host, Port: o.SMTP.Port, Security: o.SMTP.Security}, o.SMTP.Username)
			if m := o.Mailbox; !m.IsZero() {
				checkServer(t, accounts.Server{Host: m.Host, Port: m.Port, Security: m.Security}, m.Username)
			}
			// It must make an account, or it would be offered in vain.
			a := accounts.Account{Name: "work", SMTP: o.SMTP, Mailbox: o.Mailbox}
			a.From.Address = ada.address
			if a.SMTP.Username != "" || !a.Mailbox.IsZero() {
				a.SMTP.Auth, a.SMTP.Username, a.SMTP.Secret = accounts.AuthAuto, "x"+a.SMTP.Username, accounts.Secret{Env: "SECRET"}
			}
			if _, err := accounts.NewBook("", a); err != nil {
				t.Errorf("%+v: %v", a, err)
			}
		}
	})
}

func checkServer(t *testing.T, s accounts.Server, user string) {
	t.Helper()
	if host, err := plainHost(s.Host); err != nil || host != s.Host || s.Port < 1 || s.Port > 65535 || !slices.Contains([]accounts.Security{accounts.TLS, accounts.STARTTLS}, s.Security) {
		t.Errorf("%+v", s)
	}
	if cleantext.Line(user) != user {
		t.Errorf("unsafe: %q", user)
	}
}
