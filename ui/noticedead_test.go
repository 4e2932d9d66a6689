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
		s.See("ctrl+y does nothing here")
		s.SeeNot("S does nothing")
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

// In the help its own keys are not called dead, and no key is said to show it.
func TestHelp_SaysOfItsOwnKeysNothing(t *testing.T) {
	tell(t, 80, 12, nil, hello, func(s *story) {
		s.Keys("?")
		for _, pressed := range []string{"g", "G", "k", "j"} {
			s.Keys(pressed)
			s.SeeNot("does nothing")
		}
		s.Keys("z")
		s.See("z does nothing here.")
		s.SeeNot("shows the keys")
	})
}

func TestKeys_ADeadOneIsAnsweredAfterWhatCouldBeRead(t *testing.T) {
	tell(t, 80, 24, nil, hello, func(s *story) {
		s.later(s.model.say("This was done."))
		s.Keys("z")
		s.See("This was done.")
		s.SeeNot("does nothing")
		s.Advance(2 * time.Second)
		s.Keys("z")
		s.See("z does nothing here")
		s.Keys("Z")
		s.See("Z does nothing here")
		s.Advance(2 * time.Second)
		s.Keys("H")
		s.SeeNot("does nothing")
	})
}

func TestItem_SaysThatNothingWasSaidYet(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Not yet"), outbox.SubmitOptions{Hold: true})
	}, func(s *story) {
		s.Keys("enter", "t")
		s.See("Nothing was said with a server yet.")
		s.SeeNot("does nothing", "t transcript")
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
