package scenario

import (
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// The second message has been claimed, and its envelope has left, while the
// server thinks about the first one for eight minutes. A connection is free: the
// second one does not wait.
func TestG06_BehindASlowVerdict(t *testing.T) {
	story(t, func(r *rig) {
		r.offers = []string{"PIPELINING"}
		slow := r.send(ana)
		r.answer = func(c command) string {
			if c.verb == "." && c.nth == 1 && c.connection == 1 {
				return "pause 8m\n250 2.0.0 ok"
			}
			return ""
		}
		next := r.send(bob)
		start := time.Now()
		r.settle(time.Hour)
		r.want(slow, want{state: "sent", tries: 1})
		r.want(next, want{state: "sent", tries: 1, connections: 2})
		if wait := r.attempts(next)[0].Finished.Sub(start); wait > 10*time.Second {
			r.Errorf("it was sent after %s", wait)
		}
	})
}

// What the first message learns about the account holds for the one whose
// envelope has left behind it: that waits, untried.
func TestG03_LimitAtTheDotWithAnEnvelopeBehindIt(t *testing.T) {
	story(t, func(r *rig) {
		r.offers = []string{"PIPELINING"}
		r.policies[0].Connections = 1
		r.answer = table(rule{".", "", 1, "450 4.7.0 sending rate exceeded, try later"})
		first, second := r.send(ana), r.submit(compose.Draft{To: bob, Subject: "Second", Body: "Two.\n"})
		r.run(time.Minute, func([]outbox.Item) bool { return r.park("work").Account != "" })
		r.want(first, want{state: "waiting"})
		r.want(second, want{state: "waiting", transactions: 2})
		if n := len(r.attempts(second)); n != 0 {
			r.Errorf("%d tries of a message that nothing was said about", n)
		}
		r.settle(24 * time.Hour)
		r.want(first, want{state: "sent"})
		r.want(second, want{state: "sent", tries: 1})
	})
}
