package ui

import (
	"testing"

	"sendoff/outbox"
)

// Who waits sees what is waited for behind those that are named, and what is not.
func TestWait_SaysWhatComesBehindAndWhatStays(t *testing.T) {
	for _, height := range []int{12, 24} {
		tell(t, 80, height, nil, func(s *story) {
			s.queue(draft("home", "login@example.org", "Parked"), outbox.SubmitOptions{})
			s.queue(draft("work", "defer@example.org", "Lease"), outbox.SubmitOptions{})
			s.deliver()
			for range 40 {
				s.queue(draft("work", "ana@example.org", "Due"), outbox.SubmitOptions{})
			}
		}, func(s *story) {
			s.Keys("q", "w")
			s.See("40 due", "is next", "more are waited for behind them", "Stays behind: 1 until its time; 1 until the login of home is mended.")
			if height == 12 {
				s.See("and 37 more")
			}
		})
	}
}
