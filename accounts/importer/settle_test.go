package importer

import (
	"strings"
	"testing"
)

func TestSameSite_IsWhatOneHasRegistered(t *testing.T) {
	for _, test := range []struct {
		one, other string
		want       bool
	}{
		{"imap.example.org", "smtp.example.org", true},
		{"IMAP.Example.org.", "smtp.example.org", true},
		{"example.org", "mail.example.org", true},
		{"mail.eu.example.org", "smtp.us.example.org", true},
		{"mail.alpha.co.uk", "mail.beta.co.uk", false},
		{"alpha.co.uk", "beta.co.uk", false},
		{"imap.alpha.co.uk", "smtp.alpha.co.uk", true},
		{"alpha.github.io", "beta.github.io", false},
		{"imap.alpha.com", "imap.beta.com", false},
		{"outlook.office365.com", "smtp-mail.outlook.com", true}, // one provider, by its preset
		{"mail", "mail", true},
		{"imap", "smtp", false},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "198.51.2.1", false},
		{"2001:db8::1", "2001:db8::2", false},
	} {
		if got := sameSite(test.one, test.other); got != test.want {
			t.Errorf("%s and %s: %t", test.one, test.other, got)
		}
	}
}

// Two customers of one registry are strangers: the mailbox of one does not get the
// password for the server of the other.
func TestRead_AMailboxOfAStrangerDoesNotShareThePassword(t *testing.T) {
	for host, shared := range map[string]bool{"imap.beta.co.uk": false, "imap.alpha.co.uk": true} {
		text := "set from=ada@alpha.co.uk\nset smtp_url=smtps://ada@smtp.alpha.co.uk\nset smtp_pass=hunter2\nset folder=imaps://ada@" + host + "\n"
		m := Machine{ReadFile: func(string) ([]byte, error) { return []byte(text), nil }}
		found, err := m.Read(Mutt, "/f")
		if err != nil || len(found) != 1 || found[0].Problem != "" {
			t.Fatalf("%v, %v", found, err)
		}
		if f := found[0]; f.WantsMailboxSecret() == shared || !strings.EqualFold(f.Account.Mailbox.Host, host) {
			t.Errorf("%s: a secret of its own is wanted: %t", host, f.WantsMailboxSecret())
		}
	}
}
