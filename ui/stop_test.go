package ui

import (
	"testing"
	"time"

	"sendoff/outbox"
)

// onTheWay has a message on its way that stands where a transport has stopped.
func onTheWay(t *testing.T, half *halfway, play func(s *story, end func())) {
	t.Helper()
	tell(t, 100, 24, nil, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Photos"), outbox.SubmitOptions{})
	}, func(s *story) {
		half.reached, half.goOn = make(chan struct{}), make(chan struct{})
		end := half.run(s)
		<-half.reached
		s.Advance(time.Second)
		play(s, end)
	})
}

// The key that cancels what waits stops what is on its way, and says so; undone, it waits
// again.
func TestStop_BreaksOffWhatIsBeingSent(t *testing.T) {
	onTheWay(t, new(halfway), func(s *story, end func()) {
		s.See("x stop")
		s.Keys("enter")
		s.See("x stops it.")
		s.Keys("x")
		s.Advance(time.Second)
		s.See(`Stopped before the server had all of it: "Photos" to ana@example.org.`, "⊘ cancelled", "not sent: cancelled",
			"You stopped it before the server had all of it")
		end()
		s.count(outbox.StateCancelled, 1)
		s.Keys("esc")
		s.See("u undo cancel")
		s.Keys("u")
		s.See(`Not cancelled any more: "`)
		s.count(outbox.StateWaiting, 1)
		s.SeeNot("You stopped it", "stopped by you") // that explains what is cancelled, and nothing else
		s.Keys("enter")
		s.See("stopped by you") // among the attempts
		s.SeeNot("You stopped it")
	})
}

// While it is not known yet what comes of the wish, the message is shown as one that is
// being stopped.
func TestStop_IsShownWhileItIsUnderWay(t *testing.T) {
	half := &halfway{stubborn: true}
	onTheWay(t, half, func(s *story, end func()) {
		id := s.model.home.item().ID
		if _, err := s.box.ActOn(s.t.Context(), outbox.ActionCancel, id); err != nil {
			s.t.Fatal(err)
		}
		s.Advance(100 * time.Millisecond)
		s.See("↑ sending", "stopping", "u undo cancel")
		s.Keys("enter")
		s.See("It is being stopped.")
		close(half.goOn)
		s.Advance(time.Second)
		s.See("⊘ cancelled")
		end()
	})
}

// Behind the final dot it is the server's: that is said, and nothing can be undone.
func TestStop_IsTooLateBehindTheDot(t *testing.T) {
	half := &halfway{at: outbox.StepDot, stubborn: true}
	onTheWay(t, half, func(s *story, end func()) {
		s.Keys("enter")
		s.See("waiting for the server's word. It can no longer be stopped.")
		s.SeeNot("x stop")
		s.Keys("x")
		s.See("The server has the whole message; it can no longer be stopped.")
		s.Advance(10 * time.Second)
		s.Keys("esc")
		s.SeeNot("x stop")
		s.Keys("x")
		s.See("The server has the whole message; it can no longer be stopped.")
		s.Advance(10 * time.Second)
		s.Keys("space")
		s.SeeNot("x cancel", "x stop")
		s.Keys("x")
		s.See("The server has the whole message; it can no longer be stopped.")
		s.Keys("esc", "enter")
		close(half.goOn)
		s.Advance(time.Second)
		s.count(outbox.StateSent, 1)
		s.Keys("esc")
		s.SeeNot("u undo")
		end()
	})
}

// What was said of the last thing that was done leaves when the next one is begun: while
// that takes its time it would be taken for what came of it.
func TestStop_WhatWasSaidBeforeLeavesWhileItIsUnderWay(t *testing.T) {
	half := &halfway{stubborn: true}
	onTheWay(t, half, func(s *story, end func()) {
		s.queue(draft("home", "jo@example.org", "Lunch"), outbox.SubmitOptions{})
		s.Send(changed{})
		s.Keys("g", "x")
		const said = "It is cancelled; r sends it after all."
		s.See(said)
		s.Keys("j", "x")
		s.SeeNot(said)
		s.Advance(6 * time.Second)
		s.See(`Its sender was asked to stop "Photos" to ana@example.org; the list shows what comes of it.`)
		close(half.goOn)
		end()
	})
}

// What comes of a stop late does not take the place of what was said since.
func TestStop_LeavesWhatIsSaidLater(t *testing.T) {
	half := &halfway{stubborn: true}
	onTheWay(t, half, func(s *story, end func()) {
		s.queue(draft("home", "jo@example.org", "Lunch"), outbox.SubmitOptions{})
		s.Send(changed{})
		s.Keys("G", "x")
		s.Advance(4 * time.Second)
		s.Keys("g", "x")
		const said = "It is cancelled; r sends it after all."
		s.See(said)
		close(half.goOn)
		s.Advance(500 * time.Millisecond)
		s.count(outbox.StateCancelled, 2)
		s.See(said)
		end()
	})
}

// Who takes a stop back waits for no sender, and hears nothing more of it.
func TestStop_IsTakenBackAtOnce(t *testing.T) {
	half := &halfway{stubborn: true}
	onTheWay(t, half, func(s *story, end func()) {
		s.Keys("x")
		s.See("stopping")
		s.Keys("u")
		const said = `Not cancelled any more: "Photos" to ana@example.org.`
		s.See(said)
		s.SeeNot("stopping")
		s.Advance(2 * time.Second)
		s.See(said)
		s.Advance(10 * time.Second)
		s.SeeNot("Photos\" to", "stopping")
		close(half.goOn)
		end()
	})
}

// A sender that stands still is not waited for.
func TestStop_DoesNotWaitForASenderThatStandsStill(t *testing.T) {
	half := &halfway{stubborn: true}
	tell(t, 100, 24, nil, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Photos"), outbox.SubmitOptions{})
	}, func(s *story) {
		other, err := openOutbox(s.dir)
		if err != nil {
			s.t.Fatal(err)
		}
		half.reached, half.goOn = make(chan struct{}), make(chan struct{})
		end := half.runFor(s, other)
		<-half.reached
		s.standsStill()
		s.Keys("x")
		s.See(`Its sender was asked to stop "Photos" to ana@example.org`)
		close(half.goOn)
		end()
		if err := other.Close(); err != nil {
			s.t.Error(err)
		}
	})
}

// On a narrow screen the key that stops what is being sent has room, which is for now alone.
func TestStop_HasRoomOnANarrowScreen(t *testing.T) {
	onTheWay(t, new(halfway), func(s *story, end func()) {
		s.Resize(40, 12)
		s.See("x stop")
		s.Keys("enter")
		s.See("x stop")
		end()
	})
}
