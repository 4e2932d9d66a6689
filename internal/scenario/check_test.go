package scenario

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// want is what a row says of an item and of the server of its account. What is
// not set is not looked at, but for copies: who is sent has one, and nobody who
// waits or is failed has any.
type want struct {
	state        string   // of the item
	recipients   string   // a word each, in the order of the envelope
	tries        int      // for the item
	connections  int      // to the server
	logins       int      // AUTH commands
	transactions int      // MAIL commands
	words        []string // in the reason that lists show
}

func (r *rig) want(id outbox.ID, w want) {
	r.Helper()
	item := r.item(id)
	var states []string
	for _, recipient := range item.Recipients {
		states = append(states, recipient.State.String())
	}
	s := r.servers[item.Account]
	got := strings.Join(states, " ")
	tries := len(r.attempts(id))
	transactions, logins := s.count("MAIL"), s.count("AUTH")
	if w.state != "" && item.State.String() != w.state || w.recipients != "" && got != w.recipients ||
		!fits(tries, w.tries) || !fits(s.connections, w.connections) || !fits(logins, w.logins) || !fits(transactions, w.transactions) {
		r.Errorf("%s, recipients %s, %d tries, %d connections, %d logins, %d transactions; want %+v\n%s",
			item.State, got, tries, s.connections, logins, transactions, w, r.summary())
	}
	for _, words := range w.words {
		if !strings.Contains(item.Reason, words) {
			r.Errorf("the reason is %q, want %q in it", item.Reason, words)
		}
	}
	r.checkCopies(id, item)
}

func fits(got, want int) bool { return want == 0 || got == want }

// checkCopies compares what the server has with what the outbox says it has.
func (r *rig) checkCopies(id outbox.ID, item outbox.Item) {
	r.Helper()
	for _, recipient := range item.Recipients {
		copies := r.servers[item.Account].copies(r.letters[id], recipient.Address)
		least, most := 0, 0
		sent := recipient.State == outbox.RecipientSent
		if sent {
			least, most = 1, 1
		}
		if copies > most && (sent || recipient.State == outbox.RecipientUncertain) {
			most += r.doubts(id, recipient.Address) // asked for last: there may be hundreds of recipients
		}
		if copies < least || copies > most {
			r.Errorf("%s is %s and has %d copies", recipient.Address, recipient.State, copies)
		}
	}
}

// doubts counts the tries whose outcome for a recipient is not known.
func (r *rig) doubts(id outbox.ID, recipient string) (count int) {
	r.Helper()
	for _, a := range r.attempts(id) {
		for _, result := range a.Results {
			if result.Address == recipient && result.Class == outbox.ClassUncertain {
				count++
			}
		}
	}
	return count
}

// checkWire is what holds in every story: each body is one of the messages that
// were queued, to the byte, or the beginning of one; nobody has it twice; it
// went to nobody else.
func (r *rig) checkWire() {
	r.Helper()
	for _, s := range r.servers {
		s.mu.Lock()
		transactions := s.transactions
		s.mu.Unlock()
		for _, x := range transactions {
			if x.began && !r.isQueued(x) {
				r.Errorf("what came from %s for %s is none of the messages: %.200q", x.from, x.recipients, x.body.head)
			}
		}
		for id, l := range r.letters {
			for _, recipient := range l.recipients {
				if copies := s.copies(l, recipient); copies > 1 && copies > 1+r.doubts(id, recipient) {
					r.Errorf("%s has %d copies of %s", recipient, copies, id)
				}
			}
		}
	}
}

func (r *rig) isQueued(x *transaction) bool {
	for _, l := range r.letters {
		if l.isBegunBy(x.body) && (!x.whole || l.same(&x.body)) {
			return true
		}
	}
	return false
}

// checkAll is what holds in every story, whatever went wrong in it.
func (r *rig) checkAll() {
	r.Helper()
	r.checkWire()
	r.checkKept()
	r.checkTexts()
	r.checkLogins()
	r.checkSecret()
	r.checkMemory()
	r.checkScreens()
}

