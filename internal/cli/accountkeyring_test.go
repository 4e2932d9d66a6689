package cli_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/clitest"
	"sendoff/internal/peers"
	"sendoff/internal/smtptest"
)

// takesPasswords is a server for one message of who logs in with a password.
const takesPasswords = "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGFkYQBjb3JyZWN0LWhvcnNlLWJhdHRlcnk=\nS: 235 ok\n" +
	"C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\nC: <body>\nS: 250 ok\nC: QUIT\nS: 221 bye\n"

// A password goes from a person into the keyring, from there into a login, along
// with a new name, and away with the account; without a keyring nothing of it is
// kept anywhere else.
func TestPeers_AccountWithAKeyring(t *testing.T) {
	const password = "correct-horse-battery"
	bus := peers.NeedBus(t)
	mail := smtptest.Serve(t, takesPasswords+"---\n"+takesPasswords, nil)
	p := clitest.Install(t)
	p.Env = []string{"DBUS_SESSION_BUS_ADDRESS=" + bus.Address}
	const place = "secret = { keyring = true }"
	accounts := filepath.Join(p.Home, "config/sendoff/accounts.toml")
	p.WriteAccounts(fmt.Sprintf("[[account]]\nname = 'work'\nfrom = 'ada@example.org'\n[account.smtp]\nhost = %q\nport = %d\nsecurity = 'none'\n"+
		"username = 'ada'\nsecret = { env = 'NOWHERE' }\n", mail.Host, mail.Port))
	before := read(t, accounts)

	store := []string{"account", "secret", "work", "--secret-keyring", "--secret-stdin"}
	wantNothing := func(code int, want string) {
		t.Helper()
		r := p.Run(password+"\n", store...)
		if r.Code != code || !strings.Contains(r.Err, want) || read(t, accounts) != before {
			t.Errorf("exit %d, %s\n%s", r.Code, r.Err, read(t, accounts))
		}
		mustNotHold(t, p, password, r.Err)
	}
	wantNothing(69, "no keyring is available here: keep the secret elsewhere")
	leave := bus.Keyring(t, "the password of the keyring") // which makes one
	leave()
	leave = bus.LockedKeyring(t)
	wantNothing(75, "the keyring is locked: unlock it")
	leave()
	bus.Keyring(t, "the password of the keyring")

	for input, want := range map[string]string{"": "no password in its first line", "\n" + password: "no password in its first line"} {
		if r := p.Run(input, store...); r.Code != 64 || !strings.Contains(r.Err, want) {
			t.Errorf("%q: exit %d, %s", input, r.Code, r.Err)
		}
	}
	p.Must(password+"\nand more\n", store...)
	if text := read(t, accounts); !strings.Contains(text, place) {
		t.Errorf("accounts.toml is\n%s", text)
	}
	p.Must("hello\n", "send", "--wait", "--to", "ana@example.org")

	p.Must("", "account", "rename", "work", "play")
	p.Must("hello\n", "send", "--wait", "--to", "ana@example.org")
	if r := p.Run("", "account", "rename", "play", "work"); r.Code != 0 {
		t.Errorf("back: exit %d, %s", r.Code, r.Err)
	}

	x := atTerminal(t, p.Command("account", "secret", "work"))
	answers(x, "Number:", "5", "Password (it is not shown):", "another-"+password, "The same once more:", "another-"+password)
	if err := x.Wait(); err != nil || strings.Contains(x.Screen(), password) {
		t.Errorf("%v\n%s", err, x.Screen())
	}
	p.Must("", "account", "remove", "work")
	p.WriteAccounts(strings.Replace(before, "secret = { env = 'NOWHERE' }", place, 1))
	if r := p.Run("", "account", "check", "work"); !strings.Contains(r.Out, "the keyring has no") {
		t.Errorf("after its end: exit %d, %s%s", r.Code, r.Out, r.Err)
	}
	mustNotHold(t, p, password)
}

func TestBuilt_SecretStdinNeedsAPlace(t *testing.T) {
	p := clitest.Install(t)
	p.Account("127.0.0.1:9")
	p.Must("", "account", "edit", "work", "--username", "ada", "--secret-env", "X")
	kept := filepath.Join(p.Home, "new.secret")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--secret-stdin"}, "does not say where"},
		{[]string{"--secret-stdin", "--secret-env", "X"}, "has no place to go to"},
		{[]string{"--secret-stdin", "--secret-keyring", "--secret-file", "x"}, "do not go together"},
		{[]string{"--secret-keyring"}, "there is no password for the keyring"},
	} {
		r := p.Run("hunter2\n", append([]string{"account", "secret", "work"}, test.args...)...)
		if r.Code != 64 || !strings.Contains(r.Err, test.want) {
			t.Errorf("%q: exit %d, %s", test.args, r.Code, r.Err)
		}
	}
	p.Must("hunter2\r\nmore\n", "account", "secret", "work", "--secret-stdin", "--secret-file", kept)
	if got := read(t, kept); got != "hunter2\n" {
		t.Errorf("kept %q", got)
	}
	if r := p.Run("hunter2\n", "account", "secret", "work", "--secret-stdin", "--secret-file", kept); r.Code != 64 || !strings.Contains(r.Err, "is there already") {
		t.Errorf("twice: exit %d, %s", r.Code, r.Err)
	}
	x := atTerminal(t, p.Command("account", "secret", "work", "--secret-stdin", "--secret-keyring"))
	x.See("standard input is a terminal, which would show the password")
	if err := x.Wait(); err == nil {
		t.Error("it went well")
	}
}
