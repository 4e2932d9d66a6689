package ui

import (
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

func TestTranscript_IsOneKeyAwayAndScrolls(t *testing.T) {
	tell(t, 80, 12, nil, func(s *story) {
		s.queue(draft("work", "reject@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("4", "enter")
		s.See("t transcript")
		s.Keys("t")
		s.See("Transcript · Hello", "> EHLO [127.0.0.1]", "↓ more")
		s.Keys("G")
		s.See("12190 < 451 4.3.0 Error: queue file write error", "↑ more")
		s.Keys("g", "?")
		s.See("The transcript")
		s.Keys("esc", "t") // back, as esc is
		s.See("Nothing happens by itself")
	})
}

func TestTranscript_OfAttemptsOfWhichNothingIsKept(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.transport.Dialogue = ""
		s.queue(draft("work", "reject@example.org", "Hello"), outbox.SubmitOptions{})
		s.queue(draft("work", "ana@example.org", "Not yet"), outbox.SubmitOptions{Hold: true})
		s.deliver()
	}, func(s *story) {
		s.Keys("4", "enter", "t")
		s.See("work → scripted:25", "Nothing is kept of what was said.")
	})
}

// Nobody knows how safe a line was that never stood.
func TestItem_SaysNothingOfALineThatNeverStood(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.transport.Script = func(string, int) outbox.Result {
			return outbox.Result{Class: outbox.ClassNetwork, Text: "cannot reach scripted:25: connection refused"}
		}
		s.queue(draft("work", "ana@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("enter")
		s.See("work → scripted:25")
		s.SeeNot("no TLS")
	})
}

// An attempt that is under way is followed: how far it is, and, when it has ended,
// what was said. Who has scrolled down to an older one stays there.
func TestTranscript_FollowsWhatIsUnderWay(t *testing.T) {
	tell(t, 80, 12, nil, func(s *story) {
		s.queue(draft("work", "defer@example.net", "Photos"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{}), dialogue: "0 * connected\n9 < 220 one\n10 > EHLO\n11 < 250 two\n12 < 250 2.0.0 the last word"}
		ended := half.run(s)
		defer ended()
		s.Keys("enter", "t")
		s.SeeNot("Under way")
		s.Advance(2 * time.Minute) // it is tried again meanwhile
		s.See("Under way since 00:0", ": sending, ", "50 %. What is said stands")
		s.Keys("pgdown")
		s.SeeNot("Under way")
		before := strings.Split(s.Screen(), "\n")[2]
		close(half.goOn)
		s.Advance(time.Second)
		if after := strings.Split(s.Screen(), "\n")[2]; after != before || after == "" {
			s.t.Errorf("what is read has moved: %q, before %q", after, before)
		}
		s.Keys("g")
		s.See("work → halfway:25", "12 < 250 2.0.0 the last word")
		s.SeeNot("Under way")
	})
}

// Before there was an attempt the key means nothing.
func TestTranscript_OfWhatWasNotTried(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Not yet"), outbox.SubmitOptions{Hold: true})
	}, func(s *story) {
		s.Keys("enter")
		s.SeeNot("transcript")
		s.Keys("t")
		s.See("none yet")
	})
}
