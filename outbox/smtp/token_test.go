package smtp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sendoff/accounts"
)

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestTokenLogin(t *testing.T) {
	const (
		token   = "ya29.a0AfH6SMC-token_~+/=="
		reasons = `{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}`
	)
	google := "C: AUTH XOAUTH2 " + encoded("user=user\x01auth=Bearer "+token+"\x01\x01") + "\n"
	// The server is in memory, where all of them have port 25.
	standard := "C: AUTH OAUTHBEARER " + encoded("n,a=user,\x01host=127.0.0.1\x01port=25\x01auth=Bearer "+token+"\x01\x01") + "\n"
	for _, test := range []struct {
		name     string
		auth     accounts.Auth
		username string
		token    string
		dialogue string // behind the offer
		class    string
		text     string
	}{
		{"xoauth2", accounts.AuthXOAUTH2, "", token, google + "S: 235 ok" + mail, "accepted", ""},
		{"oauthbearer", accounts.AuthOAUTHBEARER, "", token, standard + "S: 235 ok" + mail, "accepted", ""},
		{"a name that has to be escaped", accounts.AuthOAUTHBEARER, "a=b,c", token, "C: AUTH OAUTHBEARER " +
			encoded("n,a=a=3Db=2Cc,\x01host=127.0.0.1\x01port=25\x01auth=Bearer "+token+"\x01\x01") + "\nS: 235 ok" + mail, "accepted", ""},
		{"a name beyond ASCII", accounts.AuthXOAUTH2, "zoë", token, "C: AUTH XOAUTH2 " + encoded("user=zoë\x01auth=Bearer "+token+"\x01\x01") + "\nS: 235 ok" + mail, "accepted", ""},
		{"C15 refused with reasons", accounts.AuthXOAUTH2, "", token, google + "S: 334 " + encoded(reasons) + "\nC: \nS: 535 5.7.8 not accepted\nC: <end>", "credentials", "not accepted (" + reasons + ")"},
		{"refused with reasons, by the standard", accounts.AuthOAUTHBEARER, "", token, standard + "S: 334 " + encoded(reasons) + "\nC: AQ==\nS: 535 5.7.8 not accepted\nC: <end>", "credentials", "not accepted (" + reasons + ")"},
		{"refused without reasons", accounts.AuthXOAUTH2, "", token, google + "S: 535 5.7.3 unsuccessful\nC: <end>", "credentials", "unsuccessful"},
		{"reasons that are not base64", accounts.AuthXOAUTH2, "", token, google + "S: 334 {oops}\nC: \nS: 535 no\nC: <end>", "credentials", "no ({oops})"},
		{"reasons with an escape", accounts.AuthXOAUTH2, "", token, google + "S: 334 " + encoded("\x1b]0;x\a\xff") + "\nC: \nS: 535 no\nC: <end>", "credentials", "no (\ufffd]0;x"},
		{"reasons that repeat the token", accounts.AuthXOAUTH2, "", token, google + "S: 334 " + encoded("expired: "+token) + "\nC: \nS: 535 no\nC: <end>", "credentials", "no (expired: [hidden])"},
		{"reasons and then it is in", accounts.AuthXOAUTH2, "", token, google + "S: 334 " + encoded(reasons) + "\nC: \nS: 235 ok" + mail, "accepted", ""},
		{"reasons without end", accounts.AuthXOAUTH2, "", token, google + "S: 334 " + encoded(reasons) + "\nC: \nS: 334 " + encoded(reasons) + "\nC: <end>", "protocol", "makes no sense"},
		{"a giant reason", accounts.AuthXOAUTH2, "", token, google + "S: 334 " + strings.Repeat("A", 20000) + "\nC: <end>", "protocol", "makes no sense"},
		{"later", accounts.AuthXOAUTH2, "", token, google + "S: 454 4.7.0 later\nC: <end>", "throttled", "later"},
		{"too long for a line", accounts.AuthXOAUTH2, "", strings.Repeat("x", 10000), "C: <end>", "credentials", "too long"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("SMTP_TEST_PASSWORD", test.token)
			r := newRig(t, ehloWith+"PLAIN LOGIN OAUTHBEARER XOAUTH2\n"+test.dialogue, withLogin)
			r.account.SMTP.Auth, r.account.SMTP.Username = test.auth, orElse(test.username, "user")
			report := r.deliver(t, delivery(hello))
			if classes(report) != test.class || test.class != "accepted" && !strings.Contains(report.Results[0].Text, test.text) {
				t.Errorf("%+v, want %s %q", report.Results[0], test.class, test.text)
			}
			mustHide(t, report.Results[0].Text, test.token)
			r.finish()
		})
	}
}

