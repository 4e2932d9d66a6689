package cli

import (
	"net/mail"
	"os"
	"path/filepath"
	"testing"

	"sendoff/accounts"
	"sendoff/compose"
)

func TestAnswer_ComesFromTheAddressThatWasWrittenTo(t *testing.T) {
	account := func(name, from string, identities ...string) accounts.Account {
		return accounts.Account{
			Name: name, From: mail.Address{Name: "Ada", Address: from}, Identities: identities,
			SMTP: accounts.SMTP{Host: "127.0.0.1", Security: accounts.None},
		}
	}
	book, err := accounts.NewBook("work", account("work", "ada@example.org", "Ada L <ada@lists.example.org>"), account("home", "ada@home.example", "*@ada.example"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, account, to, want, cc string }{
		{"account", "", "ana@x.org, ADA@home.example", `"Ada" <ada@home.example>`, "ana@x.org"},
		{"identity", "", "ada@lists.example.org", "Ada L <ada@lists.example.org>", ""},
		{"domain", "", "shop@ada.example", "shop@ada.example", "shop@ada.example"},
		{"own before domain", "", "eve@ada.example, ada@example.org", `"Ada" <ada@example.org>`, "eve@ada.example"},
		{"list", "", "list@x.org", "", "list@x.org"},
		{"another account", "work", "ada@home.example", "", ""},
		{"that account", "home", "ada@home.example", `"Ada" <ada@home.example>`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "mail")
			if err := os.WriteFile(path, []byte("From: bob@x.org\nTo: "+test.to+"\nSubject: x\n\ntext\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			f := answerFlags{to: path, all: true}
			var d compose.Draft
			quoted, err := f.begin(t.Context(), &program{}, &d, book, test.account)
			if err != nil || quoted != "bob@x.org wrote:\n> text\n\n" {
				t.Errorf("quotes %q, %v", quoted, err)
			}
			if d.From != test.want || d.To != "bob@x.org" || d.Cc != test.cc {
				t.Errorf("from %q to %q cc %q", d.From, d.To, d.Cc)
			}
		})
	}
}
