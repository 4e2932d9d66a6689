package accounts

import (
	"errors"
	"testing"
)

// Who has written an account has all that is wrong with it at once, and nothing that only
// follows from something else.
func TestParse_TellsAllThatIsWrong(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"values of several accounts", `default = "wrok"
[[account]]
name = "-work"
from = "ada"
identities = ["x", "ada@example.org", "y"]
when_uncertain = "never"
[account.smtp]
host = "smtp://example.org"
port = 70000
security = "ssl"
[account.limits]
per_day = -1
max_size = -2
[[account]]
name = "home"
from = "ada@home.example"
fallback = "office"
[account.smtp]
host = "mail.home.example"
username = "ada"
[account.mailbox]
host = "imap.home.example"
every = "1s"
`, `
f:1: default: no account is named "wrok"
f:3: account.name: "-work" cannot be a name
f:4: account.from: "ada" is not an address with a domain
f:5: account.identities: "x" is not an address with a domain
f:5: account.identities: "y" is not an address with a domain
f:6: account.when_uncertain: "never" is not a choice
f:8: account.smtp.host: "smtp://example.org" is a URL, not a host name
f:9: account.smtp.port: 70000 is out of range
f:10: account.smtp.security: "ssl" is not a choice
f:12: account.limits.per_day: -1 is out of range
f:13: account.limits.max_size: -2 is out of range
f:17: account.fallback: no account is named "office"
f:20: account.smtp.username: has no secret to log in with
f:21: account.mailbox.secret: is missing, and smtp has none to take
f:23: account.mailbox.every: 1s is out of range`},
		{"unknown keys and types beside them", `[[account]]
nmae = "work"
from = 5
[account.smtp]
hosst = "smtp.example.org"
port = "465"
username = "ada"
password = "hunter2"
security = "ssl"
[[account.limits]]
per_day = 1
[account.mailbox]
host = "imap.example.org"
every = "1s"
[[account]]
name = "home"
[account.smtp]
host = "mail.home.example"
`, `
f:2: account.nmae: unknown key
f:3: account.from: wants a text, not a whole number
f:5: account.smtp.hosst: unknown key
f:6: account.smtp.port: wants a whole number, not a text
f:8: account.smtp.password: a password does not belong in this file
f:9: account.smtp.security: "ssl" is not a choice
f:10: account.limits: is one table, and double brackets begin a list of them
f:14: account.mailbox.every: 1s is out of range
f:15: account.from: is missing`},
		{"no entry at all", "[account]\nname = 'work'\n[account.smtp]\nhost = 'h'\n[oauth.x]\n", `
f:1: account: no entry has been opened yet
f:5: oauth.x.client_id: is missing`},
		{"a table where a text belongs", valid + "[account.smtp.username]\nx = 1\n[account.limits]\nper_day = -1\n", `
f:6: account.smtp.username: wants a text, not a table
f:9: account.limits.per_day: -1 is out of range`},
		{"a secret that is one", valid + "username = 'ada'\nsecret = 'hunter2'\n[account.mailbox]\nhost = 'h'\n", `
f:7: account.smtp.secret: wants the place where the password is kept, never the password itself`},
	} {
		_, err := parse("f", []byte(test.text))
		if err == nil || "\n"+err.Error() != test.want || errors.Is(err, ErrNoAccounts) {
			t.Errorf("%s:\ngot\n%v\nwant%s", test.name, err, test.want)
		}
	}
}
