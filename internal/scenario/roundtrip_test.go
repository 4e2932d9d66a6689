package scenario

import (
	"fmt"
	"testing"
	"time"
)

// The line of these stories takes 25 ms each way, and nothing else takes any time:
// the clock counts round trips.
const roundTrip = 50 * time.Millisecond

// roundTrips runs the sender until all is sent and tells how many round trips
// that took; opening the TCP connection, which the story's line does not have, is
// one of a real one.
func (r *rig) roundTrips() float64 {
	r.Helper()
	start := time.Now()
	var last time.Time
	r.settle(time.Hour)
	for _, t := range r.finished() {
		if t.After(last) {
			last = t
		}
	}
	return float64(last.Sub(start))/float64(roundTrip) + 1
}

// finished is when the tries of all items ended.
func (r *rig) finished() (all []time.Time) {
	r.Helper()
	for id := range r.letters {
		for _, a := range r.attempts(id) {
			all = append(all, a.Finished)
		}
	}
	return all
}

// slowLine makes the line of "work" count round trips, with one connection.
func (r *rig) slowLine() {
	r.offers = append(r.offers, "PIPELINING")
	r.delay = roundTrip / 2
	r.policies[0].Connections = 1
}

func TestRoundTrips_OfOneMessageOnANewConnection(t *testing.T) {
	for _, recipients := range []int{1, 100} {
		t.Run(fmt.Sprint(recipients), func(t *testing.T) {
			story(t, func(r *rig) {
				r.slowLine()
				var to []string
				for i := range recipients {
					to = append(to, fmt.Sprintf("person%d@example.org", i))
				}
				id := r.send(to...)
				// TCP, TLS, greeting, EHLO, AUTH, envelope, message.
				if got := r.roundTrips(); got != 7 {
					r.Errorf("%.1f round trips, want 7", got)
				}
				r.want(id, want{state: "sent", tries: 1, transactions: 1})
			})
		})
	}
}

// Of a run, all but the first message cost one round trip: its envelope goes out
// behind the dot of the one before.
func TestRoundTrips_OfAHundredMessages(t *testing.T) {
	story(t, func(r *rig) {
		r.slowLine()
		const messages = 100
		for i := range messages {
			r.send(fmt.Sprintf("person%d@example.org", i))
		}
		if got := r.roundTrips(); got > 1.2*messages {
			r.Errorf("%.1f round trips for %d messages", got, messages)
		} else {
			r.Logf("%.1f round trips for %d messages", got, messages)
		}
		for id := range r.letters {
			r.want(id, want{state: "sent", tries: 1, connections: 1, transactions: messages})
		}
	})
}

// Without PIPELINING each command waits for its answer.
func TestRoundTrips_WithoutPipelining(t *testing.T) {
	story(t, func(r *rig) {
		r.slowLine()
		r.offers = nil
		r.send(ana)
		if got := r.roundTrips(); got != 9 {
			r.Errorf("%.1f round trips, want 9", got)
		}
	})
}

// Five connections over a line of 50 ms: what PIPELINING and an envelope behind
// each dot are worth where nothing but the line counts.
func TestRoundTrips_FiveConnections(t *testing.T) {
	story(t, func(r *rig) {
		r.slowLine()
		r.policies[0].Connections = 5
		const messages = 300
		for i := range messages {
			r.send(fmt.Sprintf("person%d@example.org", i))
		}
		trips := r.roundTrips()
		rate := messages / (trips * roundTrip.Seconds())
		r.Logf("%.0f messages a second", rate)
		if rate < 45 {
			r.Errorf("%.1f messages a second, want 45", rate)
		}
		if r.most > 5 {
			r.Errorf("%d connections at once", r.most)
		}
	})
}
