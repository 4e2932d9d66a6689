package ui

import (
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
		s.See("in Outbox · 1 in Failed", "No message in Outbox has that in its subject or its addresses.", "1 in Failed: tab goes there, and the filter stays.",
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
			items := s.model.home.rows.items
			if got := s.model.home.tally.counts[section]; got != min(len(items), mostTallied+1) && section != sectionOutbox || section == sectionOutbox && got != mostTallied+1 {
				s.t.Errorf("%s: %d are counted, %d listed", sectionNames[section], got, len(items))
			}
			s.Keys("esc")
		}
		s.Keys("4", "/")
		s.Type("e")
		s.See("in Failed · 1 in Sent, 1 in Drafts, 999+ in Outbox …")
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
