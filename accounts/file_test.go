package accounts

import (
	"bytes"
	"errors"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/config"
)

// lived is a file as people keep one.
const lived = `# My accounts.

# The one of the office.
[[account]]
name = "work"   # never change this
from = "Ada Example <ada@example.org>"
identities = [
  "*@ada.example",
]
# signature = "old"

  [account.smtp]
  host = "smtp.example.org"
  username = 'ada' # short
  # secret = { command = ["pass", "show", "old"] }
  secret.env = "WORK"

[account.limits]
per_day = 500

# At home.
[[account]]
name = "home"
from = "ada@example.net"
signature_file = "signature.txt"
smtp.host = "smtp.example.net"
smtp.port = 587
smtp.security = "starttls"
# the end
`

// open makes a File of text in a folder of its own.
func open(t testing.TB, text string) *File {
	t.Helper()
	path := write(t, text, 0o600)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "signature.txt"), []byte("Ada\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// edit changes one account by a function.
func edit(name string, change func(*Account)) func(*File) error {
	return func(f *File) error {
		a, err := f.Account(name)
		if err != nil {
			return err
		}
		change(&a)
		return f.Set(name, a)
	}
}

// Every change is told as the lines that go and those that come.
func TestFile_ChangesTheLinesItIsAbout(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*File) error
		want   string
	}{
		{"a value", edit("work", func(a *Account) { a.SMTP.Host = "mail.example.org" }), `
-  host = "smtp.example.org"
+  host = "mail.example.org"
`},
		{"a value of dotted keys", edit("home", func(a *Account) { a.SMTP.Port = 2587 }), `
-smtp.port = 587
+smtp.port = 2587
`},
		{"a value with a remark", edit("work", func(a *Account) { a.SMTP.Username = "ada@example.org" }), `
-  username = 'ada' # short
+  username = "ada@example.org" # short
`},
		{"a list of several lines", edit("work", func(a *Account) { a.Identities = []string{"a@b.example", "Ö <c@d.example>"} }), `
-identities = [
-  "*@ada.example",
-]
+identities = ["a@b.example", "Ö <c@d.example>"]
`},
		{"another place for a secret", edit("work", func(a *Account) { a.SMTP.Secret = Secret{Command: []string{"pass", "mail work"}} }), `
-  secret.env = "WORK"
+  secret = { command = ["pass", "mail work"] }
`},
		{"a new value", edit("work", func(a *Account) { a.SMTP.EHLO = "laptop" }), `
+  ehlo = "laptop"
`},
		{"a new value of the account", edit("work", func(a *Account) { a.WhenUncertain = Resend }), `
+when_uncertain = "resend"
`},
		{"a new value among dotted keys", edit("home", func(a *Account) { a.SMTP.EHLO = "laptop" }), `
+smtp.ehlo = "laptop"
`},
		{"a new table", edit("home", func(a *Account) { a.Limits.PerHour, a.Limits.MessagesPerConnection = 20, 0 }), `
+
+[account.limits]
+messages_per_connection = 0
+per_hour = 20
`},
		{"a mailbox", edit("work", func(a *Account) { a.Mailbox.Host = "imap.example.org" }), `
+[account.mailbox]
+host = "imap.example.org"
+
`},
		{"a value taken out", edit("work", func(a *Account) { a.Limits.PerDay = 0 }), `
-per_day = 500
`},
		{"a signature instead of its file", edit("home", func(a *Account) { a.Signature = "Ada\nat home" }), `
-signature_file = "signature.txt"
+signature = "Ada\nat home"
`},
		{"nothing", edit("work", func(*Account) {}), ``},
		{"a name", func(f *File) error { return f.Rename("work", "office") }, `
-name = "work"   # never change this
+name = "office"   # never change this
`},
		{"a default", func(f *File) error { return f.SetDefault("home") }, `
+default = "home"
+
`},
		{"an account out", func(f *File) error { return f.Remove("work") }, `
-[[account]]
-name = "work"   # never change this
-from = "Ada Example <ada@example.org>"
-identities = [
-  "*@ada.example",
-]
-  [account.smtp]
-  host = "smtp.example.org"
-  username = 'ada' # short
-  secret.env = "WORK"
-[account.limits]
-per_day = 500
-
`},
		{"the other one out", func(f *File) error { return f.Remove("home") }, `
-[[account]]
-name = "home"
-from = "ada@example.net"
-signature_file = "signature.txt"
-smtp.host = "smtp.example.net"
-smtp.port = 587
-smtp.security = "starttls"
`},
		{"a new account and out again", func(f *File) error {
			a := New("relay", mail.Address{Address: "ada@relay.example"})
			a.SMTP.Host, a.Limits.PerDay = "localhost", 1
			return errors.Join(f.Add(a), f.Remove("relay"))
		}, ``},
		{"a new account", func(f *File) error {
			a := New("relay", mail.Address{Address: "ada@relay.example"})
			a.SMTP.Host, a.SMTP.Security = "localhost", None
			return f.Add(a)
		}, `
+
+[[account]]
+name = "relay"
+from = "ada@relay.example"
+
+[account.smtp]
+host = "localhost"
+security = "none"
`},
	} {
		for _, eol := range []string{"\n", "\r\n"} {
			t.Run(test.name, func(t *testing.T) {
				f := open(t, strings.ReplaceAll(lived, "\n", eol))
				if err := test.change(f); err != nil {
					t.Fatal(err)
				}
				if strings.Count(string(f.Text()), eol) != strings.Count(string(f.Text()), "\n") {
					t.Errorf("line ends are mixed: %q", f.Text())
				}
				got := difference(lived, strings.ReplaceAll(string(f.Text()), "\r\n", "\n"))
				if got != strings.TrimPrefix(test.want, "\n") {
					t.Errorf("got\n%s\nwant%s\nwhole\n%s", got, test.want, f.Text())
				}
			})
		}
	}
}

