package outbox

import (
	"errors"
	"fmt"
	"time"
)

// RecipientState is the truth about one recipient of one item.
type RecipientState uint8

// The numbers are stored: never change one.
const (
	RecipientWaiting   RecipientState = 1
	RecipientSending   RecipientState = 2
	RecipientSent      RecipientState = 3
	RecipientFailed    RecipientState = 4
	RecipientUncertain RecipientState = 5
	RecipientBounced   RecipientState = 6
	RecipientDelayed   RecipientState = 7
	RecipientConfirmed RecipientState = 8
	RecipientSkipped   RecipientState = 9
)

var recipientStateNames = [...]string{
	RecipientWaiting: "waiting", RecipientSending: "sending", RecipientSent: "sent",
	RecipientFailed: "failed", RecipientUncertain: "uncertain", RecipientBounced: "bounced",
	RecipientDelayed: "delayed", RecipientConfirmed: "confirmed", RecipientSkipped: "skipped",
}

// String is the state as JSON prints it.
func (s RecipientState) String() string {
	if int(s) < len(recipientStateNames) {
		return recipientStateNames[s]
	}
	return ""
}

// Event is something that happens to a recipient.
type Event uint8

// The events.
const (
	EventClaim          Event = iota + 1 // an attempt is about to begin
	EventAccept                          // 250 to the final dot was read
	EventDefer                           // not now: try again later
	EventReject                          // refused for good
	EventDoubt                           // the dot may have left and no answer came
	EventInterrupt                       // the attempt ended before its mark: nothing was accepted
	EventRetry                           // a person asks for another try
	EventMarkSent                        // a person or a proof says that it arrived
	EventMarkFailed                      // a person says that it did not
	EventBounce                          // a delivery report: failed
	EventDelayReport                     // a delivery report: still trying
	EventConfirm                         // a delivery report: delivered
	EventSkip                            // it must not be written to any more
	EventCallOff                         // it was refused, and the other try that was asked for is not made
	EventCallOffBounced                  // the same of one that had bounced
)

var eventNames = [...]string{
	EventClaim: "claim", EventAccept: "accept", EventDefer: "defer", EventReject: "reject",
	EventDoubt: "doubt", EventInterrupt: "interrupt", EventRetry: "retry", EventMarkSent: "mark sent", EventMarkFailed: "mark failed",
	EventBounce: "bounce", EventDelayReport: "delay report", EventConfirm: "confirm",
	EventSkip: "skip", EventCallOff: "call off", EventCallOffBounced: "call off bounced",
}

// String names the event.
func (e Event) String() string {
	if int(e) < len(eventNames) {
		return eventNames[e]
	}
	return ""
}

// ErrTransition is wrapped by the error for an event that a state does not take.
var ErrTransition = errors.New("not possible in this state")

// transitions is the whole life of a recipient. What is not here is an error.
var transitions = map[RecipientState]map[Event]RecipientState{
	RecipientWaiting: {
		EventClaim:          RecipientSending,
		EventRetry:          RecipientWaiting,
		EventSkip:           RecipientSkipped,
		EventCallOff:        RecipientFailed,
		EventCallOffBounced: RecipientBounced,
	},
	RecipientSending: {
		EventAccept:    RecipientSent,
		EventDefer:     RecipientWaiting,
		EventReject:    RecipientFailed,
		EventDoubt:     RecipientUncertain,
		EventInterrupt: RecipientWaiting,
	},
	RecipientSent: {
		EventBounce:      RecipientBounced,
		EventDelayReport: RecipientDelayed,
		EventConfirm:     RecipientConfirmed,
	},
	RecipientFailed: {
		EventRetry: RecipientWaiting,
	},
	RecipientUncertain: {
		EventRetry:       RecipientWaiting,
		EventMarkSent:    RecipientSent,
		EventMarkFailed:  RecipientFailed,
		EventBounce:      RecipientBounced,
		EventDelayReport: RecipientDelayed,
		EventConfirm:     RecipientConfirmed,
	},
	RecipientDelayed: {
		EventBounce:      RecipientBounced,
		EventDelayReport: RecipientDelayed,
		EventConfirm:     RecipientConfirmed,
	},
	RecipientBounced: {
		EventRetry: RecipientWaiting,
	},
}

// transition is the only way from one recipient state to another.
func transition(s RecipientState, e Event) (RecipientState, error) {
	next, ok := transitions[s][e]
	if !ok {
		return s, fmt.Errorf("%s of a %s recipient: %w", e, s, ErrTransition)
	}
	return next, nil
}

// State is what an item as a whole is, derived from its own facts and its
// recipients.
type State uint8

// The numbers are stored: never change one. Scheduled is not stored, since
// it ends by the clock alone.
const (
	StateDraft     State = 1
	StateCancelled State = 2
	StateHeld      State = 3
	StateScheduled State = 4
	StateSending   State = 5
	StateWaiting   State = 6
	StateUncertain State = 7 // "uncertain"
	StateSkipped   State = 8
	StateFailed    State = 9
	StateBounced   State = 10
	StatePartial   State = 11
	StateSent      State = 12
)

var stateNames = [...]string{
	StateDraft: "draft", StateCancelled: "cancelled", StateHeld: "held", StateScheduled: "scheduled",
	StateSending: "sending", StateWaiting: "waiting", StateUncertain: "uncertain", StateSkipped: "skipped",
	StateFailed: "failed", StateBounced: "bounced", StatePartial: "partial", StateSent: "sent",
}

// States are all of them, in the order in which derive asks for them.
var States = []State{StateDraft, StateCancelled, StateHeld, StateScheduled, StateSending, StateWaiting, StateUncertain, StateSkipped, StateFailed, StateBounced, StatePartial, StateSent}

// String is the state as people and JSON see it.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return ""
}

// ParseState reads what String wrote.
func ParseState(name string) (State, error) {
	for _, s := range States {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown state %q", name)
}

// facts are what an item says of itself, apart from its recipients.
type facts struct {
	draft, cancelled, held bool
	notBefore              time.Time
}

// derive rolls the facts of an item and the states of its recipients up to one
// state; the first that applies wins. It is pure.
func derive(f facts, now time.Time, recipients []RecipientState) State {
	var count [len(recipientStateNames)]int
	for _, s := range recipients {
		if s == 0 || int(s) >= len(count) {
			s = RecipientUncertain // a damaged row: it may mean anything, also that it arrived
		}
		count[s]++
	}
	open := count[RecipientSending] + count[RecipientWaiting]
	bad := count[RecipientFailed] + count[RecipientBounced] + count[RecipientSkipped]
	switch all := len(recipients); {
	case f.draft:
		return StateDraft
	case f.cancelled:
		return StateCancelled
	case f.held && open > 0:
		return StateHeld
	case count[RecipientWaiting] > 0 && f.notBefore.After(now):
		return StateScheduled
	case count[RecipientSending] > 0:
		return StateSending
	case count[RecipientWaiting] > 0:
		return StateWaiting
	case count[RecipientUncertain] > 0:
		return StateUncertain
	case count[RecipientSkipped] == all:
		return StateSkipped
	case count[RecipientFailed] == all:
		return StateFailed
	case count[RecipientBounced] == all:
		return StateBounced
	case bad > 0:
		return StatePartial
	}
	return StateSent
}
