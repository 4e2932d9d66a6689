package accounts

import (
	"bytes"
	"errors"
	"net/mail"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"
)

// fuzzedSets are changes of one setting.
var fuzzedSets = []struct {
	key    string
	change func(a *Account, text string, number int)
}{
	{"from", func(a *Account, text string, _ int) { a.From.Name = text }},
	{"identities", func(a *Account, text string, _ int) {
		a.Identities = append(slices.Clone(a.Identities), text+"@example.org")
	}},
	{"identities", func(a *Account, _ string, _ int) { a.Identities = nil }},
	{"signature", func(a *Account, text string, _ int) { a.Signature = text }},
	{"when_uncertain", func(a *Account, _ string, _ int) { a.WhenUncertain = Resend }},
	{"smtp.host", func(a *Account, text string, _ int) { a.SMTP.Host = text }},
	{"smtp.port", func(a *Account, _ string, number int) { a.SMTP.Port = number }},
	{"smtp.security", func(a *Account, _ string, _ int) { a.SMTP.Security = STARTTLS }},
	{"smtp.username", func(a *Account, text string, _ int) { a.SMTP.Username = text }},
	{"smtp.secret", func(a *Account, text string, _ int) { a.SMTP.Secret = Secret{Command: []string{"pass", text}} }},
	{"smtp.secret", func(a *Account, text string, _ int) { a.SMTP.Secret = Secret{Env: text} }},
	{"smtp.proxy", func(a *Account, text string, number int) {
		a.SMTP.Proxy.Scheme, a.SMTP.Proxy.Host, a.SMTP.Proxy.Port = SOCKS5, text, number
	}},
	{"limits.connections", func(a *Account, _ string, number int) { a.Limits.Connections = number }},
	{"limits.messages_per_connection", func(a *Account, _ string, number int) { a.Limits.MessagesPerConnection = number }},
	{"limits.max_size", func(a *Account, _ string, number int) { a.Limits.MaxSize = int64(number) }},
	{"mailbox", func(a *Account, text string, _ int) { a.Mailbox.Host = text }},
	{"mailbox", func(a *Account, _ string, _ int) { a.Mailbox = Mailbox{} }},
	{"mailbox", func(a *Account, _ string, number int) { a.Mailbox.Every = time.Duration(number) * time.Second }},
}

// Any change of a file that loads gives one that loads, which says what was asked
// for and nothing else that is new, and has lost no comment line.
func FuzzFile(f *testing.F) {
	for op := range byte(4 + len(fuzzedSets)) {
		f.Add([]byte(lived), op, byte(0), "office", 25)
		f.Add([]byte(strings.ReplaceAll(lived, "signature_file = \"signature.txt\"", "signature = \"\"\"\n# not\n\"\"\"")), op, byte(1), "a\"\\\u0085ö", 0)
		f.Add([]byte("account = [\n # a\n{ name = 'work', from = 'ada@example.org', smtp.host = 'h' }]"), op, byte(0), "x", 1)
		f.Add([]byte("default = 'a'\r\n[[account]] # x\r\n\tname = 'a'\r\n\tfrom = 'a@b.example'\r\n\tidentities = [\r\n# in\r\n 'x@y.example']\r\n\tsmtp = { host = 'h' }"), op, byte(0), "b", 5)
		f.Add([]byte(login+"[account.mailbox]\n#m\nhost='h'\nsecret.env='Y'\nsecret.file='/x'"), op, byte(0), "", 60)
		f.Add([]byte("# a\n\n# b"), op, byte(0), "c", 7)
	}
	f.Fuzz(func(t *testing.T, data []byte, op, which byte, text string, number int) {
		const path = "/nowhere/accounts.toml"
		before, err := read(path, data)
		if err != nil && !errors.Is(err, ErrNoAccounts) {
			return
		}
		file := &File{path: path, reading: before}
		name := text
		if n := len(before.accounts); n > 0 {
			name = before.accounts[int(which)%n].Name
		}
		changed, err := fuzzedChange(file, op, name, text, number)
		if err != nil {
			if !bytes.Equal(file.Text(), data) {
				t.Fatalf("%v, and yet changed to\n%s", err, file.Text())
			}
			return
		}
		after, err := read(path, file.Text())
		if err != nil && !errors.Is(err, ErrNoAccounts) {
			t.Fatalf("%v in\n%s", err, file.Text())
		}
		rest := commentLines(file.Text())
		for _, line := range commentLines(data) {
			at := slices.Index(rest, line)
			if at < 0 {
				t.Fatalf("the comment %q is gone from\n%s", line, file.Text())
			}
			rest = rest[at+1:]
		}
		compareFuzzed(t, before, after, name, changed)
	})
}

// fuzzedChange gives what of the account may be different afterwards.
func fuzzedChange(f *File, op byte, name, text string, number int) (changed string, err error) {
	switch op := int(op) % (4 + len(fuzzedSets)); op {
	case 0:
		return "name", f.Rename(name, text)
	case 1:
		return "", f.Remove(name)
	case 2:
		return "default", f.SetDefault(name)
	case 3:
		a := New(text, mail.Address{Address: "new@example.org"})
		a.SMTP.Host = "h"
		return "", f.Add(a)
	default:
		set := fuzzedSets[op-4]
		a, err := f.Account(name)
		if err != nil {
			return "", err
		}
		set.change(&a, text, number)
		return set.key, f.Set(name, a)
	}
}

// compareFuzzed wants all other accounts as they were, and of the one only what
// was changed to be different.
func compareFuzzed(t *testing.T, before, after reading, name, changed string) {
	t.Helper()
	for i, old := range before.accounts {
		j := slices.IndexFunc(after.accounts, func(a Account) bool { return a.Name == old.Name })
		if old.Name == name && changed == "name" {
			j = i
		}
		switch {
		case j < 0 && (old.Name != name || changed != ""):
			t.Fatalf("%s is gone", old.Name)
		case j >= 0 && old.Name != name && !reflect.DeepEqual(after.accounts[j], old):
			t.Fatalf("%s is changed to %+v", old.Name, after.accounts[j])
		case j >= 0 && old.Name == name:
			now := settings(after.accounts[j])
			for k, setting := range settings(old) {
				if setting != now[k] && changed != setting.key && !(changed == "mailbox" && strings.HasPrefix(setting.key, "mailbox.")) {
					t.Fatalf("%s of %s is now %s", setting.key, name, now[k].value)
				}
			}
		}
	}
	if before.book != nil && after.book != nil && changed != "default" && before.book.Default != after.book.Default && before.book.Default != name {
		t.Fatalf("the default is %s", after.book.Default)
	}
}

// commentLines are the lines that are nothing but a comment.
func commentLines(data []byte) (lines []string) {
	p := unstable.Parser{KeepComments: true}
	p.Reset(data)
	var look func(*unstable.Node)
	look = func(n *unstable.Node) {
		if n.Kind == unstable.Comment {
			line := data[bytes.LastIndexByte(data[:n.Raw.Offset], '\n')+1 : n.Raw.Offset]
			if len(bytes.TrimSpace(line)) == 0 {
				lines = append(lines, string(p.Raw(n.Raw)))
			}
		}
		for it := n.Children(); it.Next(); {
			look(it.Node())
		}
	}
	for p.NextExpression() {
		look(p.Expression())
	}
	return lines
}
