package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// pause waits, at most, twice the time; it tells whether there is more to do.
func pause(ctx context.Context, chance *rand.Rand, usual time.Duration) bool {
	return lasts(time.Duration(chance.Int64N(int64(2*usual))), ctx.Done())
}

// attach makes the files that are attached: messages above 256 KiB are content
// files. Two are alike.
func (c *chaos) attach() {
	chance := c.chance("attachments")
	data := make([]byte, 600<<10)
	for i := range data {
		data[i] = byte(chance.Uint32())
	}
	for name, size := range map[string]int{"small.bin": 20 << 10, "large.bin": 300 << 10, "alike.bin": 300 << 10, "larger.bin": 600 << 10} {
		if err := os.WriteFile(filepath.Join(c.program.Work, name), data[:size], 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
}

// write queues letters as scripts do, one after another, until ctx ends. Some
// of these processes die.
func (c *chaos) write(ctx context.Context, name string) {
	chance := c.chance(name)
	usual := 30 * time.Millisecond // for a send: it may die at any moment of that
	for n := 0; pause(ctx, chance, 60*time.Millisecond); n++ {
		m, args := c.draw(chance, fmt.Sprintf("%s-%d", name, n))
		span, times := usual+usual/4, 1
		switch {
		case slices.Contains(args, "--wait"):
			span = time.Second
		case slices.Contains(args, "--key"):
			times = 3
		}
		var fates []fate
		for range times {
			fates = append(fates, fateOf(chance, span, 15, 5, 3))
		}
		began := time.Now()
		c.send(m, args, strings.Repeat("A line of text.\n.\n..\n", 1+chance.IntN(50)), fates)
		if times == 1 && fates[0].signal == 0 && span < time.Second {
			usual = time.Since(began)
		}
	}
}

// send queues a letter, by as many processes at once as there are fates: with a
// key they race for it.
func (c *chaos) send(m letter, options []string, text string, fates []fate) {
	args := append([]string{"send", "--subject", m.subject}, options...)
	for _, to := range m.recipients {
		args = append(args, "--to", to)
	}
	known := c.ledger.add(m)
	var twins sync.WaitGroup
	for _, f := range fates {
		twins.Go(func() { c.ledger.queued(known, c.run(f, text, args...)) })
	}
	twins.Wait()
}

// draw makes up a letter and how it is sent.
func (c *chaos) draw(chance *rand.Rand, subject string) (m letter, args []string) {
	m.subject = subject
	people := 1
	switch drawn := chance.IntN(100); {
	case drawn < 20:
		people = 2 + chance.IntN(3)
	case drawn < 32:
		args = []string{"--attach", []string{"small.bin", "large.bin", "alike.bin", "larger.bin"}[chance.IntN(4)]}
	case drawn < 42:
		// Each key comes a second time later, mostly from another writer.
		key := fmt.Sprintf("key-%d", c.keys.Add(1)/2)
		m.subject, args = key, []string{"--key", key}
	case drawn < 50:
		args = []string{"--hold"}
	case drawn < 60:
		m.subject, m.kept, args = "kept-"+subject, true, []string{"--hold"}
	case drawn < 63:
		m.subject, m.kept, args = "kept-"+subject, true, []string{"--at", "+2h"}
	case drawn < 68:
		args = []string{"--at", fmt.Sprintf("+%dms", 200+chance.IntN(2000))}
	case drawn < 73:
		args = []string{"--wait"}
	}
	for i := range people {
		m.recipients = append(m.recipients, m.subject+"."+strconv.Itoa(i)+"@example.org")
	}
	return m, args
}

// flush sends in passes until ctx ends.
func (c *chaos) flush(ctx context.Context, name string) {
	chance := c.chance(name)
	for pause(ctx, chance, 100*time.Millisecond) {
		limit := time.Duration(500+chance.IntN(3000)) * time.Millisecond
		c.run(fateOf(chance, limit, 45, 20, 15), "", "flush", "--timeout", limit.String())
	}
}

// serve runs daemons until ctx ends. Each of them dies, some in good order.
func (c *chaos) serve(ctx context.Context, name string) {
	chance := c.chance(name)
	for pause(ctx, chance, 100*time.Millisecond) {
		f := fateOf(chance, 3*time.Second, 60, 40, 0)
		c.run(f, "", "daemon")
	}
}

// weather takes the server away now and then, until ctx ends.
func (c *chaos) weather(ctx context.Context) {
	chance := c.chance("weather")
	for pause(ctx, chance, 2*time.Second) {
		c.server.goAway()
		pause(ctx, chance, 300*time.Millisecond)
		if err := c.server.comeBack(); err != nil {
			c.t.Errorf("the server: %v", err)
			return
		}
	}
}

// listed is what list --json tells of an item.
type listed struct {
	ID         string
	MessageID  string `json:"message_id"`
	Subject    string
	State      string
	Recipients []struct {
		Address, State, Text string
		At                   time.Time
	}
}

// list lists items; nil, with a complaint, if that is not possible.
func (c *chaos) list(args ...string) (items []listed) {
	r := c.run(fate{}, "", append([]string{"list", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(r.out), &items); err != nil {
		c.t.Errorf("list: %v: %s", err, r)
	}
	return items
}

// deed is something that a person does to items in a state.
type deed struct {
	state string
	often int // of all deeds, in percent
	args  []string
	note  func(*letter) // what it changes of what may happen
}

var deeds = []deed{
	{"waiting", 28, []string{"retry"}, nil},
	{"waiting", 6, []string{"hold"}, nil},
	{"waiting", 4, []string{"cancel"}, nil},
	{"held", 8, []string{"release"}, nil},
	{"scheduled", 4, []string{"release"}, nil},
	{"scheduled", 2, []string{"hold"}, nil},
	{"cancelled", 4, []string{"retry"}, nil},
	{"failed", 6, []string{"retry"}, nil},
	{"uncertain", 6, []string{"retry"}, nil}, // which does nothing
	{"uncertain", 5, []string{"retry", "--mark-sent"}, func(m *letter) { m.marked = true }},
	{"uncertain", 5, []string{"retry", "--resend-uncertain"}, func(m *letter) { m.resent++ }},
	{"sending", 6, []string{"cancel"}, nil},
	{"sending", 6, []string{"hold"}, nil},
	{"sending", 8, []string{"delete"}, func(m *letter) { m.deleted = true }},
	{"sent", 1, []string{"delete"}, func(m *letter) { m.deleted = true }},
	{"waiting", 1, []string{"delete"}, func(m *letter) { m.deleted = true }},
}

// meddle does what people do to their items, until ctx ends.
func (c *chaos) meddle(ctx context.Context) {
	chance := c.chance("meddle")
	for pause(ctx, chance, 40*time.Millisecond) {
		drawn := chance.IntN(100)
		for _, d := range deeds {
			if drawn -= d.often; drawn < 0 {
				c.do(d, chance)
				break
			}
		}
	}
}

// stopping are the deeds after which nothing is tried, until the next deed.
var stopping = []string{"hold", "cancel", "delete"}

// do does a deed to a few items.
func (c *chaos) do(d deed, chance *rand.Rand) {
	ids, subjects := d.choose(c.list("--state", d.state, "--limit", "40"), chance)
	if len(ids) == 0 {
		return
	}
	c.ledger.acted(subjects, func(m *letter) {
		m.stopped = time.Time{}
		if d.note != nil {
			d.note(m)
		}
	})
	r := c.run(fateOf(chance, 100*time.Millisecond, 10, 5, 3), "", slices.Concat(d.args, ids)...)
	if r.code == 0 && slices.Contains(stopping, d.args[0]) {
		c.ledger.acted(subjects, func(m *letter) { m.stopped, m.gone = time.Now(), m.gone || d.args[0] == "delete" })
	}
}

// choose takes a few of the items that the deed may be done to.
func (d deed) choose(items []listed, chance *rand.Rand) (ids, subjects []string) {
	const few = 8
	chance.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	for _, i := range items {
		switch {
		case strings.HasPrefix(i.Subject, "kept-"): // which checks that nobody else lets it go
		case strings.HasPrefix(i.Subject, "key-") && d.args[0] == "delete": // after which the key is free again
		case len(ids) < few:
			ids, subjects = append(ids, i.ID), append(subjects, i.Subject)
		}
	}
	return ids, subjects
}