// difference is what diff would say, for one place of change.
func difference(before, after string) string {
	a, b := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var gone, come strings.Builder
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			gone.WriteString("-" + a[i])
			i++
		default:
			come.WriteString("+" + b[j])
			j++
		}
	}
	return gone.String() + come.String()
}

func TestFile_TheDefaultFollows(t *testing.T) {
	f := open(t, "default = 'work' # mine\n\n"+lived)
	for _, step := range []struct {
		change func() error
		want   string
	}{
		{func() error { return f.Rename("home", "flat") }, "default = 'work' # mine\n"},
		{func() error { return f.Rename("work", "office") }, "default = \"office\" # mine\n"},
		{func() error { return f.SetDefault("flat") }, "default = \"flat\" # mine\n"},
		{func() error { return f.Remove("flat") }, "# My accounts.\n"},
		{func() error { return f.Remove("office") }, "# My accounts.\n"},
		{func() error {
			a := New("new", mail.Address{Address: "new@example.org"})
			a.SMTP.Host = "smtp.example.org"
			return f.Add(a)
		}, "# My accounts.\n"},
	} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(string(f.Text()), "\n"); first+"\n" != step.want {
			t.Errorf("the first line is %q, want %q", first, step.want)
		}
	}
	if f.Book().Default != "new" || !strings.Contains(string(f.Text()), "\n\ndefault = \"new\"\n\n[[account]]\nname = \"new\"\n") {
		t.Errorf("the first account is not the default:\n%s", f.Text())
	}
	for _, comment := range []string{"# The one of the office.", `# signature = "old"`, `# secret = { command = ["pass", "show", "old"] }`, "# At home.", "# the end"} {
		if !strings.Contains(string(f.Text()), comment) {
			t.Errorf("%s is gone from\n%s", comment, f.Text())
		}
	}
}

