package scenario

import (
	"testing"
	"time"

	"sendoff/outbox"
)

// putOff tells rows whose first try comes to nothing and blames nobody: the
// item waits with the words, and the second try, not at once and not too late,
// is the one that counts.
func putOff(t *testing.T, answer func(command) string, words string) {
	t.Helper()
	story(t, func(r *rig) {
		r.answer = answer
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, words: []string{words}})
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2})
		r.between("the second try", r.gap(id, 1), leastRetry, mostRetry)
	})
}

// When the first retry may come.
const (
	leastRetry = 45 * time.Second
	mostRetry  = 30 * time.Minute
)

// refused tells rows that end at the first try for a message to one recipient.
func refused(t *testing.T, answer func(command) string, words ...string) {
	t.Helper()
	story(t, func(r *rig) {
		r.answer = answer
		id := r.send(ana)
		r.settle(time.Minute)
		r.want(id, want{state: "failed", recipients: "failed", tries: 1, connections: 1, logins: 1, words: words})
		if r.item(id).Attempts != 1 {
			r.Errorf("%d tries counted", r.item(id).Attempts)
		}
	})
}

// accepted tells rows that go well at the first try.
func accepted(t *testing.T, answer func(command) string) {
	t.Helper()
	story(t, func(r *rig) {
		r.answer = answer
		id := r.send(ana)
		r.settle(20 * time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 1, connections: 1, logins: 1, transactions: 1})
	})
}

// greylistedFor answers 451 until so long after it was first asked.
func greylistedFor(wait time.Duration) func(command) string {
	var first time.Time
	return func(c command) string {
		if c.verb != "RCPT" {
			return ""
		}
		if c.nth == 1 {
			first = c.at
		}
		if c.at.Sub(first) < wait {
			return "451 4.7.1 Greylisted, try again later"
		}
		return ""
	}
}

func TestD02_GreylistedForFiveMinutes(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = greylistedFor(300 * time.Second)
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", words: []string{"Greylisted, try again later"}})
		if park := r.park("work"); park.Account != "" {
			r.Errorf("one recipient parked the account: %+v", park)
		}
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent"})
		if tries := len(r.attempts(id)); tries > 4 {
			r.Errorf("%d tries", tries)
		}
	})
}

func TestD03_NoSuchMailbox(t *testing.T) {
	refused(t, table(rule{"RCPT", "", 0, "550 5.1.1 no such mailbox here"}), "no such mailbox here")
}

func TestD04_PartialPermanent(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", bob, 0, "550 5.1.1 no such mailbox"})
		id := r.send(ana, bob, cyd)
		r.settle(time.Minute)
		r.want(id, want{state: "partial", recipients: "sent failed sent", tries: 1, transactions: 1, words: []string{"no such mailbox"}})

		// A person tries again: only the one who has it not is named.
		if err := r.outbox.Retry(r.Context(), id, outbox.RetryOptions{}); err != nil {
			r.Fatal(err)
		}
		r.settle(time.Minute)
		r.want(id, want{state: "partial", recipients: "sent failed sent", tries: 2, transactions: 2})
		if named := r.count("RCPT"); named != 4 {
			r.Errorf("%d RCPT, want 3 and 1", named)
		}
	})
}

func TestD05_PartialTemporary(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", bob, 1, "451 4.3.0 later"})
		id := r.send(ana, bob, cyd)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "sent waiting sent", words: []string{"later"}})
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent sent sent", tries: 2, transactions: 2})
		if again := r.heard("RCPT")[3:]; len(again) != 1 || again[0].address != bob {
			r.Errorf("the second try named %+v", again)
		}
	})
}

func TestD06_PartialMixedUntilGivenUp(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", bob, 0, "451 4.3.0 later"}, rule{"RCPT", cyd, 0, "550 5.1.1 no such mailbox"})
		id := r.send(ana, bob, cyd)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "sent waiting failed"})
		r.settle(6 * day)
		r.want(id, want{state: "partial", recipients: "sent failed failed", words: []string{"later"}})
		r.between("the end", r.recipient(id, bob).At.Sub(r.item(id).Created), 4*day, 5*day+2*time.Hour)
		if given, refused := r.recipient(id, bob), r.recipient(id, cyd); given.Class != outbox.ClassTemporary || refused.Class != outbox.ClassRejected || refused.Attempts != 1 {
			r.Errorf("%+v and %+v", given, refused)
		}
	})
}