// What a command prints in place of a token is not sent anywhere.
func TestTokenLogin_SendsNothingButTokens(t *testing.T) {
	for _, secret := range []string{"please log in again", "token\x01auth=Bearer other", "tökén"} {
		t.Setenv("SMTP_TEST_PASSWORD", secret)
		r := newRig(t, greeting, withLogin)
		r.account.SMTP.Auth = accounts.AuthXOAUTH2
		report := r.deliver(t, delivery(hello))
		if classes(report) != "credentials" || !strings.Contains(report.Results[0].Text, "no access token") {
			t.Errorf("%+v", report.Results[0])
		}
		mustHide(t, report.Results[0].Text, secret)
		if heard := r.finish(); len(heard) != 0 {
			t.Errorf("there was a connection: %+v", heard)
		}
	}
}

func TestTokenLogin_AutoNamesTheSetting(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	r := newRig(t, ehloWith+"OAUTHBEARER XOAUTH2\nC: <end>", withLogin)
	report := r.deliver(t, delivery(hello))
	if classes(report) != "account" || !strings.Contains(report.Results[0].Text, `set auth to "xoauth2"`) {
		t.Errorf("%+v", report.Results[0])
	}
}

// withTokens logs in by tokens that get gives.
func withTokens(t *testing.T, get accounts.TokenFunc) func(*accounts.Account) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "accounts.toml")
	const text = "[oauth.google]\nclient_id = 'me'\n[[account]]\nname = 'work'\nfrom = 'ada@example.org'\n" +
		"[account.smtp]\nhost = 'x'\nusername = 'user'\nsecret = { oauth = 'google' }\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	book, err := accounts.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s := book.WithTokens(get).Accounts[0].SMTP
	return func(a *accounts.Account) { a.SMTP.Username, a.SMTP.Auth, a.SMTP.Secret = s.Username, s.Auth, s.Secret }
}

// Who gets tokens itself is told which one was refused.
func TestTokenLogin_ARefusedTokenIsRenewed(t *testing.T) {
	var asked []string
	r := newRig(t, ehloWith+"XOAUTH2\nC: AUTH XOAUTH2 *\nS: 535 5.7.8 expired\nC: <end>\n---\n"+ehloWith+"XOAUTH2\nC: AUTH XOAUTH2 *\nS: 235 ok"+mail,
		withTokens(t, func(_ context.Context, _ accounts.Account, _ accounts.OAuthClient, refused string) (string, error) {
			asked = append(asked, refused)
			return "after-" + refused, nil
		}))
	if report := r.deliver(t, delivery(hello)); classes(report) != "accepted" {
		t.Errorf("%+v", report)
	}
	if !slices.Equal(asked, []string{"", "after-"}) {
		t.Errorf("asked after %q", asked)
	}
	r.finish()
}

// A token that is not to be had now is no fault of the account.
func TestTokenLogin_WaitsForTheServerOfTokens(t *testing.T) {
	for class, cause := range map[string]error{
		"network":     fmt.Errorf("%w: login.example.org does not answer", accounts.ErrTryLater),
		"credentials": errors.New("log in again: sendoff account login work"),
	} {
		r := newRig(t, greeting, withTokens(t, func(context.Context, accounts.Account, accounts.OAuthClient, string) (string, error) {
			return "", cause
		}))
		report := r.deliver(t, delivery(hello))
		if classes(report) != class || !strings.HasSuffix(report.Results[0].Text, cause.Error()) {
			t.Errorf("%+v, want %s", report.Results[0], class)
		}
		if heard := r.finish(); len(heard) != 0 {
			t.Errorf("there was a connection: %+v", heard)
		}
	}
}
