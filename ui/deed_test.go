package ui

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/internal/uitest"
	"sendoff/outbox"
)

// press types a key and keeps what is to be done for later.
func (s *story) press(name string) tea.Cmd {
	s.t.Helper()
	k, err := uitest.Key(name)
	if err != nil {
		s.t.Fatal(err)
	}
	_, cmd := s.model.Update(k)
	return cmd
}

// later has it done.
func (s *story) later(cmd tea.Cmd) { s.Send(ended{func() tea.Cmd { return cmd }}) }

// Who is quick types u before the list knows what was done last.
func TestUndo_TakesTheDeedThatTheListDoesNotKnowYet(t *testing.T) {
	for _, test := range []struct {
		name string
		undo func(s *story, cancel tea.Cmd)
	}{
		{"while it is done", func(s *story, cancel tea.Cmd) {
			s.Keys("u")
			s.count(outbox.StateHeld, 1) // what was done before it stays
			s.later(cancel)
		}},
		{"before the list is read again", func(s *story, cancel tea.Cmd) {
			_, read := s.model.Update(cancel())
			s.Keys("u")
			s.later(read)
		}},
		{"while the list is being read from before", func(s *story, cancel tea.Cmd) {
			old := s.model.home.load()
			before := old()
			s.later(cancel)
			s.Send(before)
			s.Keys("u")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			tell(t, 120, 24, nil, letters(2), func(s *story) {
				s.Keys("H", "j")
				s.See("u undo hold")
				test.undo(s, s.press("x"))
				s.See(`Not cancelled any more: "`)
				s.count(outbox.StateCancelled, 0)
				s.count(outbox.StateHeld, 1)
				s.Keys("u") // and then the one before
				s.See(`Not held any more: "`)
				s.count(outbox.StateHeld, 0)
				s.Keys("u")
				s.See("There is nothing more to undo of what was done in the last day.")
			})
		})
	}
}

// An empty list takes u as any other.
func TestUndo_IsAnsweredWhereNothingIsSelected(t *testing.T) {
	tell(t, 120, 24, nil, nil, func(s *story) {
		s.Keys("u")
		s.See("There is nothing to undo: nothing was done to a message in the last day.")
	})
}

// What an empty outbox and a notice say is whole on a narrow screen.
func TestUndo_NothingIsCutOnANarrowScreen(t *testing.T) {
	tell(t, 40, 12, ready(t), nil, func(s *story) {
		s.Keys("2")
		s.See("C begins a campaign: a letter for", "each row of a list.")
		s.Keys("u")
		s.See("There is nothing to undo: nothing was", "done to a message in the last day.")
	})
}

// What is undone is named: it may be something that nobody looks at.
func TestUndo_NamesWhatItWas(t *testing.T) {
	tell(t, 120, 24, nil, func(s *story) {
		d := draft("work", "ana@example.org, jo@example.org", "Rent for May, which is longer than a line that says so should ever be")
		s.queue(d, outbox.SubmitOptions{Hold: true})
		s.queue(draft("work", "kim@example.org", "Lunch"), outbox.SubmitOptions{Hold: true})
		s.queue(draft("work", "kim@example.org", "Dinner"), outbox.SubmitOptions{Hold: true})
	}, func(s *story) {
		s.Keys("G", "x", "g", "d", "y", "u")
		s.See(`Brought back: "Dinner" to kim@example.org.`)
		s.Keys("u")
		s.See(`Not cancelled any more: "Rent for May, which is longer than a li…" to ana@example.org +1.`)
		s.Keys("g", "v", "j", "H", "u")
		s.See("Held again: 2 messages.")
	})
}

// Where what was done last is nothing that can be undone, u says so, and of what.
func TestUndo_SaysWhyThereIsNothing(t *testing.T) {
	tell(t, 120, 24, nil, func(s *story) {
		s.queue(draft("work", "defer@example.org", "Later"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("r")
		s.See("It is tried again now.")
		s.Keys("u")
		s.See("There is nothing to undo: what was done last was to try again, and that may be on its way.")
		s.Keys("H", "u")
		s.See("Not held any more: \"Later\"")
		s.Keys("u")
		s.See("There is nothing more to undo of what was done in the last day.")
	})
}

// A message that is about to leave is taken back where it stands.
func TestUndo_TellsOfWhatHasNotLeft(t *testing.T) {
	tell(t, 120, 24, nil, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Held"), outbox.SubmitOptions{Hold: true})
		s.queue(draft("work", "ana@example.org", "Photos"), outbox.SubmitOptions{Undo: time.Minute})
	}, func(s *story) {
		s.Keys("j", "u")
		s.See("There is nothing to undo but messages that have not left: u takes one back where it is selected.")
	})
}

// What fails has nothing to be undone.
func TestUndo_OfWhatFailedUndoesNothingElse(t *testing.T) {
	tell(t, 120, 24, nil, letters(2), func(s *story) {
		s.Keys("H", "j")
		if err := s.box.Cancel(s.t.Context(), s.model.home.item().ID); err != nil {
			s.t.Fatal(err)
		}
		hold := s.press("H")
		s.Keys("u")
		s.later(hold)
		s.See("It has changed meanwhile, and does not take that any more.")
		s.count(outbox.StateHeld, 1)
	})
}

// What is released and gone by now is not offered to be held again, and u says why.
func TestUndo_IsOfferedWhileItCanBe(t *testing.T) {
	tell(t, 120, 24, nil, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Photos"), outbox.SubmitOptions{Hold: true})
	}, func(s *story) {
		s.Keys("H")
		s.See("It is due now.", "u undo release")
		s.deliver()
		s.Advance(time.Second)
		s.count(outbox.StateSent, 1)
		s.SeeNot("u undo release")
		s.Keys("u")
		s.See(`That cannot be undone any more: "Photos" to ana@example.org is sent.`)
		s.Keys("u")
		s.See("There is nothing more to undo of what was done in the last day.")
	})
}

// A draft that is brought back is selected, as each of several would be, and not opened.
func TestUndo_SelectsWhatIsBroughtBack(t *testing.T) {
	tell(t, 120, 24, nil, func(s *story) {
		for _, subject := range []string{"One", "Two", "Three", "Four"} {
			if _, err := s.box.SaveDraft(s.t.Context(), outbox.DraftRef{}, draft("work", "ana@example.org", subject)); err != nil {
				s.t.Fatal(err)
			}
		}
	}, func(s *story) {
		s.Keys("1", "j", "d", "y") // Three
		s.count(outbox.StateDraft, 3)
		s.Keys("G")
		s.Keys("u")
		s.See(`Brought back: "`, "▌✎ draft     Three")
		s.Keys("G", "v", "k", "k", "d", "y")
		s.count(outbox.StateDraft, 1)
		s.Keys("u")
		s.See("Brought back: 3 messages.", "▌✎ draft     Three")
	})
}

// In the view of one message u would undo what was done to another, which nobody sees there.
func TestUndo_IsOfferedInAViewForItsOwnMessageAlone(t *testing.T) {
	tell(t, 120, 40, nil, func(s *story) {
		for _, subject := range []string{"One", "Two"} {
			s.queue(draft("work", "ana@example.org", subject), outbox.SubmitOptions{Hold: true})
		}
	}, func(s *story) {
		s.Keys("g", "x")
		s.See("u undo cancel")
		s.Keys("j", "enter")
		s.SeeNot("u undo cancel")
		s.Keys("u")
		s.count(outbox.StateCancelled, 1)
		s.Keys("esc", "k", "enter")
		s.See("u undo cancel")
		s.Keys("u")
		s.count(outbox.StateCancelled, 0)
	})
}
