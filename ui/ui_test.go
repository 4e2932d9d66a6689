package ui

import (
	"errors"
	"testing"

	"sendoff/outbox"
)

// The watch goes by the reading that it is told of, not by the one before.
func TestModel_TheWatchHearsOfAReadingBehindThePanes(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		h := s.model.home
		st := status{counts: map[outbox.State]int{outbox.StateSending: 1}}
		_ = s.model.tell(listRead{request: listRequest{generation: h.generation, below: []outbox.ID{0}}, status: st})
		if !s.model.watch.polling {
			s.t.Error("something is being sent, and progress is not read")
		}
	})
}

func TestModel_CtrlCAsksOnceBeforeItLosesText(t *testing.T) {
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.Keys("ctrl+x")
		s.See("Discard")
		s.model.composer().saver.err = errors.New("the disk is full")
		s.Keys("ctrl+c")
		s.See("Quit and lose the text?")
		if s.Quit {
			s.t.Fatal("it was not answered")
		}
		s.Keys("n", "ctrl+c")
		s.See("Quit and lose the text?")
		if s.Keys("ctrl+c"); !s.Quit {
			s.t.Error("a second ctrl+c is an answer")
		}
	})
}
