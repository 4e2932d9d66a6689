package ui

import (
	"testing"
	"time"

	"sendoff/outbox"
)

// Stories begin on Saturday, 1 January 2000, at midnight.
func TestReview_SchedulesAMessage(t *testing.T) {
	reviewed(t, draft("work", "ana@example.org", "Figures"), nil, func(s *story) {
		s.See("leaves    in 10 s", "t later")
		s.Keys("t")
		s.See("When it leaves", "at once")
		s.Type("mon 9")
		s.See("Mon 3 Jan 09:00 UTC, in 2 days")
		s.Keys("enter")
		s.See("leaves    Mon 3 Jan 09:00 UTC, in 2 days", "✓ addresses")
		s.Keys("y")
		s.See("It leaves Mon 3 Jan 09:00 UTC, in 2 days.", "Scheduled 1", "Figures")
		want := time.Date(2000, 1, 3, 9, 0, 0, 0, time.UTC)
		if i := s.only(outbox.StateScheduled); !i.NotBefore.Equal(want) || i.Undo {
			s.t.Errorf("not before %v, undo %v", i.NotBefore, i.Undo)
		}
	})
}

func TestReview_KeepsTheTimeWithTheDraft(t *testing.T) {
	reviewed(t, draft("work", "ana@example.org", "Figures"), nil, func(s *story) {
		s.Keys("t")
		s.Type("tomorrow")
		s.Keys("enter", "p")
		if d := s.saved(); !d.Leaves.Equal(time.Date(2000, 1, 2, 8, 0, 0, 0, time.UTC)) {
			s.t.Errorf("it leaves %v", d.Leaves)
		}
		s.Keys("1", "enter", "ctrl+s")
		s.See("leaves    Sun 2 Jan 08:00 UTC, in 32 h")
		s.Keys("t")
		s.See("2000-01-02 08:00")
		for range len("2000-01-02 08:00") {
			s.Keys("backspace")
		}
		s.Keys("enter")
		s.See("leaves    in 10 s")
		s.Keys("t")
		s.Type("in 1h")
		s.Keys("enter")
		s.Advance(2 * time.Hour)
		s.See("leaves    in 10 s (u takes it back); Sat 1 Jan 01:00 UTC has passed")
		s.Keys("y")
		if i := s.only(outbox.StateScheduled); !i.Undo {
			s.t.Errorf("a time that has passed is kept: %v", i.NotBefore)
		}
	})
}

func TestReview_TakesNoTimeThatIsNone(t *testing.T) {
	reviewed(t, draft("work", "ana@example.org", "Figures"), nil, func(s *story) {
		s.Keys("t")
		s.Type("whenever")
		s.Keys("enter")
		s.See(`! "whenever" is not a time.`)
		s.Keys("esc")
		s.See("Send this?", "leaves    in 10 s")
		s.Keys("t")
		s.Type("2011-01-01 9:00")
		s.Keys("enter")
		s.See("! It leaves in more than a year, on 1 Jan 2011.")
	})
}