// checkKept demands every message that was ever queued: what somebody still waits
// for with the octets that were queued, and nothing as if it were on its way. Lists
// show of each what follows from its recipients.
func (r *rig) checkKept() {
	r.Helper()
	found, err := r.outbox.Check(r.Context(), outbox.CheckOptions{Quick: true})
	if err != nil {
		r.Error(err)
	}
	for _, d := range found {
		if d.Kind == outbox.WrongState || d.Kind == outbox.WrongCounts {
			r.Errorf("%s: %s: %s", d.Item, d.Kind, d.Text)
		}
	}
	for id, l := range r.letters {
		if r.deleted[id] {
			continue
		}
		item := r.item(id)
		switch item.State {
		case outbox.StateSending:
			r.Errorf("%s is being sent, and nobody sends", id)
		case outbox.StateWaiting, outbox.StateHeld, outbox.StateScheduled, outbox.StateUncertain:
			text, err := readWhole(r.outbox, id)
			kept, badly := newLetter(item.MessageID, nil, strings.NewReader(text))
			if err := errors.Join(err, badly); err != nil || !kept.same(&l.imprint) {
				r.Errorf("%s is %s and not what was queued: %v", id, item.State, err)
			}
		}
	}
}

// checkTexts demands that nothing acts on a terminal, of all that a screen can
// show of what servers say.
func (r *rig) checkTexts() {
	r.Helper()
	texts := strings.Split(r.log.String(), "\n")
	for _, line := range texts {
		if strings.Contains(line, `\u00`) { // as JSON has what is not clean
			r.Errorf("not clean: %s", line)
		}
	}
	for id := range r.letters {
		if r.deleted[id] {
			continue
		}
		item := r.item(id)
		texts = append(texts, item.Reason)
		for _, recipient := range item.Recipients {
			texts = append(texts, recipient.Text, recipient.Enhanced)
		}
		all, err := r.outbox.Transcript(r.Context(), id)
		if err != nil {
			r.Error(err)
		}
		for _, a := range all {
			texts = append(texts, a.Server, a.TLS)
			texts = append(texts, strings.Split(a.Dialogue, "\n")...)
			for _, result := range a.Results {
				texts = append(texts, result.Text, result.Enhanced)
			}
		}
	}
	for _, p := range r.parks() {
		texts = append(texts, p.Text, p.Enhanced)
	}
	for _, text := range texts {
		if text != cleantext.Line(text) {
			r.Errorf("not clean: %q", text)
		}
	}
}

// checkLogins demands that a password which a server has refused is not tried
// again, but where the story has asked for that.
func (r *rig) checkLogins() {
	r.Helper()
	for name, s := range r.servers {
		s.mu.Lock()
		if s.refusals > 1+r.again[name] {
			r.Errorf("%s refused %d logins", name, s.refusals)
		}
		s.mu.Unlock()
	}
}

// gap is the time between the beginnings of the n-th try and the next.
func (r *rig) gap(id outbox.ID, n int) time.Duration {
	r.Helper()
	all := r.attempts(id)
	if len(all) <= n {
		r.Fatalf("%d tries: %s", len(all), r.summary())
	}
	return all[n].Started.Sub(all[n-1].Started)
}

// between checks a time against a row's bounds.
func (r *rig) between(what string, got, least, most time.Duration) {
	r.Helper()
	if got < least || got > most {
		r.Errorf("%s: %s, want %s to %s", what, got, least, most)
	}
}

// recipient gives the truth about one of an item's recipients.
func (r *rig) recipient(id outbox.ID, address string) outbox.Recipient {
	r.Helper()
	for _, recipient := range r.item(id).Recipients {
		if recipient.Address == address {
			return recipient
		}
	}
	r.Fatalf("%s is no recipient", address)
	return outbox.Recipient{}
}

// summary tells what has happened, for a test that fails.
func (r *rig) summary() string {
	var text strings.Builder
	for id := range r.letters {
		for _, a := range r.attempts(id) {
			fmt.Fprintf(&text, "\n%s try %d, %s to %s:", id, a.Number, a.Started.Format(time.TimeOnly), a.Finished.Format(time.TimeOnly))
			for _, result := range a.Results {
				fmt.Fprintf(&text, " %s %s %d %q", result.Address, result.Class, result.Code, result.Text)
			}
		}
	}
	for name := range r.servers {
		if p := r.park(name); p.Account != "" {
			fmt.Fprintf(&text, "\n%s is parked until %s: %q", name, p.Until, p.Text)
		}
	}
	return text.String()
}

func itoa(n int) string { return strconv.Itoa(n) }
