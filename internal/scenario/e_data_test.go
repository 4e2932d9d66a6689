package scenario

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// long is a message of about 600 kB, which no buffer on the way holds.
func long() compose.Draft {
	return compose.Draft{To: ana, Subject: "long", Body: strings.Repeat("0123456789 0123456789 0123456789 0123456789 0123456789 012345\n", 10_000)}
}

func TestE01_DATAPutOff(t *testing.T) {
	putOff(t, table(rule{"DATA", "", 1, "451 4.3.0 queue full"}), "queue full")
}

// Without pipelining DATA is not even said where nobody is left.
func TestE02_RCPTDecidesAndNotDATA(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", ana, 0, "550 5.1.1 unknown"}, rule{"RCPT", bob, 1, "451 4.2.0 later"}, rule{"DATA", "", 1, "554 5.5.1 no valid recipients"})
		id := r.send(ana, bob)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "failed waiting", tries: 1, words: []string{"unknown"}})
		if r.count("DATA") != 0 {
			r.Error("DATA with no recipient")
		}
	})
}

func TestE03_DroppedInTheMiddleOfTheBody(t *testing.T) {
	story(t, func(r *rig) {
		first := true
		r.answer = func(c command) string {
			if c.verb == "DATA" && first {
				first = false
				return "354 go\nread 300000\nreset"
			}
			return ""
		}
		id := r.submit(long())
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", words: []string{"connection lost while the message was sent"}})
		if a := r.attempts(id)[0]; !a.Marked.IsZero() {
			r.Error("the final dot was allowed to leave")
		}
		r.settle(time.Hour)
		r.want(id, want{state: "sent", tries: 2, connections: 2, transactions: 2}) // the same bytes: see checkWire
		r.between("the second try", r.gap(id, 1), leastRetry, mostRetry)
	})
}

func TestE04_DroppedAfterTheDot(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{".", "", 1, "close"})
		id := r.send(ana)
		r.settle(time.Minute)
		r.want(id, want{state: "uncertain", recipients: "uncertain", tries: 1, transactions: 1, words: []string{"after the final dot"}})
		r.staysUncertain(id)

		// It is a person who decides that it goes out again.
		if err := r.outbox.Retry(r.Context(), id, outbox.RetryOptions{ResendUncertain: true}); err != nil {
			r.Fatal(err)
		}
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2})
	})
}

// staysUncertain checks that days of sending and a plain retry change nothing.
func (r *rig) staysUncertain(id outbox.ID) {
	r.Helper()
	before := r.count("MAIL")
	time.Sleep(2 * day)
	other := r.send(bob)
	r.settle(time.Minute)
	r.want(other, want{state: "sent"})
	if err := r.outbox.Retry(r.Context(), id, outbox.RetryOptions{}); !errors.Is(err, outbox.ErrMayHaveArrived) {
		r.Errorf("a plain retry: %v", err)
	}
	if r.count("MAIL") != before+1 {
		r.Errorf("%d transactions, %d before the other message", r.count("MAIL"), before)
	}
	r.want(id, want{state: "uncertain", tries: 1})
}

func TestE04_ResentWhereTheAccountSaysSo(t *testing.T) {
	story(t, func(r *rig) {
		r.policies[0].ResendInDoubt = true
		r.answer = table(rule{".", "", 1, "close"})
		id := r.send(ana)
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2, transactions: 2})
		r.between("the second try", r.gap(id, 1), leastRetry, mostRetry)
	})
}

func TestE05_SilenceAfterTheDot(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{".", "", 1, "stall"})
		id := r.send(ana)
		var step outbox.Step
		var seen time.Duration
		r.run(time.Hour, func([]outbox.Item) bool {
			for _, p := range r.outbox.Progress() {
				step, seen = p.Step, time.Since(p.Started)
			}
			return len(r.attempts(id)) == 1
		})
		// While it lasts, a screen can say for whom it waits.
		if step != outbox.StepDot || seen < 9*time.Minute {
			r.Errorf("the last step is %q, seen after %s", step, seen)
		}
		a := r.attempts(id)[0]
		r.between("the wait", a.Finished.Sub(a.Marked), 10*time.Minute, 10*time.Minute+time.Second)
		r.want(id, want{state: "uncertain", recipients: "uncertain", tries: 1, transactions: 1, words: []string{"no answer after the final dot within 10 min"}})
		r.staysUncertain(id)
	})
}

func TestE06_PutOffAfterTheDot(t *testing.T) {
	putOff(t, table(rule{".", "", 1, "421 4.7.0 try again later\nclose"}), "try again later")
}

