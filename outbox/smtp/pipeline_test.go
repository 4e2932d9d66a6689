package smtp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/accounts"
	"sendoff/outbox"
)

const (
	// pipelined is a greeting by a server that takes many commands at once, and
	// envelope one for ada and bob, answered only when all of it is there.
	pipelined = `
		S: 220 test ready
		C: EHLO [127.0.0.1]
		S: 250-test
		S: 250 PIPELINING
	`
	envelope = `
		C: MAIL FROM:<ada@example.org>
		C: RCPT TO:<bob@example.org>
		C: DATA
		S: 250 ok
		S: 250 ok
		S: 354 go
	`
	verdictOK = `
		C: <body>
		S: 250 2.0.0 queued as X1
	`
)

func TestPipeline_AllCommandsBeforeTheFirstAnswer(t *testing.T) {
	r := newRig(t, pipelined+envelope+verdictOK+envelope+verdictOK, nil)
	for range 2 {
		if got := classes(r.deliver(t, delivery(hello))); got != "accepted" {
			t.Fatal(got)
		}
	}
	if heard := r.finish(); len(heard) != 1 || heard[0].Commands("RSET") != 0 || heard[0].Commands("QUIT") != 1 {
		t.Errorf("%+v", heard)
	}
}

func TestPipeline_EachRecipientItsOwnAnswer(t *testing.T) {
	r := newRig(t, pipelined+`
		C: MAIL *
		C: RCPT TO:<a@example.org>
		C: RCPT TO:<b@example.org>
		C: RCPT TO:<c@example.org>
		C: RCPT TO:<d@example.org>
		C: DATA
		S: 250 ok
		S: 550 5.1.1 unknown
		S: 251 will forward
		S: 450 4.2.0 later
		S: 452 4.5.3 too many
		S: 354 go
	`+verdictOK, nil)
	report := r.deliver(t, delivery(hello, "a@example.org", "b@example.org", "c@example.org", "d@example.org"))
	if got := classes(report); got != "recipient accepted temporary temporary" || report.Results[3].Limit != outbox.LimitRecipients {
		t.Errorf("%+v", report)
	}
}

// RFC 2920 §3.1: DATA that was granted for nobody is ended by a lone dot. The
// connection stays, and nobody waits for the answer to that dot.
func TestPipeline_NobodyAccepted(t *testing.T) {
	refusedAll := `
		C: MAIL *
		C: RCPT *
		C: DATA
		S: 250 ok
		S: 550 5.1.1 unknown
	`
	for name, end := range map[string]string{
		"DATA granted":                    "S: 354 go\nC: <body>\nS: 554 5.5.1 no recipients\n",
		"DATA granted, and the dot taken": "S: 354 go\nC: <body>\nS: 250 2.0.0 queued, for nobody\n",
		"DATA refused":                    "S: 554 5.5.1 no valid recipients\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, pipelined+refusedAll+end+"C: RSET\nS: 250 ok\n"+envelope+verdictOK, nil)
			first, second := r.deliver(t, delivery(hello)), r.deliver(t, delivery(hello))
			if classes(first) != "recipient" || classes(second) != "accepted" {
				t.Errorf("%+v, then %+v", first, second)
			}
			heard := r.finish()
			if len(heard) != 1 {
				t.Fatalf("%d connections", len(heard))
			}
			for _, body := range heard[0].Bodies[:len(heard[0].Bodies)-1] {
				if string(body) != ".\r\n" {
					t.Errorf("%q went out to nobody", body)
				}
			}
		})
	}
}

func TestPipeline_MailRefused(t *testing.T) {
	refusedMail := `
		C: MAIL *
		C: RCPT *
		C: DATA
		S: 550 5.1.8 not from you
	`
	for name, c := range map[string]struct {
		end         string
		connections int
	}{
		"in step":                {"S: 503 5.5.1 MAIL first\nS: 503 5.5.1 MAIL first\nC: RSET\nS: 250 ok\n" + envelope + verdictOK, 1},
		"it knows another MAIL":  {"S: 250 ok\nS: 354 go\nC: <end>\n---\n" + pipelined + envelope + verdictOK, 2},
		"it closes":              {"close\n---\n" + pipelined + envelope + verdictOK, 2},
		"421 behind the refusal": {"S: 421 4.3.0 and goodbye\nC: <end>\n---\n" + pipelined + envelope + verdictOK, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, pipelined+refusedMail+c.end, nil)
			first, second := r.deliver(t, delivery(hello)), r.deliver(t, delivery(hello))
			if classes(first) != "message" || first.Results[0].Code != 550 || classes(second) != "accepted" {
				t.Errorf("%+v, then %+v", first, second)
			}
			if heard := r.finish(); len(heard) != c.connections {
				t.Errorf("%d connections", len(heard))
			}
		})
	}
}

