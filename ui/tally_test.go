package ui

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sendoff/outbox"
)

// Who looks for something in the wrong section is told where it is, and a key goes there.
func TestFilter_SaysWhereElseItFindsSomething(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("/")
		s.See("in Outbox")
		s.Type("invoice")
		s.See("0 of 5 in Outbox · 1 in Failed", "No message in Outbox has that in its subject or its addresses.", "1 in Failed: tab goes there, and the filter stays.",
			"tab to Failed")
		s.Keys("tab")
		s.See("/ invoice", "in Failed", "▌? uncertain Invoice 1043", "Failed")
		s.SeeNot("in Outbox")
		s.Type("xq")
		s.See("No message in any section has that in its subject or its addresses.")
		s.SeeNot("tab ")
		s.Keys("backspace", "backspace", "enter", "2") // nothing is found there: the filter would hide what is
		s.See("Lunch on Friday?")
		s.SeeNot("/ invoice")
	})
}

func TestFilter_GoesAlongToWhereItFindsSomething(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("/")
		s.Type("state:sent")
		s.See("No message in Outbox is like that.", "1 in Sent: tab goes there")
		s.Keys("enter")
		s.See("tab to Sent")
		s.Keys("5")
		s.See("/ state:sent", "in Sent", "✓ sent")
		s.Keys("esc", "2", "/")
		s.Type("state:failed")
		s.Keys("enter", "shift+tab")
		s.See("/ state:failed", "in Failed")
		s.Keys("esc", "tab")
		s.See("✓ sent")
		s.SeeNot("/ state:failed")
	})
}

// What can still be taken back stands in Outbox, and is counted there.
func TestFilter_CountsAsTheSectionsList(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		everyState(s)
		queueMany(s.t, s.box, 1200)
	}, func(s *story) {
		for section, search := range map[section]string{sectionOutbox: "in Outbox", sectionScheduled: "in Scheduled", sectionFailed: "in Failed", sectionSent: "in Sent", sectionDrafts: "in Drafts"} {
			s.Keys(fmt.Sprint(int(section)+1), "/")
			s.Type("e")
			s.See(search)
			want := len(s.model.home.rows.items)
			if section == sectionOutbox { // the first of them
				want = 1205
			}
			if got := s.model.home.tally.counts[section]; got != want {
				s.t.Errorf("%s: %d are counted, %d listed", sectionNames[section], got, want)
			}
			s.Keys("esc")
		}
		s.Keys("4", "/")
		s.Type("e")
		s.See("3 of 3 in Failed · 1 in Sent, 1 in Drafts …")
		s.Keys("esc", "2", "/")
		s.Type("letter 11")
		s.See("120 of 1,205 in Outbox")
		s.Type("x")
		s.See("0 of 1,205 in Outbox", "No message in any section")
	})
}

// A count is made anew when mail goes on, also when that is at once.
func TestFilter_CountsAnewWhenMailGoesOn(t *testing.T) {
	tell(t, 80, 24, nil, hello, func(s *story) {
		s.Keys("4", "/")
		s.Type("hello")
		s.See("1 in Outbox: tab goes there")
		hello(s)
		s.Send(changed{})
		s.Advance(tallyStands + time.Second/10)
		s.See("2 in Outbox: tab goes there")
	})
}

// Words that rows show are found.
func TestFilter_FindsWhatIsParked(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("home", "login@example.org", "Behind the login"), outbox.SubmitOptions{})
		s.deliver()
		s.queue(draft("work", "jo@example.org", "Lunch"), outbox.SubmitOptions{})
	}, func(s *story) {
		s.See("‖ parked    Behind the login", "… waiting   Lunch")
		s.Keys("/")
		s.Type("state:parked")
		s.See("‖ parked    Behind the login")
		s.SeeNot("Lunch")
	})
}

// What a filter finds in the section that is open is counted beyond a thousand, and what is
// listed there without being counted is among all that it looks through.
func TestFilter_SaysHowManyItFindsHere(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		everyState(s)
		queueMany(s.t, s.box, 1200)
	}, func(s *story) {
		s.See(" 1,204 to be sent, 1 cancelled ─")
		s.Keys("4", "/")
		s.Type("letter")
		s.See("0 of 3 in Failed", "999+ in Outbox")
		s.Keys("tab")
		s.See("1,200 of 1,205 in Outbox")
		s.Keys("backspace", "backspace", "backspace", "backspace", "backspace", "backspace")
		s.Type("state:cancelled")
		s.See("1 of 1,205 in Outbox", "⊘ cancelled Never mind")
	})
}

// On a narrow screen the numbers matter more than the name, which the header has.
func TestFilter_SaysHowManyItFindsWhereThereIsLittleRoom(t *testing.T) {
	tell(t, 40, 12, nil, everyState, func(s *story) {
		s.Keys("/")
		s.Type("example")
		s.See("/ example", "5 of 5")
	})
}

// A count that was begun for another section comes to nothing, and ends none that goes on.
func TestFilter_TakesNoCountOfAnotherSection(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("4", "/")
		s.Type("e")
		s.See("3 of 3 in Failed")
		p := s.model.home
		late := tallyRead{generation: p.generation - 1, tally: tally{search: p.filter.search()}, err: context.Canceled}
		ended := false
		p.endTally = func() { ended = true }
		s.Send(late)
		if ended {
			s.t.Error("it ends the one that goes on")
		}
		s.See("3 of 3 in Failed")
	})
}
