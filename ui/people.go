package ui

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/compose/addressbook"
	"sendoff/internal/review"
	"sendoff/outbox"
)

const (
	// lookupAfter is how long typing must rest before the program of the address
	// book is asked: who types a whole name should start it once.
	lookupAfter = 150 * time.Millisecond

	// lookupGivenUp is after how many failures in a row it is not asked any more:
	// one that asks for a password of its own would ask at every letter.
	lookupGivenUp = 3

	// maxAnswered is how many answers are kept, so that going back is at once.
	maxAnswered = 100
)

// people are those that can be written to. The desk keeps them from one message
// to the next.
type people struct {
	book     *addressbook.Book // out of the outbox and the files; nil: not read yet
	stopped  map[string]string // why some must not be written to, by the address in lower case
	answered map[string][]addressbook.Entry
	last     []addressbook.Entry // the latest answer

	asking   string             // what the program looks for; "" while it does not run
	stop     context.CancelFunc // ends that
	failures int                // in a row

	fileTrouble   string // what was said of the files
	lookupTrouble bool   // it was said that the program fails
}

type (
	// peopleRead are those of the outbox and the files.
	peopleRead struct {
		book      *addressbook.Book
		stopped   map[string]string
		err       error // of the outbox
		fileError error
	}
	// lookupDue asks the program, if that is still what is typed.
	lookupDue struct {
		composer *composer
		typed    string
	}
	// lookedUp is the program's answer.
	lookedUp struct {
		typed   string
		entries []addressbook.Entry
		err     error
	}
)

// readPeople reads whom messages were for, and the files of addresses.
func (c *composer) readPeople() tea.Cmd {
	files, now := c.options.AddressFiles, c.now
	return c.do(func(ctx context.Context) tea.Msg {
		known, err := c.options.Outbox.Correspondents(ctx)
		stopped, stoppedError := c.options.Outbox.Suppressions(ctx)
		filed, fileError := files.Load(ctx)
		return peopleRead{addressbook.NewBook(remembered(known, now), filed), stops(stopped, known, now), errors.Join(err, stoppedError), fileError}
	})
}

// remembered makes entries of those that messages were for.
func remembered(known []outbox.Correspondent, now time.Time) (entries []addressbook.Entry) {
	for _, c := range known {
		e, ok := addressbook.NewEntry(c.Address, c.Name)
		if !ok {
			continue
		}
		e.Sent, e.Last, e.Warning = c.Sent, c.Last, review.Trouble(c, now)
		entries = append(entries, e)
	}
	return entries
}

// stops are the addresses that must not be written to, and why, by the address in
// lower case. A refusal that is known says more than that it has suppressed one.
func stops(all []outbox.Suppression, known []outbox.Correspondent, now time.Time) map[string]string {
	stopped := make(map[string]string, len(all))
	shown := make(map[string]bool)
	for _, s := range all {
		stopped[s.Address] = review.Stopped(s, now)
		shown[s.Address] = s.Why.Shown()
	}
	for _, c := range known {
		for _, a := range compose.Addresses(c.Address) {
			for _, key := range review.Keys(a) {
				if c.Failure.Class != 0 && shown[key] {
					delete(stopped, key)
				}
			}
		}
	}
	return stopped
}

func (d *desk) handlePeopleRead(msg peopleRead) tea.Cmd {
	d.people.book, d.people.stopped = msg.book, msg.stopped
	if c := d.composer(); c != nil {
		c.completion.refresh()
		c.warn(fieldTo, fieldCc, fieldBcc)
	}
	if msg.err != nil {
		return d.fail(msg.err)
	}
	if msg.fileError != nil && msg.fileError.Error() != d.people.fileTrouble {
		d.people.fileTrouble = msg.fileError.Error()
		return d.say("An address book cannot be read: " + clean(d.people.fileTrouble))
	}
	return nil
}

// match gives whom what is typed may mean: those that are known here, then those
// that the program knows.
func (p *people) match(typed string, now time.Time, most int) []addressbook.Entry {
	var found []addressbook.Entry
	if p.book != nil {
		found = p.book.Match(typed, now, most)
	}
	answer, answered := p.answered[typed]
	if !answered { // until it comes, what fits of the one before
		answer = addressbook.NewBook(p.last).Match(typed, now, most)
	}
	for _, e := range answer {
		if known, ok := p.known(e.Address); ok {
			e = known
		}
		if len(found) < most && !contains(found, e) {
			found = append(found, e)
		}
	}
	for i, e := range found {
		if why := p.stopped[strings.ToLower(e.Address)]; why != "" {
			found[i].Warning = why
		}
	}
	return found
}

