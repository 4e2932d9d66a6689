package accounts

import (
	"fmt"
	"net/mail"
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"sendoff/internal/config"
)

// checker complains about one account, or one client of OAuth 2, at its place in
// the file.
type checker struct {
	doc *config.Document
	at  string // its table
}

// path is the place of a key of it.
func (c checker) path(key string) string { return c.at + "." + key }

func (c checker) complain(key, problem, hint string) error {
	return c.doc.Error(c.path(key), problem, hint)
}

// account says what is wrong with an account whose defaults are filled in.
func (c checker) account(a Account) error {
	checks := []func(Account) error{c.name, c.from, c.identities, c.signing, c.whenUncertain, c.bounceAddress, c.server, c.secret, c.limits, c.mailbox, c.openpgp}
	if !c.doc.Broken(c.path("smtp")) { // else what belongs together is not known
		checks = append(checks, c.tls, c.login, c.proxy, c.mailboxLogin)
	}
	wrong := make([]error, len(checks))
	for i, check := range checks {
		wrong[i] = check(a)
	}
	return config.Join(wrong...)
}

// maxName keeps a name in a column of a screen.
const maxName = 64

// name lets pass what needs no quotes in a shell, is no option, and cannot
// upset a screen.
func (c checker) name(a Account) error {
	if a.Name == "" {
		return c.complain("name", "is missing", `for example name = "work"`)
	}
	odd := func(r rune) bool { return !InName(r) }
	if len(a.Name) > maxName || a.Name[0] == '-' || strings.ContainsFunc(a.Name, odd) {
		return c.complain("name", fmt.Sprintf("%q cannot be a name", a.Name),
			fmt.Sprintf("letters, digits and . _ @ + - (not in front), at most %d bytes", maxName))
	}
	return nil
}

// InName tells a character that the name of an account may have, but for "-" in
// front.
func InName(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Nd) || strings.ContainsRune("-_.@+", r)
}

func (c checker) from(a Account) error {
	if a.From.Address == "" {
		return c.complain("from", "is missing", `for example from = "Ada Example <ada@example.org>"`)
	}
	_, err := c.address("from", a.From.String())
	return err
}

// address reads one that a message may carry in From.
func (c checker) address(key, text string) (mail.Address, error) {
	const hint = "write it as ada@example.org or Ada <ada@example.org>"
	address, err := mail.ParseAddress(text)
	if err != nil {
		return mail.Address{}, c.complain(key, fmt.Sprintf("%q is not an address with a domain", text), hint)
	}
	if strings.ContainsFunc(address.Name+address.Address, unicode.IsControl) {
		return mail.Address{}, c.complain(key, fmt.Sprintf("%q holds control characters", text), hint)
	}
	if strings.Contains(address.Address, anyone) {
		return mail.Address{}, c.complain(key, fmt.Sprintf("%q is not one address", text), `only identities may have the form "*@example.org"`)
	}
	return *address, nil
}

func (c checker) identities(a Account) error {
	wrong := make([]error, len(a.Identities))
	for i, identity := range a.Identities {
		wrong[i] = c.identity(fmt.Sprintf("identities[%d]", i), identity)
	}
	return config.Join(wrong...)
}

func (c checker) identity(key, identity string) error {
	one := identity
	if domain, ok := strings.CutPrefix(identity, anyone+"@"); ok {
		one = "anyone@" + domain
	}
	if _, err := c.address(key, one); err != nil {
		return c.complain(key, fmt.Sprintf("%q is not an address with a domain", identity),
			`write it as ada@example.org, Ada <ada@example.org> or *@example.org`)
	}
	return nil
}

func (c checker) whenUncertain(a Account) error {
	return config.Choice(c.doc, c.path("when_uncertain"), a.WhenUncertain, Ask, Resend)
}

func (c checker) server(a Account) error {
	wrong := []error{config.Choice(c.doc, c.path("smtp.security"), a.SMTP.Security, TLS, STARTTLS, None)}
	note := func(key, problem, hint string) { wrong = append(wrong, c.complain(key, problem, hint)) }
	if problem, hint := hostProblem(a.SMTP.Host, "smtp.example.org"); problem != "" {
		note("smtp.host", problem, hint)
	}
	if (a.SMTP.Port < 1 || a.SMTP.Port > 65535) && (wrong[0] == nil || c.doc.Has(c.path("smtp.port"))) {
		note("smtp.port", fmt.Sprintf("%d is out of range", a.SMTP.Port), fmt.Sprintf("from 1 to 65535; usual are %d for tls, %d for starttls", TLS.Port(), STARTTLS.Port()))
	}
	if strings.ContainsFunc(a.SMTP.EHLO, notInEHLO) {
		note("smtp.ehlo", fmt.Sprintf("%q cannot be a host name", a.SMTP.EHLO), `for example ehlo = "laptop.example.org" or "[192.0.2.1]"`)
	}
	return config.Join(wrong...)
}

