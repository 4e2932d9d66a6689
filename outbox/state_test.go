package outbox

import (
	"errors"
	"testing"
	"time"
)

// Every pair of state and event: what is not in want is refused.
func TestTransition_EveryPair(t *testing.T) {
	want := map[RecipientState]map[Event]RecipientState{
		RecipientWaiting:   {EventClaim: RecipientSending, EventRetry: RecipientWaiting, EventSkip: RecipientSkipped, EventCallOff: RecipientFailed, EventCallOffBounced: RecipientBounced},
		RecipientSending:   {EventAccept: RecipientSent, EventDefer: RecipientWaiting, EventReject: RecipientFailed, EventDoubt: RecipientUncertain, EventInterrupt: RecipientWaiting},
		RecipientSent:      {EventBounce: RecipientBounced, EventDelayReport: RecipientDelayed, EventConfirm: RecipientConfirmed},
		RecipientFailed:    {EventRetry: RecipientWaiting},
		RecipientUncertain: {EventRetry: RecipientWaiting, EventMarkSent: RecipientSent, EventMarkFailed: RecipientFailed, EventBounce: RecipientBounced, EventDelayReport: RecipientDelayed, EventConfirm: RecipientConfirmed},
		RecipientBounced:   {EventRetry: RecipientWaiting},
		RecipientDelayed:   {EventBounce: RecipientBounced, EventDelayReport: RecipientDelayed, EventConfirm: RecipientConfirmed},
	}
	for s := RecipientWaiting; s <= RecipientSkipped; s++ {
		for e := EventClaim; e <= EventCallOffBounced; e++ {
			got, err := transition(s, e)
			next, legal := want[s][e]
			switch {
			case legal && (err != nil || got != next):
				t.Errorf("%s + %s = %s, %v; want %s", s, e, got, err, next)
			case !legal && (!errors.Is(err, ErrTransition) || got != s):
				t.Errorf("%s + %s = %s, %v; want it refused", s, e, got, err)
			}
		}
	}
}

func TestDerive_TheFirstThatAppliesWins(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	soon := now.Add(time.Minute)
	r := func(s ...RecipientState) []RecipientState { return s }
	for _, c := range []struct {
		name  string
		facts facts
		all   []RecipientState
		want  State
	}{
		{"draft over all", facts{draft: true, cancelled: true, held: true}, nil, StateDraft},
		{"cancelled over held", facts{cancelled: true, held: true}, r(RecipientWaiting), StateCancelled},
		{"held over scheduled", facts{held: true, notBefore: soon}, r(RecipientWaiting), StateHeld},
		{"held with nothing open is what it is", facts{held: true}, r(RecipientSent), StateSent},
		{"scheduled", facts{notBefore: soon}, r(RecipientWaiting), StateScheduled},
		{"the schedule is over", facts{notBefore: now}, r(RecipientWaiting), StateWaiting},
		{"any sending", facts{}, r(RecipientSent, RecipientSending, RecipientWaiting), StateSending},
		{"any waiting", facts{}, r(RecipientSent, RecipientWaiting, RecipientUncertain), StateWaiting},
		{"any uncertain", facts{}, r(RecipientSent, RecipientUncertain, RecipientFailed), StateUncertain},
		{"all skipped", facts{}, r(RecipientSkipped, RecipientSkipped), StateSkipped},
		{"all failed", facts{}, r(RecipientFailed, RecipientFailed), StateFailed},
		{"all bounced", facts{}, r(RecipientBounced), StateBounced},
		{"some failed", facts{}, r(RecipientSent, RecipientFailed), StatePartial},
		{"failed and bounced", facts{}, r(RecipientBounced, RecipientFailed), StatePartial},
		{"all sent", facts{}, r(RecipientSent, RecipientConfirmed, RecipientDelayed), StateSent},
	} {
		if got := derive(c.facts, now, c.all); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestStates_ReadBackAsTheyAreWritten(t *testing.T) {
	for _, s := range States {
		if got, err := ParseState(s.String()); err != nil || got != s {
			t.Errorf("ParseState(%q) = %v, %v", s, got, err)
		}
	}
	for c := ClassAccepted; c <= ClassProtocol; c++ {
		if got, err := ParseClass(c.String()); err != nil || got != c {
			t.Errorf("ParseClass(%q) = %v, %v", c, got, err)
		}
	}
	if _, err := ParseState("sent?"); err == nil {
		t.Error("an unknown state is taken")
	}
}
