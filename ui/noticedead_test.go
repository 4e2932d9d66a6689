package ui

import (
	"testing"
	"time"

	"sendoff/outbox"
)

func TestKeys_OneThatDoesNothingSaysSoOnce(t *testing.T) {
	tell(t, 80, 24, nil, hello, func(s *story) {
		s.Keys("up", "home", "esc", "pgup")
		s.SeeNot("does nothing")
		s.Keys("z")
		s.See("z does nothing here; ? shows the keys.")
		s.Advance(noticeTime)
		s.SeeNot("does nothing")
		s.Keys("S") // which is for other letters
		s.See("S does nothing here")
		s.Keys("ctrl+y")
		s.See("S does nothing here")
		s.Keys("A") // there S may do something
		s.SeeNot("does nothing")
		s.Keys("esc")
		s.Advance(noticeTime)
		s.Keys("H")
		s.only(outbox.StateHeld)
		s.SeeNot("does nothing")
		s.Advance(noticeTime)
		s.Keys("m", "ctrl+q")
		s.Type("zz")
		s.SeeNot("does nothing")
	})
}

// What is promised of a message that is about to leave is said for as long as it is so.
func TestNotice_OfTheUndoWindowEndsWithIt(t *testing.T) {
	tell(t, 80, 24, func(o *Options) { o.UndoWindow = 3 * time.Second }, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("ctrl+s", "y", "y")
		s.See("It leaves in 3 s; u takes it back.")
		s.Advance(3 * time.Second)
		s.SeeNot("It leaves in 3 s; u takes it back.")
	})
}
