package ui

import (
	"errors"
	"testing"
	"time"
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
