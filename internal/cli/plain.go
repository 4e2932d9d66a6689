package cli

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"sendoff/compose"
	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// Plain output is for who hears it, a screen reader or a braille line: one fact a line
// with its name before it, and nothing that goes by colours, columns or the width of
// anything.

// plainFlag is what --plain does, for the commands that have it.
const plainFlag = "one fact a line with its name, for screen readers"

// fact is one thing that is known of an item. One without a name belongs to the one before.
type fact struct{ name, text string }

// factsOf are what is known of an item besides its recipients, as far as it is anything.
func factsOf(i outbox.Item, protection compose.Protection, now time.Time) (all []fact) {
	add := func(name, text string) {
		if text != "" {
			all = append(all, fact{name, text})
		}
	}
	add("id", i.ID.String())
	add("state", i.State.String())
	add("account", i.Account)
	if i.MeantFor != "" {
		add("", "instead of "+i.MeantFor+", which was down")
	}
	add("from", i.From)
	add("to", strings.Join(i.To, ", "))
	add("cc", strings.Join(i.Cc, ", "))
	add("bcc", strings.Join(i.Bcc, ", "))
	add("subject", i.Subject)
	add("message-id", i.MessageID)
	add("queued", queued(i, time.DateTime, time.Local))
	if i.NotBefore.After(now) {
		add("not before", i.NotBefore.Local().Format(time.DateTime))
	}
	if i.ReplacedBy != 0 {
		add("became", replacement(i))
	}
	add("copy", i.Copy.Words(now))
	switch protection {
	case compose.Signed:
		add("openpgp", "signed")
	case compose.Encrypted:
		add("openpgp", "encrypted")
	}
	add("size", fmt.Sprintf("%d octets", i.Size))
	return all
}

// waitFacts are what an item waits for: the time of its next try, as far as that is
// known, and what its account stands still for.
func waitFacts(i outbox.Item, park outbox.Park, parked bool, now time.Time) (all []fact) {
	next := i.NextAttempt
	if parked && (park.Until.IsZero() || park.Until.After(next)) {
		next = park.Until
	}
	if next.After(now) {
		all = append(all, fact{"next try", next.Local().Format(time.DateTime)})
	}
	if parked {
		all = append(all, fact{"parked", "account " + park.Account + " " + parkText(park)})
	}
	return all
}

// queued is when that was done to an item; "" of a draft.
func queued(i outbox.Item, layout string, zone *time.Location) string {
	if i.State == outbox.StateDraft {
		return ""
	}
	return i.Created.In(zone).Format(layout)
}

// plainNames are those that do not only begin with a capital.
var plainNames = map[string]string{"id": "ID", "message-id": "Message-ID", "openpgp": "OpenPGP", "": "Note"}

// say writes a fact on one line; nothing where it has no text.
func (f fact) say(out io.Writer) {
	if f.text == "" {
		return
	}
	name, special := plainNames[f.name]
	if !special {
		name = strings.ToUpper(f.name[:1]) + f.name[1:]
	}
	fmt.Fprintf(out, "%s: %s\n", name, strings.Join(strings.Fields(cleantext.Block(f.text)), " "))
}

// writePlain writes some lines an item, and an empty one between two.
func writePlain(out io.Writer, items iter.Seq2[outbox.Item, error], now time.Time) error {
	first := true
	for i, err := range items {
		if err != nil {
			return err
		}
		if !first {
			fmt.Fprintln(out)
		}
		first = false
		for _, f := range []fact{
			{"id", i.ID.String()}, {"state", plainState(i, now)}, {"to", plainPeople(i)}, {"subject", i.Subject}, {"account", i.Account},
			{"queued", queued(i, minutes, now.Location())},
		} {
			f.say(out)
		}
	}
	return nil
}

// plainState is a state with the time that matters for it.
func plainState(i outbox.Item, now time.Time) string {
	switch {
	case i.State == outbox.StateScheduled:
		return i.State.String() + ", leaves at " + i.NotBefore.In(now.Location()).Format(minutes)
	case i.State == outbox.StateWaiting && i.NextAttempt.After(now):
		return i.State.String() + ", next try at " + i.NextAttempt.In(now.Location()).Format(minutes)
	}
	return i.State.String()
}

// plainPeople is the first recipient and how many more there are.
func plainPeople(i outbox.Item) string {
	all := recipientsOf(i)
	switch len(all) {
	case 0:
		return "nobody yet"
	case 1:
		return all[0]
	}
	return fmt.Sprintf("%s and %d more", all[0], len(all)-1)
}

// showItemPlain shows an item with all its recipients.
func (p *program) showItemPlain(facts []fact, recipients []recipientSeen) {
	for _, f := range facts {
		f.say(p.Out)
	}
	for _, r := range recipients {
		fmt.Fprintln(p.Out)
		fact{"recipient", r.Address}.say(p.Out)
		state := r.state
		if r.next {
			state += ", next try at " + r.NextAttempt.Local().Format(time.DateTime)
		}
		fact{"state", state}.say(p.Out)
		fact{"what happened", r.plain.What}.say(p.Out)
		answerFact(r.plain, r.Result).say(p.Out)
		fact{"hint", r.plain.Hint}.say(p.Out)
	}
}

// answerFact is the words of a result: a server's, else what went wrong here, which belongs
// to the plain words before it, if there are any.
func answerFact(plain outbox.Explanation, r outbox.Result) fact {
	switch {
	case r.Replied():
		return fact{"server said", r.Answer()}
	case plain.What == "":
		return fact{"what happened", r.Answer()}
	}
	return fact{"", r.Answer()}
}

// showLogPlain shows attempts, and what was said in each.
func (p *program) showLogPlain(attempts []outbox.Attempt) {
	for n, a := range attempts {
		if n > 0 {
			fmt.Fprintln(p.Out)
		}
		for _, f := range []fact{
			{"attempt", fmt.Sprint(a.Number)}, {"begun", a.Started.Local().Format(time.DateTime)}, {"account", a.Account},
			{"server", a.Server}, {"connection", a.Line()},
		} {
			f.say(p.Out)
		}
		if a.Finished.IsZero() {
			fact{"state", "going on"}.say(p.Out)
		}
		for _, r := range a.Results {
			fact{"recipient", r.Address + ", " + r.Class.String() + ": " + r.Answer()}.say(p.Out)
		}
		if a.Dialogue == "" {
			continue
		}
		for line := range strings.SplitSeq(a.Dialogue, "\n") {
			at, words, _ := strings.Cut(line, " ")
			fact{"after " + at + " ms", words}.say(p.Out)
		}
	}
}
