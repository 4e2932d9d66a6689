package scenario

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

func TestD08_TooManyRecipients452(t *testing.T) {
	inSeveralTransactions(t, 50, "452 4.5.3 too many recipients")
}

// Gmail's words speak of its limits in time as well, which would park the account.
func TestD08_TooManyRecipientsOfGmail(t *testing.T) {
	inSeveralTransactions(t, 50, "452 4.5.3 Your message has too many recipients. For more information regarding Google's sending limits, "+
		"please visit: https://support.google.com/mail/?p=TooManyRecipientsError")
}

func TestD09_TooManyRecipients552(t *testing.T) {
	inSeveralTransactions(t, 100, "552 too many recipients")
}

// inSeveralTransactions tells what RFC 5321 §4.5.3.1.10 asks for: those that were
// taken get the message, and the rest comes at once in a further transaction.
func inSeveralTransactions(t *testing.T, most int, answer string) {
	t.Helper()
	story(t, func(r *rig) {
		r.answer = func(c command) string {
			if c.verb == "RCPT" && c.place > most {
				return answer
			}
			return ""
		}
		var to []string
		for i := range most + most/2 {
			to = append(to, fmt.Sprintf("user%d@example.org", i))
		}
		id := r.send(to...)
		r.settle(time.Hour)
		r.want(id, want{state: "sent", connections: 1, logins: 1, transactions: 2})
		first, second := r.heard("MAIL")[0].at, r.heard("MAIL")[1].at
		r.between("the wait for the second transaction", second.Sub(first), 0, 5*time.Second)
		// Nobody was put off, so this is not a try that brings giving up nearer.
		if last := r.recipient(id, to[len(to)-1]); last.Attempts != 1 {
			r.Errorf("%d tries for the last recipient", last.Attempts)
		}
	})
}

func TestD10_DailyLimit(t *testing.T) {
	story(t, func(r *rig) {
		r.add("home")
		r.answer = table(rule{"RCPT", "", 1, "550 5.4.5 Daily user sending limit exceeded"})
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", words: []string{"Daily user sending limit exceeded"}})
		park := r.park("work")
		if park.Class != outbox.ClassThrottled || !strings.Contains(park.Text, "Daily user sending limit exceeded") {
			r.Errorf("the account is not parked by its limit: %+v", park)
		}
		r.between("the pause", park.Until.Sub(park.Since), 23*time.Hour, 25*time.Hour)
		other := r.submit(compose.Draft{Account: "home", To: bob, Subject: "meanwhile", Body: "It goes.\n"})
		r.run(time.Minute, func([]outbox.Item) bool { return r.item(other).State == outbox.StateSent })
		r.settle(2 * day)
		r.want(id, want{state: "sent", tries: 2, transactions: 2})
		if counted := r.item(id).Attempts; counted != 1 {
			r.Errorf("%d tries counted: the limit is not the message's fault", counted)
		}
	})
}

func TestD11_RecipientGetsTooMuch(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", ana, 1, "450 4.2.1 The user you are trying to contact is receiving mail too quickly"})
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", words: []string{"receiving mail too quickly"}})
		other := r.send(bob) // it is no limit of the account
		r.run(time.Minute, func([]outbox.Item) bool { return r.item(other).State == outbox.StateSent })
		r.settle(2 * time.Hour)
		r.want(id, want{state: "sent", tries: 2})
		r.between("the second try", r.gap(id, 1), 10*time.Minute, time.Hour)
	})
}
