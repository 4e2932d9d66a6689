package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/outbox"
)

// A filter looks in the section that is open. What it would find in the others is counted
// behind the list, so that no key waits for it, and the next key ends that.

const (
	mostTallied = 999         // where a count ends: more than that is many
	mostHere    = 9999        // the same for the section that is open: 20 ms in 100,000 items
	tallyStands = time.Second // how long a count stands while mail goes on
)

// tally is how many a filter finds in each section.
type tally struct {
	search string  // of the filter; "": nothing was counted
	here   section // was open: it is counted further than the others
	counts [sections]int
	at     time.Time
}

// many is a count of a section in words, as far as it was counted.
func (t tally) many(s section) string {
	most := mostTallied
	if s == t.here {
		most = mostHere
	}
	if t.counts[s] > most {
		return number(most) + "+"
	}
	return number(t.counts[s])
}

// stands tells that the count is as good as another one would be: of this search and
// section, and made a moment ago.
func (t tally) stands(search string, here section, now time.Time) bool {
	return t.search == search && now.Sub(t.at) < tallyStands && (t.here == here || t.counts[here] <= mostTallied)
}

// tallyRead is a tally that was made.
type tallyRead struct {
	generation int // of section and filter: one for another is dropped
	tally      tally
	err        error
}

// tallyLater asks for a count, since the list was read soon after the last.
type tallyLater struct{}

// tallyFound counts what the filter finds. Where that goes on, or was done a moment ago, it
// is done again in a moment.
func (p *outboxPane) tallyFound() tea.Cmd {
	search := p.filter.search()
	switch {
	case search == "":
		return nil
	case p.endTally != nil || p.tally.stands(search, p.section, p.now):
		if p.tallyDue {
			return nil
		}
		p.tallyDue = true
		return tea.Tick(tallyStands, func(time.Time) tea.Msg { return tallyLater{} })
	}
	ctx, stop := context.WithCancel(p.ctx)
	p.endTally = stop
	here, generation := p.section, p.generation
	return p.do(func(context.Context) tea.Msg {
		counts, err := tallyFound(ctx, p.options, search, here)
		return tallyRead{generation, tally{search: search, here: here, counts: counts}, err}
	})
}

// stopTally ends a count that is under way.
func (p *outboxPane) stopTally() {
	if p.endTally != nil {
		p.endTally()
		p.endTally = nil
	}
}

// tallyFound is the work of a command.
func tallyFound(ctx context.Context, o Options, search string, here section) (counts [sections]int, err error) {
	var policies []outbox.Policy
	if o.Policies != nil {
		policies = o.Policies()
	}
	count := func(q outbox.Query, most int) (n int) {
		if err == nil {
			q.Policies = policies
			n, err = o.Outbox.CountUpTo(ctx, q, most)
		}
		return n
	}
	undo := count(outbox.Query{States: sectionStates[sectionScheduled], Search: "state:undo " + search}, mostHere+1)
	for s, states := range sectionStates {
		if len(states) == 0 {
			continue
		}
		end := mostTallied + 1
		if section(s) == here {
			end = mostHere + 1
		}
		most, others := end, slices.DeleteFunc(slices.Clone(states), func(s outbox.State) bool { return s == outbox.StateCancelled })
		switch section(s) {
		case sectionOutbox:
			counts[s] = undo + count(outbox.Query{States: []outbox.State{outbox.StateCancelled}, NoCampaign: true, Search: search}, most)
		case sectionScheduled:
			most += undo
			counts[s] = -undo
		}
		counts[s] += count(outbox.Query{States: others, Search: search}, most)
		counts[s] = min(max(counts[s], 0), end)
	}
	return counts, err
}

// handleTally takes in a count, unless another filter is on by now, or another section open.
func (p *outboxPane) handleTally(msg tallyRead) {
	if msg.generation != p.generation {
		return
	}
	p.stopTally()
	if msg.err == nil { // else the list goes without it
		p.tally = msg.tally
		p.tally.at = p.now
	}
}

// finds tells that the filter is known to find something in a section.
func (p *outboxPane) finds(s section) bool {
	return p.filter.search() != "" && p.tally.search == p.filter.search() && p.tally.counts[s] > 0
}

// foundBeside is the next section, in so many steps each, in which the filter finds something.
func (p *outboxPane) foundBeside(steps section) (section, bool) {
	for s := (p.section + steps) % sections; s != p.section; s = (s + steps) % sections {
		if p.finds(s) {
			return s, true
		}
	}
	return p.section, false
}

// foundElsewhere are the other sections in which the filter finds something, with how many
// each, the one first that comes next.
func (p *outboxPane) foundElsewhere() (texts []string) {
	for n := section(1); n < sections; n++ {
		if s := (p.section + n) % sections; p.tally.counts[s] > 0 && p.foundShows() {
			texts = append(texts, p.tally.many(s)+" in "+sectionNames[s])
		}
	}
	return texts
}

// foundShows tells that there is a count to show: while another filter is read and counted,
// that of the one before stands as its rows do.
func (p *outboxPane) foundShows() bool {
	return p.filter.search() != "" && p.tally.search != "" && (p.tally.search == p.filter.search() || !p.loaded || p.endTally != nil)
}

// foundHere says how many of the rows of the section the filter finds, "12 of 340"; "" where
// that is not known.
func (p *outboxPane) foundHere() string {
	found := p.tally.counts[p.section]
	if !p.foundShows() || p.tally.here != p.section && found > mostTallied {
		return ""
	}
	all := p.section.count(p.status) + p.section.apart(p.status)
	return p.tally.many(p.section) + " of " + number(max(all, found))
}

// foundNext says where the key leads that goes to what is found elsewhere; "" if that is
// nothing.
func (p *outboxPane) foundNext() string {
	if s, ok := p.foundBeside(1); ok {
		return "to " + sectionNames[s]
	}
	return ""
}

// filterWhere says where the filter looks, how much it finds there, and what it would find
// elsewhere, in so many columns; "" where there is no room for it.
func (p *outboxPane) filterWhere(room int) string {
	here, elsewhere := p.foundHere(), p.foundElsewhere()
	where := strings.TrimSpace(here + " in " + sectionNames[p.section])
	for n := len(elsewhere); n > 0; n-- {
		text := where + " · " + strings.Join(elsewhere[:n], ", ")
		if n < len(elsewhere) {
			text += " …"
		}
		if ansi.StringWidth(text) <= room {
			return text
		}
	}
	for _, text := range []string{where, here} {
		if ansi.StringWidth(text) <= room {
			return text
		}
	}
	return ""
}

// notFound says that the filter finds nothing in the section, and where it would.
func (p *outboxPane) notFound() []string {
	if problem := outbox.SearchProblem(p.filter.search(), p.now); problem != "" {
		return []string{"Nothing is found: " + clean(problem) + "."}
	}
	where, elsewhere := sectionNames[p.section], p.foundElsewhere()
	if len(elsewhere) == 0 && p.tally.search == p.filter.search() {
		where = "any section"
	}
	text := "No message in " + where + " has that in its subject or its addresses."
	if strings.Contains(p.filter.search(), ":") { // it asks for more than words
		text = "No message in " + where + " is like that."
	}
	if len(elsewhere) == 0 {
		return []string{text}
	}
	goes := "{list.next-section}"
	if p.filter.typing {
		goes = "{filter.elsewhere}"
	}
	return []string{text, strings.Join(elsewhere, ", ") + p.keyed(": "+goes+" goes there, and the filter stays.")}
}
