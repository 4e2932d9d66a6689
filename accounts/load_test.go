package accounts

import (
	"errors"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"sendoff/internal/config"
	"sendoff/internal/smtptest"
)

// valid is the shortest file that loads; tests add to it or break it.
const valid = `[[account]]
name = "work"
from = "ada@example.org"
[account.smtp]
host = "smtp.example.org"
`

// write makes an accounts.toml of a test's own.
func write(t testing.TB, text string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "accounts.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // WriteFile heeds the umask
		t.Fatal(err)
	}
	return path
}

func parse(path string, data []byte) (*Book, error) {
	r, err := read(path, data)
	return r.book, err
}

func TestLoad_ReadsEveryKey(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	path := write(t, `
default = "home"

[[account]]
name = "work"
from = "Ada Example <ada@example.org>"
identities = ["Ada <ada@lists.example.org>", "*@ada.example"]
signature = "Ada\nexample.org\n"
when_uncertain = "resend"

[account.smtp]
host = "smtp.example.org"
port = 2465
security = "tls"
auth = "plain"
username = "ada@example.org"
secret = { command = ["~/bin/password", "--for", "~/work"] }
ca_file = "ca.pem"
ehlo = "laptop.example.org"

[account.limits]
connections = 4
messages_per_connection = 0
max_size = 26214400
per_second = 1
per_minute = 30
per_day = 500

[account.openpgp]
key = "ada@keys.example"
sign = true
encrypt = "ask"
encrypt_to_self = false

[[account]]
name = "home"
from = "ada@example.net"
signature_file = "signature.txt"
[account.smtp]
host = "::1"
security = "starttls"
auth = "scram-sha-256"
username = "ada"
secret = { file = "~/.password" }
pin_sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
client_cert = "cert.pem"
client_key = "key.pem"
proxy = "socks5://ada%20l@[::1]:1080"
proxy_secret = { command = ["~/bin/proxy"] }

[[account]]
name = "relay"
from = "ada@relay.example"
[account.smtp]
host = "localhost"
security = "none"
proxy = "http://proxy.example.org:3128"
`, 0o600)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "signature.txt"), []byte("Ada\r\n-- at home\r\n\r\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	certificate, key := smtptest.NewAuthority(t).Files()
	for name, file := range map[string]string{"cert.pem": certificate, "key.pem": key} {
		if err := os.Rename(file, filepath.Join(filepath.Dir(path), name)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := &Book{Default: "home", Accounts: []Account{
		{
			Name: "work", From: mail.Address{Name: "Ada Example", Address: "ada@example.org"},
			Identities: []string{"Ada <ada@lists.example.org>", "*@ada.example"},
			Signature:  "Ada\nexample.org", WhenUncertain: Resend,
			SMTP: SMTP{
				Host: "smtp.example.org", Port: 2465, Security: TLS, Auth: AuthPlain, Username: "ada@example.org",
				Secret: Secret{Command: []string{filepath.Join(home, "bin/password"), "--for", "~/work"}},
				CAFile: filepath.Join(filepath.Dir(path), "ca.pem"), EHLO: "laptop.example.org",
			},
			Limits:  Limits{Connections: 4, MaxSize: 26214400, PerSecond: 1, PerMinute: 30, PerDay: 500},
			OpenPGP: OpenPGP{Key: "ada@keys.example", Sign: true, Encrypt: EncryptAsk, OthersAlone: true},
		},
		{
			Name: "home", From: mail.Address{Address: "ada@example.net"},
			Signature: "Ada\n-- at home", WhenUncertain: Ask,
			SMTP: SMTP{
				Host: "::1", Port: 587, Security: STARTTLS, Auth: AuthSCRAMSHA256, Username: "ada",
				Secret:     Secret{File: filepath.Join(home, ".password")},
				PinSHA256:  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
				ClientCert: filepath.Join(filepath.Dir(path), "cert.pem"), ClientKey: filepath.Join(filepath.Dir(path), "key.pem"),
				Proxy: Proxy{
					Scheme: SOCKS5, Host: "::1", Port: 1080, Username: "ada l",
					Secret: Secret{Command: []string{filepath.Join(home, "bin/proxy")}},
				},
			},
			Limits:  Limits{Connections: 2, MessagesPerConnection: 50},
			OpenPGP: OpenPGP{Encrypt: EncryptNever},
		},
		{
			Name: "relay", From: mail.Address{Address: "ada@relay.example"}, WhenUncertain: Ask,
			SMTP: SMTP{
				Host: "localhost", Port: 25, Security: None, Auth: AuthAuto,
				Proxy: Proxy{Scheme: HTTP, Host: "proxy.example.org", Port: 3128},
			},
			Limits:  Limits{Connections: 2, MessagesPerConnection: 50},
			OpenPGP: OpenPGP{Encrypt: EncryptNever},
		},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestLoad_DefaultsOfTheShortestFile(t *testing.T) {
	book, err := Load(write(t, valid, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	a := book.DefaultAccount()
	if book.Default != "work" || a.SMTP.Port != 465 || a.SMTP.Security != TLS || a.SMTP.Auth != AuthAuto || a.WhenUncertain != Ask {
		t.Errorf("got %+v", book)
	}
}

// The text of each error is what a person sees: a change here is a change for
// users. Key order in the hints is the order of the fields.
func TestParse_NamesPlaceAndRemedyOfEveryMistake(t *testing.T) {
	// smtp puts a line below [account.smtp], where line 6 is; account puts one
	// below [[account]], as line 2.
	smtp := func(line string) string { return valid + line }
	account := func(line string) string { return strings.Replace(valid, "\n", "\n"+line+"\n", 1) }
	replace := func(old, new string) string { return strings.Replace(valid, old, new, 1) }
	const addressHint = "write it as ada@example.org or Ada <ada@example.org>"
	const hostHint = `for example host = "smtp.example.org"`
	const emptyHint = "leave the line out, or fill it in"
	const kept = `say where it is kept: secret = { command = ["pass", "show", "mail/work"] }, { keyring = true }, { file = "…" } or { env = "…" }`

	for _, test := range []struct{ name, text, want, hint string }{
		{"unknown key", smtp(`hosst = "x"`), `f:6: account.smtp.hosst: unknown key`, `did you mean "host"?`},
		{"key of the wrong table", account(`port = 1`), `f:2: account.port: unknown key`, `possible here: name, from, identities, signature, signature_file, identity, when_uncertain, fallback, bounce_address, smtp, limits, mailbox, openpgp`},
		{"what only a later version honours", valid + "[account.sieve]", `f:6: account.sieve: unknown key`, `possible here: name, from, identities, signature, signature_file, identity, when_uncertain, fallback, bounce_address, smtp, limits, mailbox, openpgp`},
		{"unknown limit", valid + "[account.limits]\nper_minut = 1", `f:7: account.limits.per_minut: unknown key`, `did you mean "per_minute"?`},
		{"negative limit", valid + "[account.limits]\nper_day = -1", `f:7: account.limits.per_day: -1 is out of range`, `recipients, at least 1; 0 is no limit`},
		{"single brackets", replace("[[account]]", "[account]"), `f:1: account: no entry has been opened yet`, `begin each one with [[account]]`},
		{"wrong type", smtp(`port = "465"`), `f:6: account.smtp.port: wants a whole number, not a text`, `write it as port = 1`},
		{"key twice", smtp(`host = "x"`), `f:6: account.smtp.host: is set twice, first in line 5`, `keep one of them`},

		{"password as secret", smtp(`secret = "hunter2"`), `f:6: account.smtp.secret: wants the place where the password is kept, never the password itself`, kept},
		{"password", smtp(`password = "hunter2"`), `f:6: account.smtp.password: a password does not belong in this file`, kept},
		{"password of the account", account(`passwd = "hunter2"`), `f:2: account.passwd: a password does not belong in this file`, kept},
		{"secret in the wrong table", account(`secret = { env = "X" }`), `f:2: account.secret: unknown key`, `possible here: name, from, identities, signature, signature_file, identity, when_uncertain, fallback, bounce_address, smtp, limits, mailbox, openpgp`},
		{"secret of no source", smtp(`secret = {}`), `f:6: account.smtp.secret: names no place`, kept},
		{"secret of two sources", smtp("username = 'a'\nsecret = { env = 'X', file = '/x' }"), `f:7: account.smtp.secret: names more than one place`, `keep one of them`},
		{"secret of an unknown source", smtp(`secret = { wallet = "x" }`), `f:6: account.smtp.secret.wallet: unknown key`, `possible here: command, file, env, keyring, oauth`},
		{"secret command as a text", smtp(`secret = { command = "pass show x" }`), `f:6: account.smtp.secret.command: wants a list, not a text`, `write it as command = ["…"]`},
		{"secret command of nothing", smtp(`secret = { command = [] }`), `f:6: account.smtp.secret.command: is empty or zero`, emptyHint},
		{"secret command without a program", smtp("username = 'a'\nsecret = { command = [''] }"), `f:7: account.smtp.secret.command: the program has no name`, kept},
		{"secret variable", smtp("username = 'a'\nsecret = { env = 'A=B' }"), `f:7: account.smtp.secret.env: "A=B" cannot be the name of a variable`, ``},
		{"secret file empty", smtp(`secret = { file = "" }`), `f:6: account.smtp.secret.file: is empty`, emptyHint},

		{"username alone", smtp(`username = "ada"`), `f:6: account.smtp.username: has no secret to log in with`, kept},
		{"secret alone", smtp(`secret = { env = "X" }`), `f:6: account.smtp.secret: has no username to log in with`, `for example username = "ada@example.org"`},
		{"login without anything", smtp(`auth = "plain"`), `f:6: account.smtp.auth: "plain" needs a username and a secret`, `without a login: auth = "none"`},
		{"no login with a username", smtp("auth = 'none'\nusername = 'ada'"), `f:7: account.smtp.username: is not used with auth = "none"`, `leave out auth, or username and secret`},
		{"no login with a secret", smtp("auth = 'none'\nsecret.env = 'X'"), `f:7: account.smtp.secret: is not used with auth = "none"`, `leave out auth, or the secret`},
		{"login method", smtp(`auth = "plian"`), `f:6: account.smtp.auth: "plian" is not a choice`, `did you mean "plain"?`},
		{"login method of another time", smtp(`auth = "cram-md5"`), `f:6: account.smtp.auth: "cram-md5" is not a choice`, `possible here: auto, plain, login, scram-sha-256, scram-sha-1, xoauth2, oauthbearer, external, none`},
		{"login method in capitals", smtp(`auth = "XOAUTH2"`), `f:6: account.smtp.auth: "XOAUTH2" is not a choice`, `did you mean "xoauth2"?`},
		{"token login without anything", smtp(`auth = "xoauth2"`), `f:6: account.smtp.auth: "xoauth2" needs a username and a secret`, `without a login: auth = "none"`},
		{"certificate login without one", smtp(`auth = "external"`), `f:6: account.smtp.auth: "external" needs a client certificate`, `name it with client_cert and client_key`},
		{"certificate without a key", smtp(`client_cert = "c"`), `f:6: account.smtp.client_cert: has no key`, `name its file: client_key = "…"`},
		{"key without a certificate", smtp(`client_key = "k"`), `f:6: account.smtp.client_key: has no certificate`, `name its file: client_cert = "…"`},
		{"certificate missing", smtp("client_cert = '/nowhere/c'\nclient_key = '/nowhere/k'"), `f:6: account.smtp.client_cert: /nowhere/c: no such file or directory`, ``},
		{"pin too short", smtp(`pin_sha256 = "AB:CD"`), `f:6: account.smtp.pin_sha256: "AB:CD" is not the SHA-256 fingerprint of a certificate`, `64 hexadecimal digits, as openssl x509 -noout -fingerprint -sha256 prints them`},
		{"empty pin", smtp(`pin_sha256 = ""`), `f:6: account.smtp.pin_sha256: is empty`, emptyHint},
		{"pin and authority", smtp("ca_file = 'c'\npin_sha256 = 'x'"), `f:7: account.smtp.pin_sha256: there is a ca_file too, and a pin asks no authority`, `keep one of them`},
		{"pin without TLS", smtp("security = 'none'\npin_sha256 = 'x'"), `f:7: account.smtp.pin_sha256: is not used with security = "none"`, `leave it out, or set security to "tls" or "starttls"`},
		{"authority without TLS", smtp("security = 'none'\nca_file = 'x'"), `f:7: account.smtp.ca_file: is not used with security = "none"`, `leave it out, or set security to "tls" or "starttls"`},
		{"username of two lines", smtp("username = \"a\\nb\"\nsecret.env = 'X'"), `f:6: account.smtp.username: holds control characters`, ``},

		{"no name", replace(`name = "work"`, ""), `f:1: account.name: is missing`, `for example name = "work"`},
		{"empty name", replace(`"work"`, `""`), `f:2: account.name: is empty`, emptyHint},
		{"name like an option", replace(`"work"`, `"-work"`), `f:2: account.name: "-work" cannot be a name`, `letters, digits and . _ @ + - (not in front), at most 64 bytes`},
		{"name with an escape", replace(`"work"`, `"w\u001b[2J"`), `f:2: account.name: "w\x1b[2J" cannot be a name`, `letters, digits and . _ @ + - (not in front), at most 64 bytes`},
		{"same name", valid + strings.Replace(valid, "work", "Work", 1), `f:7: account.name: "Work" is the name of another account too`, `names differ by more than their case`},
		{"default", "default = 'wrok'\n" + valid, `f:1: default: no account is named "wrok"`, `did you mean "work"?`},
		{"empty default", "default = ''\n" + valid, `f:1: default: is empty`, `leave the line out, or name an account`},

		{"no from", replace(`from = "ada@example.org"`, ""), `f:1: account.from: is missing`, `for example from = "Ada Example <ada@example.org>"`},
		{"from without a domain", replace("ada@example.org", "ada"), `f:3: account.from: "ada" is not an address with a domain`, addressHint},
		{"from of a domain", replace("ada@example.org", "*@example.org"), `f:3: account.from: "*@example.org" is not one address`, `only identities may have the form "*@example.org"`},
		{"from with a hidden line break", replace("ada@example.org", "=?utf-8?q?A=0AB?= <a@b.example>"), `f:3: account.from: "=?utf-8?q?A=0AB?= <a@b.example>" holds control characters`, addressHint},
		{"identity", account("identities = ['a@b.example',\n 'b']"), `f:3: account.identities: "b" is not an address with a domain`, `write it as ada@example.org, Ada <ada@example.org> or *@example.org`},
		{"identity of half a name", account("identities = ['a*@b.example']"), `f:2: account.identities: "a*@b.example" is not an address with a domain`, `write it as ada@example.org, Ada <ada@example.org> or *@example.org`},
		{"when_uncertain", account(`when_uncertain = "never"`), `f:2: account.when_uncertain: "never" is not a choice`, `possible here: ask, resend`},
		{"empty choice", smtp(`security = ""`), `f:6: account.smtp.security: is empty`, emptyHint},
		{"two signatures", account("signature = ''\nsignature_file = 'x'"), `f:3: account.signature_file: there is a signature too`, `keep one of them`},
		{"signature file missing", account("signature_file = '/nowhere/x'"), `f:2: account.signature_file: /nowhere/x: no such file or directory`, ``},

		{"no server", "[[account]]\nname = 'a'\nfrom = 'a@b.example'", `f:1: account.smtp.host: is missing`, hostHint},
		{"URL", replace("smtp.example.org", "smtp://example.org"), `f:5: account.smtp.host: "smtp://example.org" is a URL, not a host name`, hostHint},
		{"port in host", replace("smtp.example.org", "example.org:25"), `f:5: account.smtp.host: "example.org:25" has the port in it`, `host = "example.org" and port = 25`},
		{"brackets", replace("smtp.example.org", "[::1]"), `f:5: account.smtp.host: "[::1]" is not a host name`, hostHint + `; an IP address without brackets; an international name as xn--…`},
		{"space", replace("smtp.example.org", "a b"), `f:5: account.smtp.host: "a b" is not a host name`, hostHint + `; an IP address without brackets; an international name as xn--…`},
		{"port", smtp(`port = 65536`), `f:6: account.smtp.port: 65536 is out of range`, `from 1 to 65535; usual are 465 for tls, 587 for starttls`},
		{"port zero", smtp(`port = 0`), `f:6: account.smtp.port: is empty or zero`, emptyHint},
		{"security", smtp(`security = "ssl"`), `f:6: account.smtp.security: "ssl" is not a choice`, `possible here: tls, starttls, none`},
		{"EHLO of two lines", smtp(`ehlo = "a\r\nMAIL"`), `f:6: account.smtp.ehlo: "a\r\nMAIL" cannot be a host name`, `for example ehlo = "laptop.example.org" or "[192.0.2.1]"`},
		{"connections", valid + "[account.limits]\nconnections = -1", `f:7: account.limits.connections: -1 is out of range`, `at least 1`},
		{"no connections", valid + "[account.limits]\nconnections = 0", `f:7: account.limits.connections: is empty or zero`, emptyHint},
		{"messages", valid + "[account.limits]\nmessages_per_connection = -1", `f:7: account.limits.messages_per_connection: -1 is out of range`, `at least 1; 0 is no limit`},
		{"size", valid + "limits = 1", `f:6: account.smtp.limits: unknown key`, `possible here: host, port, security, auth, username, secret, ca_file, pin_sha256, client_cert, client_key, ehlo, proxy, proxy_secret`},
		{"negative size", valid + "[account.limits]\nmax_size = -1", `f:7: account.limits.max_size: -1 is out of range`, `in bytes; 0 is no limit`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse("f", []byte(test.text))
			var e *config.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a *config.Error", err)
			}
			if e.Error() != test.want || e.Hint != test.hint {
				t.Errorf("got  %s\nhint %s\nwant %s\nhint %s", e, e.Hint, test.want, test.hint)
			}
			if strings.Contains(e.Error()+e.Hint, "hunter2") {
				t.Error("the error shows the password")
			}
		})
	}
}

func TestParse_LoginsThatAreComplete(t *testing.T) {
	for _, lines := range []string{
		"auth = 'auto'",
		"auth = 'none'",
		"auth = 'login'\nusername = 'a'\nsecret.env = 'X'",
		"username = 'a'\nsecret = { command = ['pass', ''] }",
		"security = 'none'\nusername = 'a'\nsecret.file = '/x'",
		"ehlo = '[192.0.2.1]'",
		"auth = 'scram-sha-256'\nusername = 'a'\nsecret.env = 'X'",
		"auth = 'xoauth2'\nusername = 'a'\nsecret = { command = ['token'] }",
	} {
		if _, err := parse("f", []byte(valid+lines)); err != nil {
			t.Errorf("%s: %v", lines, err)
		}
	}
}

func TestLoad_WithoutAnAccount(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "accounts.toml")
	_, err := Load(missing)
	if !errors.Is(err, ErrNoAccounts) || !errors.Is(err, fs.ErrNotExist) ||
		err.Error() != missing+": no account is set up (file does not exist)" {
		t.Errorf("missing file: %v", err)
	}
	empty := write(t, "# nothing yet\n", 0o600)
	_, err = Load(empty)
	if !errors.Is(err, ErrNoAccounts) || errors.Is(err, fs.ErrNotExist) || err.Error() != empty+": no account is set up" {
		t.Errorf("empty file: %v", err)
	}
	_, err = Load(write(t, strings.Replace(valid, "[account.smtp]", "signature_file = 'gone'\n[account.smtp]", 1), 0o600))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing signature file looks like a missing accounts.toml: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(valid))
	f.Add([]byte("default = 'a'\n" + valid + "username = 'a'\nsecret = { command = ['x', 'y'] }\n[account.limits]\nmax_size = 1"))
	f.Add([]byte(valid + "proxy = 'socks5://a@[::1]:1080'\nproxy_secret.env = 'X'"))
	f.Add([]byte("[[account]]\nname='b'\nfrom='\"a b\" <\"x y\"@b.example>'\nidentities=['*@ü.example']\nsmtp={host='127.0.0.1',secret.file='~/x',username='u'}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		book, err := parse("f", data)
		if err != nil {
			var e *config.Error
			if !errors.As(err, &e) && !errors.Is(err, ErrNoAccounts) {
				t.Fatalf("%T: %v", err, err)
			}
			if strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Fatalf("control characters in %q", err)
			}
			return
		}
		if _, err := book.Find(book.Default); err != nil {
			t.Fatalf("default: %v", err)
		}
		for _, a := range book.Accounts {
			if found, err := book.Find(a.Name); err != nil || found.Revision() != a.Revision() {
				t.Fatalf("Find(%q): %v", a.Name, err)
			}
			if !a.Allows(a.From.String()) {
				t.Fatalf("%q may not send as its own %q", a.Name, a.From.String())
			}
		}
	})
}
