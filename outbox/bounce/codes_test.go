package bounce

import "testing"

func TestCodesIn_TellsCodesFromOtherNumbers(t *testing.T) {
	for _, c := range []struct {
		text   string
		code   int
		status string
	}{
		{"host mx said: 550 5.1.1 <ana@example.org>: User unknown", 550, "5.1.1"},
		{"550-5.7.26 not authenticated\n550 5.7.26 see", 550, "5.7.26"},
		{"Sorry, no mailbox here by that name. (#5.1.1)", 0, "5.1.1"},
		{"<mx.example.org #5.2.2>", 0, "5.2.2"},
		{"smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound", 550, "5.1.10"},
		{"554 4.4.7 Message expired <421 4.4.2 timed out>", 554, "4.4.7"}, // the first pair
		{"5.1.0 - Unknown address error 550-'5.7.1 not verified'", 550, "5.7.1"},
		{"550 550 User unknown", 550, ""},
		{"550: delivery error", 550, ""},
		{"552", 552, ""},
		{"ERROR_CODE :550, ERROR_CODE :5.1.1 User unknown", 550, "5.1.1"},
		{"#< #5.5.0 smtp; 550 mailbox unavailable> #SMTP#", 550, "5.5.0"},

		{"please call 480-624-2500", 0, ""},
		{"connect to 5.5.5.5: refused, and 192.0.2.55", 0, ""},
		{"Exim 4.80.1 on Linux 4.19.0-amd64", 0, "4.80.1"}, // nothing tells it from a status
		{"in the last 432000 seconds, 5000 times, 45 %, 4.5", 0, ""},
		{"message 550abc, 1550 5x", 0, ""},
		{"<550 ana@example.org>", 550, ""},
		{"", 0, ""},
	} {
		if got := codesIn(c.text); got.code != c.code || got.status != c.status {
			t.Errorf("%s: %d %s", c.text, got.code, got.status)
		}
	}
}

func TestSurer_TakesTheStatusThatTellsMore(t *testing.T) {
	for _, c := range []struct{ reported, said, want string }{
		{"5.0.0", "5.1.1", "5.1.1"},
		{"5.0.0", "", "5.0.0"},
		{"4.0.0", "5.1.1", "4.0.0"}, // of another class
		{"5.1.1", "5.2.2", "5.1.1"},
		{"", "5.2.2", "5.2.2"},
		{"", "", ""},
	} {
		if got := surer(c.reported, c.said); got != c.want {
			t.Errorf("%q and %q: %q", c.reported, c.said, got)
		}
	}
}
