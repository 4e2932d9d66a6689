package ui

import (
	"testing"
	"time"

	"sendoff/outbox"
)

// An interface that nobody touches, on an outbox in which nothing happens, reads nothing:
// only the times are written anew.
func TestOutbox_IsNotReadWhereOnlyTimePasses(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Held"), outbox.SubmitOptions{NotBefore: time.Now().Add(10 * time.Minute)})
	}, func(s *story) {
		s.Keys("3")
		s.See("Held", "in 10 min")
		s.Advance(time.Second) // the news of what was queued may be on its way
		read := s.model.home.readAt
		s.Advance(45 * time.Second)
		if !s.model.home.readAt.Equal(read) {
			t.Errorf("it was read %s later, and nothing has changed", s.model.home.readAt.Sub(read))
		}
		s.Advance(25 * time.Second)
		s.See("in 9 min")
		if s.model.home.readAt.Equal(read) {
			t.Error("a minute later it was not read again")
		}
	})
}

// What leaves a section by time alone, while nobody sends, is seen to.
func TestOutbox_IsReadWhenAMomentComesThatItTellsOf(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "jo@example.org", "Soon"), outbox.SubmitOptions{NotBefore: time.Now().Add(25 * time.Second)})
	}, func(s *story) {
		s.See("Scheduled 1")
		s.Advance(35 * time.Second)
		s.SeeNot("Scheduled 1")
		s.See("… waiting   Soon")
	})
}

// Whether another process sends is in no outbox.
func TestOutbox_HearsOfASenderWithoutReading(t *testing.T) {
	tell(t, 80, 24, func(o *Options) { o.Sending = false }, hello, func(s *story) {
		s.See("Nothing is sending")
		read := s.model.home.readAt
		s.Send(glanced{sender: outbox.SenderSeen{State: outbox.SenderMoves}})
		s.SeeNot("Nothing is sending")
		if !s.model.home.readAt.Equal(read) {
			t.Error("the list was read for it")
		}
	})
}

func TestStatus_NextMoment(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	in := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	for _, test := range []struct {
		name string
		st   status
		want time.Time
	}{
		{"nothing is to come", status{parks: []outbox.Park{{}}, full: []outbox.Quota{{}}}, time.Time{}},
		{"what is over is none", status{parks: []outbox.Park{{Until: in(-1)}}}, time.Time{}},
		{"a message leaves", status{due: in(5), parks: []outbox.Park{{Until: in(6)}}}, in(5)},
		{"a park ends", status{due: in(5), parks: []outbox.Park{{Until: in(9)}, {Until: in(4)}}}, in(4)},
		{"a limit has room", status{due: in(5), full: []outbox.Quota{{From: in(3)}}}, in(3)},
		{"a campaign begins", status{campaigns: []outbox.Campaign{{NotBefore: in(-9)}, {NotBefore: in(2)}}}, in(2)},
	} {
		if got := test.st.nextMoment(now); !got.Equal(test.want) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
