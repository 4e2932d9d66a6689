package accounts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sendoff/internal/config"
)

const (
	byGoogle = valid + "username = 'ada'\nsecret = { oauth = 'google' }\n"
	google   = "[oauth.google]\nclient_id = 'me.apps'\n"
)

func TestParse_OAuthClients(t *testing.T) {
	text := google + "client_secret = { file = 'google.secret' }\nkeyring = true\n" + `
[oauth.microsoft]
client_id = "me"
scopes = ["https://outlook.office.com/SMTP.Send"]

[oauth.home-1]
client_id = "sendoff"
auth_url = "https://login.example.org/auth"
token_url = "http://127.0.0.1:8080/token"
device_url = "http://[::1]/device"
` + byGoogle + "[account.mailbox]\nhost = 'imap.example.org'\n"
	r, err := read("/home/ada/f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []OAuthClient{
		{Name: "google", ID: "me.apps", Secret: Secret{File: "/home/ada/google.secret"}, Keyring: true, Scopes: providers["google"].Scopes,
			AuthURL: providers["google"].AuthURL, TokenURL: providers["google"].TokenURL},
		{Name: "home-1", ID: "sendoff", AuthURL: "https://login.example.org/auth", TokenURL: "http://127.0.0.1:8080/token", DeviceURL: "http://[::1]/device"},
		{Name: "microsoft", ID: "me", Scopes: []string{"https://outlook.office.com/SMTP.Send"}, AuthURL: providers["microsoft"].AuthURL,
			TokenURL: providers["microsoft"].TokenURL, DeviceURL: providers["microsoft"].DeviceURL},
	}
	if !reflect.DeepEqual(r.book.Clients, want) {
		t.Errorf("got  %#v\nwant %#v", r.book.Clients, want)
	}
	a := r.book.Accounts[0]
	if client, ok := a.Login(); !ok || client.ID != "me.apps" {
		t.Errorf("the client of the account is %#v", client)
	}
	if a.SMTP.Auth != AuthXOAUTH2 || a.Mailbox.Auth != AuthXOAUTH2 || a.Mailbox.Secret.OAuth != "google" {
		t.Errorf("logins %s and %s", a.SMTP.Auth, a.Mailbox.Auth)
	}
	for _, text := range []string{Entry(a), Entry(r.accounts[0])} {
		if strings.Contains(text, "\nauth") || strings.Count(text, `secret = { oauth = "google" }`) != 1 {
			t.Errorf("written again it is\n%s", text)
		}
	}
}

func TestParse_NamesWhatIsWrongWithAnOAuthClient(t *testing.T) {
	const head = "[oauth.home]\nclient_id = 'x'\nauth_url = 'https://x/a'\n"
	for _, test := range []struct{ name, text, want, hint string }{
		{"no client", byGoogle, "f:7: account.smtp.secret: wants an [oauth.google] with the client to log in with", oauthHint},
		{"a client of another name", google + strings.Replace(byGoogle, "'google'", "'gogle'", 1), "account.smtp.secret: wants an [oauth.gogle]", oauthHint},
		{"no client ID", "[oauth.google]\n", "f:1: oauth.google.client_id: is missing", oauthHint},
		{"control characters", "[oauth.google]\nclient_id = \"a\\u0007\"\n", "f:2: oauth.google.client_id: holds control characters", ""},
		{"unknown key", google + "id = 'x'\n", "f:3: oauth.google.id: unknown key", "possible here: client_id, client_secret, auth_url, token_url, device_url, scopes, keyring"},
		{"not a table", "oauth.google = 'x'\n", "f:1: oauth.google: wants a table, not a text", "write it as google = { … = … }"},
		{"a list of them", "[[oauth]]\nclient_id = 'x'\n", "f:1: oauth: is one table, and double brackets begin a list of them", "write single brackets: [oauth]"},
		{"an odd name", "[oauth.'a b']\nclient_id = 'x'\n", `f:1: oauth.a b: "a b" cannot be the name of a provider`, "letters, digits, - and _"},
		{"unknown provider", "[oauth.yahoo]\nclient_id = 'x'\n", "f:1: oauth.yahoo.auth_url: is missing", "google and microsoft are known here; of others the addresses of their servers are wanted"},
		{"no token URL", head, "f:1: oauth.home.token_url: is missing", `for example token_url = "https://login.example.org/token"`},
		{"clear", head + "token_url = 'http://login.example.org/'\n", "f:4: oauth.home.token_url: is not a URL with https", "tokens go to https alone; http is for this machine"},
		{"clear to a name that may lead anywhere", head + "token_url = 'http://localhost/'\n", "f:4: oauth.home.token_url: is not a URL with https", ""},
		{"with a user", head + "token_url = 'https://a:b@login.example.org/'\n", "f:4: oauth.home.token_url: is not a URL with https", ""},
		{"a secret in the file", google + "client_secret = 'hunter2'\n", "f:3: oauth.google.client_secret: wants the place where it is kept, never the secret itself", clientSecretHint},
		{"a secret in the keyring", google + "client_secret = { keyring = true }\n", "f:3: oauth.google.client_secret: cannot be kept there", clientSecretHint},
		{"a secret nowhere", google + "client_secret = {}\n", "f:3: oauth.google.client_secret: names no place", clientSecretHint},
		{"a secret in two places", google + "client_secret = { env = 'A', file = 'b' }\n", "f:3: oauth.google.client_secret: names more than one place", "keep one of them"},
		{"a scope with a space", google + "scopes = ['a b']\n", `f:3: oauth.google.scopes: "a b" is not a scope`, ""},
		{"a password method", google + byGoogle + "auth = 'plain'\n", `f:10: account.smtp.auth: "plain" is no login by a token, which { oauth = "google" } gives`, tokenHint},
		{"two places", google + valid + "username = 'ada'\nsecret = { oauth = 'google', env = 'X' }\n", "f:9: account.smtp.secret: names more than one place", "keep one of them"},
		{"empty", google + valid + "username = 'ada'\nsecret = { oauth = '' }\n", "account.smtp.secret.oauth: is empty", "leave the line out, or fill it in"},
		{"two providers", google + "[oauth.microsoft]\nclient_id = 'x'\n" + byGoogle + "[account.mailbox]\nhost = 'h'\nsecret = { oauth = 'microsoft' }\n",
			`account.mailbox.secret: is of another provider than that of smtp, "google"`, ""},
		{"a token for a proxy", google + valid + "proxy = 'socks5://a@b:1'\nproxy_secret = { oauth = 'google' }\n", "account.smtp.proxy_secret: cannot be a token", proxySecretHint},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read("f", []byte(test.text))
			got := fmt.Sprint(err)
			if !strings.Contains(got, test.want) || !strings.Contains(hintOf(err), test.hint) || strings.Contains(got, "hunter2") {
				t.Errorf("got  %s\nhint %s\nwant %s\nhint %s", got, hintOf(err), test.want, test.hint)
			}
		})
	}
}

