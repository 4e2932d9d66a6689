package accounts

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sendoff/internal/config"
)

// signers is an account with identities of every kind.
const signers = valid + `
[[account]]
name = "club"
from = "Ada <ada@club.example>"
identities = ["a@plain.example", "*@wide.example", "Ada <listed@example.org>"]
signature = "Ada"

# The board has one of its own.
[[account.identity]]
address = "Board <board@club.example>"
signature = "The board\nclub.example\n"
[[account.identity]]
address = "*@events.example"
signature_file = "events.txt"
[[account.identity]]
address = "listed@example.org"
signature = ""

[account.smtp]
host = "smtp.club.example"
`

func openSigners(t *testing.T) *File {
	t.Helper()
	path := write(t, signers, 0o600)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "events.txt"), []byte("Events\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAccount_SignsAsTheIdentityThenTheDomainThenItself(t *testing.T) {
	club, err := openSigners(t).Book().Find("club")
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{
		"Ada <ada@club.example>":       "Ada",
		"Someone <BOARD@Club.Example>": "The board\nclub.example",
		"any@events.example":           "Events",
		"listed@example.org":           "",
		"a@plain.example":              "Ada",
		"x@wide.example":               "Ada",
		"not an address":               "Ada",
		"":                             "Ada",
	} {
		if got := club.SignatureOf(from); got != want {
			t.Errorf("%s signs %q, want %q", from, got, want)
		}
	}
	for _, from := range []string{"board@club.example", "x@events.example", "a@plain.example", "listed@example.org"} {
		if !club.Allows(from) {
			t.Errorf("it may not send as %s", from)
		}
	}
	want := []string{"a@plain.example", "*@wide.example", "Ada <listed@example.org>", "Board <board@club.example>", "*@events.example"}
	if got := club.Addresses(); !reflect.DeepEqual(got, want) {
		t.Errorf("it sends as %q", got)
	}
}

func TestLoad_RefusesIdentitiesThatSayNothing(t *testing.T) {
	for _, test := range []struct{ table, want string }{
		{`signature = "x"`, `account.identity.address: is missing`},
		{`address = "b@example.org"`, `line 8: account.identity.address: has no signature`},
		{"address = \"b@example.org\"\nsignature_file = \"\"", `line 9: account.identity.signature_file: is empty`},
		{"address = \"b@example.org\"\nsignature = \"x\"\nsignature_file = \"y\"", `line 10: account.identity.signature_file: there is a signature too`},
		{"address = \"b@example.org\"\nsignature_file = \"missing\"", `account.identity.signature_file: `},
		{"address = \"Ada <ADA@example.org>\"\nsignature = \"x\"", `is the From of the account`},
		{"address = \"b@example.org\"\nsignature = \"x\"\n[[account.identity]]\naddress = \"B@example.org\"\nsignature = \"y\"", `line 11: account.identity.address: "B@example.org" has a signature already`},
		{"address = \"nobody\"\nsignature = \"x\"", `"nobody" is not an address with a domain`},
		{"adress = \"b@example.org\"\nsignature = \"x\"", `account.identity.adress: unknown key`},
	} {
		text := valid + "\n[[account.identity]]\n" + test.table + "\n"
		_, err := parse("accounts.toml", []byte(text))
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "accounts.toml:", "line "), test.want) {
			t.Errorf("%s: got %v, want %s", test.table, err, test.want)
		}
	}
}

func TestFile_KeepsIdentitiesThroughOtherChanges(t *testing.T) {
	f := openSigners(t)
	before := strings.Count(string(f.Text()), "\n")
	if err := edit("club", func(a *Account) { a.SMTP.Port, a.Name, a.WhenUncertain = 2465, "society", Resend })(f); err != nil {
		t.Fatal(err)
	}
	if got := string(f.Text()); strings.Count(got, "\n") != before+2 || !strings.Contains(got, "# The board has one of its own.\n[[account.identity]]\naddress = \"Board") {
		t.Errorf("got\n%s", got)
	}
	if err := f.Remove("society"); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(f.Text()), "identity") {
		t.Errorf("of the removed one there is left\n%s", f.Text())
	}
}

func TestFile_LeavesIdentitiesThatSignToThePerson(t *testing.T) {
	f := openSigners(t)
	err := edit("club", func(a *Account) { a.Signing = nil })(f)
	var e *config.Error
	if !errors.As(err, &e) || !strings.Contains(e.Hint, "by hand") {
		t.Errorf("got %v", err)
	}
}

func TestEntry_WritesIdentitiesThatSign(t *testing.T) {
	club, err := openSigners(t).Account("club")
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, lived)
	if err := f.Add(club); err != nil {
		t.Fatal(err)
	}
	again, err := f.Account("club")
	if err != nil || !reflect.DeepEqual(again.Signing, club.Signing) {
		t.Errorf("got %+v, %v from\n%s", again.Signing, err, f.Text())
	}
}
