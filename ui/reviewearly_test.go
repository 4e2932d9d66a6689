package ui

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// answerBeforeTheLook types y while nothing is known of the message yet, and then has
// the look go on.
func (s *story) answerBeforeTheLook() {
	s.t.Helper()
	look := s.model.composer().review()
	s.Keys("y")
	s.See("checking… it is sent if nothing is found")
	s.none(outbox.StateScheduled)
	s.Send(ended{func() tea.Cmd { return look }})
}

// Who is quick has typed y before the first look is over.
func TestReview_KeepsAnAnswerFromBeforeTheLook(t *testing.T) {
	for _, test := range []struct {
		to, subject string
		says        []string // "" of what is sent
	}{
		{"ana@example.org", "Figures", nil},
		{"ana@example.org", "", []string{"! There is no subject.", "Look at what was found; y sends it.", "y send"}},
		{"ana", "Figures", []string{"✗ To:", "It is not sent: look at what is wrong."}},
	} {
		d := draft("work", test.to, test.subject)
		tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
			s.answerBeforeTheLook()
			if test.says == nil {
				s.only(outbox.StateScheduled)
				return
			}
			s.See(test.says...)
			s.none(outbox.StateScheduled)
		})
	}
}

// The look itself finds the picture that the text shows: that is no other message.
func TestReview_KeepsAnAnswerWhereTheLookFindsAPicture(t *testing.T) {
	t.Chdir(album(t))
	tell(t, 100, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("tab")
		s.Type("Figures")
		s.body()
		s.Type("See ![the chart](chart.png).")
		s.answerBeforeTheLook()
		s.only(outbox.StateScheduled)
	})
}

// What comes into the form afterwards makes it another message.
func TestReview_AnEarlyAnswerIsNotForAnotherText(t *testing.T) {
	d := draft("work", "ana@example.org", "Figures")
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		look := s.model.composer().review()
		s.Keys("y")
		s.model.composer().setFocus(fieldSubject)
		s.Send(pathsSeen{composer: s.model.composer(), text: " pasted"})
		s.See("The message has changed meanwhile: look again.")
		s.Send(ended{func() tea.Cmd { return look }})
		s.See("subject   Figures pasted", "y send")
		s.none(outbox.StateScheduled)
	})
}

// With a problem the keys come first that do something about it.
func TestReview_WithAProblemTheFooterBeginsWithEdit(t *testing.T) {
	d := draft("work", "ana", "Figures")
	tell(t, 80, 24, func(o *Options) { o.Compose = &d }, nil, func(s *story) {
		s.Keys("ctrl+s")
		s.See(" e edit  a attach  p keep as draft  ")
	})
}
