package accounts

import (
	"errors"
	"strings"
	"testing"
)

func TestFile_AFallbackFollowsARename(t *testing.T) {
	path := write(t, `[[account]]
name = "work" # mine
from = "ada@example.org"
fallback = "home"
smtp.host = "smtp.example.org"

[[account]]
name = "home"
from = "Ada <ada@home.example>"
identities = ["ada@example.org"]
smtp.host = "smtp.home.example"
`, 0o600)
	file, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Rename("home", "den"); err != nil {
		t.Fatal(err)
	}
	if err := file.Save(); err != nil {
		t.Fatal(err)
	}
	book, err := Load(path)
	if err != nil || book.Accounts[0].Fallback != "den" || book.Accounts[1].Name != "den" {
		t.Errorf("%+v, %v", book, err)
	}
	var lookup *LookupError
	if err := file.Remove("den"); !errors.As(err, &lookup) || !strings.Contains(lookup.Hint, "account edit work --fallback=''") {
		t.Errorf("removed: %v", err)
	}
	if err := file.Remove("work"); err != nil {
		t.Error(err)
	}
}

func TestParse_FallbacksThatCannotBe(t *testing.T) {
	const two = `[[account]]
name = "work"
from = "ada@example.org"
fallback = %s
smtp.host = "smtp.example.org"
[[account]]
name = "home"
from = "ada@home.example"
smtp.host = "smtp.home.example"
`
	for fallback, want := range map[string]string{
		`"hom"`:  `f:4: account.fallback: no account is named "hom"`,
		`"work"`: "f:4: account.fallback: is the account itself",
		`"home"`: "f:4: account.fallback: home does not send as ada@example.org",
		`""`:     "f:4: account.fallback: is empty",
	} {
		_, err := parse("f", []byte(strings.Replace(two, "%s", fallback, 1)))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", fallback, err)
		}
	}
}
