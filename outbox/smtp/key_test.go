package smtp

import (
	"testing"

	"sendoff/accounts"
	"sendoff/outbox"
)

// Settings are read when a message goes, which may be later than when it was claimed.
func TestKeyOf_TellsServersApartUnderOneRevision(t *testing.T) {
	d := outbox.Delivery{Revision: "1"}
	old := accounts.Account{Name: "work", SMTP: accounts.SMTP{Host: "a.example", Port: 465, Username: "ada"}}
	for _, change := range []func(*accounts.SMTP){
		func(s *accounts.SMTP) { s.Host = "b.example" },
		func(s *accounts.SMTP) { s.Port = 587 },
		func(s *accounts.SMTP) { s.Username = "grace" },
	} {
		other := old
		change(&other.SMTP)
		if keyOf(old, d) == keyOf(other, d) {
			t.Errorf("%+v shares a connection with %+v", other.SMTP, old.SMTP)
		}
	}
	if same := old; keyOf(old, d) != keyOf(same, d) {
		t.Error("the same settings have two keys")
	}
}
