//go:build unix

package ui

import (
	"testing"

	"sendoff/internal/review"
	"sendoff/outbox"
)

func checkedBy(script string) review.Check {
	return review.Check{Name: "links", Argv: []string{"sh", "-c", script}}
}

// Programs of the settings look at the message, and what they say stands there.
func TestReview_AsksTheProgramsOfTheSettings(t *testing.T) {
	d := draft("work", "ana@example.org", "Figures")
	d.Bcc = "boss@example.org"
	tell(t, 80, 24, func(o *Options) {
		o.Compose = &d
		o.Checks = []review.Check{checkedBy(`if grep -q boss; then exit 1; else printf 'a \033[2J dead link\n'; exit 2; fi`), checkedBy("cat >/dev/null; echo fine")}
	}, nil, func(s *story) {
		s.Keys("ctrl+s")
		s.See("! links: a \ufffd[2J dead link", "· links: fine", "y send")
		s.Keys("y")
		s.See("Send it all the same?")
		s.none(outbox.StateScheduled)
		s.Keys("y")
		s.only(outbox.StateScheduled)
	})
}

func TestReview_WaitsForTheProgramsAndEndsThemWhenItIsLeft(t *testing.T) {
	d := draft("work", "ana@example.org", "Figures")
	tell(t, 80, 24, func(o *Options) {
		o.Compose, o.Checks = &d, []review.Check{checkedBy("exit 0")}
	}, nil, func(s *story) {
		s.Keys("ctrl+s")
		r := s.model.top().(*reviewPane)
		r.programs.over, r.looked = false, false // as if it had not come to its end
		s.See("… asking links, 1 s")
		s.SeeNot("y send", "✓")
		s.Keys("y")
		s.none(outbox.StateScheduled)
		s.Keys("esc")
		if r.programs.running() {
			s.t.Error("the program goes on for a review that was left")
		}
	})
}

// Who is quick answers before the look is over. What was found is to be seen first.
func TestReview_KeepsAnAnswerThatIsEarly(t *testing.T) {
	for _, found := range []bool{false, true} {
		d := draft("work", "ana@example.org", "Figures")
		tell(t, 80, 24, func(o *Options) {
			o.Compose, o.Checks = &d, []review.Check{checkedBy("exit 0")}
		}, nil, func(s *story) {
			s.Keys("ctrl+s")
			r := s.model.top().(*reviewPane)
			r.programs.over, r.looked = false, false // as if it had not come to its end
			s.Keys("y")
			s.See("it is sent if nothing is found")
			s.none(outbox.StateScheduled)
			var run programsRun
			if found {
				run.findings = []review.Finding{{Severity: review.Warning, Text: "a dead link"}}
			}
			s.Send(taskTold{r.programs, run})
			if !found {
				s.only(outbox.StateScheduled)
				return
			}
			s.See("! a dead link", "Look at what was found; y sends it.", "y send")
			s.none(outbox.StateScheduled)
			s.Keys("y")
			s.only(outbox.StateScheduled)
		})
	}
}

// An answer is for what was seen: another key takes it back.
func TestReview_AnotherKeyTakesAnEarlyAnswerBack(t *testing.T) {
	d := draft("work", "ana@example.org", "Figures")
	tell(t, 80, 24, func(o *Options) {
		o.Compose, o.Checks = &d, []review.Check{checkedBy("exit 0")}
	}, nil, func(s *story) {
		s.Keys("ctrl+s")
		r := s.model.top().(*reviewPane)
		r.programs.over, r.looked = false, false
		s.Keys("y", "j")
		s.Send(taskTold{r.programs, programsRun{}})
		s.none(outbox.StateScheduled)
		s.See("y send")
	})
}

func TestReview_AsksNobodyAboutAMessageThatCannotBeSent(t *testing.T) {
	d := draft("work", "ana", "Figures")
	tell(t, 80, 24, func(o *Options) {
		o.Compose, o.Checks = &d, []review.Check{checkedBy("echo asked; exit 1")}
	}, nil, func(s *story) {
		s.Keys("ctrl+s")
		s.See("✗ To:")
		s.SeeNot("asked")
	})
}
