package cli

import (
	"slices"
	"testing"
	"time"

	"sendoff/outbox"
)

func TestFactsOf_ADraftIsNotQueued(t *testing.T) {
	queued := func(state outbox.State) bool {
		all := factsOf(outbox.Item{State: state, Created: time.Now()}, "", time.Now())
		return slices.ContainsFunc(all, func(f fact) bool { return f.name == "queued" })
	}
	if queued(outbox.StateDraft) {
		t.Error("a draft is shown as queued")
	}
	if !queued(outbox.StateWaiting) {
		t.Error("it is not shown when a message was queued")
	}
}
