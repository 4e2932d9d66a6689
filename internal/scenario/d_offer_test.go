package scenario

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
)

func TestD18_LargerThanAnnounced(t *testing.T) {
	story(t, func(r *rig) {
		r.offers = []string{"SIZE 1000"}
		id := r.submit(compose.Draft{To: ana, Subject: "long", Body: strings.Repeat("ten bytes\n", 500)})
		size := itoa(int(r.item(id).Size))
		r.settle(time.Minute)
		// The octets are told as they are: beside a limit, a rounded size would hide what is too much.
		r.want(id, want{state: "failed", recipients: "failed", tries: 1, connections: 1, words: []string{size, "the server takes 1000"}})
		if r.count("MAIL") != 0 {
			r.Error("it was offered all the same")
		}
	})
}

func TestD18_TheEncodedSizeCounts(t *testing.T) {
	story(t, func(r *rig) {
		r.offers = []string{"SIZE 2000"}
		id := r.submit(compose.Draft{To: ana, Subject: "greek", Body: strings.Repeat("αβγδεζηθι\n", 90)}) // 1710 octets, in base64 a third more
		r.settle(time.Minute)
		r.want(id, want{state: "failed", words: []string{"the server takes 2000"}})
	})
}

func TestD19_RefusedForItsSize(t *testing.T) {
	t.Run("552", func(t *testing.T) {
		refused(t, table(rule{"MAIL", "", 0, "552 5.3.4 message too big"}), "message too big")
	})
	t.Run("534", func(t *testing.T) {
		refused(t, table(rule{"MAIL", "", 0, "534 5.3.4 SIZE=Message too big"}), "too big")
	})
}

func TestD21_AddressBeyondASCIIAndNoSMTPUTF8(t *testing.T) {
	story(t, func(r *rig) {
		id := r.send("öl@example.org")
		r.settle(time.Minute)
		r.want(id, want{state: "failed", recipients: "failed", tries: 1, words: []string{"cannot take addresses", "beyond ASCII"}})
		if r.count("MAIL") != 0 {
			r.Error("it was offered all the same")
		}
	})
}

func TestD21_AddressBeyondASCIIAndSMTPUTF8(t *testing.T) {
	story(t, func(r *rig) {
		r.offers = []string{"8BITMIME", "SMTPUTF8"}
		id := r.send("öl@example.org")
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 1})
		if line := r.heard("MAIL")[0].line; !strings.HasSuffix(line, " BODY=8BITMIME SMTPUTF8") {
			r.Errorf("the client said %q", line)
		}
	})
}

// What stands in Bcc is in no header: the others get the message.
func TestD21_OneRecipientBeyondASCIIStopsNoOther(t *testing.T) {
	story(t, func(r *rig) {
		id := r.submit(compose.Draft{To: ana, Bcc: "öl@example.org", Subject: "both", Body: "Hello.\n"})
		r.settle(time.Minute)
		r.want(id, want{state: "partial", recipients: "sent failed", tries: 1, transactions: 1, words: []string{"beyond ASCII"}})
		if line := r.heard("MAIL")[0].line; strings.Contains(line, "SMTPUTF8") {
			r.Errorf("the client said %q", line)
		}
	})
}

// A domain alone has a form in ASCII, which every server takes.
func TestD21_DomainBeyondASCII(t *testing.T) {
	story(t, func(r *rig) {
		id := r.send("ana@öl.example")
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 1})
		if to := r.heard("RCPT")[0].address; to != "ana@xn--l-0ga.example" {
			r.Errorf("the client said %q", to)
		}
	})
}

func TestD22_NothingAboveASCIIWithout8BITMIME(t *testing.T) {
	story(t, func(r *rig) {
		id := r.submit(compose.Draft{To: "Ána <" + ana + ">", Subject: "Zoë", Body: "Grüße aus Köln\n"})
		r.settle(time.Minute)
		r.want(id, want{state: "sent", tries: 1})
		body := r.transactions[0].body.head
		if i := bytes.IndexFunc(body, func(c rune) bool { return c > 0x7e }); i >= 0 {
			r.Errorf("above ASCII: %q", body[i:])
		}
		if !bytes.Contains(body, []byte("Content-Transfer-Encoding: quoted-printable\r\n")) {
			r.Errorf("not encoded: %q", body)
		}
	})
}

// Each answer takes a second here, so what came before it was not waited for.
func TestD23_OneCommandAtATime(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"MAIL", "", 0, "pause 1s\n250 ok"}, rule{"RCPT", "", 0, "pause 1s\n250 ok"}, rule{"DATA", "", 0, "pause 1s\n354 go"})
		id := r.send(ana, bob, cyd)
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent sent sent", tries: 1, transactions: 1})
		for i, c := range r.commands[1:] {
			before := r.commands[i]
			if (before.verb == "MAIL" || before.verb == "RCPT") && c.at.Sub(before.at) < time.Second {
				r.Errorf("%q came without waiting for the answer to %q", c.line, before.line)
			}
		}
	})
}

// Reports come to order: of failures and delays, with the header alone, and with
// the names that we know the item and the recipient by.
func TestD24_ReportsAreAskedFor(t *testing.T) {
	story(t, func(r *rig) {
		r.offers = []string{"DSN"}
		id := r.send("ana+list=x@example.org")
		r.settle(time.Minute)
		r.want(id, want{state: "sent", tries: 1})
		mail, rcpt := r.heard("MAIL")[0].line, r.heard("RCPT")[0].line
		if want := "MAIL FROM:<ada@example.org> RET=HDRS ENVID=" + id.String(); mail != want {
			r.Errorf("the client said %q, want %q", mail, want)
		}
		const want = "RCPT TO:<ana+list=x@example.org> NOTIFY=FAILURE,DELAY ORCPT=rfc822;ana+2Blist+3Dx@example.org"
		if rcpt != want {
			r.Errorf("the client said %q, want %q", rcpt, want)
		}
	})
}
