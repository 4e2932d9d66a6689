package check

import (
	"slices"
	"time"
)

// chain tells the steps of one server in their order. What fails ends it.
type chain struct {
	prefix string   // of all its names
	names  []string // of all its steps
	out    chan<- Step
	last   time.Time // when the step before was told
	told   []string
	ended  bool
}

func newChain(out chan<- Step, names ...string) *chain {
	return &chain{names: names, out: out, last: time.Now()}
}

// tell tells a step, unless it was told before or a step has failed.
func (c *chain) tell(s Step) {
	if c.ended || slices.Contains(c.told, s.Name) {
		return
	}
	now := time.Now()
	if s.Took == 0 && s.State != Skipped {
		s.Took = now.Sub(c.last)
	}
	c.last = now
	c.told = append(c.told, s.Name)
	s.Name = c.prefix + s.Name
	c.out <- s
	c.ended = s.State == Fail
}

func (c *chain) pass(name, found string) { c.tell(Step{Name: name, State: OK, Found: found}) }

func (c *chain) skip(name string, why Cause, found string) {
	c.tell(Step{Name: name, State: Skipped, Cause: why, Found: found})
}

// fail tells what ends the chain. What belongs to a step that was told already, as
// when a server is asked the same again and hangs up, is told of the next one: it
// must not be lost.
func (c *chain) fail(name string, v verdict, server string) {
	if slices.Contains(c.told, name) {
		next := func(n string) bool { return !slices.Contains(c.told, n) }
		if i := slices.IndexFunc(c.names, next); i >= 0 {
			name = c.names[i]
		}
	}
	c.tell(Step{Name: name, State: Fail, Cause: v.cause, Found: v.found, Hint: v.hint, Server: server})
}

// end tells the steps that it did not come to.
func (c *chain) end(why Cause) {
	c.ended = false
	for _, name := range c.names {
		c.skip(name, why, "")
	}
}
