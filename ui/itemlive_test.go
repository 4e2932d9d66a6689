package ui

import (
	"testing"
	"time"

	"sendoff/outbox"
)

// While a message is being sent its own view tells of each recipient what the server has
// said already; those who want attention come first.
func TestItem_TellsWhatIsKnownOfEachRecipientMeanwhile(t *testing.T) {
	tell(t, 100, 30, nil, func(s *story) {
		s.queue(draft("work", "ana@example.org, bob@example.org, cyd@example.org, dan@example.org", "Photos"), outbox.SubmitOptions{})
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{}), at: outbox.StepEnvelope, known: []outbox.Known{
			{Address: "ana@example.org", Taken: true},
			{Address: "bob@example.org", Result: outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.1.1", Text: "no such \x1b[2Jmailbox"}},
			{Address: "cyd@example.org", Result: outbox.Result{Class: outbox.ClassTemporary, Code: 451, Enhanced: "4.7.1", Text: "greylisted"}},
			{Address: "dan@example.org"},
		}}
		end := half.run(s)
		defer end()
		<-half.reached
		s.Advance(time.Second)
		s.Keys("enter")
		s.See("↑ ana@example.org", "accepted, waits for the message", "✗ bob@example.org", "refused\n", "550 5.1.1 no such",
			"… cyd@example.org", "put off\n", "451 4.7.1 greylisted", "not named to the server yet")
		s.SeeNot("\x1b[2J", "is being sent\n")
		if bob, ana := row(s.Screen(), "bob@example.org"), row(s.Screen(), "ana@example.org"); bob > ana {
			s.t.Errorf("bob is in row %d, ana in row %d", bob, ana)
		}
		close(half.goOn)
	})
}
