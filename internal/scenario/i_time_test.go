package scenario

import (
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// Which test stands for which row of group I, clocks and sleep:
//
//	I01 the clock is set back: TestI01 here; noticed while it runs, and its own limits: TestSetBack_… of outbox
//	I02 the clock jumps ahead and back: TestI02 here; TestExhausted_…, TestPatience_… of outbox
//	I03 a machine that slept: TestI03 here, and TestI03 of outbox
//	I04 daylight saving: TestI04 of internal/cli, TestI04 here
//	I05 the Date stays: TestI05; of what is scheduled: TestSubmit_AScheduledMessage… of outbox
//	I06 scheduled while nothing ran: TestI06
//
// Virtual time does not go back, so that is told the other way round: what was
// recorded so far is moved ahead, as if the clock had been wrong meanwhile.

// times are the columns in which instants are recorded.
var times = map[string][]string{
	"items":         {"created_at", "updated_at", "next_at", "date"},
	"recipients":    {"at", "next_at", "online_at"},
	"attempts":      {"started_at", "marked_at", "finished_at", "next_at"},
	"parks":         {"since", "until"},
	"sends":         {"at"},
	"account_facts": {"learned_at"},
}

// clockWasAhead makes all that is recorded what a clock would have recorded that
// was ahead by so much, and has just been set right.
func (r *rig) clockWasAhead(by time.Duration) {
	r.Helper()
	for table, columns := range times {
		for _, column := range columns {
			r.rewrite(fmt.Sprintf("UPDATE %s SET %s = %[2]s + %[3]d WHERE %[2]s <> 0", table, column, by.Microseconds()))
		}
	}
}

// tries counts all that was ever tried for an item.
func (r *rig) tries(id outbox.ID) int {
	r.Helper()
	return len(r.attempts(id))
}

// flush makes a pass, as a timer of the system does that calls the program.
func (r *rig) flush() outbox.Outcome {
	r.Helper()
	o, err := r.newSender().Flush(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return o
}

// A message that waits goes on as if the clock had always been right.
func TestI01_ClockSetBackWhileAMessageWaits(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", "", 3, "451 4.7.1 later"})
		id := r.send(ana)
		r.try(id, 2)
		r.clockWasAhead(day)
		fixed := time.Now()
		r.pass(time.Second)
		if due := r.item(id).NextAttempt; due.Sub(fixed) > 10*time.Minute {
			t.Errorf("it is due %s after the clock was set", due.Sub(fixed))
		}
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 4, transactions: 4})
	})
}

// However often the program is started on that day, each start is no more of a
// reason to try than the first.
func TestI01_ClockSetBackIsNoReasonToTryAtEveryStart(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", ana, 0, "451 4.7.1 later"})
		id := r.send(ana)
		r.try(id, 6) // from now on half an hour and more apart
		other := r.send(bob)
		r.settleOne(other)
		r.clockWasAhead(day)
		before := r.tries(id)
		for range 30 {
			r.pass(time.Minute)
		}
		if more := r.tries(id) - before; more > 3 {
			t.Errorf("%d tries in half an hour with 30 starts", more)
		}
	})
}

// settleOne runs the sender until an item is sent.
func (r *rig) settleOne(id outbox.ID) {
	r.Helper()
	r.run(time.Hour, func([]outbox.Item) bool { return r.item(id).State == outbox.StateSent })
}

// A pass tries what is due, though something was tried "tomorrow".
func TestI01_ClockSetBackAndPasses(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", ana, 1, "451 4.7.1 later"})
		id, other := r.send(ana), r.send(bob)
		if o := r.flush(); o.Sent != 1 || o.Waiting != 1 {
			t.Fatalf("%+v", o)
		}
		r.clockWasAhead(day)
		r.flush() // learns of it
		time.Sleep(10 * time.Minute)
		if o := r.flush(); o.Sent != 1 || o.Waiting != 0 {
			t.Errorf("a pass after the clock was set back: %+v", o)
		}
		r.want(id, want{state: "sent", tries: 2})
		r.want(other, want{state: "sent", tries: 1})
	})
}

// An account that was stopped waits no day longer.
func TestI01_ClockSetBackWhileAnAccountWaits(t *testing.T) {
	for _, c := range []struct {
		name string
		rule rule
		most time.Duration
	}{
		{"throttled", rule{"MAIL", "", 1, "421 4.7.0 too much mail"}, time.Hour},
		{"not to be reached", rule{"CONNECT", "", 3, "reset"}, 2 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(r *rig) {
				r.answer = table(c.rule)
				first, second := r.send(ana), r.send(bob)
				r.pass(time.Second)
				r.clockWasAhead(day)
				r.settle(c.most)
				for _, id := range []outbox.ID{first, second} {
					r.want(id, want{state: "sent", recipients: "sent", transactions: r.count("MAIL")})
				}
				if n := r.connections; n > 10 {
					t.Errorf("%d connections", n)
				}
			})
		})
	}
}

// until makes an answer function of a rule that ends some time.
func until(end time.Time, trouble rule) func(command) string {
	answer := table(trouble)
	return func(c command) string {
		if time.Now().Before(end) {
			return answer(c)
		}
		return ""
	}
}

// A clock that runs ten days ahead for a while gives nothing up, and stops
// nothing when it is right again: neither what waits nor an account.
func TestI02_ClockTenDaysAheadAndBack(t *testing.T) {
	const jump = 10 * day
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", ana, 11, "451 4.7.1 later"})
		id := r.send(ana)
		r.try(id, 9) // one more would be enough, had it been waiting for five days
		time.Sleep(jump)
		r.try(id, 11)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 11})
		r.clockWasAhead(jump)
		r.settle(2 * time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 12})
	})
}

