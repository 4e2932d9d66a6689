package peersuite

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/accounts/check"
	"sendoff/internal/peers"
)

// goodToken is the one that the introspection of Dovecot's tests takes.
const goodToken = "ya29.good"

// Each way to log in that Dovecot has, by its own account of it. It knows no
// channel binding: that is tested against a server in the process (package smtp).
func TestLogins(t *testing.T) {
	needLong(t)
	p := startPostfix(t)
	address := peers.FreeAddress(t)
	own, relay := at(t, address, accounts.STARTTLS), at(t, p.address, accounts.None)
	certificate, key := p.authority.Files()
	dir := peers.OpenDir(t)
	authority := filepath.Join(dir, "authority.pem")
	if err := os.WriteFile(authority, p.authority.PEM, 0o644); err != nil {
		t.Fatal(err)
	}
	d := peers.NeedDovecot(t, address, peers.DovecotSettings{
		Services: []string{"submission"}, Host: own.Host, Certificate: certificate, Key: key, Password: password,
		Lines: fmt.Sprintf(`submission_relay_host = %s
submission_relay_port = %d
auth_mechanisms = plain login scram-sha-1 scram-sha-256 xoauth2 oauthbearer external
ssl_ca = <%s
ssl_verify_client_cert = yes
ssl_require_crl = no
auth_ssl_username_from_cert = yes
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = %s
}
passdb {
  driver = static
  mechanisms = external
  args = nopassword=y
}
service submission-login {
  inet_listener submission {
    port = %d
  }
}
`, relay.Host, relay.Port, authority, introspection(t, dir), own.Port),
	})
	t.Setenv("LOGIN_PASSWORD", password)
	t.Setenv("LOGIN_TOKEN", goodToken)
	t.Setenv("LOGIN_WRONG", "wrong")
	for _, test := range []struct {
		auth accounts.Auth
		env  string // "": the certificate is the login
		by   string
	}{
		{accounts.AuthAuto, "LOGIN_PASSWORD", "SCRAM-SHA-256"},
		{accounts.AuthSCRAMSHA256, "LOGIN_PASSWORD", "SCRAM-SHA-256"},
		{accounts.AuthSCRAMSHA1, "LOGIN_PASSWORD", "SCRAM-SHA-1"},
		{accounts.AuthPlain, "LOGIN_PASSWORD", "PLAIN"},
		{accounts.AuthLogin, "LOGIN_PASSWORD", "LOGIN"},
		{accounts.AuthXOAUTH2, "LOGIN_TOKEN", "XOAUTH2"},
		{accounts.AuthOAUTHBEARER, "LOGIN_TOKEN", "OAUTHBEARER"},
		{accounts.AuthExternal, "", "EXTERNAL"},
		{accounts.AuthSCRAMSHA256, "LOGIN_WRONG", ""},
		{accounts.AuthOAUTHBEARER, "LOGIN_WRONG", ""},
	} {
		t.Run(strings.Join([]string{string(test.auth), test.env}, " "), func(t *testing.T) {
			account := accounts.Account{Name: "work", From: mail.Address{Address: "ada@example.org"}, SMTP: own}
			account.SMTP.Auth = test.auth
			if test.env == "" {
				account.SMTP.ClientCert, account.SMTP.ClientKey = certificate, key
			} else {
				account.SMTP.Username, account.SMTP.Secret = username, accounts.Secret{Env: test.env}
			}
			book, err := accounts.NewBook("", account)
			if err != nil {
				t.Fatal(err)
			}
			report := check.Run(t.Context(), book.Accounts[0], check.Options{RootCAs: p.authority.Pool})
			for _, s := range report.Steps {
				if s.Name == check.StepLogin && (s.State == check.OK) != (test.by != "") {
					t.Errorf("%+v", s)
				}
			}
			if log := d.Log(t); test.by != "" && (!report.OK() || !strings.Contains(log, "method="+test.by+",")) {
				t.Errorf("Dovecot saw no login by %s: %+v", test.by, report.Steps)
			}
		})
	}
}

// introspection serves RFC 7662, and writes the file by which Dovecot asks there
// into dir.
func introspection(t *testing.T, dir string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"active": %t, "username": %q}`, r.FormValue("token") == goodToken, username)
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(dir, "oauth2.conf")
	settings := "introspection_mode = post\nintrospection_url = " + server.URL + "/\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n"
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
