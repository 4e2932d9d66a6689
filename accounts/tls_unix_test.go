//go:build unix

package accounts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/config"
	"sendoff/internal/smtptest"
)

func TestParse_ClientCertificates(t *testing.T) {
	authority := smtptest.NewAuthority(t)
	certificate, key := authority.Files()
	_, otherKey := authority.Files()
	dir := t.TempDir()
	open, garbage, locked := filepath.Join(dir, "open"), filepath.Join(dir, "garbage"), filepath.Join(dir, "locked")
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		open: string(text), garbage: "hunter2",
		locked: "-----BEGIN ENCRYPTED PRIVATE KEY-----\naHVudGVyMg==\n-----END ENCRYPTED PRIVATE KEY-----\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, certificate, key, more, problem, hint string }{
		{"beside a password", certificate, key, "username = 'a'\nsecret.env = 'X'", "", ""},
		{"as the login", certificate, key, "auth = 'external'", "", ""},
		{"as the login of somebody", certificate, key, "auth = 'external'\nusername = 'ada'", "", ""},
		{"as the login if the server likes", certificate, key, "", "", ""},
		{"without a login", certificate, key, "auth = 'none'", "", ""},
		{"as the login, and a secret", certificate, key, "auth = 'external'\nsecret.env = 'X'", `secret: is not used with auth = "external"`, "the certificate is the login: leave the secret out"},
		{"a username alone", certificate, key, "username = 'ada'", "username: has no secret to log in with", `to log in by the certificate alone: auth = "external"`},
		{"a name of two lines", certificate, key, "auth = 'external'\nusername = \"a\\nb\"", "username: holds control characters", ""},
		{"without TLS", certificate, key, "security = 'none'", `client_cert: is not used with security = "none"`, `leave it out, or set security to "tls" or "starttls"`},
		{"a key that others can read", certificate, open, "", "client_key: " + open + ": others can read it (mode 0640)", "chmod 600 " + open},
		{"no key there", certificate, filepath.Join(dir, "none"), "", "client_key: " + filepath.Join(dir, "none") + ": no such file or directory", ""},
		{"an encrypted key", certificate, locked, "", "client_key: " + locked + " is encrypted, and nobody is there to give the passphrase", "openssl pkey -in OLD -out NEW writes it without one"},
		{"another key", certificate, otherKey, "", "client_cert: " + certificate + " and client_key are not a certificate and its key in PEM form (private key does not match public key)", ""},
		{"no certificate in it", garbage, key, "", "client_cert: " + garbage + " and client_key are not a certificate and its key in PEM form (failed to find any PEM data in certificate input)", ""},
		{"no key in it", certificate, garbage, "", "client_cert: " + certificate + " and client_key are not a certificate and its key in PEM form (failed to find any PEM data in key input)", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse("f", []byte(valid+fmt.Sprintf("client_cert = %q\nclient_key = %q\n", test.certificate, test.key)+test.more))
			if test.problem == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *config.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a *config.Error", err)
			}
			if _, problem, _ := strings.Cut(e.Error(), "account.smtp."); problem != test.problem || e.Hint != test.hint {
				t.Errorf("got  %s\nhint %s\nwant %s\nhint %s", e, e.Hint, test.problem, test.hint)
			}
			if strings.Contains(e.Error()+e.Hint, "hunter2") {
				t.Error("the error shows the key")
			}
		})
	}
}

// What is read when it is used is checked again: the files may have changed.
func TestClientCertificate_NamesTheSettingToBlame(t *testing.T) {
	certificate, key := smtptest.NewAuthority(t).Files()
	s := SMTP{ClientCert: certificate, ClientKey: key}
	if pair, err := s.ClientCertificate(); err != nil || len(pair.Certificate) != 1 || pair.PrivateKey == nil {
		t.Errorf("%v, %v", pair.Certificate, err)
	}
	if err := os.Chmod(key, 0o604); err != nil {
		t.Fatal(err)
	}
	want := "client_key: " + key + ": others can read it (mode 0604): chmod 600 " + key
	if _, err := s.ClientCertificate(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