func TestI02_ClockTenDaysAheadAndBackWithoutANetwork(t *testing.T) {
	const jump = 10 * day
	story(t, func(r *rig) {
		r.answer = table(rule{"CONNECT", "", 5, "reset"})
		id := r.send(ana)
		r.pass(50 * time.Second)
		began := r.park("work").Since
		time.Sleep(jump)
		r.pass(time.Second) // parked anew by the wrong clock, since a time of the right one
		r.clockWasAhead(jump)
		r.rewrite(fmt.Sprintf("UPDATE parks SET since = %d", began.UnixMicro()))
		r.settle(2 * time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", transactions: 1})
	})
}

// The line is dead when a machine wakes up; the peer does not say so. That is
// seen by the deadline of what was going on, and then it is tried again soon.
func TestI03_SuspendedInTheBody(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"DATA", "", 1, "354 go\nread 1000\nstall"})
		id := r.submit(long())
		r.try(id, 1)
		first := r.attempts(id)[0]
		r.between("until the deadline", first.Finished.Sub(first.Started), 0, 5*time.Minute)
		r.want(id, want{state: "waiting", recipients: "waiting"})
		r.settle(10 * time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2, connections: 2})
		if wait := r.attempts(id)[1].Started.Sub(first.Finished); wait > 2*time.Minute {
			t.Errorf("it is tried again after %s", wait)
		}
	})
}

// While the machine sleeps nothing runs; what has become due meanwhile leaves
// within a minute, once.
func TestI03_SuspendedInAWait(t *testing.T) {
	for _, c := range []struct {
		name string
		rule rule
	}{
		{"of a message", rule{"RCPT", "", 6, "451 4.3.0 later"}},
		{"without a network", rule{"CONNECT", "", 6, "reset"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(r *rig) {
				r.answer = table(c.rule)
				id := r.send(ana)
				r.try(id, 6)
				before := r.tries(id)
				time.Sleep(8 * time.Hour)
				woken := time.Now()
				r.settle(time.Minute)
				r.want(id, want{state: "sent", recipients: "sent", tries: before + 1})
				last := r.attempts(id)[before]
				r.between("the try after waking", last.Started.Sub(woken), 0, time.Minute)
			})
		})
	}
}

// What is recorded and shown in a header are instants: no zone moves them.
func TestI04_DaylightSavingMovesNoSchedule(t *testing.T) {
	story(t, func(r *rig) {
		berlin := time.FixedZone("CET", 3600)
		summer := time.FixedZone("CEST", 2*3600)
		evening := time.Date(2000, 3, 25, 22, 0, 0, 0, berlin)
		morning := time.Date(2000, 3, 26, 8, 0, 0, 0, summer) // nine hours later
		time.Sleep(time.Until(evening))
		id := r.submitWith(compose.Draft{To: ana, Subject: "morning", Body: "Good morning.\n"}, outbox.SubmitOptions{NotBefore: morning})
		time.Sleep(9*time.Hour - time.Second)
		r.flush()
		r.want(id, want{state: "scheduled"})
		time.Sleep(time.Second)
		r.flush()
		r.want(id, want{state: "sent", tries: 1})
		r.between("it left", r.attempts(id)[0].Started.Sub(morning), 0, time.Second)
		if date := r.header(id).Get("Date"); date != "Sun, 26 Mar 2000 06:00:00 +0000" {
			t.Errorf("dated %q", date)
		}
	})
}

// header is that of a queued message.
func (r *rig) header(id outbox.ID) mail.Header {
	r.Helper()
	text, err := readWhole(r.outbox, id)
	if err != nil {
		r.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		r.Fatal(err)
	}
	return m.Header
}

// A message that could not leave for hours is dated when the person sent it, and
// the same bytes leave.
func TestI05_DateOfADelayedMessageStays(t *testing.T) {
	for name, trouble := range map[string]rule{
		"no network":  {"CONNECT", "", 0, "reset"},
		"greylisting": {"RCPT", "", 0, "451 4.7.1 later"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(r *rig) {
				queued := time.Now()
				r.answer = until(queued.Add(8*time.Hour), trouble)
				id := r.send(ana)
				r.pass(time.Minute)
				time.Sleep(8*time.Hour - 10*time.Minute) // the machine is off for most of it
				r.settle(2 * time.Hour)
				r.want(id, want{state: "sent", recipients: "sent", transactions: r.count("MAIL")})
				date, err := r.header(id).Date()
				if err != nil || date.Sub(queued).Abs() > time.Second {
					t.Errorf("dated %v, queued %v, %v", date, queued, err)
				}
			})
		})
	}
}

// What was scheduled while nothing ran leaves at the next start. After more than
// a day a person is asked, and told why.
func TestI06_ScheduledWhileNothingRan(t *testing.T) {
	for _, c := range []struct {
		name string
		late time.Duration
		held bool
	}{
		{"an hour ago", time.Hour, false},
		{"almost a day ago", 23 * time.Hour, false},
		{"two days ago", 2 * day, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(r *rig) {
				at := time.Now().Add(3 * time.Hour)
				id := r.submitWith(compose.Draft{To: ana, Subject: "later", Body: "Now?\n"}, outbox.SubmitOptions{NotBefore: at})
				time.Sleep(time.Until(at) + c.late)
				r.pass(time.Minute)
				if c.held {
					r.want(id, want{state: "held", words: []string{"its time was missed by more than a day", "release it, or cancel it"}})
					if r.connections != 0 {
						t.Error("a connection was made")
					}
					if err := r.outbox.Release(r.Context(), id); err != nil {
						t.Fatal(err)
					}
					r.pass(time.Minute)
				}
				r.want(id, want{state: "sent", recipients: "sent", tries: 1, transactions: 1})
			})
		})
	}
}
