package smtp

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
)

const ehloWith = "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250 AUTH "

func TestLogin(t *testing.T) {
	const (
		user   = "dXNlcg=="
		secret = "Y29ycmVjdCBob3JzZQ=="
	)
	rows := []struct {
		name     string
		method   accounts.Auth
		dialogue string
		class    string
		text     string
		auths    int
	}{
		{"plain first", accounts.AuthAuto, "LOGIN PLAIN\nC: AUTH PLAIN " + plainIR + "\nS: 235 ok" + mail, "accepted", "", 1},
		{"login", accounts.AuthAuto, "login\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: " + user + "\nS: 334 UGFzc3dvcmQ6\nC: " + secret + "\nS: 235 ok" + mail, "accepted", "", 1},
		{"login with odd prompts", accounts.AuthLogin, "PLAIN LOGIN\nC: AUTH LOGIN\nS: 334 who?\nC: " + user + "\nS: 334\nC: " + secret + "\nS: 235 ok" + mail, "accepted", "", 1},
		{"C01 refused", accounts.AuthAuto, "PLAIN LOGIN\nC: AUTH PLAIN *\nS: 535 5.7.8 wrong\nC: <end>", "credentials", "wrong", 1},
		{"C04 app password", accounts.AuthAuto, "PLAIN\nC: AUTH PLAIN *\nS: 534 5.7.9 see https://example.org/x\nC: <end>", "credentials", "https://example.org/x", 1},
		{"C05 later", accounts.AuthAuto, "PLAIN\nC: AUTH PLAIN *\nS: 454 4.7.0 later\nC: <end>", "throttled", "later", 1},
		{"C08 504, then login", accounts.AuthAuto, "PLAIN LOGIN\nC: AUTH PLAIN *\nS: 504 5.5.4 unknown\nC: AUTH LOGIN\nS: 334\nC: *\nS: 334\nC: *\nS: 235 ok" + mail, "accepted", "", 2},
		{"504 alone", accounts.AuthPlain, "PLAIN LOGIN\nC: AUTH PLAIN *\nS: 504 5.5.4 unknown\nC: <end>", "account", "unknown", 1},
		{"C09 none offered", accounts.AuthAuto, "\nC: <end>", "account", "offers no login", 0},
		{"none in common", accounts.AuthAuto, "GSSAPI NTLM\nC: <end>", "account", "GSSAPI, NTLM", 0},
		{"C10 endless", accounts.AuthLogin, "LOGIN\nC: AUTH LOGIN\nS: 334 a\nC: *\nS: 334 b\nC: *\nS: 334 c\nC: <end>", "protocol", "makes no sense", 1},
		{"C11 giant challenge", accounts.AuthLogin, "LOGIN\nC: AUTH LOGIN\nS: 334 " + strings.Repeat("A", 20000) + "\nC: <end>", "protocol", "makes no sense", 1},
		{"plain with a challenge", accounts.AuthPlain, "PLAIN\nC: AUTH PLAIN *\nS: 334 what\nC: <end>", "protocol", "makes no sense", 1},
		{"C12 hung up", accounts.AuthPlain, "PLAIN\nC: AUTH PLAIN *\nclose", "throttled", "during the login", 1},
	}
	t.Setenv("SMTP_TEST_PASSWORD", password)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t, ehloWith+row.dialogue, withLogin)
			r.account.SMTP.Auth = row.method
			report := r.deliver(t, delivery(hello))
			result := report.Results[0]
			if classes(report) != row.class || !strings.Contains(result.Text, row.text) {
				t.Errorf("%+v, want %s %q", result, row.class, row.text)
			}
			if strings.Contains(result.Text, password) || strings.Contains(result.Text, plainIR) {
				t.Errorf("the password is in %q", result.Text)
			}
			if heard := r.finish()[0]; heard.Commands("AUTH") != row.auths || heard.Commands("*") != 0 {
				t.Errorf("the server heard %q", heard.Lines)
			}
		})
	}
}

func TestLogin_SecretComesBeforeTheConnection(t *testing.T) {
	r := newRig(t, greeting, withLogin) // the variable is not set
	report := r.deliver(t, delivery(hello))
	if classes(report) != "credentials" || !strings.Contains(report.Results[0].Text, "SMTP_TEST_PASSWORD") {
		t.Errorf("%+v", report.Results[0])
	}
	if heard := r.finish(); len(heard) != 0 {
		t.Errorf("there was a connection: %+v", heard)
	}
}

