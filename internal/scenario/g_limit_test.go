package scenario

import (
	"testing"
	"time"
)

func TestG03_TooManyConnections421(t *testing.T) {
	oneConnectionFromThenOn(t, "421 4.7.0 too many connections from your address\nclose")
}

func TestG04_TooManyConnections432(t *testing.T) {
	oneConnectionFromThenOn(t, "432 4.3.2 concurrent connections limit exceeded\nclose")
}

// oneConnectionFromThenOn tells that a server which takes one connection at a
// time refuses one, and not one for every message.
func oneConnectionFromThenOn(t *testing.T, answer string) {
	t.Helper()
	story(t, func(r *rig) {
		refusals := 0
		r.answer = func(c command) string {
			switch {
			case c.verb == "CONNECT" && r.isCrowded():
				refusals++
				return answer
			case c.verb == "DATA":
				return "pause 5s\n354 go"
			}
			return ""
		}
		for range 6 {
			r.send(ana)
		}
		r.settle(6 * time.Hour)
		for id := range r.letters {
			r.want(id, want{state: "sent", recipients: "sent", transactions: 6})
			if counted := r.item(id).Attempts; counted != 1 {
				r.Errorf("%d tries counted: the limit is not the message's fault", counted)
			}
		}
		if refusals != 1 {
			r.Errorf("%d connections were refused, want one", refusals)
		}
	})
}

// isCrowded tells that a client has more than one connection.
func (s *server) isCrowded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current > 1
}
