package ui

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sendoff/internal/lease"
	"sendoff/outbox"
)

// hold takes the lease for another process.
func (s *story) hold() {
	s.t.Helper()
	held, err := lease.Take(filepath.Join(s.dir, "sender.lock"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := held.Release(); err != nil {
			s.t.Error(err)
		}
	})
}

// moved is when the other process, which is 1234, has moved last.
func (s *story) moved(ago time.Duration) {
	s.t.Helper()
	path, at := filepath.Join(s.dir, "sender.pid"), time.Now().Add(-ago)
	if err := os.WriteFile(path, []byte("1234\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		s.t.Fatal(err)
	}
}

// standsStill has the sender that another process is stop for long enough to be told.
func (s *story) standsStill() {
	s.t.Helper()
	if err := os.Remove(filepath.Join(s.dir, "sender.pid")); err != nil { // no pulse comes any more
		s.t.Fatal(err)
	}
	s.Advance(11 * time.Second)
	s.moved(0)
	s.Advance(40 * time.Second)
}

// What a sender that stands still has all but sent cannot be stopped, and may have arrived: that
// is known by the record, when nothing is seen of its attempt any more.
func TestSender_ThatStandsStillBehindTheDot(t *testing.T) {
	tell(t, 120, 24, nil, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Photos"), outbox.SubmitOptions{})
	}, func(s *story) {
		other, err := openOutbox(s.dir)
		if err != nil {
			s.t.Fatal(err)
		}
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{}), at: outbox.StepDot}
		end := half.runFor(s, other)
		<-half.reached
		s.Advance(2 * time.Second)
		s.standsStill()
		s.model.progress = nil // which a process that is stopped does not write any more
		s.See("not moving")
		s.SeeNot("x stop")
		s.Keys("enter")
		s.See("It was being sent, and the server may have it. The sender has not moved for ")
		s.SeeNot("x stop")
		s.Keys("esc", "q")
		s.See("Quit? 1 message may have arrived, and the sender has not moved for ")
		s.Keys("n")
		s.queue(draft("work", "jo@example.org", "Lease"), outbox.SubmitOptions{})
		s.Keys("q")
		s.See("Quit? 1 message waits, 1 may have arrived, and the sender has not moved for ")
		close(half.goOn)
		end()
		if err := other.Close(); err != nil {
			s.t.Error(err)
		}
	})
}

// A window beside a sender that was stopped does not say that all goes its way, and takes
// nobody for sending who quits.
func TestSender_ThatStandsStillIsTold(t *testing.T) {
	daemon := func(o *Options) { o.Daemon = func(context.Context) error { return nil } }
	tell(t, 120, 24, daemon, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Photos"), outbox.SubmitOptions{})
	}, func(s *story) {
		other, err := openOutbox(s.dir)
		if err != nil {
			s.t.Fatal(err)
		}
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{})}
		end := half.runFor(s, other)
		<-half.reached
		s.Advance(time.Minute) // a server that is silent
		s.See("↑ sending")
		s.SeeNot("stands still", "has not moved")
		s.Keys("q")
		if !s.Quit {
			s.t.Fatalf("it asks though the other one goes on:\n%s", s.Screen())
		}
		s.Quit = false
		if err := os.Remove(filepath.Join(s.dir, "sender.pid")); err != nil { // it is stopped: no pulse comes any more
			s.t.Fatal(err)
		}
		s.Advance(11 * time.Second)
		s.moved(0)
		s.Advance(25 * time.Second)
		s.SeeNot("stands still", "has not moved")
		s.Advance(15 * time.Second)
		s.See("The sender has not moved for ", " s (process 1234, perhaps stopped with ctrl+z): fg in its terminal lets it go on.", "not moving")
		s.Keys("enter")
		s.See("It was being sent. The sender has not moved for ", "kill -KILL 1234 ends it")
		s.Keys("esc", "q")
		s.See("Quit? 1 message waits, and the sender has not moved for ", "y quit")
		s.SeeNot("w wait", "daemon")
		s.Keys("n")
		s.moved(0) // it was brought back
		s.Advance(11 * time.Second)
		s.SeeNot("stands still", "has not moved")
		close(half.goOn)
		s.Advance(time.Second)
		s.count(outbox.StateSent, 1)
		end()
		if err := other.Close(); err != nil {
			s.t.Error(err)
		}
	})
}

// What is queued, retried or planned beside such a sender is not said to go now.
func TestSender_ThatStandsStillSendsNothingNew(t *testing.T) {
	tell(t, 120, 24, nil, func(s *story) {
		s.queue(draft("work", "defer@example.org", "Lunch"), outbox.SubmitOptions{Hold: true})
		s.hold()
		s.moved(40 * time.Second)
	}, func(s *story) {
		s.See("The sender has not moved for 40 s")
		s.Keys("H")
		s.See("It goes out as soon as something sends.")
		s.Keys("enter")
		s.See("The sender has not moved for ", "In its terminal fg lets it go on")
	})
}

// It is said in as many words as there is room for, and never cut.
func TestSender_ThatStandsStillIsToldInFewWords(t *testing.T) {
	d := &desk{status: status{sender: outbox.SenderSeen{State: outbox.SenderStill, Process: 1234, Quiet: 40 * time.Second}}}
	for width, want := range map[int]string{
		118: "The sender has not moved for 40 s (process 1234, perhaps stopped with ctrl+z): fg in its terminal lets it go on.",
		78:  "The sender stands still (process 1234): fg in its terminal lets it go on.",
		58:  "The sender stands still (process 1234): fg lets it go on.",
		39:  "The sender stands still (process 1234).",
		38:  "The sender stands still: fg helps.",
		30:  "The sender stands still.",
	} {
		if got := d.stillLine(width); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}
