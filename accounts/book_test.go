package accounts

import (
	"errors"
	"net/mail"
	"testing"

	"sendoff/internal/config"
)

// account makes one by name, From and identities.
func account(name, from string, identities ...string) Account {
	return Account{
		Name: name, From: mail.Address{Address: from}, Identities: identities,
		SMTP: SMTP{Host: "smtp.example.org"},
	}
}

func newTestBook(t testing.TB, defaultName string, accounts ...Account) *Book {
	t.Helper()
	book, err := NewBook(defaultName, accounts...)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func TestBook_ForFromPrefersTheClosestThenTheDefaultThenTheFirst(t *testing.T) {
	book := newTestBook(t, "second",
		account("first", "ada@example.org", "*@example.net", "List <list@example.org>"),
		account("second", "ada@example.org", "list@example.org"),
		account("third", "only@example.net"),
		account("fourth", "ada@bücher.example", "list@example.com"),
		account("fifth", "fifth@example.org", "list@example.com"),
		account("quoted", "a b@example.org"),
	)
	for _, test := range []struct{ address, want string }{
		{"ada@example.org", "second"},               // both have it: the default
		{"Ada Example <ADA@Example.ORG>", "second"}, // case and name do not matter
		{"list@example.org", "second"},              // both as identity
		{"any@example.net", "first"},                // the whole domain
		{"only@example.net", "third"},               // From is closer than a domain
		{"list@example.com", "fourth"},              // file order
		{"ada@xn--bcher-kva.example", "fourth"},     // the domain as SMTP has it
		{"ada@BÜCHER.example", "fourth"},            // and as people have it
		{`"a b"@example.org`, "quoted"},             // a local part that needs quotes
		{"=?utf-8?q?=C3=84?= <only@example.net>", "third"},
	} {
		a, err := book.ForFrom(test.address)
		if err != nil || a.Name != test.want {
			t.Errorf("ForFrom(%q) = %q, %v; want %q", test.address, a.Name, err, test.want)
		}
	}
}

func TestBook_ErrorsNameWhatThereIs(t *testing.T) {
	book := newTestBook(t, "", account("work", "ada@example.org"), account("home", "ada@example.net"))
	_, byName := book.Find("wrok")
	_, byFarName := book.Find("x\x1b[2J")
	_, byAddress := book.ForFrom("bob@example.org")
	_, byNonsense := book.ForFrom("bob\x1b")
	for _, test := range []struct {
		err           error
		problem, hint string
	}{
		{byName, `no account is named "wrok"`, `did you mean "work"?`},
		{byFarName, "no account is named \"x\ufffd[2J\"", "possible here: work, home"},
		{byAddress, "no account may send as bob@example.org", "the accounts are work (ada@example.org), home (ada@example.net); or add the address to the identities of one"},
		{byNonsense, "\"bob\ufffd\" is not an address", "write it as ada@example.org or Ada <ada@example.org>"},
	} {
		var e *LookupError
		if !errors.As(test.err, &e) || e.Error() != test.problem || e.Hint != test.hint {
			t.Errorf("got %#v, want %q, hint %q", test.err, test.problem, test.hint)
		}
	}
}

func TestAccount_Allows(t *testing.T) {
	a := account("a", "ada@example.org", "Ada <list@example.org>", "*@ada.example")
	for address, want := range map[string]bool{
		"ada@example.org":         true,
		"Ada <ADA@example.org>":   true,
		"list@example.org":        true,
		"any.thing@ada.example":   true,
		"any@sub.ada.example":     false,
		"any@notada.example":      false,
		"bob@example.org":         false,
		"":                        false,
		"ada":                     false,
		"x\r\nRCPT@ada.example":   false,
		"a@ada.example, b@c.test": false,
	} {
		if got := a.Allows(address); got != want {
			t.Errorf("Allows(%q) = %v", address, got)
		}
	}
}

func TestNewBook_FillsInAndChecks(t *testing.T) {
	book := newTestBook(t, "", account("a", "ada@example.org"))
	a := book.DefaultAccount()
	if a.SMTP.Port != 465 || a.SMTP.Security != TLS || a.Limits.Connections != 2 || a.Limits.MessagesPerConnection != 0 {
		t.Errorf("got %+v", a)
	}
	if _, err := NewBook(""); !errors.Is(err, ErrNoAccounts) {
		t.Errorf("no accounts: %v", err)
	}
	both := account("a", "ada@example.org")
	both.SMTP.Username, both.SMTP.Secret = "a", Secret{File: "/x", Env: "X"}
	_, err := NewBook("", both)
	var e *config.Error
	if !errors.As(err, &e) || e.Error() != "account.smtp.secret: names more than one place" {
		t.Errorf("two secrets: %v", err)
	}
	if _, err := NewBook("b", account("a", "ada@example.org")); err == nil {
		t.Error("a default that does not exist was taken")
	}
}

func TestAccount_RevisionChangesWithEverySetting(t *testing.T) {
	base := account("a", "ada@example.org", "x@example.org").withDefaults()
	seen := map[string]string{base.Revision(): "nothing"}
	for name, change := range map[string]func(*Account){
		"name":       func(a *Account) { a.Name = "b" },
		"from":       func(a *Account) { a.From.Name = "Ada" },
		"identities": func(a *Account) { a.Identities = nil },
		"signature":  func(a *Account) { a.Signature = "Ada" },
		"signing":    func(a *Account) { a.Signing = []Identity{{"b@example.org", "B"}} },
		"uncertain":  func(a *Account) { a.WhenUncertain = Resend },
		"host":       func(a *Account) { a.SMTP.Host = "x" },
		"secret":     func(a *Account) { a.SMTP.Secret.Env = "X" },
		"command":    func(a *Account) { a.SMTP.Secret.Command = []string{"X"} },
		"ca":         func(a *Account) { a.SMTP.CAFile = "x" },
		"limits":     func(a *Account) { a.Limits.MaxSize = 1 },
		"proxy":      func(a *Account) { a.SMTP.Proxy = Proxy{Scheme: HTTP, Host: "p", Port: 1} },
		"mailbox":    func(a *Account) { a.Mailbox.Host = "x" },
		"its secret": func(a *Account) { a.SMTP.Proxy = Proxy{Scheme: HTTP, Host: "p", Port: 1, Secret: Secret{Env: "X"}} },
	} {
		a := base
		change(&a)
		revision := a.Revision()
		if other, ok := seen[revision]; ok {
			t.Errorf("%s and %s give the same revision", name, other)
		}
		seen[revision] = name
	}
	if again := account("a", "ada@example.org", "x@example.org").withDefaults(); seen[again.Revision()] != "nothing" {
		t.Error("the same settings give another revision")
	}
}

func TestSMTP_Loopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"localhost.example.org": false, "128.0.0.1": false, "127.0.0.1.example.org": false, "": false, "0.0.0.0": false,
	} {
		if got := (SMTP{Host: host}).Loopback(); got != want {
			t.Errorf("Loopback of %q = %v", host, got)
		}
		// Behind a proxy it is another machine, even if the proxy is this one.
		if (SMTP{Host: host, Proxy: Proxy{Scheme: SOCKS5, Host: "127.0.0.1", Port: 1080}}).Loopback() {
			t.Errorf("%q through a proxy is taken for this machine", host)
		}
	}
}
