package smtp

import (
	"strings"
	"testing"

	"sendoff/accounts"
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