// hostProblem says what keeps a text from being a host to connect to, which
// might be like another one.
func hostProblem(host, like string) (problem, hint string) {
	example := fmt.Sprintf("for example host = %q", like)
	if host == "" {
		return "is missing", example
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return "", ""
	}
	if strings.Contains(host, "://") {
		return fmt.Sprintf("%q is a URL, not a host name", host), example
	}
	if name, port, ok := strings.Cut(host, ":"); ok && name != "" && isNumber(port) {
		return fmt.Sprintf("%q has the port in it", host), fmt.Sprintf("host = %q and port = %s", name, port)
	}
	if strings.ContainsFunc(host, notInHost) {
		return fmt.Sprintf("%q is not a host name", host), example + "; an IP address without brackets; an international name as xn--…"
	}
	return "", ""
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// notInHost tells what cannot be part of a host name as DNS knows it.
// Underscores are against the rules and in use.
func notInHost(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._", r)
}

// notInEHLO also lets an address literal pass (RFC 5321 §4.1.3).
func notInEHLO(r rune) bool { return notInHost(r) && !strings.ContainsRune("[:]", r) }

// login checks that a login has all it needs, and that what is set is used.
func (c checker) login(a Account) error {
	if err := config.Choice(c.doc, c.path("smtp.auth"), a.SMTP.Auth, AuthAuto, AuthPlain, AuthLogin, AuthSCRAMSHA256, AuthSCRAMSHA1,
		AuthXOAUTH2, AuthOAUTHBEARER, AuthExternal, AuthNone); err != nil {
		return err
	}
	if strings.ContainsFunc(a.SMTP.Username, unicode.IsControl) {
		return c.complain("smtp.username", "holds control characters", "")
	}
	if p := tokenProblem(a.SMTP.Auth, a.SMTP.Secret); p != "" {
		return c.complain("smtp.auth", p, tokenHint)
	}
	user, secret, certificate := a.SMTP.Username != "", !a.SMTP.Secret.IsZero(), a.SMTP.ClientCert != ""
	switch {
	case a.SMTP.Auth == AuthNone && user:
		return c.complain("smtp.username", `is not used with auth = "none"`, `leave out auth, or username and secret`)
	case a.SMTP.Auth == AuthNone && secret:
		return c.complain("smtp.secret", `is not used with auth = "none"`, `leave out auth, or the secret`)
	case a.SMTP.Auth == AuthNone:
		return nil
	case a.SMTP.Auth == AuthExternal && !certificate:
		return c.complain("smtp.auth", `"external" needs a client certificate`, "name it with client_cert and client_key")
	case a.SMTP.Auth == AuthExternal && secret:
		return c.complain("smtp.secret", `is not used with auth = "external"`, "the certificate is the login: leave the secret out")
	case a.SMTP.Auth == AuthExternal:
		return nil
	case user && !secret && certificate:
		return c.complain("smtp.username", "has no secret to log in with", `to log in by the certificate alone: auth = "external"`)
	case user && !secret:
		return c.complain("smtp.username", "has no secret to log in with", secretHint)
	case secret && !user:
		return c.complain("smtp.secret", "has no username to log in with", `for example username = "ada@example.org"`)
	case !user && a.SMTP.Auth != AuthAuto:
		return c.complain("smtp.auth", fmt.Sprintf("%q needs a username and a secret", a.SMTP.Auth), `without a login: auth = "none"`)
	}
	return nil
}

// secretHint shows the ways to name a secret.
const secretHint = `say where it is kept: secret = { command = ["pass", "show", "mail/work"] }, { keyring = true }, { file = "…" } or { env = "…" }`

const tokenHint = `leave auth out, or say "xoauth2" or "oauthbearer"`

// tokenProblem says what is wrong with a method for a secret that is a token: to
// a server that wants a password it must not be shown.
func tokenProblem(method Auth, s Secret) string {
	if s.OAuth == "" || method.ByToken() {
		return ""
	}
	return fmt.Sprintf("%q is no login by a token, which { oauth = %q } gives", method, s.OAuth)
}

func (c checker) secret(a Account) error { return c.place("smtp.secret", a.SMTP.Secret) }

// place checks where a secret is said to be kept.
func (c checker) place(key string, s Secret) error {
	sources := 0
	for _, set := range []bool{len(s.Command) > 0, s.File != "", s.Env != "", s.Keyring, s.OAuth != ""} {
		if set {
			sources++
		}
	}
	switch {
	case sources > 1:
		return c.complain(key, "names more than one place", "keep one of them")
	case len(s.Command) > 0 && s.Command[0] == "":
		return c.complain(key+".command", "the program has no name", secretHint)
	case strings.ContainsAny(s.Env, "=\x00"):
		return c.complain(key+".env", fmt.Sprintf("%q cannot be the name of a variable", s.Env), "")
	}
	return nil
}

func (c checker) limits(a Account) error {
	var wrong []error
	for _, limit := range []struct {
		key          string
		value, least int64
		hint         string
	}{
		{"connections", int64(a.Limits.Connections), 1, "at least 1"},
		{"messages_per_connection", int64(a.Limits.MessagesPerConnection), 0, "at least 1; 0 is no limit"},
		{"per_second", int64(a.Limits.PerSecond), 0, recipientsHint},
		{"per_minute", int64(a.Limits.PerMinute), 0, recipientsHint},
		{"per_hour", int64(a.Limits.PerHour), 0, recipientsHint},
		{"per_day", int64(a.Limits.PerDay), 0, recipientsHint},
		{"max_size", a.Limits.MaxSize, 0, "in bytes; 0 is no limit"},
	} {
		if limit.value < limit.least {
			wrong = append(wrong, c.complain("limits."+limit.key, fmt.Sprintf("%d is out of range", limit.value), limit.hint))
		}
	}
	return config.Join(wrong...)
}

const recipientsHint = "recipients, at least 1; 0 is no limit"
