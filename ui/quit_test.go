package ui

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"sendoff/internal/lease"
	"sendoff/outbox"
)

func underWay(s *story) {
	s.queue(draft("work", "ana@example.org", "Due"), outbox.SubmitOptions{})
	s.queue(draft("work", "jo@example.org", "Lunch"), outbox.SubmitOptions{Undo: 10 * time.Second})
	s.queue(draft("work", "kim@example.com", "Held"), outbox.SubmitOptions{Hold: true})
}

func TestQuit_WaitsUntilNothingIsUnderWay(t *testing.T) {
	tell(t, 100, 24, nil, underWay, func(s *story) {
		s.Keys("q")
		s.See("Quit? 2 messages are under way", "w wait", "y quit", "n stay")
		s.SeeNot("daemon")
		s.Keys("w")
		s.See("1 due · 1 still to be taken back")
		s.deliver()
		s.Send(changed{})
		s.See("1 still to be taken back")
		if s.Quit {
			s.t.Fatal("it does not wait")
		}
		s.Advance(11 * time.Second)
		s.deliver()
		s.Send(changed{})
		if !s.Quit {
			s.t.Fatalf("it waits for nothing:\n%s", s.Screen())
		}
	})
}

func TestQuit_EscStaysAndQQuitsNow(t *testing.T) {
	tell(t, 100, 24, nil, underWay, func(s *story) {
		s.Keys("q", "w", "?")
		s.See("While it waits", "quit now")
		s.SeeNot("does nothing")
		s.Keys("esc", "esc")
		s.See("Lunch")
		s.deliver()
		s.Advance(11 * time.Second)
		s.deliver()
		s.Send(changed{})
		if s.Quit {
			s.t.Fatal("it quits though the person has stayed")
		}
		s.queue(draft("work", "ana@example.org", "Due"), outbox.SubmitOptions{})
		s.Keys("q", "w", "q")
		if !s.Quit {
			s.t.Fatal("q does not quit")
		}
	})
}

func TestQuit_AsksNothingWhenAnotherProcessSends(t *testing.T) {
	tell(t, 100, 24, nil, underWay, func(s *story) {
		held, err := lease.Take(filepath.Join(s.dir, "sender.lock"))
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() {
			if err := held.Release(); err != nil {
				s.t.Error(err)
			}
		})
		s.Keys("q")
		if !s.Quit {
			s.t.Errorf("it asks:\n%s", s.Screen())
		}
	})
}

