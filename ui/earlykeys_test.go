package ui

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// Who types the number of a section and what is to be done there in one go has typed the
// second key before the section is read.
func TestOutbox_KeepsKeysForAListThatIsBeingRead(t *testing.T) {
	fail := func(s *story) {
		s.queue(draft("work", "reject@example.org", "Minutes"), outbox.SubmitOptions{})
		s.queue(draft("work", "reject@example.org", "Figures"), outbox.SubmitOptions{})
		s.deliver()
	}
	turn := func(s *story) (read tea.Cmd) {
		return s.model.update(tea.KeyPressMsg{Code: '4', Text: "4"})
	}
	goOn := func(s *story, read tea.Cmd) { s.Send(ended{func() tea.Cmd { return read }}) }

	tell(t, 80, 24, nil, fail, func(s *story) {
		read := turn(s)
		s.Keys("j", "E")
		goOn(s, read)
		s.See("A copy for those who did not get it", "Subject  Minutes")
	})
	tell(t, 80, 24, nil, fail, func(s *story) { // a question keeps what comes behind it
		read := turn(s)
		s.Keys("d", "y")
		goOn(s, read)
		s.See("Failed 1")
	})
	tell(t, 80, 24, nil, fail, func(s *story) { // who turns on does not mean the section any more
		read := turn(s)
		s.Keys("E", "2")
		goOn(s, read)
		s.SeeNot("A copy for those who did not get it")
	})
	tell(t, 80, 24, nil, fail, func(s *story) {
		read := turn(s)
		s.Keys("E", "m") // nor who opens something
		goOn(s, read)
		s.SeeNot("A copy for those who did not get it")
	})
}
