package outbox

// Unsent says of a recipient that waits, in an item of which nothing is sent, what
// that comes from: "not sent: cancelled"; "" of any other. It is pure.
func (i *Item) Unsent(r Recipient) string {
	if r.State != RecipientWaiting {
		return ""
	}
	switch i.State {
	case StateDraft, StateCancelled, StateHeld:
		return "not sent: " + i.State.String()
	}
	return ""
}

// Explain says in plain words what became of a recipient of the item, as [Explain]
// does of a result, or as the report that came back by mail: that knows more. Who has
// the message needs no explanation, and whom nothing is sent gets no promise that it is
// tried again. It is pure, and safe to show as far as the report is.
func (i *Item) Explain(r Recipient) Explanation {
	if r.Report != "" {
		return Explanation{What: r.Report}
	}
	if r.State == RecipientSent || r.State == RecipientConfirmed {
		return Explanation{}
	}
	plain := Explain(r.Result, i.Account, r.Address)
	if i.Unsent(r) != "" {
		plain.Hint = ""
	}
	return plain
}