// What a parked account has waiting would not go by waiting for it.
func TestQuit_AsksNothingForWhatStandsStill(t *testing.T) {
	tell(t, 100, 24, nil, func(s *story) {
		s.queue(draft("home", "login@example.org", "Parked"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("q")
		if !s.Quit {
			s.t.Errorf("it asks:\n%s", s.Screen())
		}
	})
}

// An account that goes on by itself does so only where something sends then.
func TestQuit_AsksForWhatAParkedAccountSendsLater(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("home", "quota@example.org", "Parked"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.See("home is parked", "It goes on")
		s.Keys("q")
		park := s.model.status.parks[0]
		s.See("Quit? 1 message waits: home is parked until "+toMinute(park.Until, s.model.now)+", and nothing sends then.", "y quit")
		s.SeeNot("w wait")
		s.Keys("n")
		s.queue(draft("work", "defer@example.org", "Lease"), outbox.SubmitOptions{NotBefore: time.Now().Add(20 * time.Hour)})
		s.Keys("q")
		s.See("Quit? 2 messages wait for their time, and nothing sends then.")
	})
}

// Who is asked anyway is told of what no waiting helps, too.
func TestQuit_SaysWhatStaysUntilAnAccountIsMended(t *testing.T) {
	tell(t, 100, 24, nil, func(s *story) {
		s.queue(draft("home", "login@example.org", "Parked"), outbox.SubmitOptions{})
		s.deliver()
		s.queue(draft("work", "ana@example.org", "Due"), outbox.SubmitOptions{})
	}, func(s *story) {
		s.Keys("q")
		s.See("Quit? 1 message is under way, and will go later; 1 waits until the login of home is mended.", "w wait")
		s.deliver()
		s.Send(changed{})
		s.See("Quit? Nothing is under way any more; 1 waits until the login of home is mended.")
	})
}

func TestToMinute(t *testing.T) {
	now := time.Date(2026, 3, 2, 13, 30, 0, 0, time.UTC)
	for after, want := range map[time.Duration]string{
		29*time.Minute + 5*time.Second: "14:00", 3 * time.Hour: "16:30", 20 * time.Hour: "Tue 09:30", -time.Second: "13:30",
	} {
		if got := toMinute(now.Add(after), now); got != want {
			t.Errorf("after %v: %q, want %q", after, got, want)
		}
	}
}

func TestQuit_LeavesItToADaemon(t *testing.T) {
	for _, failure := range []error{nil, errors.New("there is no systemd here")} {
		started := 0
		tell(t, 120, 24, func(o *Options) {
			o.Daemon = func(context.Context) error { started++; return failure }
		}, underWay, func(s *story) {
			s.Keys("q", "d")
			s.See("Let a systemd unit of yours send, now and with every session?")
			s.Keys("y")
			if started != 1 || s.Quit != (failure == nil) {
				s.t.Errorf("started %d times, quit %t", started, s.Quit)
			}
			if failure != nil {
				s.See("No daemon is set up: there is no systemd here")
			}
		})
	}
}

// Who cannot have a daemon is told what to do instead, on the smallest screen.
func TestQuit_SaysWhatToDoWithoutADaemon(t *testing.T) {
	for _, width := range []int{40, 80} {
		tell(t, width, 12, func(o *Options) {
			o.Daemon = func(context.Context) error { return errors.New("there is no systemd here") }
			o.InsteadOfDaemon = "run sendoff flush from cron, or start sendoff daemon with your session"
		}, underWay, func(s *story) {
			s.Keys("q", "d", "y")
			s.See("No daemon is set up.", "sendoff flush", "There is no", "y quit")
			s.Keys("n", "q", "d", "y", "y")
			if !s.Quit {
				s.t.Errorf("y does not quit:\n%s", s.Screen())
			}
		})
	}
}

func TestQuit_WhoHasGoneOnIsNotAsked(t *testing.T) {
	tell(t, 100, 24, nil, underWay, func(s *story) {
		s.Keys("m")
		s.Send(quitAsked{under: outbox.UnderWay{Due: 1}})
		s.SeeNot("Quit?")
	})
}

// A campaign has most of its letters in no item yet.
func TestQuit_CountsWhatACampaignHasNotBegun(t *testing.T) {
	tell(t, 120, 24, nil, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert"}, many(230)...)
	}, func(s *story) {
		s.Keys("q")
		s.See("Quit? 230 messages are under way", "w wait")
		s.Keys("w")
		s.See("230 of campaigns not begun")
		s.deliver()
		s.Send(changed{})
		if !s.Quit {
			s.t.Fatalf("it waits for nothing:\n%s", s.Screen())
		}
	})
}

// A campaign of tomorrow does not go if nothing sends then, and nobody waits for it here.
func TestQuit_AsksForACampaignThatWaitsForItsTime(t *testing.T) {
	tell(t, 120, 24, func(o *Options) {
		o.Daemon = func(context.Context) error { return nil }
	}, func(s *story) {
		s.start(outbox.CampaignSpec{Name: "concert", NotBefore: time.Now().Add(20 * time.Hour)}, many(230)...)
	}, func(s *story) {
		s.Keys("q")
		s.See("Quit? 230 letters of campaigns still to go, and nothing sends then", "d a daemon sends it", "y quit")
		s.SeeNot("w wait")
		s.Keys("n")
		s.queue(draft("work", "ana@example.org", "Due"), outbox.SubmitOptions{})
		s.Keys("q")
		s.See("1 message is under way, 230 more wait", "w wait")
		s.Keys("w")
		s.deliver()
		s.Send(changed{})
		if !s.Quit {
			s.t.Fatalf("it waits for tomorrow:\n%s", s.Screen())
		}
	})
}

func TestQuit_OfADemoAsksForNothingThatWaits(t *testing.T) {
	tell(t, 80, 24, func(o *Options) { o.Passing = true }, func(s *story) {
		s.queue(draft("work", "defer@example.org", "Lease"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("q")
		if !s.Quit {
			s.t.Errorf("it asks:\n%s", s.Screen())
		}
	})
}

// What waits for its next try, or for tomorrow, goes by nobody when nothing sends.
func TestQuit_AsksForWhatWaitsForItsTime(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "defer@example.org", "Lease"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("q")
		s.See("Quit? 1 message waits for its time, and nothing sends then.", "y quit")
		s.SeeNot("w wait")
		s.Keys("n")
		s.queue(draft("work", "ana@example.org", "Rent"), outbox.SubmitOptions{NotBefore: time.Now().Add(20 * time.Hour)})
		s.Keys("q")
		s.See("Quit? 2 messages wait for their time")
		s.Keys("n")
		s.queue(draft("work", "ana@example.org", "Now"), outbox.SubmitOptions{})
		s.Keys("q")
		s.See("Quit? 1 message is under way, 2 more wait.", "w wait")
	})
}
