package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Who has read a notice and goes on does not see it any more: not by the first key, and
// by none before it could be read.
func TestNotice_LeavesWhenSomebodyGoesOn(t *testing.T) {
	const said = "It is due now."
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("j", "j", "H")
		s.See(said)
		s.Keys("j", "k", "j", "k")
		s.See(said)
		s.Advance(noticeLeast)
		s.Keys("j")
		s.See(said)
		s.Keys("k")
		s.SeeNot(said)

		s.Keys("H")
		before := s.model.notice
		s.Advance(noticeLeast)
		s.Keys("?", "esc", "H") // the last says something else
		if now := s.model.notice; now.text == "" || now.generation == before.generation {
			s.t.Errorf("%q follows on %q", now.text, before.text)
		}
		s.Keys("j", "k")
		s.See(s.model.notice.text)
		s.Advance(noticeTime)
		if s.model.notice.text != "" {
			s.t.Error("it stays for ever")
		}
	})
}

func TestNotice_ALongOneStaysLonger(t *testing.T) {
	long := notice{text: "It is started, and begins in 10 s. p pauses it, x ends it for good."}
	if least := long.readable(); least <= noticeLeast || least >= noticeTime {
		t.Errorf("it can be read in %s", least)
	}
}

// A bad one stays until somebody goes on who must have seen it.
func TestNotice_ABadOneStaysUntilItIsSeen(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.model.fail(errors.New("the disk is full"))
		s.Advance(time.Hour)
		s.See("The disk is full")
		s.Keys("j")
		s.See("The disk is full")
		s.Keys("j")
		s.SeeNot("The disk is full")

		s.model.fail(errors.New("the disk is full"))
		s.Keys("j", "k", "j", "k")
		s.See("The disk is full")

		s.Keys("/")
		s.Advance(noticeTime)
		s.Type("example") // with the eyes on the keys
		s.See("The disk is full")
	})
}

// What is said of one screen is not said on another.
func TestNotice_EndsWithItsScreen(t *testing.T) {
	const said = "It is held until H releases it."
	for _, leaving := range []string{"4", "tab", "A", "m", "?", "enter"} {
		tell(t, 80, 24, nil, everyState, func(s *story) {
			s.Keys("j", "j", "H", "H")
			s.See(said)
			s.Keys("k", "j")
			s.See(said)
			s.Keys(leaving)
			if s.model.notice.text != "" {
				s.t.Errorf("%s: %q is said still:\n%s", leaving, s.model.notice.text, s.Screen())
			}
		})
	}
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("j", "j", "enter", "H")
		s.See("It is due now.")
		s.Keys("esc")
		s.SeeNot("It is due now.")
		s.later(s.model.say("Something was done."))
		s.Keys("e") // whose screen comes by a message of its own
		s.See("Subject")
		s.SeeNot("Something was done.")
	})
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("m")
		s.later(s.model.say("Something was done."))
		s.Keys("esc") // of what nobody has written on
		s.See("Outbox 4")
		s.SeeNot("Something was done.")
		s.Keys("j", "j", "H", "H")
		s.See(said)
		s.Send(tea.MouseClickMsg{X: 44, Y: sectionLine, Button: tea.MouseLeft})
		s.SeeNot(said)
	})
}

// What leads to another screen is said there.
func TestNotice_IsSaidWhereItLeadsTo(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("esc")
		s.See("Kept as a draft.")
	})
}

// An offer to undo holds wherever its key does that, and is said there alone.
func TestNotice_AnOfferToUndoHoldsElsewhere(t *testing.T) {
	const said = "Deleted; u brings it back."
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("4", "d", "y")
		s.See(said)
		s.Keys("2")
		s.SeeNot(said) // u takes back what is selected
		s.Keys("j")
		s.See(said)
		s.Keys("m")
		s.SeeNot(said) // where u is a letter
		s.Keys("esc")
		s.See(said)
		s.Keys("enter")
		s.See(said)
		s.Keys("u")
		s.See(`Brought back: "`)
		s.Keys("esc")
		s.SeeNot("Undone")
	})
}

// An error that nobody can have read is not gone with the key that was on its way.
func TestNotice_ABadOneOutlivesAKeyThatWasOnItsWay(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.later(s.model.fail(errors.New("the disk is full")))
		s.Keys("4")
		s.See("The disk is full")
		s.Advance(noticeLeast)
		s.Keys("2")
		s.SeeNot("The disk is full")
	})
}

// One that needs two lines takes that of something less urgent, and one that fits into the
// whole width has one.
func TestNotice_OfTwoLinesMovesNoRow(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		rows := s.model.home.rowsHeight()
		s.See("home is parked")
		s.later(s.model.say(strings.Repeat("word ", 20) + "end."))
		if got := s.model.home.rowsHeight(); got != rows {
			s.t.Errorf("%d rows, and %d with a notice", rows, got)
		}
		s.See("word end.")
		s.later(s.model.say(strings.Repeat("a ", 39) + "b"))
		s.See("home is parked", " a b")
		if bad := s.spill(); len(bad) > 0 {
			s.t.Error(bad)
		}
	})
}