// What was answered before the line broke stays answered.
func TestPipeline_BrokenInBetween(t *testing.T) {
	for name, end := range map[string]string{
		"closed": "close",
		"reset":  "rst",
		"421":    "S: 421 4.3.2 going down\nC: <end>",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, pipelined+"C: MAIL *\nC: RCPT *\nC: RCPT *\nC: DATA\nS: 250 ok\nS: 550 5.1.1 unknown\n"+end, nil)
			report := r.deliver(t, delivery(hello, "a@example.org", "b@example.org"))
			want := "recipient network"
			if name == "421" {
				want = "recipient temporary"
			}
			if classes(report) != want || !report.Began {
				t.Errorf("%+v, want %s", report, want)
			}
		})
	}
}

// So many recipients fill every buffer between the two ends: who writes all
// before reading anything waits for ever, and so does the server.
func TestPipeline_AHundredThousandRecipients(t *testing.T) {
	r, box := newRealRig(t)
	recipients := make([]string, 100_000)
	for i := range recipients {
		recipients[i] = fmt.Sprintf("person%d@example.org", i)
	}
	recipients[77] = "reject@example.org"
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	report := r.Deliver(ctx, delivery(hello, recipients...))
	for i, result := range report.Results {
		if want := i != 77; (result.Class == outbox.ClassAccepted) != want {
			t.Fatalf("recipient %d: %+v", i, result)
		}
	}
	if len(box.messages) != 1 || len(box.messages[0].to) != len(recipients)-1 {
		t.Errorf("%d messages arrived", len(box.messages))
	}
}

// A server that hangs up in the middle of a flight that is still written must
// not leave its writer behind.
func TestPipeline_LargeFlightThatIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, end := range []string{"close", "stall", "S: 421 4.3.2 going down\nstall"} {
			r := newRig(t, pipelined+"C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\n"+end, nil)
			recipients := make([]string, 5000)
			for i := range recipients {
				recipients[i] = fmt.Sprintf("person%d@example.org", i)
			}
			report := r.Deliver(t.Context(), delivery(hello, recipients...))
			for i, result := range report.Results {
				if result.Class != outbox.ClassNetwork && result.Class != outbox.ClassTemporary {
					t.Fatalf("%s: recipient %d: %+v", end, i, result)
				}
			}
			r.finish()
		}
	})
}

func TestLimits_OfTheServerAreKept(t *testing.T) {
	r := newRig(t, "--- *2\n"+`
		S: 220 test ready
		C: EHLO *
		S: 250-test
		S: 250-PIPELINING
		S: 250 LIMITS rcptmax=2 RCPTDOMAINMAX=1 MAILMAX=1
		C: MAIL *
		C: RCPT TO:<a@example.org>
		C: RCPT TO:<c@example.org>
		C: DATA
		S: 250 ok
		S: 250 ok
		S: 250 ok
		S: 354 go
	`+verdictOK, nil)
	for range 2 {
		report := r.deliver(t, delivery(hello, "a@example.org", "b@example.net", "c@example.org", "d@example.org"))
		if classes(report) != "accepted temporary accepted temporary" {
			t.Fatalf("%+v", report)
		}
		for _, i := range []int{1, 3} {
			if result := report.Results[i]; result.Limit != outbox.LimitRecipients || result.Code != 0 {
				t.Errorf("%+v", result)
			}
		}
	}
	if heard := r.finish(); len(heard) != 2 || heard[0].Commands("QUIT") != 1 {
		t.Errorf("%+v", heard)
	}
}

// chain makes deliveries that know the one behind them.
func chain(count int) []outbox.Delivery {
	all := make([]outbox.Delivery, count)
	for i := range all {
		all[i] = delivery(fmt.Sprintf("Subject: %d\r\n\r\nhello\r\n", i))
		all[i].Item = outbox.ID(i + 1)
		if i < count-1 {
			all[i].Next = func() (outbox.Delivery, bool) { return all[i+1], true }
		}
	}
	return all
}

