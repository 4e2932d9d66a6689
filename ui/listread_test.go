package ui

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"sendoff/outbox"
)

// A mail that a script schedules for soon is no undo window, and a long undo
// window is no schedule.
func TestSections_UndoWindowsAreToldFromSchedules(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "By script"), outbox.SubmitOptions{NotBefore: time.Now().Add(5 * time.Minute)})
		s.queue(draft("work", "jo@example.org", "By hand"), outbox.SubmitOptions{Undo: 20 * time.Minute})
	}, func(s *story) {
		s.See("Outbox 1", "Scheduled 1", "◷ undo 20 m By hand", "u take back")
		s.SeeNot("By script")
		s.Keys("3")
		s.See("◷ scheduled By script")
		s.SeeNot("By hand", "u take back")
		s.Keys("S") // and once it is released it is none
		s.See("… waiting   By script")
	})
	if now := time.Now(); inUndoWindow(outbox.Item{State: outbox.StateScheduled, Undo: true, NotBefore: now}, now) {
		t.Error("it has ended")
	}
}

// One press goes to the oldest of thousands.
func TestOutbox_TheEndOfAVeryLongListIsOneKeyAway(t *testing.T) {
	const many = 12_000
	tell(t, 80, 24, nil, func(s *story) { queueMany(s.t, s.box, many) }, func(s *story) {
		rows := &s.model.home.rows
		all, err := s.box.List(s.t.Context(), outbox.Query{})
		if err != nil {
			s.t.Fatal(err)
		}
		s.Keys("G")
		if i := s.model.home.item(); i == nil || i.ID != all[many-1].ID {
			s.t.Fatalf("the cursor is on %+v of %d", i, len(rows.items))
		}
		if n := len(rows.fresh); n > 2 {
			s.t.Errorf("the rest is read in %d pieces", n-1)
		}
		s.See("▌… waiting   " + all[many-1].Subject)
		s.Keys("up", "up")
		if i := s.model.home.item(); i.ID != all[many-3].ID {
			s.t.Errorf("two above the end is %s", i.ID)
		}
	})
}

// Before the first key nobody looks at a row: the list is what the counts say.
func TestOutbox_RowsThatLeaveBeforeTheFirstKeyAreDropped(t *testing.T) {
	for _, touched := range []bool{false, true} {
		t.Run(fmt.Sprint(touched), func(t *testing.T) {
			tell(t, 80, 24, nil, func(s *story) {
				s.queue(draft("work", "jo@example.org", "Photos"), outbox.SubmitOptions{})
			}, func(s *story) {
				if touched {
					s.Keys("down")
				}
				s.deliver()
				s.See("²Outbox    · ", "Sent 1")
				if touched {
					s.See("✓ sent      Photos")
				} else {
					s.SeeNot("Photos")
				}
			})
		})
	}
}

func TestOutbox_AReadingThatFailedIsRepeatedSoon(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		h := s.model.home
		_ = h.open(sectionFailed) // its reading comes to nothing
		s.Send(listRead{request: listRequest{generation: h.generation, below: []outbox.ID{0}}, err: errors.New("disk is busy")})
		s.See("Disk is busy.")
		s.Advance(rereadAfter + 100*time.Millisecond)
		s.See("Minutes of 12 May")
		s.SeeNot("Disk is busy.")
	})
}

func TestOutbox_AFilterEndsWithItsSection(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("/")
		s.Type("kim")
		s.See("↑ up", "↓ down")
		s.Keys("enter", "4")
		s.See("Invoice 1043")
		s.SeeNot("/ kim")
	})
}
