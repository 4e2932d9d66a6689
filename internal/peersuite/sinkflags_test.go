package peersuite

import (
	"strings"
	"testing"

	"sendoff/compose"
	"sendoff/outbox"
)

// Two messages, of two recipients and of one, meet a smtp-sink that fails as its
// flags say. What waits then goes to one that does not fail, and nothing else does.
//
// -q hangs up without a word, -Q says 421 and hangs up, -f refuses with 500, -r
// with 450; the latter two take PIPELINING out.
func TestSMTPSink_Fails(t *testing.T) {
	for _, row := range []struct {
		flags string
		state string       // of both
		class outbox.Class // of the first message's last try
	}{
		{"-f CONNECT", "waiting", outbox.ClassAccount},
		{"-f EHLO", "sent", outbox.ClassAccepted}, // by HELO
		{"-f EHLO,HELO", "waiting", outbox.ClassAccount},
		{"-f MAIL", "failed", outbox.ClassMessage},
		{"-f RCPT", "failed", outbox.ClassRejected},
		{"-f DATA", "failed", outbox.ClassMessage},
		{"-f .", "failed", outbox.ClassMessage},
		{"-f RSET", "sent", outbox.ClassAccepted},
		{"-f QUIT", "sent", outbox.ClassAccepted},
		{"-f RCPT,RSET", "failed", outbox.ClassRejected}, // the second message over a connection of its own
		{"-f DATA,RSET", "failed", outbox.ClassMessage},

		{"-r CONNECT", "waiting", outbox.ClassNetwork},
		{"-r EHLO", "waiting", outbox.ClassNetwork},
		{"-r MAIL", "waiting", outbox.ClassTemporary},
		{"-r RCPT", "waiting", outbox.ClassTemporary},
		{"-r DATA", "waiting", outbox.ClassTemporary},
		{"-r .", "waiting", outbox.ClassTemporary},
		{"-r RSET", "sent", outbox.ClassAccepted},
		{"-r QUIT", "sent", outbox.ClassAccepted},
		{"-r MAIL,RSET", "waiting", outbox.ClassTemporary},

		{"-q CONNECT", "waiting", outbox.ClassNetwork},
		{"-q EHLO", "waiting", outbox.ClassNetwork},
		{"-q MAIL", "waiting", outbox.ClassNetwork},
		{"-q RCPT", "waiting", outbox.ClassNetwork},
		{"-q DATA", "waiting", outbox.ClassNetwork},
		{"-q .", "uncertain", outbox.ClassUncertain},
		{"-q QUIT", "sent", outbox.ClassAccepted},
		{"-f RCPT -q RSET", "failed", outbox.ClassRejected},
		{"-r . -q RSET", "waiting", outbox.ClassTemporary},
		{"-p -q MAIL", "waiting", outbox.ClassNetwork},
		{"-p -q RCPT", "waiting", outbox.ClassNetwork},
		{"-p -q DATA", "waiting", outbox.ClassNetwork},
		{"-p -q .", "uncertain", outbox.ClassUncertain},

		{"-Q CONNECT", "waiting", outbox.ClassNetwork},
		{"-Q EHLO", "waiting", outbox.ClassNetwork},
		{"-Q MAIL", "waiting", outbox.ClassTemporary},
		{"-Q RCPT", "waiting", outbox.ClassTemporary},
		{"-Q DATA", "waiting", outbox.ClassTemporary},
		{"-Q .", "waiting", outbox.ClassTemporary},
		{"-Q QUIT", "sent", outbox.ClassAccepted},
		{"-r DATA -Q RSET", "waiting", outbox.ClassTemporary},
		{"-p -Q RCPT", "waiting", outbox.ClassTemporary},

		{"-r . -b 421_4.7.0_slow_down", "waiting", outbox.ClassThrottled},
		{"-r RCPT -b 452_4.5.3_too_many_recipients", "waiting", outbox.ClassTemporary},
		{"-f RCPT -B 550_5.7.1_looks_like_spam", "failed", outbox.ClassPolicy},
		{"-f MAIL -B 530_5.7.0_authentication_required", "waiting", outbox.ClassCredentials},
		{"-f . -B 552_5.3.4_too_big", "failed", outbox.ClassMessage},
		{"-A 0", "failed", outbox.ClassMessage}, // 550 behind the 354
		{"-L", "waiting", outbox.ClassAccount},  // it speaks LMTP alone

		{"-p", "sent", outbox.ClassAccepted}, // no PIPELINING
		{"-e", "sent", outbox.ClassAccepted}, // no ESMTP
		{"-P", "sent", outbox.ClassAccepted}, // no ESMTP, and a greeting of asterisks
		{"-E", "sent", outbox.ClassAccepted}, // no ENHANCEDSTATUSCODES
		{"-8", "sent", outbox.ClassAccepted}, // no 8BITMIME
		{"-N", "sent", outbox.ClassAccepted}, // no DSN
		{"-a -C -F", "sent", outbox.ClassAccepted},
		{"-h a.name_of.its-own", "sent", outbox.ClassAccepted},
		{"-H 1", "sent", outbox.ClassAccepted},         // it does not read for a second
		{"-w 1", "sent", outbox.ClassAccepted},         // it does not answer DATA for one
		{"-p -W RCPT:1", "sent", outbox.ClassAccepted}, // nor RCPT
		{"-T 1000", "sent", outbox.ClassAccepted},      // a window of a kilobyte
	} {
		t.Run(row.flags, func(t *testing.T) {
			t.Parallel()
			failing := startSink(t, words(row.flags)...)
			r := newRig(t, failing.server(t))
			first, second := r.send(ana, bob), r.send(cyd)
			r.flush()
			r.wantAll(first, row.state)
			r.wantAll(second, row.state)
			r.classes(first, row.class, row.class)
			r.expect()
			if !strings.Contains(row.flags, " .") { // a message is in its file before its dot is answered
				r.check(t)
			}
			r.goOnAt(startSink(t))
		})
	}
}

