package outbox

import "testing"

func TestItem_PromisesNoTryOfWhatIsNotSent(t *testing.T) {
	stopped := Result{Class: ClassNetwork, Text: "stopped before the message was sent"}
	const again = "it is tried again by itself"
	for _, c := range []struct {
		item         State
		recipient    RecipientState
		unsent, hint string
	}{
		{StateCancelled, RecipientWaiting, "not sent: cancelled", ""},
		{StateHeld, RecipientWaiting, "not sent: held", ""},
		{StateDraft, RecipientWaiting, "not sent: draft", ""},
		{StateWaiting, RecipientWaiting, "", again},
		{StateScheduled, RecipientWaiting, "", again},
		{StateCancelled, RecipientSent, "", ""},
	} {
		i := Item{State: c.item, Account: "work"}
		r := Recipient{Address: "ana@example.org", State: c.recipient, Result: stopped}
		if got := i.Unsent(r); got != c.unsent {
			t.Errorf("a %s recipient, item %s: %q, want %q", c.recipient, c.item, got, c.unsent)
		}
		if got := i.Explain(r).Hint; got != c.hint {
			t.Errorf("a %s recipient, item %s: the hint is %q, want %q", c.recipient, c.item, got, c.hint)
		}
	}
	refused := Recipient{State: RecipientFailed, Result: Result{Class: ClassRejected, Code: 550, Enhanced: "5.1.1"}}
	if got := (&Item{State: StateCancelled}).Explain(refused); got.What == "" || got.Hint == "" {
		t.Errorf("a refusal of a cancelled item is not explained: %+v", got)
	}
	refused.Report = "It came back."
	if got := (&Item{State: StateBounced}).Explain(refused); got != (Explanation{What: "It came back."}) {
		t.Errorf("the report is not what is told: %+v", got)
	}
}
