package importer

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"sendoff/accounts"
	"sendoff/internal/config"
)

// authOf is the method that there is here, by the name that others have for it.
func authOf(name string) (auth accounts.Auth, ok bool) {
	switch name = strings.ToLower(name); name {
	case "", "on", "auto":
		return accounts.AuthAuto, true
	case "scram-sha-256-plus", "scram-sha-1-plus":
		return accounts.Auth(strings.TrimSuffix(name, "-plus")), true
	case "plain", "login", "scram-sha-256", "scram-sha-1", "xoauth2", "oauthbearer", "external":
		return accounts.Auth(name), true
	}
	return "", false
}

// byPassword are methods that there are not here, and whose password is as good
// for those that there are.
var byPassword = []string{"cram-md5", "digest-md5", "ntlm", "apop"}

// auth takes over how SMTP is logged in to, which may be a list of methods.
func (f *Found) auth(at Place, methods ...string) {
	f.Account.SMTP.Auth = f.method(at, methods)
}

// method chooses of a list. Several methods of a password are all that there is
// for one, and so auto; a token is taken if it goes before them.
func (f *Found) method(at Place, methods []string) accounts.Auth {
	var known []accounts.Auth
	unknown := false
	for _, name := range methods {
		name = strings.TrimSpace(name)
		auth, ok := authOf(name)
		switch {
		case ok:
			known = append(known, auth)
		case slices.Contains(byPassword, strings.ToLower(name)):
			f.note(at, "the login %s is not among those here: the server's strongest is taken", strings.ToLower(name))
			known = append(known, accounts.AuthAuto)
		default:
			unknown = true
		}
	}
	switch {
	case len(known) == 0 && unknown:
		f.refuse("it logs in by a method that is not among those here, as by Kerberos")
		return accounts.AuthAuto
	case len(known) == 0:
		return accounts.AuthAuto
	case known[0].ByToken() || known[0] == accounts.AuthExternal || len(known) == 1:
		return known[0]
	}
	return accounts.AuthAuto
}

// systemBundles are where systems keep the authorities they trust, which is what
// is trusted here without a word.
var systemBundles = []string{
	"system", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/ca-bundle.crt", "/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/tls/cert.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", "/etc/ssl/certs", "/etc/ssl/certs/",
	"/usr/local/share/certs/ca-root-nss.crt", "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
	"/usr/local/etc/openssl/cert.pem", "/opt/homebrew/etc/openssl@3/cert.pem", "/usr/local/etc/openssl@3/cert.pem",
}

// trustFile takes over a file of authorities.
func (f *Found) trustFile(m Machine, at Place, path string) {
	if path == "" || slices.Contains(systemBundles, path) {
		return
	}
	f.Account.SMTP.CAFile = m.expand(path, "")
}

// signatureFile takes over the text of a signature: as mutt and aerc have it, the
// file is asked for each time, and here it is a setting.
func (f *Found) signatureFile(r *reader, at Place, path string) {
	text, err := r.read(path, 1)
	switch {
	case err != nil:
		f.note(at, "the signature is left out: its file cannot be read: %s", reason(err))
	case !utf8.ValidString(text) || len(text) > maxSignature:
		f.note(at, "the signature is left out: its file is no text, or a long one")
	default:
		f.signature(text)
	}
}

// maxSignature is far above what anybody bears at the end of a mail.
const maxSignature = 8 << 10

func (f *Found) signature(text string) {
	text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if rest, ok := strings.CutPrefix(text, "-- \n"); ok { // which is put in front here
		text = rest
	}
	f.Account.Signature = text
}

// reason is why a file cannot be read, without its path where that stands beside.
func reason(err error) string {
	var e *config.Error
	if errors.As(err, &e) {
		return e.Problem
	}
	return err.Error()
}
