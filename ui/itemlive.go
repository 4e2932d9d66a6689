package ui

import (
	"sendoff/outbox"
)

// known is what is known of the recipients in the attempt that goes on, by address.
func (p *itemPane) known() map[string]outbox.Known {
	known := make(map[string]outbox.Known, len(p.live.Recipients))
	for _, k := range p.live.Recipients {
		known[k.Address] = k
	}
	return known
}

// standingOf is how a recipient stands: of one who is being sent to, by what is known
// already.
func standingOf(r outbox.Recipient, known map[string]outbox.Known) look {
	if k, ok := known[r.Address]; ok && r.State == outbox.RecipientSending {
		return sendingLook(k)
	}
	return recipientLooks[r.State]
}

// sendingLook is how a recipient stands while the message is being sent.
func sendingLook(k outbox.Known) look {
	switch {
	case k.Result.Class == 0 && k.Taken:
		return look{"↑", "accepted", toneAccent}
	case k.Result.Class == 0:
		return look{"↑", "not named to the server yet", toneAccent}
	case k.Result.Class.Retry() == outbox.RetryNever:
		return look{"✗", "refused", toneBad}
	}
	return look{"…", "put off", toneWait}
}

// recipientSending is one recipient while the message is being sent: what the server has
// said of it, or what it waits for.
func (p *itemPane) recipientSending(r outbox.Recipient, k outbox.Known, width int) []string {
	l := sendingLook(k)
	word := l.word
	switch {
	case !k.Taken:
	case p.live.Step == outbox.StepDot:
		word += ", waits for the server's word"
	default:
		word += ", waits for the message"
	}
	lines := []string{p.recipientLine(r, l, word, width)}
	if k.Result.Class == 0 {
		return lines
	}
	if what := clean(outbox.Explain(k.Result, p.item.Account, r.Address).What); what != "" {
		lines = append(lines, indented(what, width, p.styles.plain)...)
	}
	if words := reply(k.Result); words != "" {
		lines = append(lines, indented(words, width, p.styles.dim)...)
	}
	return lines
}