func (r *rig) deliverAll(t *testing.T, all []outbox.Delivery) (got string) {
	t.Helper()
	for _, d := range all {
		got += classes(r.deliver(t, d)) + " "
	}
	return got
}

func TestAhead_TheNextEnvelopeBehindTheDot(t *testing.T) {
	r := newRig(t, pipelined+envelope+`
		C: <body>
		C: MAIL *
		C: RCPT *
		C: DATA
		S: 250 queued
		S: 250 ok
		S: 250 ok
		S: 354 go
	`+verdictOK, nil)
	if got := r.deliverAll(t, chain(2)); got != "accepted accepted " {
		t.Error(got)
	}
	heard := r.finish()
	if len(heard) != 1 || len(heard[0].Bodies) != 2 || heard[0].Commands("RSET") != 0 {
		t.Errorf("%+v", heard)
	}
}

// Whatever the server makes of the first message, the second one goes out once.
func TestAhead_AfterARefusedMessage(t *testing.T) {
	behind := pipelined + envelope + "C: <body>\nC: MAIL *\nC: RCPT *\nC: DATA\n"
	again := "---\n" + pipelined + envelope + verdictOK
	for name, c := range map[string]struct {
		end, want   string
		connections int
	}{
		"and it takes the next":        {"S: 554 5.7.1 spam\nS: 250 ok\nS: 250 ok\nS: 354 go\n" + verdictOK, "policy accepted ", 1},
		"and wants RSET":               {"S: 554 5.7.1 spam\nS: 503 nested MAIL\nS: 250 ok\nS: 354 go\nC: <end>\n" + again, "policy accepted ", 2},
		"closed behind the 250":        {"S: 250 queued\nclose\n" + again, "accepted accepted ", 2},
		"421 at the next MAIL":         {"S: 250 queued\nS: 421 4.4.2 enough\nC: <end>\n" + again, "accepted accepted ", 2},
		"421 for the dot":              {"S: 421 4.3.2 going down\nC: <end>\n" + again, "temporary accepted ", 2},
		"the next recipient refused":   {"S: 250 queued\nS: 250 ok\nS: 550 5.1.1 unknown\nS: 354 go\nC: <body>\nS: 554 no\n", "accepted recipient ", 1},
		"no answer to the dot":         {"close\n" + again, "uncertain accepted ", 2},
		"the next refused at its MAIL": {"S: 250 queued\nS: 550 5.1.8 no\nS: 503 no\nS: 503 no\n", "accepted message ", 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, behind+c.end, nil)
			if got := r.deliverAll(t, chain(2)); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if heard := r.finish(); len(heard) != c.connections {
				t.Errorf("%d connections", len(heard))
			}
		})
	}
}

// An envelope whose message never comes: the connection is cut without a word,
// since every word would be taken for the message.
func TestAhead_ThatIsNotDelivered(t *testing.T) {
	dialogue := pipelined + envelope + "C: <body>\nC: MAIL *\nC: RCPT *\nC: DATA\nS: 250 queued\nS: 250 ok\nS: 250 ok\nS: 354 go\nC: <end>\n"
	for name, instead := range map[string]func(t *testing.T, r *rig, next outbox.Delivery) string{
		"nothing": func(*testing.T, *rig, outbox.Delivery) string { return "" },
		"another message": func(t *testing.T, r *rig, _ outbox.Delivery) string {
			return classes(r.deliver(t, delivery(hello)))
		},
		"one that cannot be read": func(t *testing.T, r *rig, next outbox.Delivery) string {
			next.Open = func() (io.ReadCloser, error) { return nil, errors.New("input/output error") }
			return classes(r.deliver(t, next))
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, dialogue+"---\n"+pipelined+envelope+verdictOK, nil)
			all := chain(2)
			all[0].Item, all[1].Item = 11, 12
			r.deliver(t, all[0])
			got := instead(t, r, all[1])
			want := map[string]string{"another message": "accepted", "one that cannot be read": "temporary"}[name]
			heard := r.finish()
			if got != want || len(heard[0].Bodies) != 1 || heard[0].Commands("QUIT") != 0 {
				t.Errorf("%q, want %q; the server heard %q", got, want, heard[0].Lines)
			}
		})
	}
}

