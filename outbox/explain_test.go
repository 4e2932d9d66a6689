package outbox

import (
	"strings"
	"testing"

	"sendoff/internal/cleantext"
)

func TestExplain_EveryClassHasWords(t *testing.T) {
	for c := ClassAccepted; c.String() != ""; c++ {
		for _, code := range []int{0, 299, 499, 599} {
			checkExplanation(t, Result{Class: c, Code: code, Text: "x"}, "work", "ana@example.org")
		}
	}
	if got := Explain(Result{}, "work", "ana@example.org"); got != (Explanation{}) {
		t.Errorf("no result is explained: %+v", got)
	}
	for _, c := range []struct {
		result Result
		want   string
	}{
		{Result{Class: ClassRejected, Enhanced: "5.1.1"}, "no mailbox of that name"},
		{Result{Class: ClassRejected, Enhanced: "5.1.2"}, "no such mail domain"},
		{Result{Class: ClassTemporary, Enhanced: "4.2.2"}, "mailbox is full"},
		{Result{Class: ClassMessage, Code: 552}, "too large"},
	} {
		if got := Explain(c.result, "work", "ana@example.org").What; !strings.Contains(got, c.want) {
			t.Errorf("%+v is %q, want %q", c.result, got, c.want)
		}
	}
}

func TestBrief_NamesWhatMakesAnAccountUnusable(t *testing.T) {
	for _, c := range []struct {
		result Result
		want   string
	}{
		{Result{Class: ClassAccount, Text: "the certificate of mx:465 is for another host: other.example"}, "certificate of another name"},
		{Result{Class: ClassAccount, Text: `port 465 speaks plain SMTP: use security = "starttls"`}, "the port is one for STARTTLS"},
		{Result{Class: ClassAccount, Text: "no such account"}, "cannot be used"},
		{Result{Class: ClassAccount, Code: 554, Text: "not you"}, "refused by the server"},
		{Result{Class: ClassAccount, Code: 554, Text: "blocked using zen.spamhaus.org"}, "blocked where it comes from"},
		{Result{Class: ClassAccount, Code: 550, Enhanced: "5.7.708"}, "blocked by its provider"},
		{Result{Class: ClassAccount, Code: 530, Text: "Must issue a STARTTLS command first"}, "TLS is wanted"},
		{Result{Class: ClassCredentials, Code: 535}, ""},
		{Result{}, ""},
	} {
		if got := Brief(c.result); got != c.want {
			t.Errorf("%+v is %q, want %q", c.result, got, c.want)
		}
	}
}

func TestExplain_NamesWhomItIsAbout(t *testing.T) {
	for _, c := range []struct {
		result           Result
		account, address string
		what, hint       string
	}{
		{Result{Class: ClassRejected, Code: 550, Enhanced: "5.1.1", Text: "no"}, "work", "ana@example.org",
			"There is no mailbox of that name at example.org.", "check the spelling of the address"},
		{Result{Class: ClassRejected, Code: 550, Text: "user unknown"}, "work", "",
			"There is no mailbox of that name at the recipient's domain.", "check the spelling of the address"},
		{Result{Class: ClassTemporary, Code: 450, Text: "user unknown"}, "work", "ana@example.org",
			"The server does not know the mailbox ana@example.org at the moment.",
			"it is tried again by itself; if that does not help, check the spelling of the address"},
		{Result{Class: ClassTemporary, Code: 451, Text: "greylisted"}, "work", "ana@example.org",
			"The server puts off mail of senders that it does not know yet.", "it is tried again by itself"},
		{Result{Class: ClassThrottled, Code: 550, Enhanced: "5.4.5"}, "work", "ana@example.org",
			"The account work has sent as much as it may in a day.", "it is tried again by itself; if that does not help, ask the provider for a higher limit"},
		{Result{Class: ClassRejected, Code: 550, Enhanced: "5.7.133"}, "work", "all@example.org",
			"all@example.org takes mail from certain senders alone.", "ask the recipient, or who looks after the list, to let you write"},

		// Said of the sender, the same words are not about the recipient.
		{Result{Class: ClassMessage, Code: 550, Text: "user unknown"}, "work", "ana@example.org",
			"The server refuses the message (550).", "look for the reason in the server's words"},
		// What nobody knows is not made up.
		{Result{Class: ClassRejected, Code: 550, Enhanced: "5.9.9", Text: "computer says no"}, "work", "ana@example.org",
			"The server refuses the address ana@example.org (550 5.9.9).", "check the spelling of the address"},
		{Result{Class: ClassTemporary, Code: 499, Text: "hm"}, "", "",
			"The server does not take it now (499).", "it is tried again by itself; if that does not help, ask the provider of the account, and show the server's words"},
		{Result{Class: ClassUncertain, Text: "no answer after the final dot within 10 min"}, "work", "ana@example.org",
			"It may have arrived: the server did not answer in time.", "ask the recipient before you send it again"},
	} {
		if got := Explain(c.result, c.account, c.address); got.What != c.what || got.Hint != c.hint {
			t.Errorf("%+v:\n%s\n%s\nwant\n%s\n%s", c.result, got.What, got.Hint, c.what, c.hint)
		}
	}
}

// FuzzExplain holds that an explanation has both its parts and is safe to show,
// whatever is stored.
func FuzzExplain(f *testing.F) {
	f.Add(uint8(ClassRejected), 550, "5.1.1", "user unknown", "work", "ana@example.org")
	f.Add(uint8(ClassNetwork), 0, "", "connection lost at RCPT", "\x1b[2J", "{account}@\xff")
	f.Add(uint8(ClassAccount), 0, "9", "no such host", "{domain}", "a@b@c")
	f.Fuzz(func(t *testing.T, class uint8, code int, enhanced, text, account, address string) {
		r := Result{Class: Class(class), Code: code, Enhanced: enhanced, Text: text}
		if r.Class.String() != "" {
			checkExplanation(t, r, account, address)
		}
	})
}

func checkExplanation(t *testing.T, r Result, account, address string) {
	t.Helper()
	got := Explain(r, account, address)
	switch {
	case got != Explain(r, account, address):
		t.Errorf("%+v is not explained the same each time", r)
	case got.What == "" || got.Hint == "":
		t.Errorf("%+v has no explanation, or no hint: %+v", r, got)
	case cleantext.Line(got.What) != got.What || cleantext.Line(got.Hint) != got.Hint:
		t.Errorf("%+v: not clean: %q", r, got)
	case !strings.HasSuffix(got.What, ".") || strings.HasSuffix(got.Hint, "."):
		t.Errorf("%+v: not a sentence and a hint: %q", r, got)
	}
}
