package cli

import (
	"time"

	"sendoff/outbox"
)

// recipientSeen is a recipient as it is shown.
type recipientSeen struct {
	outbox.Recipient
	state string
	plain outbox.Explanation // what became of it, and what can be done
	next  bool               // the next try for it is at a time to come
}

// recipientsSeen are the recipients of an item. Of those that it is being sent to they tell
// what is known by now, as far as the attempt does.
func recipientsSeen(i outbox.Item, live outbox.Progress, now time.Time) (all []recipientSeen) {
	known := live.Known()
	for _, r := range i.Recipients {
		k, ok := known[r.Address]
		if ok && r.State == outbox.RecipientSending {
			all = append(all, sendingSeen(i, r, live, k))
			continue
		}
		state := orElse(i.Unsent(r), r.State.String()) // the item may keep it from being sent
		all = append(all, recipientSeen{r, state, explained(i, r), triedAgain(i, r, now)})
	}
	return all
}

// sendingSeen is one that the message is being sent to: what an earlier try has come to
// stands among the attempts. What can be done is for when this one is over.
func sendingSeen(i outbox.Item, r outbox.Recipient, live outbox.Progress, k outbox.Known) recipientSeen {
	r.Result = k.Result
	seen := recipientSeen{Recipient: r, state: r.State.String() + ", " + live.StandingWords(k)}
	if k.Result.Class != 0 {
		seen.plain.What = outbox.Explain(k.Result, i.Account, r.Address).What
	}
	return seen
}

// explained is what became of a recipient in plain words, and what can be done.
func explained(i outbox.Item, r outbox.Recipient) (plain outbox.Explanation) {
	plain = i.Explain(r)
	if r.State == outbox.RecipientUncertain {
		plain.Hint = hintUncertain(i.ID.String())
	}
	return plain
}

// triedAgain tells that the next try for a recipient is at a time to come.
func triedAgain(i outbox.Item, r outbox.Recipient, now time.Time) bool {
	return r.State == outbox.RecipientWaiting && i.Unsent(r) == "" && r.NextAttempt.After(now)
}

// senderFacts are that a sender stands still which an item waits for.
func senderFacts(i outbox.Item, s outbox.SenderSeen) []fact {
	if s.State != outbox.SenderStill || i.State != outbox.StateSending && i.State != outbox.StateWaiting {
		return nil
	}
	return []fact{{"sender", s.Words()}, {"", s.Hint()}}
}
