package ui

import (
	"testing"
	"time"

	"sendoff/outbox"
)

// What waits and has left in no attempt is edited itself, however often it was
// tried; of what somebody may have a copy is made.
func TestEdit_GoesByWhetherSomebodyMayHaveTheMessage(t *testing.T) {
	for _, c := range []struct {
		name, account, to string
		copied            bool
	}{
		{"parked account", "home", "login@example.org", false},
		{"deferred before the text", "work", "defer@example.org", false},
		{"one of two has it", "work", "ana@example.org, defer@example.org", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tell(t, 120, 24, nil, func(s *story) {
				s.queue(draft(c.account, c.to, "Lunch?"), outbox.SubmitOptions{})
				s.deliver()
			}, func(s *story) {
				id := s.only(outbox.StateWaiting).ID
				if c.copied {
					s.See("e edit a copy")
				} else {
					s.See("e edit  ")
				}
				s.Keys("e")
				s.Advance(2 * time.Second)
				if c.copied {
					s.See("This is a copy")
					s.only(outbox.StateWaiting)
					return
				}
				s.See("It is a draft again")
				if i := s.only(outbox.StateDraft); i.ID != id {
					s.t.Errorf("%s became %s", id, i.ID)
				}
			})
		})
	}
}

func TestActions_PromiseNothingWhileNothingSends(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []string
		o    outbox.SubmitOptions
		now  string
	}{
		{"send now", []string{"3", "S"}, outbox.SubmitOptions{NotBefore: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}, "It is due now."},
		{"release", []string{"H"}, outbox.SubmitOptions{Hold: true}, "It is due now."},
		{"retry", []string{"r"}, outbox.SubmitOptions{}, "It is tried again now."},
	} {
		for _, sending := range []bool{true, false} {
			want := c.now
			if !sending {
				want = "It goes out as soon as something sends."
			}
			t.Run(c.name+": "+want, func(t *testing.T) {
				tell(t, 80, 24, func(o *Options) { o.Sending = sending }, func(s *story) {
					s.queue(draft("work", "jo@example.org", "Lunch"), c.o)
				}, func(s *story) {
					s.Keys(c.keys...)
					s.See(want)
				})
			})
		}
	}
}

// What is claimed for a connection that sends another message is not said to be on the wire.
func TestItem_ThatIsClaimedAheadIsNext(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Second"), outbox.SubmitOptions{Hold: true})
	}, func(s *story) {
		s.Keys("enter")
		s.model.top().(*itemPane).item.State = outbox.StateSending // and nobody tells of its progress
		s.See("It is next, behind another message on its connection. x stops it.")
	})
}

func TestItem_OfAParkedAccountIsCalledParked(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("home", "login@example.org", "Backup"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.See("‖ parked    Backup")
		s.Keys("enter")
		s.See("‖ parked", "home is parked: login refused.")
		s.SeeNot("… waiting")
	})
}

func TestSource_HelpOpensAsEverywhere(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("4", "enter", "v", "?")
		s.See("Keys", "The source")
		s.Keys("?")
		s.See("Source · ")
	})
}

// E opens a copy for those alone whom a message did not reach, at the address that has
// to be corrected. The message says afterwards as what it was sent.
func TestCorrect_WritesToThoseWhoDidNotGetIt(t *testing.T) {
	fail := func(s *story) {
		d := draft("work", "Kim <kim@example.org>, Ana Example <reject@example.org>", "Minutes")
		d.Cc = "jo@example.org"
		s.queue(d, outbox.SubmitOptions{})
		s.deliver()
	}
	tell(t, 80, 24, nil, fail, func(s *story) {
		s.Keys("4", "enter")
		s.See(" E readdress  r retry", "r tries those that failed again, E sends them a")
		s.Keys("E")
		s.See("A copy for those who did not get it")
		if got := s.field(fieldTo); got != "Ana Example <reject@example.org>" {
			t.Errorf("To: %q", got)
		}
		if got := s.field(fieldCc); got != "" {
			t.Errorf("Cc: %q", got)
		}
		for range len("reject@example.org") {
			s.Keys("backspace")
		}
		s.Type("ana@example.org")
		if got := s.field(fieldTo); got != "Ana Example <ana@example.org>" {
			t.Errorf("To: %q", got)
		}
		s.Keys("ctrl+s", "y")
		s.deliver()
		if got := s.only(outbox.StatePartial); got.ReplacedBy == 0 {
			t.Error("the message does not say as what it was sent")
		}
		s.Advance(11 * time.Second)
		s.deliver()
		s.Keys("4", "enter")
		s.See("A copy was sent to ana@example.org (", "): sent. o opens that one.", "→ resent")
		s.Keys("o")
		s.See("✓ sent", "ana@example.org")
		s.Keys("esc", "esc")
		s.See("⁴Failed    · ⁵Sent 1") // nobody has to do anything about it
		s.Keys("4", "r")
		s.See("A copy of it goes to another address. Try this one too?", "n leave it")
		s.Keys("n")
		if got := s.only(outbox.StatePartial); !got.Resent {
			t.Error("it is tried again")
		}
	})
}