// What cannot be changed line by line is said with its line, and left as it is.
func TestFile_LeavesOtherFormsToThePerson(t *testing.T) {
	port := edit("work", func(a *Account) { a.SMTP.Port = 25 })
	identities := edit("work", func(a *Account) { a.Identities = nil; a.Identities = []string{"a@b.example"} })
	secret := edit("work", func(a *Account) { a.SMTP.Secret = Secret{File: "/x"} })
	add := func(f *File) error {
		a := New("home", mail.Address{Address: "ada@example.net"})
		a.SMTP.Host = "smtp.example.net"
		return f.Add(a)
	}
	const head = "[[account]]\nname = 'work'\nfrom = 'ada@example.org'\n"
	const braces = "stands within braces or brackets with others, which is left to you"
	for _, test := range []struct {
		name, text string
		change     func(*File) error
		want, hint string
	}{
		{"inline table", head + "smtp = { host = 'h' }\n", port, "4: account.smtp.port: " + braces, "change it by hand to: port = 25"},
		{"list of inline tables", "account = [\n{ name = 'work', from = 'ada@example.org', smtp.host = 'h' }]\n", port, "2: account.smtp.port: " + braces, "change it by hand to: port = 25"},
		{"account out of a list", "account = [{ name = 'work', from = 'ada@example.org', smtp.host = 'h' }]\n", func(f *File) error { return f.Remove("work") },
			"1: account: " + braces, "take it out by hand"},
		{"account into a list", "account = [{ name = 'work', from = 'ada@example.org', smtp.host = 'h' }]\n", add,
			"1: account: stands within brackets, which is left to you", "write every account with [[account]]"},
		{"into an empty list", "account = []\n", add, "1: account: stands within brackets, which is left to you", "write every account with [[account]]"},
		{"comments in a list", head + "identities = [ # mine\n'x@y.example' ]\nsmtp.host = 'h'\n", identities,
			"4: account.identities: has comments in its value, which is left to you", `change it by hand to: identities = ["a@b.example"]`},
		{"secret in a table", head + "[account.smtp]\nhost = 'h'\nusername = 'u'\n[account.smtp.secret]\nenv = 'X'\n", secret,
			"7: account.smtp.secret: stands in several lines, which is left to you", `change it by hand to: secret = { file = "/x" }`},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := open(t, test.text)
			err := test.change(f)
			var e *config.Error
			if !errors.As(err, &e) || strings.TrimPrefix(e.Error(), f.path+":") != test.want || e.Hint != test.hint {
				t.Errorf("got %v\nhint %s\nwant %s\nhint %s", err, e.Hint, test.want, test.hint)
			}
			if string(f.Text()) != test.text {
				t.Errorf("changed to\n%s", f.Text())
			}
		})
	}
}

func TestFile_RefusesWhatLoadWould(t *testing.T) {
	f := open(t, lived)
	before := f.Text()
	for name, test := range map[string]struct {
		change func(*File) error
		want   string
	}{
		"port":       {edit("work", func(a *Account) { a.SMTP.Port = -1 }), "account.smtp.port: -1 is out of range"},
		"no host":    {edit("work", func(a *Account) { a.SMTP.Host = "" }), "account.smtp.host: is missing"},
		"no secret":  {edit("work", func(a *Account) { a.SMTP.Secret = Secret{} }), "account.smtp.username: has no secret to log in with"},
		"taken name": {func(f *File) error { return f.Rename("work", "home") }, `account.name: "home" is the name of another account too`},
		"odd name":   {func(f *File) error { return f.Rename("work", "a b") }, `account.name: "a b" cannot be a name`},
		"unknown":    {func(f *File) error { return f.SetDefault("wrok") }, `no account is named "wrok"`},
		"same twice": {func(f *File) error {
			a, _ := f.Account("work")
			return f.Add(a)
		}, `account.name: "work" is the name of another account too`},
	} {
		if err := test.change(f); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(f.Text(), before) {
			t.Fatalf("%s: the text has changed", name)
		}
	}
}

func TestFile_RewriteTakesWhatLoads(t *testing.T) {
	f := open(t, lived)
	if line, err := f.Line("home"); err != nil || line != 22 {
		t.Errorf("home begins in line %d, %v", line, err)
	}
	before := f.Text()
	err := f.Rewrite([]byte(strings.Replace(lived, "per_day", "per_dya", 1)))
	if want := f.path + ":19: account.limits.per_dya: unknown key"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if !bytes.Equal(f.Text(), before) {
		t.Error("the text has changed")
	}
	if err := f.Rewrite([]byte(strings.Replace(lived, "500", "400", 1))); err != nil {
		t.Fatal(err)
	}
	if a, err := f.Account("work"); err != nil || a.Limits.PerDay != 400 {
		t.Errorf("%+v, %v", a, err)
	}
}