// known gives what is known here of an address.
func (p *people) known(address string) (addressbook.Entry, bool) {
	if p.book == nil {
		return addressbook.Entry{}, false
	}
	return p.book.Find(address)
}

func contains(entries []addressbook.Entry, e addressbook.Entry) bool {
	for _, other := range entries {
		if strings.EqualFold(other.Address, e.Address) && (e.Address != "" || other.Name == e.Name) {
			return true
		}
	}
	return false
}

// lookUpSoon asks the program when typing has rested.
func (c *composer) lookUpSoon(typed string) tea.Cmd {
	if !c.canLookUp(typed) {
		return nil
	}
	return tea.Tick(lookupAfter, func(time.Time) tea.Msg { return lookupDue{c, typed} })
}

func (c *composer) canLookUp(typed string) bool {
	_, answered := c.people.answered[typed]
	return !answered && len(c.options.Lookup.Argv) > 0 && c.people.failures < lookupGivenUp
}

// handleLookupDue asks, or ends the question before this one, whose end asks.
func (c *composer) handleLookupDue(msg lookupDue) tea.Cmd {
	switch {
	case !c.completion.active || c.completion.typed != msg.typed || c.people.asking == msg.typed:
		return nil
	case c.people.asking != "":
		c.people.stop()
		return nil
	}
	return c.lookUp(msg.typed)
}

func (c *composer) lookUp(typed string) tea.Cmd {
	ctx, stop := context.WithCancel(c.ctx)
	c.people.asking, c.people.stop = typed, stop
	lookup := c.options.Lookup
	if lookup.Environ == nil {
		lookup.Environ = c.options.Environ
	}
	return c.do(func(context.Context) tea.Msg {
		entries, err := lookup.Ask(ctx, typed)
		return lookedUp{typed, entries, err}
	})
}

// handleLookedUp takes in an answer, and asks what is typed by now.
func (d *desk) handleLookedUp(msg lookedUp) tea.Cmd {
	p := d.people
	p.stop()
	p.asking, p.stop = "", nil
	var cmd tea.Cmd
	switch {
	case errors.Is(msg.err, context.Canceled):
	case msg.err != nil:
		p.failures++
		if !p.lookupTrouble {
			p.lookupTrouble = true
			cmd = d.say("The address book does not answer: " + clean(msg.err.Error()))
		}
	default:
		p.failures = 0
		p.keep(msg.typed, msg.entries)
	}
	c := d.composer()
	if c == nil || !c.completion.active {
		return cmd
	}
	c.completion.refresh()
	if typed := c.completion.typed; typed != msg.typed && c.canLookUp(typed) {
		return tea.Batch(cmd, c.lookUp(typed))
	}
	return cmd
}

func (p *people) keep(typed string, entries []addressbook.Entry) {
	if len(p.answered) >= maxAnswered {
		p.answered = nil
	}
	if p.answered == nil {
		p.answered = make(map[string][]addressbook.Entry)
	}
	p.answered[typed], p.last = entries, entries
}

// warn notes what is known against the addresses of some fields.
func (c *composer) warn(fields ...field) {
	for _, f := range fields {
		c.warnings[f] = ""
		text := c.inputs[f].value()
		if len(text) > maxWarned {
			continue
		}
		if all := c.people.warnings(text); len(all) > 0 {
			c.warnings[f] = all[0]
		}
	}
}

// maxWarned is the longest field, in bytes, that is looked through at every key:
// that takes a millisecond.
const maxWarned = 8 << 10

// warnings are what is known against the addresses of a list.
func (p *people) warnings(list string) (all []string) {
	for _, a := range compose.Addresses(list) {
		if address, why := p.against(a); why != "" {
			all = append(all, clean(address+" "+why))
		}
	}
	return all
}

// against is what is known against an address, and the address as it is known.
func (p *people) against(a compose.Address) (address, why string) {
	for _, key := range review.Keys(a) {
		if why := p.stopped[key]; why != "" {
			return key, why
		}
	}
	a.Name = ""
	e, _ := p.known(a.String())
	return e.Address, e.Warning
}