func TestLogin_NoneWithoutUserName(t *testing.T) {
	r := newRig(t, "S: 220 x\nC: EHLO *\nS: 250-x\nS: 250 AUTH PLAIN"+mail, nil)
	if got := classes(r.deliver(t, delivery(hello))); got != "accepted" {
		t.Error(got)
	}
}

// No password goes over a line that others can read, whatever the account says.
func TestLogin_NeverInTheClearBeyondLoopback(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	server := newRig(t, ehloWith+"PLAIN\nC: <end>", nil).server
	r := rigFor(t, server, Options{Dial: awayDialer(server.Dial)}, withLogin)
	report := r.deliver(t, delivery(hello))
	if report.Results[0].Class != outbox.ClassAccount || !strings.Contains(report.Results[0].Text, "password was not sent") {
		t.Errorf("%+v", report.Results[0])
	}
	if heard := r.finish()[0]; heard.Commands("AUTH") != 0 {
		t.Errorf("the server heard %q", heard.Lines)
	}
}

// Servers that repeat what they do not like must not carry a password into
// records.
func TestLogin_HidesWhatAServerRepeats(t *testing.T) {
	const user, secret = "dXNlcg==", "Y29ycmVjdCBob3JzZQ=="
	t.Setenv("SMTP_TEST_PASSWORD", password)
	for _, test := range []struct{ name, dialogue, class, text string }{
		{"a refusal", "PLAIN\nC: AUTH PLAIN *\nS: 501 5.5.2 cannot decode AUTH PLAIN " + plainIR + "\nC: <end>", "account", "cannot decode AUTH PLAIN [hidden]"},
		{"a refusal of many lines", "PLAIN\nC: AUTH PLAIN *\nS: 535-no\nS: 535 " + password + " is wrong\nC: <end>", "credentials", "[hidden] is wrong"},
		{"the password itself", "LOGIN\nC: AUTH LOGIN\nS: 334\nC: " + user + "\nS: 334\nC: " + secret + "\nS: 535 user " + user + ", password " + secret + "\nC: <end>", "credentials", "user [hidden], password [hidden]"},
		{"a challenge", "LOGIN\nC: AUTH LOGIN\nS: 334\nC: " + user + "\nS: 334\nC: " + secret + "\nS: 334 " + secret + "\nC: <end>", "protocol", "makes no sense: [hidden]"},
		{"an answer that is not SMTP", "PLAIN\nC: AUTH PLAIN *\nS: what? AUTH PLAIN " + plainIR + "\nC: <end>", "protocol", "what? AUTH PLAIN [hidden]"},
		{"a piece of it", "PLAIN\nC: AUTH PLAIN *\nS: 500 what is AUTH PLAIN " + plainIR[:20] + "?\nC: <end>", "account", "what is AUTH PLAIN [hidden]?"},
		{"in capitals", "PLAIN\nC: AUTH PLAIN *\nS: 535 not " + strings.ToUpper(password) + "\nC: <end>", "credentials", "not [hidden]"},
		{"in a link", "PLAIN\nC: AUTH PLAIN *\nS: 535 see https://example.org/?user&correct%20horse&x\nC: <end>", "credentials", "/?user&[hidden]&x"},
		{"with other blanks", "PLAIN\nC: AUTH PLAIN *\nS: 535 user/correct\t  horse\nC: <end>", "credentials", "user/[hidden]"},
		{"at the end of what is kept", "PLAIN\nC: AUTH PLAIN *\nS: 535 " + strings.Repeat("x", maxReplyText-10) + " " + plainIR + "\nC: <end>", "credentials", "x [hidden]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, ehloWith+test.dialogue, withLogin)
			report := r.deliver(t, delivery(hello))
			if classes(report) != test.class || !strings.Contains(report.Results[0].Text, test.text) {
				t.Errorf("%+v, want %s %q", report.Results[0], test.class, test.text)
			}
			mustHide(t, report.Results[0].Text, password)
			mustHide(t, report.Results[0].Text, "\x00user\x00"+password)
			r.finish()
		})
	}
}

