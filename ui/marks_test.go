package ui

import (
	"fmt"
	"testing"
	"time"

	"sendoff/outbox"
)

// letters queues some messages, of which Letter 1 is the oldest.
func letters(n int) func(*story) {
	return func(s *story) {
		for i := range n {
			s.queue(draft("work", "ana@example.org", fmt.Sprintf("Letter %d", i+1)), outbox.SubmitOptions{})
		}
	}
}

// count fails the test unless so many items are in a state.
func (s *story) count(state outbox.State, want int) {
	s.t.Helper()
	got, err := s.box.Count(s.t.Context(), outbox.Query{States: []outbox.State{state}})
	if err != nil || got != want {
		s.t.Fatalf("%d are %s, %v; want %d\n%s", got, state, err, want, s.Screen())
	}
}

func TestMarks_ManyAreActedOnAtOnce(t *testing.T) {
	tell(t, 120, 24, nil, letters(5), func(s *story) {
		s.Keys("space", "j", "space")
		s.See("●… waiting   Letter 5", " … waiting   Letter 4", "●… waiting   Letter 3", "▌… waiting   Letter 2", "2 marked", "H hold")
		s.Keys("k", "k")
		s.See("▌… waiting   Letter 4")
		s.Keys("k")
		s.See("◉… waiting   Letter 5")
		s.Keys("H")
		s.count(outbox.StateHeld, 2)
		s.See("2 held.", "u undo hold")
		s.SeeNot("marked", "●…")
		s.Keys("u")
		s.count(outbox.StateHeld, 0)
		s.See("Not held any more: 2 messages.")
	})
}

func TestMarks_ARangeGoesFromHereToTheCursor(t *testing.T) {
	tell(t, 120, 24, nil, letters(5), func(s *story) {
		s.Keys("j", "v", "j", "j")
		s.See("3 marked", " … waiting   Letter 5", "●… waiting   Letter 4", "◉… waiting   Letter 2")
		s.Keys("k")
		s.See("2 marked")
		s.Keys("v", "j", "j") // it ends, and the cursor goes on
		s.See("2 marked", "v mark a range")
		s.Keys("space")
		s.See("3 marked")
		s.Keys("x")
		s.count(outbox.StateCancelled, 3)
		s.See("3 cancelled.")
		s.Keys("u")
		s.count(outbox.StateCancelled, 0)
		s.See("Not cancelled any more: 3 messages.")
	})
}

func TestMarks_EscClearsThem(t *testing.T) {
	tell(t, 120, 24, nil, letters(2), func(s *story) {
		s.Keys("/")
		s.Type("Letter")
		s.Keys("enter", "space", "v")
		s.See("2 marked")
		s.Keys("esc")
		s.SeeNot("marked", "●…", "◉…")
		s.See("/ Letter") // one thing after the other
		s.Keys("space")
		s.See("1 marked")
		s.Keys("5", "2")
		s.SeeNot("marked")
	})
}

func TestMarks_WhatIsDeletedComesBackAsItWas(t *testing.T) {
	tell(t, 120, 24, nil, everyState, func(s *story) {
		s.Keys("v", "G")
		s.See("5 marked")
		s.Keys("d")
		s.See("Delete 5 messages?")
		s.Keys("n", "esc", "4", "v", "G", "d")
		s.See("Delete 3 messages?")
		s.SeeNot("cannot be brought back")
		s.Keys("y")
		s.See("3 deleted.", "Nothing has failed.")
		s.Keys("u")
		s.See("Brought back: 3 messages.", "Failed 3")
		s.Keys("1", "v", "j", "d")
		s.See("Delete 2 messages?")
		s.SeeNot("cannot be brought back")
		s.Keys("y")
		s.count(outbox.StateDraft, 0)
		s.Keys("u")
		s.count(outbox.StateDraft, 2)
		s.See("Brought back: 2 messages.")
	})
}