func TestSecret_ATokenComesFromWhoeverCanGetIt(t *testing.T) {
	r, err := read("f", []byte(google+byGoogle))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.book.Accounts[0].SMTP.Secret.Resolve(t.Context()); err == nil || err.Error() != "secret from login at google: nobody here knows how to log in there" {
		t.Errorf("without a way: %v", err)
	}
	book := r.book.WithTokens(func(_ context.Context, a Account, client OAuthClient, refused string) (string, error) {
		if refused == "down" {
			return "", fmt.Errorf("%w: no network", ErrTryLater)
		}
		return a.Name + " " + a.SMTP.Username + " " + client.ID + " " + refused, nil
	})
	secret := book.Accounts[0].SMTP.Secret
	if got, err := secret.ResolveAfter(t.Context(), "t0"); err != nil || got != "work ada me.apps t0" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := secret.ResolveAfter(t.Context(), "down"); !errors.Is(err, ErrTryLater) {
		t.Errorf("got %v", err)
	}
}

// What stopped because of a wrong client tries again when that is changed.
func TestAccount_RevisionSeesTheOAuthClient(t *testing.T) {
	seen := make(map[string]bool)
	for _, client := range []string{google, strings.Replace(google, "me.apps", "other", 1), google + "scopes = ['x']\n"} {
		r, err := read("f", []byte(client+byGoogle))
		if err != nil {
			t.Fatal(err)
		}
		seen[r.book.Accounts[0].Revision()] = true
		with := r.book.WithTokens(func(context.Context, Account, OAuthClient, string) (string, error) { return "", nil })
		if with.Accounts[0].Revision() != r.book.Accounts[0].Revision() {
			t.Error("a way to tokens is no setting")
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d revisions of 3", len(seen))
	}
}

// The file with clients is changed like any other.
func TestFile_LeavesOAuthClientsAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.toml")
	if err := os.WriteFile(path, []byte("# mine\n"+google), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a := keyringSettings("work")
	a.SMTP.Secret, a.SMTP.Proxy, a.Mailbox = Secret{OAuth: "google"}, Proxy{}, Mailbox{}
	if err := f.Add(a); err != nil {
		t.Fatal(err)
	}
	if err := f.Rename("work", "play"); err != nil {
		t.Fatal(err)
	}
	text := string(f.Text())
	if !strings.Contains(text, google) || !strings.Contains(text, `secret = { oauth = "google" }`) || !strings.HasPrefix(text, "# mine\n") && !strings.HasPrefix(text, "default") {
		t.Errorf("the file is\n%s", text)
	}
	a.SMTP.Secret.OAuth = "microsoft"
	if err := f.Set("play", a); err == nil || !strings.Contains(err.Error(), "wants an [oauth.microsoft]") {
		t.Errorf("got %v", err)
	}
}

func hintOf(err error) string {
	var e *config.Error
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}

// A change of an account that would touch a client of OAuth is a mistake of ours,
// and must not be saved.
func TestFile_ChangesNoClientOnTheWay(t *testing.T) {
	f := open(t, google+byGoogle)
	err := f.change(f.wanted(), func(s *sheet) error {
		at := bytes.Index(s.data, []byte("me.apps"))
		return s.replace(at, at+len("me.apps"), []byte("you.apps"))
	})
	if err == nil || !strings.Contains(err.Error(), "cannot be changed safely") || f.Clients()[0].ID != "me.apps" {
		t.Errorf("%v, %v", err, f.Clients())
	}
	if err := f.Rename("work", "office"); err != nil {
		t.Error(err)
	}
}
