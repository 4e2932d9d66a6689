package ui

import (
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

// unreachable lets messages wait for a server that could not be reached.
func unreachable(subjects ...string) func(*story) {
	return func(s *story) {
		for _, subject := range subjects {
			s.queue(draft("work", "jo@example.org", subject), outbox.SubmitOptions{})
		}
		s.transport.Script = func(string, int) outbox.Result {
			return outbox.Result{Class: outbox.ClassNetwork, Text: "connection refused"}
		}
		s.deliver()
	}
}

// whileTried plays while the try of a parked account is under way whose time has come.
func whileTried(s *story, play func()) {
	s.t.Helper()
	half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{})}
	ended := half.run(s)
	<-half.reached
	s.Advance(2 * time.Second)
	play()
	close(half.goOn)
	s.Advance(2 * time.Second)
	ended()
}

// The one that is tried tells whether the account works again; until then it is neither
// well nor standing still.
func TestOutbox_AParkedAccountThatIsTriedIsNotCalledParked(t *testing.T) {
	tell(t, 100, 24, nil, unreachable("Photos", "Minutes"), func(s *story) {
		s.See("work ◐ not reachable", "work is parked: not reachable. It goes on in", "‖ parked    Photos", "‖ parked    Minutes")
		whileTried(s, func() {
			s.See("work ↑ tried again", "work was parked: not reachable. It is being tried again; A tells more.", "↑ sending", "… waiting", "after a try")
			s.SeeNot("◐", "is parked", "‖")
			waiting := s.only(outbox.StateWaiting)
			s.later(s.model.openItem(&waiting))
			s.See("… waiting", "work was parked: not reachable. It is being tried again with another message, and this one waits", "for how that goes.")
			s.SeeNot("Next try", "‖")
			s.Keys("esc")
		})
		s.SeeNot("parked", "tried again")
	})
}

// What began before the account stopped goes on, and proves nothing.
func TestTriedAgain_IsTheTryThatIsDue(t *testing.T) {
	now := time.Date(2026, 5, 12, 10, 0, 0, 0, time.UTC)
	before := func(d time.Duration) time.Time { return now.Add(-d) }
	park := func(until time.Time) outbox.Park {
		return outbox.Park{Account: "work", Since: before(time.Minute), Until: until}
	}
	for name, row := range map[string]struct {
		park    outbox.Park
		account string
		started time.Time
		want    bool
	}{
		"its time has come":           {park(before(time.Second)), "work", before(time.Second), true},
		"of another account":          {park(before(time.Second)), "home", before(time.Second), false},
		"since before it had stopped": {park(before(time.Second)), "work", before(2 * time.Minute), false},
		"it has stopped for longer":   {park(now.Add(time.Minute)), "work", before(time.Second), false},
		"it waits for a person":       {park(time.Time{}), "work", before(time.Second), false},
	} {
		d := &desk{now: now, progress: map[outbox.ID]outbox.Progress{1: {Item: 1, Account: row.account, Started: row.started}}}
		if got := d.triedAgain(row.park); got != row.want {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
}

// While a message is being sent, what an earlier try came to is not said as if it were now.
func TestItem_AnEarlierTryIsNotTheOneUnderWay(t *testing.T) {
	tell(t, 120, 24, nil, unreachable("Photos"), func(s *story) {
		whileTried(s, func() {
			s.See("↑ sending   Photos", "the last try: The server could not be reached, or the line broke.  connection refused")
			s.Keys("enter")
			s.See("↑ jo@example.org", "is being sent", "── attempts", "jo@example.org: connection refused")
			s.SeeNot("could not be reached", "tried again by itself")
			s.Keys("esc")
		})
	})
}

// Where the attempt goes to is told while it goes on, as it is when it is over.
func TestItem_AnAttemptUnderWayNamesItsServer(t *testing.T) {
	server := func(o *Options) { o.Accounts[0].SMTP.Host, o.Accounts[0].SMTP.Port = "smtp.example.org", 587 }
	tell(t, 120, 24, server, hello, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{})}
		ended := half.run(s)
		<-half.reached
		s.Advance(time.Second)
		s.Keys("enter")
		if line := s.line("under way"); !strings.Contains(line, "work → smtp.example.org:587  ") {
			s.t.Errorf("the attempt is %q", line)
		}
		close(half.goOn)
		s.Advance(2 * time.Second)
		s.See("work → halfway:25")
		s.SeeNot("under way", "smtp.example.org:587")
		ended()
	})
}