func TestAhead_NotBeyondTheLimitOfAConnection(t *testing.T) {
	r := newRig(t, "--- *2\n"+pipelined+envelope+"C: <body>\nC: MAIL *\nC: RCPT *\nC: DATA\nS: 250 queued\nS: 250 ok\nS: 250 ok\nS: 354 go\n"+verdictOK,
		func(a *accounts.Account) { a.Limits.MessagesPerConnection = 2 })
	if got := r.deliverAll(t, chain(4)); got != "accepted accepted accepted accepted " {
		t.Error(got)
	}
	for _, heard := range r.finish() {
		if heard.Commands("MAIL") != 2 || heard.Commands("QUIT") != 1 {
			t.Errorf("the server heard %q", heard.Lines)
		}
	}
}

func TestAhead_OnlyWherePipeliningIsOffered(t *testing.T) {
	r := newRig(t, greeting+mail+mail, nil)
	if got := r.deliverAll(t, chain(2)); got != "accepted accepted " {
		t.Error(got)
	}
}

// A server that dies of what stands behind a dot leaves one message in doubt and
// not a whole run.
func TestAhead_NoMoreWhereAServerHungUpOnIt(t *testing.T) {
	r := newRig(t, pipelined+envelope+"C: <body>\nC: MAIL *\nC: RCPT *\nC: DATA\nclose\n---\n"+
		pipelined+strings.Repeat(envelope+verdictOK, 3), nil)
	all := chain(4)
	for i := range all[1:] {
		all[i+1].Next = notAsked(t)
	}
	if got := r.deliverAll(t, all); got != "uncertain accepted accepted accepted " {
		t.Error(got)
	}
}

// What one connection finds out holds for another that is in the middle of a
// message.
func TestAhead_OthersHearOfAServerThatHungUpOnIt(t *testing.T) {
	r := newRig(t, pipelined+envelope+verdictOK+"---\n"+pipelined+envelope+"C: <body>\nC: MAIL *\nC: RCPT *\nC: DATA\nclose", nil)
	d := delivery(hello)
	d.Item, d.Next = 9, notAsked(t)
	d.Mark = func(context.Context, []outbox.Result) error {
		if got := classes(r.deliver(t, chain(2)[0])); got != "uncertain" {
			t.Error(got)
		}
		return nil
	}
	if got := classes(r.deliver(t, d)); got != "accepted" {
		t.Error(got)
	}
}

// Dovecot, the one that offers BURL, is known to die of it.
func TestAhead_NotForDovecot(t *testing.T) {
	dovecot := strings.Replace(pipelined, "S: 250 PIPELINING", "S: 250-BURL imap\nS: 250 PIPELINING", 1)
	r := newRig(t, dovecot+envelope+verdictOK, nil)
	d := delivery(hello)
	d.Next = notAsked(t)
	if got := classes(r.deliver(t, d)); got != "accepted" {
		t.Error(got)
	}
}

func notAsked(t *testing.T) func() (outbox.Delivery, bool) {
	return func() (outbox.Delivery, bool) {
		t.Error("the next one was asked for")
		return outbox.Delivery{}, false
	}
}

// The mark is told what is known of the recipients by then: a crash behind it puts
// nobody in doubt whom the server has refused.
func TestMark_KnowsWhoWasRefused(t *testing.T) {
	r := newRig(t, pipelined+`
C: MAIL *
C: RCPT *
C: RCPT *
C: DATA
S: 250 ok
S: 550 5.1.1 no such user
S: 250 ok
S: 354 go on
C: <body>
S: 250 ok
`, nil)
	d := delivery(hello, "nobody@example.org", "ana@example.org")
	var known []outbox.Class
	d.Mark = func(_ context.Context, results []outbox.Result) error {
		for _, r := range results {
			known = append(known, r.Class)
		}
		return nil
	}
	if got := classes(r.deliver(t, d)); got != "recipient accepted" {
		t.Error(got)
	}
	if want := []outbox.Class{outbox.ClassRejected, 0}; !slices.Equal(known, want) {
		t.Errorf("at the mark it was known: %v, want %v", known, want)
	}
}

// The dot of the first message has to be marked before anything of the next one
// is asked for, and nothing of a message that could not be marked leaves.
func TestAhead_AskedForAfterTheMark(t *testing.T) {
	r := newRig(t, pipelined+envelope+"C: <cut body>\n", nil)
	d := chain(2)[0]
	d.Mark = func(context.Context, []outbox.Result) error { return net.ErrClosed }
	d.Next = notAsked(t)
	if got := classes(r.deliver(t, d)); got != "temporary" {
		t.Error(got)
	}
}
