package ui

import (
	"sendoff/outbox"
)

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
	l := look{"…", "", toneWait}
	switch k.Standing() {
	case outbox.StandingTaken, outbox.StandingUnnamed:
		l = look{"↑", "", toneAccent}
	case outbox.StandingRefused:
		l = look{"✗", "", toneBad}
	}
	l.word = k.Standing().String()
	return l
}

// recipientSending is one recipient while the message is being sent: what the server has
// said of it, or what it waits for.
func (p *itemPane) recipientSending(r outbox.Recipient, k outbox.Known, width int) []string {
	lines := []string{p.recipientLine(r, sendingLook(k), p.live.StandingWords(k), width)}
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
