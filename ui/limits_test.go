package ui

import (
	"log/slog"
	"testing"
	"time"

	"sendoff/outbox"
)

// What an account's own limit holds back is said on every screen with the time
// at which it goes on; what waits for hours is called late.
func TestScreens_SayWhatALimitHoldsBackAndWhatIsLate(t *testing.T) {
	policies := func() []outbox.Policy {
		return []outbox.Policy{{Account: "work", Connections: 1, Revision: "1", Limits: outbox.Limits{PerDay: 2}}}
	}
	tell(t, 100, 24, func(o *Options) { o.Policies = policies }, func(s *story) {
		for _, subject := range []string{"First", "Second", "Third"} {
			s.queue(draft("work", "jo@example.org", subject), outbox.SubmitOptions{})
		}
		sender := outbox.NewSender(s.box, s.transport, policies, slog.New(slog.DiscardHandler))
		if o, err := sender.Flush(s.t.Context()); err != nil || o.Sent != 2 {
			t.Fatalf("%+v, %v", o, err)
		}
	}, func(s *story) {
		s.See("work ◷ 2 of 2 a day", "work has reached its limit: 2 of 2 a day. It goes on at", "… waiting   Third")
		s.Keys("2", "enter")
		s.See("work has reached its limit: 2 of 2 a day.")
		s.Keys("esc", "m")
		s.Type("ana@example.org")
		s.Keys("ctrl+s")
		s.See("leaves    when work may send again: its limit is 2 of 2 a day; it goes on at")
	})
	tell(t, 100, 24, nil, func(s *story) {
		s.queue(draft("work", "defer@example.org", "Greylisted"), outbox.SubmitOptions{})
		s.deliver()
		s.sleep(5 * time.Hour)
	}, func(s *story) { s.See("… late      Greylisted") })
}
