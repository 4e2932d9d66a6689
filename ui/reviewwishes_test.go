package ui

import (
	"io"
	"strings"
	"testing"

	"sendoff/compose"
	"sendoff/outbox"
)

func TestReview_AsksForWhatIsWished(t *testing.T) {
	reviewed(t, draft("work", "ana@example.org", "Figures"), nil, func(s *story) {
		s.SeeNot("asks for")
		s.Keys("w")
		s.See("What it asks for", "‹ as usual ›")
		s.Keys("right", "tab", "right", "tab", "right")
		s.See("high", "yes", "‹ yes ›")
		s.Keys("enter")
		s.See("asks for  high priority · a receipt when it is read · a report of delivery")
		s.Keys("p")
		if w := s.saved().Wishes; w != (compose.Wishes{Priority: compose.PriorityHigh, Receipt: true, Report: true}) {
			s.t.Errorf("saved %+v", w)
		}
		s.Keys("1", "enter", "ctrl+s", "w")
		s.See("‹ high ›", "yes")
		s.Keys("left", "ctrl+s")
		s.See("asks for  a receipt when it is read · a report of delivery")
		s.Keys("y")
		r, err := s.box.Message(s.t.Context(), s.only(outbox.StateScheduled).ID)
		if err != nil {
			s.t.Fatal(err)
		}
		defer r.Close()
		text, err := io.ReadAll(r)
		if err != nil || !strings.Contains(string(text), "Disposition-Notification-To: ada@example.org\r\n") || strings.Contains(string(text), "Importance") {
			s.t.Errorf("%s, %v", text, err)
		}
	})
}