// words are the flags of a row, with a blank for an underscore.
func words(flags string) []string {
	all := strings.Fields(flags)
	for i, word := range all {
		all[i] = strings.ReplaceAll(word, "_", " ")
	}
	return all
}

// goOnAt makes a server that fails nowhere the account's, and sees who gets a
// copy there: those who wait, and nobody else.
func (r *rig) goOnAt(k *sink) {
	r.Helper()
	well := k.server(r.T)
	well.letters = make(map[string]*letter)
	r.account.SMTP = well.smtp
	want := make(map[outbox.ID]string)
	for _, id := range r.ids {
		item := r.item(id)
		l := &letter{text: r.letters[item.MessageID].text, copies: make(map[string]int)}
		well.letters[item.MessageID] = l
		want[id] = item.State.String()
		if item.State != outbox.StateWaiting {
			continue
		}
		want[id] = "sent"
		for _, recipient := range item.Recipients {
			l.copies[recipient.Address] = 1
		}
		if err := r.outbox.Retry(r.Context(), id, outbox.RetryOptions{}); err != nil {
			r.Error(err)
		}
	}
	r.flush()
	for _, id := range r.ids {
		r.wantAll(id, want[id])
	}
	well.check(r.T)
}

// A server that is gone after a message: whether it has taken it cannot be told,
// and the next one waits.
func TestSMTPSink_GoesAwayAfterTheFirstMessage(t *testing.T) {
	t.Parallel()
	failing := startSink(t, "-M", "1")
	r := newRig(t, failing.server(t))
	first, second := r.send(ana), r.send(bob)
	r.flush()
	r.wantAll(first, "uncertain")
	r.wantAll(second, "waiting")
	if got := len(failing.taken(t)); got != 1 {
		t.Errorf("%d copies", got)
	}
	r.goOnAt(startSink(t))
}

// A server that says no and goes away while the body is on its way has not taken
// it, whether or not what it said comes through.
func TestSMTPSink_HangsUpOnALargeBody(t *testing.T) {
	t.Parallel()
	failing := startSink(t, "-A", "0")
	r := newRig(t, failing.server(t))
	id := r.submit(compose.Draft{Subject: "the file", Attachments: []compose.Attachment{r.file(5 << 20)}}, ana, bob)
	r.flush()
	if state := r.item(id).State; state != outbox.StateFailed && state != outbox.StateWaiting {
		t.Errorf("%s%s", state, r.tries(id))
	}
	r.goOnAt(startSink(t))
}

// A window of a kilobyte makes of a large message thousands of small writes.
func TestSMTPSink_TakesALargeBodyInSmallBites(t *testing.T) {
	t.Parallel()
	r := newRig(t, startSink(t, "-T", "1000").server(t))
	id := r.submit(compose.Draft{Subject: "the file", Attachments: []compose.Attachment{r.file(1 << 20)}}, ana, bob)
	r.flush()
	r.wantAll(id, "sent")
	r.expect()
	r.check(t)
}
