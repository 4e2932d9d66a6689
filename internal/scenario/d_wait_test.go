package scenario

import (
	"testing"
	"time"

	"sendoff/outbox"
)

func TestD01_Greylisted(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", "", 2, "451 4.7.1 Greylisted, try again later"})
		var ids []outbox.ID
		for i := range 8 { // the wait is in part a matter of chance
			ids = append(ids, r.send("user"+itoa(i)+"@example.org"))
		}
		r.settle(time.Hour)
		for _, id := range ids {
			r.want(id, want{state: "sent", recipients: "sent", tries: 3, transactions: 24})
			r.between("the first retry", r.gap(id, 1), time.Minute, 30*time.Minute)
		}
	})
}

// Recipients that were put off in one try stand in one transaction at the next.
func TestD07_ThoseWhoWaitTogetherAreTriedTogether(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"RCPT", "", 2, "451 4.3.2 later"})
		id := r.send(ana, bob, cyd)
		r.settle(time.Hour)
		r.want(id, want{state: "sent", recipients: "sent sent sent", tries: 3, transactions: 3})
	})
}
