package ui

import (
	"time"

	"sendoff/outbox"
)

// section is a part of the outbox. Every state stands in exactly one, but for
// scheduled: what can still be taken back is on its way out, and stands in
// Outbox.
type section int

const (
	sectionDrafts section = iota
	sectionOutbox
	sectionScheduled
	sectionFailed
	sectionSent
	sectionCampaigns // no items of its own; it is there where a campaign is
	sections         // how many there are
)

var sectionNames = [sections]string{"Drafts", "Outbox", "Scheduled", "Failed", "Sent", "Campaigns"}

// sectionActions open them.
var sectionActions = [sections]string{"list.drafts", "list.outbox", "list.scheduled", "list.failed", "list.sent", "list.campaigns"}

// sectionStates are what a section asks the outbox for.
var sectionStates = [sections][]outbox.State{
	sectionDrafts:    {outbox.StateDraft},
	sectionOutbox:    {outbox.StateSending, outbox.StateWaiting, outbox.StateHeld, outbox.StateCancelled},
	sectionScheduled: {outbox.StateScheduled},
	sectionFailed:    {outbox.StateUncertain, outbox.StateFailed, outbox.StatePartial, outbox.StateBounced, outbox.StateSkipped},
	sectionSent:      {outbox.StateSent},
}

// emptySection is what an empty section says.
var emptySection = [sections]string{
	sectionDrafts:    "No drafts. What you write is kept here until you send it.",
	sectionOutbox:    "Nothing is on its way.",
	sectionScheduled: "Nothing is scheduled.",
	sectionFailed:    "Nothing has failed.",
	sectionSent:      "Nothing has been sent yet.",
	sectionCampaigns: "No campaign is left.",
}

// inUndoWindow tells that an item waits only so that it can be taken back. A
// schedule is none, however near it is.
func inUndoWindow(i outbox.Item, now time.Time) bool {
	return i.State == outbox.StateScheduled && i.Undo && i.NotBefore.After(now)
}

// count is how many items of a section are what it is for: what is to be sent, what somebody
// should see to. Others are listed there, apart from those (decision 29).
func (s section) count(st status) int {
	n := 0
	for _, state := range sectionStates[s] {
		if state != outbox.StateCancelled {
			n += st.counts[state]
		}
	}
	switch s {
	case sectionOutbox:
		n += st.undo
	case sectionScheduled:
		n = max(n-st.undo, 0)
	case sectionCampaigns:
		n = len(st.campaigns)
	}
	return n
}

// apart is how many items a section lists and does not count: in Outbox what was cancelled,
// in Failed what was sent again as a copy.
func (s section) apart(st status) int {
	switch s {
	case sectionOutbox:
		return st.counts[outbox.StateCancelled]
	case sectionFailed:
		return st.resent
	}
	return 0
}

// apartWords say how many of the rows of a section are counted, and what the others are,
// and in short the latter alone; none where all are counted.
func (s section) apartWords(st status) (texts []string) {
	apart := s.apart(st)
	if apart == 0 {
		return nil
	}
	counted, others := "to be sent", "cancelled"
	if s == sectionFailed {
		counted, others = "to see to", "sent again"
	}
	n := "none"
	if count := s.count(st); count > 0 {
		n = number(count)
	}
	others = number(apart) + " " + others
	return []string{n + " " + counted + ", " + others, others}
}
