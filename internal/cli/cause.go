package cli

import (
	"fmt"
	"slices"
	"strings"

	"sendoff/outbox"
)

// How much is told of what went wrong: more would hide what is told before it.
const (
	mostCauses = 8
	mostNamed  = 3 // addresses of one cause
)

// untried is said of who waits for a first try.
const untried = "not tried yet"

// reason is why recipients of an account have no copy. Servers repeat the address
// that they refuse; here "…" stands for it, since the same words about another
// one are the same reason.
type reason struct {
	account string
	state   outbox.RecipientState
	outbox.Result
}

// cause is a reason, and whose it is.
type cause struct {
	reason
	words string   // the answer to the first, as it was
	first []string // addresses, the first few
	count int
}

// causes are reasons in the order in which they came up.
type causes struct {
	all []*cause
	at  map[reason]*cause
}

// add counts a recipient in.
func (c *causes) add(account string, r outbox.Recipient) {
	why := reason{account, r.State, r.Result}
	if r.Address != "" {
		why.Text = strings.ReplaceAll(r.Text, r.Address, "…")
	}
	same := c.at[why]
	if same == nil {
		if c.at == nil {
			c.at = make(map[reason]*cause)
		}
		same = &cause{reason: why, words: r.Answer()}
		c.at[why], c.all = same, append(c.all, same)
	}
	if same.count++; len(same.first) < mostNamed {
		same.first = append(same.first, r.Address)
	}
}

// told tells that an answer is among those that [program.sayCauses] tells.
func (c *causes) told(answer outbox.Result) bool {
	return slices.ContainsFunc(c.all[:min(len(c.all), mostCauses)], func(one *cause) bool { return one.words == answer.Answer() })
}

// String is one line, whoever it is about.
func (c *cause) String() string {
	if c.count == 1 {
		return fmt.Sprintf("%s %s: %s", c.first[0], c.state, orElse(c.words, untried))
	}
	names := strings.Join(c.first, ", ")
	if more := c.count - len(c.first); more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%d recipients %s: %s (%s)", c.count, c.state, orElse(c.Answer(), untried), names)
}

// explained is what the cause means for one address, or for all.
func (c *cause) explained() outbox.Explanation {
	address := ""
	if c.count == 1 {
		address = c.first[0]
	}
	return outbox.Explain(c.Result, c.account, address)
}

// sayCauses tells each cause, and behind it what can be done, which hint knows: ""
// for nothing. What was said last is not said again.
func (p *program) sayCauses(c *causes, hint func(*cause) string) {
	said, left := "", 0
	for i, one := range c.all {
		if i >= mostCauses {
			left += one.count
			continue
		}
		fmt.Fprintf(p.Err, "sendoff: %s\n", one)
		if next := hint(one); next != "" && next != said {
			fmt.Fprintf(p.Err, "hint: %s\n", next)
			said = next
		}
	}
	if left > 0 {
		fmt.Fprintf(p.Err, "sendoff: and %d more recipients: sendoff list, sendoff show ID\n", left)
	}
}

// hintUncertain is what can be done about what may have arrived.
func hintUncertain(id string) string {
	return "ask the recipient; then sendoff retry --mark-sent " + id + " says that it arrived, sendoff retry --resend-uncertain " + id + " sends it again"
}