func TestMarks_RetryLeavesWhatMustBeAsked(t *testing.T) {
	tell(t, 120, 24, nil, everyState, func(s *story) {
		s.Keys("4", "v", "G", "r")
		s.See("2 due now. Retry one of them by itself: something is to be asked.")
		s.only(outbox.StateUncertain)
	})
}

func TestUndo_GoesByTheRecordAndNotByMemory(t *testing.T) {
	tell(t, 120, 24, nil, letters(1), func(s *story) {
		s.Keys("H")
		s.count(outbox.StateHeld, 1)
		again := New(s.t.Context(), s.model.options) // another window
		s.Model, s.model = again, again
		s.Resize(120, 24)
		s.Send(changed{})
		s.See("u undo hold")
		s.Keys("u")
		s.count(outbox.StateHeld, 0)
		s.See(`Not held any more: "`)
		s.Keys("u")
		s.See("There is nothing more to undo")
	})
}

func TestUndo_WorksInTheViewOfAMessage(t *testing.T) {
	tell(t, 120, 24, nil, letters(1), func(s *story) {
		s.Keys("enter", "x")
		s.See("u undo cancel")
		s.Keys("u")
		s.count(outbox.StateWaiting, 1)
	})
}

// A letter whose campaign is paused does not go by itself, and that is said.
func TestMarks_ALetterThatItsCampaignHoldsGoesWithThat(t *testing.T) {
	tell(t, 120, 24, nil, letters(1), func(s *story) {
		id := s.start(outbox.CampaignSpec{Name: "concert"}, "defer@example.net", "defer@example.com", "reject@example.net")
		s.deliver()
		if err := s.box.PauseCampaign(t.Context(), id, "by hand"); err != nil {
			t.Fatal(err)
		}
		s.Advance(time.Second)
		s.SeeNot("H release")
		s.Keys("H")
		s.See("Its campaign is paused or sends nothing at this hour; it goes when that goes on.")
		s.SeeNot("u undo")
		s.Keys("enter")
		s.See("Its campaign is paused; it goes when that goes on.")
		s.SeeNot("H release", "u undo", "until H releases it")
		s.Keys("H")
		s.See("Its campaign is paused or sends nothing at this hour; it goes when that goes on.")
		s.SeeNot("u undo")
		s.Keys("esc", "v", "j", "H")
		s.See("0 released; 2 go when their campaign goes on.")
		s.Keys("4", "r")
		s.See("It is tried again, and goes when its campaign goes on.")
		s.count(outbox.StateHeld, 3)
	})
}

// What is sent while a question about several stands is not deleted for it.
func TestMarks_DeletingFollowsWhatIsSentMeanwhile(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		for _, to := range []string{"ana@example.org", "defer@example.org", "defer@example.net"} {
			s.queue(draft("work", to, "To "+to), outbox.SubmitOptions{})
		}
	}, func(s *story) {
		s.Keys("2", "v", "G", "d")
		s.See("Delete 3 messages?", "y delete")
		s.deliver()
		s.See("Delete 2 messages? 1 more has changed meanwhile, and stays.", "y delete")
		s.Keys("y")
		s.See("2 deleted.")
		if i := s.only(outbox.StateSent); i.Subject != "To ana@example.org" {
			s.t.Errorf("%q is sent", i.Subject)
		}
		first := s.queue(draft("work", "kim@example.org", "Kim"), outbox.SubmitOptions{Hold: true})
		s.queue(draft("work", "jo@example.org", "Jo"), outbox.SubmitOptions{Hold: true})
		s.Advance(2 * time.Second)
		s.Keys("g", "v", "j", "d")
		s.See("Delete 2 messages?")
		if err := s.box.Cancel(s.t.Context(), first); err != nil { // and nobody has told the list of it yet
			s.t.Fatal(err)
		}
		s.Keys("y")
		s.See("1 deleted. 1 more has changed meanwhile, and stays.")
		s.only(outbox.StateCancelled)
	})
}
