package check

import (
	"testing"

	"sendoff/accounts"
	"sendoff/outbox/smtp"
)

func TestSameLogin(t *testing.T) {
	one, other := accounts.Secret{Env: "ONE"}, accounts.Secret{Env: "OTHER"}
	for _, test := range []struct {
		name       string
		sends      string
		reads      string
		readSecret accounts.Secret
		want       bool
	}{
		{"one user", "ada@example.org", "ada@example.org", one, true},
		{"one user, in another case", "ada@example.org", "Ada@Example.org", one, true},
		{"the local part for reading", "ada@example.org", "ada", one, true},
		{"the local part for sending", "ada", "ada@example.org", one, true},
		{"another secret", "ada@example.org", "ada@example.org", other, false},
		{"another user", "ada@example.org", "bob@example.org", one, false},
		{"another user's local part", "ada@example.org", "bob", one, false},
		{"another domain", "ada@example.org", "ada@example.net", one, false},
		{"a beginning", "ada@example.org", "ad", one, false},
		{"no user for sending", "", "ada@example.org", one, false},
		{"no users", "", "", one, false},
		{"a domain alone", "@example.org", "", one, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := accounts.Account{SMTP: accounts.SMTP{Username: test.sends, Secret: one}, Mailbox: accounts.Mailbox{Username: test.reads, Secret: test.readSecret}}
			if got := sameLogin(a); got != test.want {
				t.Errorf("%t", got)
			}
			if sameSecret(a) != (test.readSecret.Env == one.Env) {
				t.Error("a secret is one, whoever's it is")
			}
		})
	}
}

func TestSpoilt(t *testing.T) {
	for _, test := range []struct {
		stage smtp.Stage
		cause Cause
		want  bool
	}{
		{smtp.StageLogin, CauseLoginRefused, true},
		{smtp.StageLogin, CauseAppPassword, true},
		{smtp.StageLogin, CauseTokenRefused, true},
		{smtp.StageLogin, CausePasswordExpired, true},
		{smtp.StageLogin, CauseBrowserLogin, true},
		{smtp.StageLogin, CauseAccountBlocked, true},
		{smtp.StageLogin, CauseTooManyLogins, true},
		{smtp.StageGreeting, CauseTooManyLogins, true},
		{smtp.StageLogin, CauseLoginFault, true},
		{smtp.StageLogin, CauseLoginHangUp, true},
		{smtp.StageLogin, CauseSilent, true},
		{smtp.StageLogin, CauseLost, true},
		{smtp.StageLogin, CauseRefused, true},
		{smtp.StageGreeting, CauseSilent, false},
		{smtp.StageEHLO, CauseLost, false},
		{smtp.StageMail, CauseRefused, false},
		{smtp.StageLogin, CauseNoLogin, false},     // it was not sent
		{smtp.StageLogin, CauseLoginMethod, false}, // nor looked at
		{smtp.StageLogin, CauseSMTPOff, false},     // sending is off, reading need not be
		{smtp.StageLogin, CauseServiceOff, false},
		{smtp.StageDial, CausePortClosed, false},
	} {
		if got := spoilt(test.stage, test.cause); got != test.want {
			t.Errorf("%s at %s: %t", test.cause, test.stage, got)
		}
	}
}

// Whatever a server does to a login but take it, the mailbox does not see the
// secret.
func TestRun_TriesNoSecretTwice(t *testing.T) {
	for _, test := range []struct{ name, answer string }{
		{"expired", "S: 535 5.7.8 Your password has expired; please change your password."},
		{"blocked", "S: 535 5.7.0 Your account has been suspended"},
		{"too many logins", "S: 454 4.7.0 Too many login attempts, please try again later."},
		{"not looked at", "S: 454 4.7.0 Temporary authentication failure"},
		{"hung up", "close"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, accounts.TLS, 465)
			p := newProvider(t, w)
			w.serve(465, begins+"C: AUTH PLAIN *\n"+test.answer, nil)
			w.withMailbox(accounts.POP3)
			w.account.Mailbox.Username = "user" // of user@example.org
			report := w.check(Options{})
			if s := step(t, report, "mailbox-login"); s.State != Skipped || s.Cause != CauseSamePassword || p.logins != 0 {
				t.Errorf("%d logins, %+v", p.logins, s)
			}
		})
	}
}