func TestE07_SlowAcceptance(t *testing.T) {
	accepted(t, table(rule{".", "", 0, "pause 8m\n250 2.0.0 ok queued as X1"}))
}

func TestE08_Spam(t *testing.T) {
	refused(t, table(rule{".", "", 0, "554 5.7.1 Message looks like spam, see https://example.org/why"}), "Message looks like spam, see https://example.org/why")
}

func TestE09_TooLargeAfterTheDot(t *testing.T) {
	refused(t, table(rule{".", "", 0, "552 5.3.4 message exceeds the size limit"}), "message exceeds the size limit")
}

// What comes of QUIT never changes what the 250 said.
func TestE10_QUITGoesWrong(t *testing.T) {
	rows := map[string]string{"reset": "reset", "garbage": "\x00\xffwhat?", "nothing": "stall", "refused": "500 5.5.1 no", "closed": "close"}
	for name, answer := range rows {
		t.Run(name, func(t *testing.T) {
			story(t, func(r *rig) {
				r.answer = table(rule{"QUIT", "", 0, answer})
				id := r.send(ana)
				r.settle(time.Minute)
				time.Sleep(time.Minute) // until the idle connection has said goodbye
				r.want(id, want{state: "sent", recipients: "sent", tries: 1, connections: 1, transactions: 1})
				if r.count("QUIT") != 1 {
					r.Errorf("%d QUIT", r.count("QUIT"))
				}
				next := r.send(bob)
				r.settle(time.Minute)
				r.want(next, want{state: "sent", tries: 1, connections: 2})
			})
		})
	}
}

// The refusal is read when the body is over, and is the only answer there is.
func TestE11_RefusedInTheMiddleOfTheBody(t *testing.T) {
	story(t, func(r *rig) {
		r.refusedEarly("354 go\nread 100000\n552 5.3.4 enough")
	})
}

func TestE12_RefusedInTheMiddleOfTheBodyAndClosed(t *testing.T) {
	story(t, func(r *rig) {
		r.refusedEarly("354 go\nread 100000\n552 5.3.4 enough\nclose")
		if x := r.transactions[0]; x.whole {
			r.Error("the final dot left behind a refusal")
		}
	})
}

func (r *rig) refusedEarly(answer string) {
	r.Helper()
	r.answer = table(rule{"DATA", "", 1, answer})
	id := r.submit(long())
	r.settle(time.Hour)
	r.want(id, want{state: "failed", recipients: "failed", tries: 1, connections: 1, transactions: 1, words: []string{"enough"}})
	next := r.send(bob)
	r.settle(time.Hour)
	r.want(next, want{state: "sent", tries: 1}) // no answer was left over for it
}

func TestE13_InvitationOfTwoLines(t *testing.T) {
	accepted(t, table(rule{"DATA", "", 0, "354-a\n354 b"}))
}

func TestE14_ServerStopsReading(t *testing.T) {
	story(t, func(r *rig) {
		r.add("home")
		first := true
		r.answer = func(c command) string {
			if c.verb == "DATA" && first {
				first = false
				return "354 go\nread 100000\nstall"
			}
			return ""
		}
		id := r.submit(long())
		other := r.submit(compose.Draft{Account: "home", To: bob, Subject: "meanwhile", Body: "It goes.\n"})
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", words: []string{"no answer while the message was sent within 3 min"}})
		a := r.attempts(id)[0]
		r.between("the try", a.Finished.Sub(a.Started), 3*time.Minute, 3*time.Minute+5*time.Second)
		r.want(other, want{state: "sent", tries: 1})
		r.between("the other account", r.attempts(other)[0].Finished.Sub(r.item(other).Created), 0, time.Second)
		r.settle(time.Hour)
		r.want(id, want{state: "sent", tries: 2})
		r.between("the second try", r.gap(id, 1)-3*time.Minute, leastRetry, mostRetry)
	})
}

func TestE15_TinyPackets(t *testing.T) {
	story(t, func(r *rig) {
		r.drip = time.Millisecond
		id := r.send(ana, bob)
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent sent", tries: 1, connections: 1, transactions: 1})
	})
}

func TestE21_AcceptedInsteadOfInvited(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"DATA", "", 1, "250 2.0.0 ok"})
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, words: []string{"ok"}})
		if x := r.transactions[0]; x.began {
			r.Errorf("a body was sent: %q", x.body.head)
		}
		r.settle(time.Hour)
		r.want(id, want{state: "sent", tries: 2, connections: 2})
	})
}