// A byte that ends the password in PLAIN would make another one of it.
func TestLogin_RefusesAPasswordWithNUL(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("pass\x00word\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, greeting, withLogin)
	r.account.SMTP.Secret = accounts.Secret{File: file}
	report := r.deliver(t, delivery(hello))
	if classes(report) != "credentials" || !strings.Contains(report.Results[0].Text, "NUL") || report.Secret != noSecret {
		t.Errorf("%+v", report)
	}
	if heard := r.finish(); len(heard) != 0 {
		t.Errorf("there was a connection: %+v", heard)
	}
}

func TestLogin_ByCertificate(t *testing.T) {
	const beginning = "tls\nS: 220 test\nC: EHLO *\nS: 250-test\nS: 250 "
	t.Setenv("SMTP_TEST_PASSWORD", password)
	for _, test := range []struct {
		name     string
		method   accounts.Auth
		username string
		dialogue string
		class    string
		text     string
	}{
		{"by itself", accounts.AuthAuto, "", "AUTH PLAIN EXTERNAL\nC: AUTH EXTERNAL =\nS: 235 ok" + mail, "accepted", ""},
		{"as somebody", accounts.AuthExternal, "ada", "AUTH PLAIN EXTERNAL\nC: AUTH EXTERNAL YWRh\nS: 235 ok" + mail, "accepted", ""},
		{"the line is enough", accounts.AuthAuto, "", "AUTH PLAIN" + mail, "accepted", ""},
		{"the line is enough, no login at all", accounts.AuthAuto, "", "HELP" + mail, "accepted", ""},
		{"refused", accounts.AuthAuto, "", "AUTH PLAIN EXTERNAL\nC: AUTH EXTERNAL =\nS: 535 5.7.8 who?\nC: <end>", "credentials", "who?"},
		{"refused as somebody", accounts.AuthExternal, "ada", "AUTH PLAIN EXTERNAL\nC: AUTH EXTERNAL *\nS: 535 5.7.8 who?\nC: <end>", "credentials", "who?"},
		{"a challenge", accounts.AuthExternal, "", "AUTH EXTERNAL\nC: AUTH EXTERNAL =\nS: 334 eA==\nC: <end>", "protocol", "makes no sense"},
		{"not offered", accounts.AuthExternal, "", "AUTH PLAIN LOGIN\nC: <end>", "account", "only PLAIN, LOGIN"},
		{"no login offered", accounts.AuthExternal, "", "HELP\nC: <end>", "account", "offers no login, but the account wants one"},
		{"beside a password", accounts.AuthAuto, "user", "AUTH PLAIN EXTERNAL\nC: AUTH PLAIN *\nS: 235 ok" + mail, "accepted", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			authority := smtptest.NewAuthority(t)
			config := authority.Server(nil)
			config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, authority.Pool
			r := rigFor(t, smtptest.Serve(t, beginning+test.dialogue, config), Options{RootCAs: authority.Pool}, withTLS)
			r.account.SMTP.ClientCert, r.account.SMTP.ClientKey = authority.Files()
			r.account.SMTP.Auth, r.account.SMTP.Username = test.method, test.username
			if test.username == "user" {
				withLogin(&r.account)
			}
			report := r.deliver(t, delivery(hello))
			if classes(report) != test.class || test.class != "accepted" && !strings.Contains(report.Results[0].Text, test.text) {
				t.Errorf("%+v, want %s %q", report.Results[0], test.class, test.text)
			}
			r.finish()
		})
	}
}

// Some servers refuse a login only where somebody is named. The report says whose
// fault it is, and nothing more goes over a connection that was made with it.
func TestAuth_RefusedAtTheEnvelope(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	const begin = ehloWith + "PLAIN\nC: AUTH PLAIN " + plainIR + "\nS: 235 ok\n"
	for name, refusal := range map[string]string{
		"sender":    "C: MAIL *\nS: 530 5.7.0 Authentication required\n",
		"recipient": "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 530 5.7.0 Authentication required\n",
	} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.ServeInMemory(t, begin+refusal+"C: QUIT\nS: 221 bye\n---\n"+begin+mail, nil)
			r := rigFor(t, server, Options{Dial: server.Dial, Fingerprint: func(secret string) string { return "print of " + secret }}, withLogin)
			if report := r.deliver(t, delivery(hello)); classes(report) != "credentials" || report.Secret != "print of "+password {
				t.Errorf("%+v", report)
			}
			if report := r.deliver(t, delivery(hello)); classes(report) != "accepted" || report.Secret != "" {
				t.Errorf("the next: %+v", report)
			}
			if heard := r.finish(); len(heard) != 2 {
				t.Errorf("%d connections", len(heard))
			}
		})
	}
	t.Run("without a login", func(t *testing.T) {
		r := newRig(t, greeting+"C: MAIL *\nS: 530 5.7.0 Authentication required", nil)
		if report := r.deliver(t, delivery(hello)); classes(report) != "credentials" || report.Secret != "" {
			t.Errorf("%+v", report)
		}
	})
}
