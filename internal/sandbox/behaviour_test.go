package sandbox

import (
	"strings"
	"testing"
)

// TestBehaviours_AnswerAsTheirDescriptionSays holds a row for each behaviour: a
// dialogue from RCPT on, and how many messages are kept by it.
func TestBehaviours_AnswerAsTheirDescriptionSays(t *testing.T) {
	const mail = "> MAIL FROM:<ada@example.org>\n< 250\n"
	body := "> DATA\n< 354\n> Subject: hi\n> \n> hello\n> .\n"
	atRecipient := func(local, reply string) string {
		return mail + "> RCPT TO:<" + local + "@example.org>\n< " + reply + "\n> RCPT TO:<ana@example.org>\n< 250\n" + body + "< 250 2.0.0 OK: kept as s1"
	}
	atDot := func(local, reply string) string {
		return mail + "> RCPT TO:<" + local + "@example.org>\n< 250\n" + body + "< " + reply
	}
	tests := map[string]struct {
		dialogue string
		kept     int
	}{
		"reject": {atRecipient("Reject", "550 5.1.1 "), 1},
		"full":   {atRecipient("full+tag", "552 5.2.2 "), 1},
		"busy":   {atRecipient("busy", "450 4.2.1 "), 1},
		"quota":  {atRecipient("quota", "550 5.4.5 "), 1},
		"escape": {atRecipient("escape", "550 5.7.1 \x1b[31;5mred\x1b[0m \x1b]0;owned\x07 \x9b2J \b"), 1},
		"defer": {mail + "> RCPT TO:<defer@example.org>\n< 451 4.7.1 \n" +
			"> RCPT TO:<defer@example.org>\n< 451 4.7.1 \n" + atDot("defer", "250 2.0.0 ")[len(mail):], 1},
		"throttle": {mail + "> RCPT TO:<throttle@example.org>\n> RCPT TO:<ana@example.org>\n> DATA\n< 421 4.7.0 \n< end", 0},
		"spam":     {atDot("spam", "554 5.7.1 "), 0},
		"size":     {atDot("size", "552 5.3.4 "), 0},
		"drop":     {atDot("drop", "end"), 1},
		"bounce":   {atDot("bounce", "250 2.0.0 "), 1}, // TestMailbox_AReportComesBack
		"delayed":  {atDot("delayed", "250 2.0.0 "), 1},
		"vague":    {atDot("vague", "250 2.0.0 "), 1},
		"slow":     {"", 0}, // TestSlow_AnswersAfter20Seconds, in virtual time
	}
	for _, b := range Behaviours() {
		t.Run(b.LocalPart, func(t *testing.T) {
			test, found := tests[b.LocalPart]
			if !found {
				t.Fatal("a behaviour without a test")
			}
			if b.Description == "" || strings.ContainsAny(b.Description, "\n\x1b") {
				t.Errorf("description %q", b.Description)
			}
			if test.dialogue == "" {
				return
			}
			server := start(t, Options{})
			dial(t, server).talk(hello + test.dialogue)
			if got := len(server.Messages()); got != test.kept {
				t.Errorf("%d messages kept, want %d", got, test.kept)
			}
		})
	}
}

func TestBehaviourOf_LooksAtTheLocalPartAlone(t *testing.T) {
	for address, want := range map[string]string{
		"reject@example.org":       "reject",
		"REJECT+1@example.com":     "reject",
		"reject":                   "reject",
		"rejected@example.org":     "",
		"a.reject@example.org":     "",
		"ana@reject.example":       "",
		"reject@odd@example.org":   "",
		"someone@example.org":      "",
		"+reject@example.org":      "",
		"":                         "",
		"postmaster@[127.0.0.1]":   "",
		"throttle+a+b@example.org": "throttle",
	} {
		if got := behaviourOf(address).LocalPart; got != want {
			t.Errorf("%q behaves like %q, want %q", address, got, want)
		}
	}
}

func TestDefer_CountsEachPairOfSenderAndRecipient(t *testing.T) {
	var g greylist
	try := func(from, to string, want bool) {
		t.Helper()
		if got := g.pass(from, to); got != want {
			t.Errorf("%s to %s: accepted %t, want %t", from, to, got, want)
		}
	}
	try("ada@example.org", "defer@example.org", false)
	try("ada@example.org", "defer+2@example.org", false)
	try("kim@example.org", "defer@example.org", false)
	try("ada@example.org", "DEFER@example.org", false)
	try("ada@example.org", "defer@example.org", true)
	try("ada@example.org", "defer@example.org", false) // the next message begins anew
	try("ada@example.org", "defer+2@example.org", false)
	try("ada@example.org", "defer+2@example.org", true)
}

func TestGreylist_ForgetsBeforeItFillsTheMemory(t *testing.T) {
	var g greylist
	for i := range 3 * maxGreylist {
		g.pass("ada@example.org", strings.Repeat("x", i%300)+string(rune(i)))
		if len(g.tries) > maxGreylist {
			t.Fatalf("%d pairs remembered, at most %d wanted", len(g.tries), maxGreylist)
		}
	}
}

// TestHangUp_TakesNothingThatWasSentAhead pipelines a whole further message
// behind the one whose answer ends the line.
func TestHangUp_TakesNothingThatWasSentAhead(t *testing.T) {
	const ahead = "> MAIL FROM:<ada@example.org>\n> RCPT TO:<ana@example.org>\n> BDAT 5 LAST\n> abc\n"
	for name, test := range map[string]struct {
		dialogue string
		kept     int
	}{
		"throttle": {"> RCPT TO:<throttle@example.org>\n> RSET\n" + ahead + "< 421 4.7.0\n< end", 0},
		"drop":     {"> RCPT TO:<drop@example.org>\n< 250\n> BDAT 5 LAST\n> abc\n" + ahead + "< end", 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, Options{})
			c := dial(t, server)
			c.talk(hello + "> MAIL FROM:<ada@example.org>\n< 250\n" + test.dialogue)
			c.Close()
			server.Close()
			if got := len(server.Messages()); got != test.kept {
				t.Errorf("%d messages kept, want %d", got, test.kept)
			}
		})
	}
}

func TestData_OneRefusalCountsForAllRecipients(t *testing.T) {
	server := start(t, Options{})
	dial(t, server).talk(hello + `
		> MAIL FROM:<ada@example.org>
		< 250
		> RCPT TO:<ana@example.org>
		< 250
		> RCPT TO:<spam@example.org>
		< 250
		> DATA
		< 354
		> .
		< 554 5.7.1
		> MAIL FROM:<ada@example.org>
		< 250
	`)
	if got := server.Messages(); len(got) != 0 {
		t.Errorf("%d messages kept, want none", len(got))
	}
}
