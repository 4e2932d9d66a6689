package ui

import (
	"context"
	"testing"
	"time"

	"sendoff/outbox"
)

// What is asked of a message in its undo window is not asked any more once it has been
// sent: the answer would be another one.
func TestQuestion_IsWithdrawnWhenItsMessageIsSent(t *testing.T) {
	tell(t, 100, 24, nil, underWay, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Tea on Sunday"), outbox.SubmitOptions{Undo: 10 * time.Second})
		s.Send(changed{})
		s.Keys("g", "d")
		s.See(`Delete "Tea on Sunday"? It has not been sent.`)
		s.Advance(3 * time.Second)
		s.See(`Delete "Tea on Sunday"? It has not been sent.`)
		s.Advance(8 * time.Second)
		s.deliver()
		s.Send(changed{})
		s.SeeNot("Delete ", "y delete")
		s.See("It is not asked any more: the message is sent now.")
		s.Keys("y")
		if i := s.newest(); i.State != outbox.StateSent {
			s.t.Errorf("it is %s", i.State)
		}
	})
}

// newest gives the item that was made last.
func (s *story) newest() outbox.Item {
	s.t.Helper()
	all, err := s.box.List(s.t.Context(), outbox.Query{Limit: 1})
	if err != nil || len(all) != 1 {
		s.t.Fatalf("%d items, %v", len(all), err)
	}
	return all[0]
}

func TestQuestion_IsWithdrawnWhenItsMessageIsGone(t *testing.T) {
	tell(t, 100, 24, nil, underWay, func(s *story) {
		s.Keys("g", "d")
		s.See("Delete ")
		if err := s.box.Delete(s.t.Context(), s.newest().ID); err != nil {
			s.t.Fatal(err)
		}
		s.Advance(2 * time.Second)
		s.SeeNot("y delete")
		s.See("is not in the outbox any more")
	})
}

// The question that quitting asks says what is left by now.
func TestQuestion_OfQuittingFollowsWhatIsLeft(t *testing.T) {
	tell(t, 100, 24, nil, underWay, func(s *story) {
		s.Keys("q")
		s.See("Quit? 2 messages are under way", "w wait")
		s.deliver()
		s.See("Quit? 1 message is under way", "w wait")
		s.Advance(11 * time.Second)
		s.deliver()
		s.See("Quit? Nothing is under way any more.", "y quit", "n stay")
		s.SeeNot("w wait")
		if s.Quit {
			s.t.Fatal("it quits by itself")
		}
		s.Keys("y")
		if !s.Quit {
			s.t.Error("y does not quit")
		}
	})
}

// A question that has no room beside its answers stands above them, and the row that it
// asks of stays on the screen.
func TestQuestion_IsWholeOnLowScreens(t *testing.T) {
	daemon := func(o *Options) { o.Daemon = func(context.Context) error { return nil } }
	tell(t, 40, 12, daemon, everyState, func(s *story) {
		s.Keys("G", "d")
		s.See(`Delete "Re: lease"? It has not been`, "sent.", "y delete", "n keep", "▌… waiting")
		s.Keys("n", "q")
		s.See("2 messages are under way", "1 more", "waits; 1 waits until the login of home", "is mended.", "w wait  d a daemon sends it  y quit", "n stay")
	})
}

// The screen that waits names what it waits for.
func TestWait_NamesTheMessages(t *testing.T) {
	tell(t, 60, 16, nil, underWay, func(s *story) {
		s.Keys("q", "w")
		s.See("Due  ana@example.org", "is next", "Lunch  jo@example.org", "leaves in 10 s")
		s.SeeNot("Held")
	})
}

// A notice takes no line from what a person works on.
func TestNotice_HidesNothing(t *testing.T) {
	tell(t, 80, 12, nil, func(s *story) {
		for range 12 {
			s.queue(draft("work", "ana@example.org", "Letter"), outbox.SubmitOptions{Hold: true})
		}
	}, func(s *story) {
		rows := s.model.home.rowsHeight()
		s.Keys("H")
		s.See("It is due now.")
		if got := s.model.home.rowsHeight(); got != rows {
			s.t.Errorf("%d rows, and %d with a notice", rows, got)
		}
	})
}

// A scheduled message that is cancelled is not on its way: Outbox counts what is.
func TestSections_OutboxDoesNotGrowByWhatIsCancelled(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.See("²Outbox 4  · ³Scheduled 1")
		s.SeeNot("Plan for the week")
		s.See(" 4 to be sent, 1 cancelled ─")
		s.Keys("3", "x")
		s.See("⊘ cancelled Plan for the week", "²Outbox 4  · ³Scheduled   ·")
		s.Keys("2")
		s.See("⊘ cancelled Plan for the week", "²Outbox 4  · ³Scheduled   ·", " 4 to be sent, 2 cancelled ─")
	})
}

// What is on the wire may be in doubt when the program ends, and a demo takes all with it.
func TestQuit_SaysWhatBecomesOfWhatIsOnTheWire(t *testing.T) {
	for _, test := range []struct {
		passing    bool
		asks, says string
	}{
		{false, "1 message is under way, and may be in doubt then.", "What is being sent may be in doubt then."},
		{true, "1 message is under way, and the demo ends with it.", "If you do not wait, they end with the demo."},
	} {
		tell(t, 120, 24, func(o *Options) { o.Passing = test.passing }, func(s *story) {
			s.queue(draft("work", "jo@example.org", "Photos"), outbox.SubmitOptions{})
		}, func(s *story) {
			half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{})}
			ended := half.run(s)
			<-half.reached
			s.Advance(time.Second)
			s.Keys("A")
			s.See("↑ sending 1")
			s.Keys("esc", "q")
			s.See(test.asks)
			s.Keys("w")
			s.See(test.says)
			close(half.goOn)
			s.Advance(2 * time.Second)
			ended()
		})
	}
}