const day = 24 * time.Hour

// D07's warning after four hours is not an event of the outbox yet.
func TestD07_GivenUpAfterFiveDays(t *testing.T) {
	story(t, func(r *rig) {
		later := true
		r.answer = func(c command) string {
			if later && c.verb == "RCPT" {
				return "451 4.3.2 not today"
			}
			return ""
		}
		id := r.send(ana)
		r.settle(6 * day)
		r.want(id, want{state: "failed", recipients: "failed", words: []string{"not today"}})
		tries := len(r.attempts(id))
		r.between("the end", r.recipient(id, ana).At.Sub(r.item(id).Created), 4*day, 5*day+2*time.Hour)
		r.checkSchedule(id)
		if r.count("MAIL") != tries {
			r.Errorf("%d transactions for %d tries", r.count("MAIL"), tries)
		}

		// It is kept, and can be tried by hand, with its old Date if that is meant.
		later = false
		if err := r.outbox.Retry(r.Context(), id, outbox.RetryOptions{AnyAge: true}); err != nil {
			r.Fatal(err)
		}
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: tries + 1})
	})
}

// checkSchedule checks every wait: soon at first, at most about an hour later
// on, and never shorter than the one before it but by chance.
func (r *rig) checkSchedule(id outbox.ID) {
	r.Helper()
	waits := []time.Duration{1 * time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute, time.Hour}
	for n := 1; n < len(r.attempts(id)); n++ {
		usual := waits[min(n, len(waits))-1]
		r.between("wait "+itoa(n), r.gap(id, n), usual*7/10, usual*13/10)
	}
}

func TestD12_421AtRCPTAndClosed(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", bob, 1, "421 4.3.2 shutting down\nclose"})
		id := r.send(ana, bob, cyd)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting waiting waiting", words: []string{"shutting down"}})
		if r.count("DATA") != 0 {
			r.Error("the message was offered without its recipients")
		}
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent sent sent"})
		r.between("the second try", r.gap(id, 1), leastRetry, mostRetry)
	})
}

func TestD13_RefusedAndClosedInOne(t *testing.T) {
	refused(t, table(rule{"MAIL", "", 0, "550 5.7.1 blocked by our list\nclose"}), "blocked by our list")
}

func TestD14_SenderPutOff(t *testing.T) {
	putOff(t, table(rule{"MAIL", "", 1, "451 4.3.0 try later"}), "try later")
}

func TestD15_WillForward(t *testing.T) {
	accepted(t, table(rule{"RCPT", "", 0, "251 2.1.5 not here, will forward"}))
}

func TestD16_MovedIsShownAndNotFollowed(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", ana, 0, "551 5.1.6 try <new@example.net>"})
		id := r.send(ana)
		r.settle(time.Minute)
		r.want(id, want{state: "failed", tries: 1, transactions: 1, words: []string{"try <new@example.net>"}})
		if r.count("RCPT") != 1 {
			r.Errorf("the new address was tried: %+v", r.heard("RCPT"))
		}
	})
}

func TestD17_CannotVerifyButWillTry(t *testing.T) {
	accepted(t, table(rule{"RCPT", "", 0, "252 2.1.5 cannot verify, will try"}))
}

func TestD20_ServerIsFull(t *testing.T) {
	putOff(t, table(rule{"MAIL", "", 1, "452 4.3.1 insufficient system storage"}), "insufficient system storage")
}

func TestD25_NullMX(t *testing.T) {
	t.Run("556", func(t *testing.T) {
		refused(t, table(rule{"RCPT", "", 0, "556 5.1.10 the domain takes no mail"}), "takes no mail")
	})
	t.Run("550", func(t *testing.T) {
		refused(t, table(rule{"RCPT", "", 0, "550 5.1.10 null MX"}), "null MX")
	})
}
