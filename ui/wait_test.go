package ui

import (
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

// Who waits sees what is waited for behind those that are named, and what is not.
func TestWait_SaysWhatComesBehindAndWhatStays(t *testing.T) {
	for _, height := range []int{12, 24} {
		tell(t, 80, height, nil, func(s *story) {
			s.queue(draft("home", "login@example.org", "Parked"), outbox.SubmitOptions{})
			s.queue(draft("work", "defer@example.org", "Lease"), outbox.SubmitOptions{})
			s.deliver()
			for range 40 {
				s.queue(draft("work", "ana@example.org", "Due"), outbox.SubmitOptions{})
			}
		}, func(s *story) {
			s.Keys("q", "w")
			s.See("40 due", "is next", "more behind them", "Stays behind: 1 until its time; 1 until the login of home is mended.")
			if height == 12 {
				s.See("and 37 more")
			}
		})
	}
}

// What is waited for can be given up there: it stays, and the program has nothing to wait for.
func TestWait_StopsWhatItWaitsFor(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Photos"), outbox.SubmitOptions{})
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{})}
		ended := half.run(s)
		<-half.reached
		s.Advance(2 * time.Second)
		s.Keys("q", "w")
		s.See("Photos", "50 %", "x stop", "esc stay")
		s.Keys("x")
		s.See(`Stop "Photos"? It stays in the outbox, and r sends it after all.`)
		s.Keys("n")
		s.See("It quits when these have gone:")
		s.Keys("x", "y")
		s.Advance(2 * time.Second)
		if !s.Quit {
			s.t.Errorf("it waits for what was stopped:\n%s", s.Screen())
		}
		ended()
		s.only(outbox.StateCancelled)
	})
}

// Where more is under way than is named, nobody can say what would be stopped.
func TestWait_StopsOnlyWhatIsNamed(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		for range mostGoing + 1 {
			s.queue(draft("work", "ana@example.org", "Due"), outbox.SubmitOptions{})
		}
	}, func(s *story) {
		s.Keys("q", "w")
		s.See("31 due")
		s.SeeNot("x stop")
		s.Keys("x")
		s.See("These are more than are named here")
	})
}

// What the server has is not stopped any more, and its name has the room on a narrow screen.
func TestWait_StopsNothingThatTheServerHas(t *testing.T) {
	tell(t, 40, 12, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Photos of us"), outbox.SubmitOptions{})
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{}), at: outbox.StepDot}
		ended := half.run(s)
		<-half.reached
		s.Advance(2 * time.Second)
		s.Keys("q", "w")
		s.See("Photos of us", " confirming", "esc stay")
		s.SeeNot("x stop")
		s.Keys("x")
		s.See("It cannot be stopped any more")
		close(half.goOn)
		s.Advance(2 * time.Second)
		ended()
	})
}

// What the sender has claimed ahead is not said to be on the wire.
func TestWait_CallsNextWhatIsClaimedAhead(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		for _, subject := range []string{"First", "Second", "Third"} {
			s.queue(draft("work", "jo@example.org", subject), outbox.SubmitOptions{})
		}
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{})}
		ended := half.run(s)
		<-half.reached
		s.Advance(2 * time.Second)
		s.Keys("q", "w")
		p := s.model.top().(*waitPane)
		p.going[1].State, p.under.Sending, p.under.Due = outbox.StateSending, 2, 1 // as it is while letters go out fast
		s.See("1 being sent · 2 due")
		if n := strings.Count(s.Screen(), "is next"); n != 2 || !strings.Contains(s.line("First"), "50 %") {
			s.t.Errorf("%d are next:\n%s", n, s.Screen())
		}
		ended()
	})
}

// As long as one of them can be stopped, that is offered for those that can.
func TestWait_StopsTheOthersOfWhatTheServerHas(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Photos"), outbox.SubmitOptions{})
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{}), at: outbox.StepDot}
		ended := half.run(s)
		<-half.reached
		for _, subject := range []string{"Lease", "Rent"} {
			s.queue(draft("work", "ana@example.org", subject), outbox.SubmitOptions{})
		}
		s.Advance(2 * time.Second)
		s.Keys("q", "w")
		s.See("Photos", "Lease", "Rent", "x stop")
		s.Keys("x")
		s.See("Stop 2 of these 3 messages?")
		s.Keys("y")
		s.Advance(2 * time.Second)
		s.count(outbox.StateCancelled, 2)
		s.SeeNot("x stop", "too late")
		close(half.goOn)
		s.Advance(2 * time.Second)
		if !s.Quit {
			s.t.Errorf("it waits for what was stopped:\n%s", s.Screen())
		}
		ended()
		s.count(outbox.StateSent, 1)
	})
}
