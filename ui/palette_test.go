package ui

import (
	"strings"
	"testing"

	"sendoff/outbox"
)

func hello(s *story) {
	s.queue(draft("work", "ana@example.org", "Hello"), outbox.SubmitOptions{})
}

func TestPalette_FindsAnActionAndDoesIt(t *testing.T) {
	tell(t, 80, 24, nil, hello, func(s *story) {
		s.Keys(":")
		s.Type("hol")
		s.See("hold", "hold it, or release it", "H")
		s.SeeNot("release it now", "delete")
		s.Keys("enter")
		s.only(outbox.StateHeld)
		s.See("It is held until H releases it.")
	})
}

// What is typed for something that is not here must not find the end of the program.
func TestPalette_DoesNotQuitForScatteredLetters(t *testing.T) {
	tell(t, 80, 24, nil, hello, func(s *story) {
		s.Keys(":")
		s.Type("att")
		s.SeeNot("quit")
		s.Keys("enter")
		s.only(outbox.StateWaiting)
		s.Keys("m", "alt+x")
		s.Type("att")
		s.See("▌ attach")
		s.SeeNot("quit")
	})
}

// Whoever looks for an action learns where it is.
func TestPalette_FindsWhatIsNotPossibleHere(t *testing.T) {
	tell(t, 100, 24, nil, hello, func(s *story) {
		s.Keys(":")
		s.SeeNot("in the composer")
		s.Type("clipboard")
		s.See("attach what the clipboard holds · in the composer", "alt+v")
		s.Keys("enter")
		s.See("That is done in the composer: attach what the clipboard holds.", "▌… waiting")
		s.Keys(":")
		s.Type("scheduled now")
		s.See("send what is scheduled now · not now")
		s.Keys("enter")
		s.See("That is not possible now: send what is scheduled now.")
		s.only(outbox.StateWaiting)
	})
}

func TestPalette_DoesWhatHasNoKey(t *testing.T) {
	keys, err := NewKeys(map[string][]string{"outbox.cancel": nil})
	if err != nil {
		t.Fatal(err)
	}
	tell(t, 80, 24, func(o *Options) { o.Keys = keys }, hello, func(s *story) {
		s.Keys("x")
		s.only(outbox.StateWaiting)
		s.Keys(":")
		s.Type("cancel")
		s.Keys("enter")
		s.only(outbox.StateCancelled)
	})
}

// Whether two actions share a key is nothing to the palette.
func TestPalette_DoesTheActionAndNotItsKey(t *testing.T) {
	tell(t, 80, 24, nil, hello, func(s *story) {
		s.Keys(":")
		s.Type("all actions")
		s.See("No action is called that.")
		s.Keys("enter", "esc", ":")
		s.Type("keys")
		s.Keys("enter")
		s.See("Everywhere in the list")
	})
}

func TestPalette_OpensWhereTextIsTyped(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("a:b")
		s.See("a:b")
		s.Keys("alt+x")
		s.Type("copies")
		s.Keys("enter")
		s.See("a:b", "Cc", "Bcc")
		s.Keys("alt+x", "alt+x")
		s.See("a:b")
	})
}

// Where text is typed ctrl+k does what it does in a shell.
func TestPalette_LeavesTextItsKeys(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ab")
		s.Keys("left", "ctrl+k", "tab", "tab")
		s.Type("one two")
		s.Keys("ctrl+left", "ctrl+k")
		if d := s.model.composer().draft(); d.To != "a" || d.Body != "one \n\n-- \nAda\nexample.org" {
			s.t.Errorf("%q, %q", d.To, d.Body)
		}
		s.Keys("alt+x")
		s.Type("zzzz")
		s.See("is called that")
		s.Keys("ctrl+a", "ctrl+k")
		s.SeeNot("is called that")
	})
}

func TestPalette_ShutsWithoutDoingAnything(t *testing.T) {
	tell(t, 80, 24, nil, hello, func(s *story) {
		before := s.Screen()
		s.Keys(":", "down", "down", "esc")
		if s.Screen() != before {
			s.t.Errorf("the screen has changed:\n%s", s.Screen())
		}
		s.only(outbox.StateWaiting)
	})
}

func TestPalette_WhatIsNotPossibleAnyMoreIsNotDone(t *testing.T) {
	tell(t, 80, 24, nil, hello, func(s *story) {
		id := s.only(outbox.StateWaiting).ID
		s.Send(actionChosen{on: s.model.home, name: "outbox.edit"}) // as long as it can be
		s.SeeNot("not possible")
		s.Keys("esc")
		if err := s.box.Delete(s.t.Context(), id); err != nil {
			s.t.Fatal(err)
		}
		s.Send(changed{})
		s.Send(actionChosen{on: s.model.home, name: "outbox.hold"})
		s.See("That is not possible here any more.")
	})
}

// What the palette presses is never written into a text.
func TestPalette_PressesNothingIntoText(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		for _, a := range actions {
			if strings.HasPrefix(a.name, "list.") || strings.HasPrefix(a.name, "outbox.") {
				s.Send(actionChosen{on: s.model.top(), name: a.name})
			}
		}
		s.SeeNot("list.", "outbox.")
	})
}

func TestPalette_AsksNothingOfAPaneThatIsGone(t *testing.T) {
	tell(t, 80, 24, nil, hello, func(s *story) {
		s.Keys("enter", ":")
		s.Type("hold")
		if err := s.box.Delete(s.t.Context(), s.only(outbox.StateWaiting).ID); err != nil {
			s.t.Fatal(err)
		}
		s.Send(changed{})
		s.Keys("enter", "esc", "esc")
		s.See("Nothing is on its way.")
	})
}

func TestFilters_ASavedOneIsChosen(t *testing.T) {
	filters := func(o *Options) {
		o.Filters = []Filter{{"kim", "to:kim"}, {"not \x1b[2Jjo", "-to:jo state:held"}}
	}
	tell(t, 100, 24, filters, everyState, func(s *story) {
		s.Keys("f")
		s.See("kim", "to:kim", "-to:jo state:held")
		s.Type("jo")
		s.SeeNot("to:kim")
		s.Keys("enter")
		s.See("/ -to:jo state:held", "Not before I have called her")
		s.SeeNot("Never mind")
		s.Keys("f")
		s.Type("nothing")
		s.See("No filter is called that.")
		s.Keys("esc", "esc")
		s.See("Never mind")
	})
	tell(t, 100, 24, nil, everyState, func(s *story) {
		s.Keys("f")
		s.See("Never mind")
	})
}
