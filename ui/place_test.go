package ui

import (
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

func TestPlace_ADraftIsReopenedWhereTheCursorWas(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		reopen := func() {
			s.t.Helper()
			s.Keys("esc")
			s.See("Kept as a draft.")
			s.Keys("1", "enter")
			s.See("New message")
		}
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("tab")
		s.Type("Figures")
		s.Keys("tab")
		s.Type("日本 one")
		s.Keys("enter")
		s.Type("two")
		s.Keys("left", "left")
		reopen()
		s.Type("!")
		if got := s.model.composer().draft().Body; !strings.HasPrefix(got, "日本 one\nt!wo") {
			s.t.Errorf("%q", got)
		}
		s.Advance(2 * time.Second)
		s.Keys("up", "up", "home", "right") // only the cursor moves
		reopen()
		s.Type("?")
		if got := s.field(fieldSubject); got != "F?igures" {
			s.t.Errorf("%q", got)
		}
		s.Keys("ctrl+u", "tab")
		s.Keys("ctrl+c")
		if err := s.model.saveOpen(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		if got := s.saved().Cursor; got != (compose.Place{Field: "body"}) {
			s.t.Errorf("%+v", got)
		}
	})
}

// A text that was made shorter elsewhere has no such place.
func TestPlace_ThatIsNotThereAnyMore(t *testing.T) {
	for _, p := range []compose.Place{{Field: "body", At: 999}, {Field: "body", At: -1}, {Field: "cc", At: 3}, {Field: "subject", At: 999}, {Field: "nonsense"}, {Field: "body", At: 1}} {
		d := draft("work", "ana@example.org", "Figures")
		d.Body, d.Cursor = "日本\r\n", p
		tell(t, 80, 24, nil, func(s *story) {
			if _, err := s.box.SaveDraft(s.t.Context(), outbox.DraftRef{}, d); err != nil {
				s.t.Fatal(err)
			}
		}, func(s *story) {
			s.Keys("1", "enter")
			s.See("New message")
			if got := s.model.composer().draft(); got.Body != d.Body || got.Subject != d.Subject {
				s.t.Errorf("%+v: %+v", p, got)
			}
		})
	}
}

// Looking at a draft changes nothing that another window could take for writing.
func TestPlace_ADraftThatIsOnlyLookedAtStaysAsItIs(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		if _, err := s.box.SaveDraft(s.t.Context(), outbox.DraftRef{}, draft("work", "ana@example.org", "Figures")); err != nil {
			s.t.Fatal(err)
		}
	}, func(s *story) {
		before := s.only(outbox.StateDraft).Updated
		s.Advance(time.Second)
		s.Keys("1", "enter", "down", "right", "esc")
		s.See("Kept as a draft.")
		if after := s.only(outbox.StateDraft).Updated; !after.Equal(before) {
			s.t.Errorf("saved at %s", after)
		}
	})
}
