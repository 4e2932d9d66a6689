package crash

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sendoff/outbox"
)

// onTheWire is how many connections clitest's account may have: so many
// messages of a sender may be on their way when it dies.
const onTheWire = 4

// check compares what the program says with what the server has and what the
// test has done. Nothing runs any more.
func (c *chaos) check() {
	items := c.list()
	bySubject := make(map[string][]listed)
	for _, i := range items {
		bySubject[i.Subject] = append(bySubject[i.Subject], i)
	}
	c.checkAcknowledged(bySubject)
	c.checkOnce(bySubject)
	for _, i := range items {
		c.checkTruth(i)
	}
	c.checkDoubt(items)
	c.checkCopies(bySubject)
	c.checkBytes(items)
	c.checkLog()
	c.checkHappened(items)
}

// finished are the states in which an item may be now.
var finished = []string{"sent", "failed", "partial", "uncertain", "waiting", "held", "scheduled", "cancelled"}

// checkAcknowledged: every ID that was printed is still there, with what was
// asked for, unless somebody wanted it deleted.
func (c *chaos) checkAcknowledged(bySubject map[string][]listed) {
	for subject, m := range c.ledger.letters {
		if m.deleted || len(m.ids) == 0 {
			continue
		}
		found := bySubject[subject]
		if len(found) == 0 {
			c.t.Errorf("%s was queued as %v and is lost", subject, m.ids)
			continue
		}
		i := found[0]
		var recipients []string
		for _, r := range i.Recipients {
			recipients = append(recipients, r.Address)
		}
		switch {
		case i.ID != m.ids[0]:
			c.t.Errorf("%s was queued as %s and is listed as %s", subject, m.ids[0], i.ID)
		case !slices.Equal(recipients, m.recipients):
			c.t.Errorf("%s is for %v, want %v", subject, recipients, m.recipients)
		case !slices.Contains(finished, i.State):
			c.t.Errorf("%s is %s now", subject, i.State)
		case m.kept && i.State != "held" && i.State != "scheduled":
			c.t.Errorf("%s was to be kept and is %s", subject, i.State)
		}
	}
}

// checkOnce: every letter was queued once, and a key that was repeated is one
// item under one ID.
func (c *chaos) checkOnce(bySubject map[string][]listed) {
	for subject, found := range bySubject {
		m := c.ledger.letters[subject]
		switch {
		case m == nil:
			c.t.Errorf("%s is listed and nobody has written it", subject)
		case len(found) > 1:
			c.t.Errorf("%s was queued %d times", subject, len(found))
		case len(slices.Compact(slices.Clone(m.ids))) > 1:
			c.t.Errorf("%s was queued under one key and is called %v", subject, m.ids)
		}
	}
}

// checkTruth: what is said of each recipient agrees with the copies that there
// are, unless a resend or a mark by hand has made it wrong; and what somebody
// has stopped was not tried any more.
func (c *chaos) checkTruth(i listed) {
	m := c.ledger.letters[i.Subject]
	if m == nil {
		return
	}
	if m.gone {
		c.t.Errorf("%s %s was deleted and is listed", i.ID, i.Subject)
	}
	for _, r := range i.Recipients {
		if !m.stopped.IsZero() && r.At.After(m.stopped) {
			c.t.Errorf("%s %s was stopped at %s, and %s was tried at %s", i.ID, i.Subject, m.stopped, r.Address, r.At)
		}
		copies := c.copies(i.MessageID, r.Address)
		switch r.State {
		case "sent":
			if copies == 0 && !m.marked {
				c.t.Errorf("%s %s: %s is sent and has no copy", i.ID, i.Subject, r.Address)
			}
		case "failed", "waiting":
			if copies > 0 && m.resent == 0 {
				c.t.Errorf("%s %s: %s is %s (%s) and has %d copies", i.ID, i.Subject, r.Address, r.State, r.Text, copies)
			}
		case "uncertain":
		default:
			c.t.Errorf("%s %s: %s is %s now", i.ID, i.Subject, r.Address, r.State)
		}
		if m.saidSent && copies == 0 && !m.marked {
			c.t.Errorf("%s %s: --wait said sent, and %s has no copy", i.ID, i.Subject, r.Address)
		}
	}
}

// checkDoubt: a recipient is uncertain only if the server left it in doubt, or
// if it was on the wire of a sender that was cut.
func (c *chaos) checkDoubt(items []listed) {
	var inDoubt []string
	for _, i := range items {
		for _, r := range i.Recipients {
			if r.State == "uncertain" && !c.server.doubtful[r.Address] {
				inDoubt = append(inDoubt, i.ID+" "+r.Text)
				break
			}
		}
	}
	if len(inDoubt) > c.ledger.cut*onTheWire {
		c.t.Errorf("%d items are uncertain without a cause, and only %d senders were cut: %q", len(inDoubt), c.ledger.cut, inDoubt)
	}
}

func (c *chaos) copies(messageID, address string) int {
	if m := c.server.mail[messageID]; m != nil {
		return m.copies[address]
	}
	return 0
}

// checkCopies: nobody has a second copy but by hand, and what has arrived is
// known here.
func (c *chaos) checkCopies(bySubject map[string][]listed) {
	for id, arrived := range c.server.mail {
		m := c.ledger.letters[arrived.subject]
		switch {
		case m == nil:
			c.t.Errorf("%s %q arrived and nobody has written it", id, arrived.subject)
			continue
		case len(bySubject[arrived.subject]) == 0 && !m.deleted:
			c.t.Errorf("%s %s arrived and is not listed", id, arrived.subject)
		}
		for address, copies := range arrived.copies {
			if copies > 1+m.resent {
				c.t.Errorf("%s %s: %s has %d copies; it was sent again by hand %d times", id, arrived.subject, address, copies, m.resent)
			}
			if m.kept {
				c.t.Errorf("%s %s: %s has a copy of what was to be kept", id, arrived.subject, address)
			}
		}
	}
}

// checkBytes: every message can be read, and every delivery had those bytes.
func (c *chaos) checkBytes(items []listed) {
	b, err := outbox.Open(c.t.Context(), outbox.Options{Dir: c.program.DataDir(), State: c.program.StateDir()})
	if err != nil {
		c.t.Fatal(err)
	}
	defer b.Close()
	for _, i := range items {
		raw, err := readRaw(c.t.Context(), b, i.ID)
		if err != nil || !bytes.Contains(raw, []byte("\r\nMessage-ID: "+i.MessageID+"\r\n")) {
			c.t.Errorf("%s %s cannot be read: %v, %d bytes", i.ID, i.Subject, err, len(raw))
		}
		arrived := c.server.mail[i.MessageID]
		if arrived == nil {
			continue
		}
		delete(arrived.digests, sha256.Sum256(raw))
		if len(arrived.digests) > 0 {
			c.t.Errorf("%s %s arrived with %d other contents", i.ID, i.Subject, len(arrived.digests))
		}
	}
}

// readRaw is show --raw, without a process for each.
func readRaw(ctx context.Context, b *outbox.Outbox, text string) ([]byte, error) {
	id, err := b.Find(ctx, text)
	if err != nil {
		return nil, err
	}
	message, err := b.Message(ctx, id)
	if err != nil {
		return nil, err
	}
	defer message.Close()
	return io.ReadAll(message)
}

// checkLog: nothing in the log is an error.
func (c *chaos) checkLog() {
	paths, err := filepath.Glob(filepath.Join(c.program.StateDir(), "sendoff.log*"))
	if err != nil || len(paths) == 0 {
		c.t.Errorf("no log: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			c.t.Error(err)
		}
		for line := range strings.Lines(string(data)) {
			var entry struct{ Level string }
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				c.t.Errorf("the log has a line that is none: %v: %s", err, line)
			}
			if entry.Level == "ERROR" || entry.Level == "WARN" {
				c.t.Errorf("the log: %s", line)
			}
		}
	}
}

// checkHappened: a run in which little happened proves nothing.
func (c *chaos) checkHappened(items []listed) {
	states := make(map[string]int)
	for _, i := range items {
		states[i.State]++
	}
	c.t.Logf("%d items: %v; the server was not answered for %d recipients", len(items), states, len(c.server.doubtful))
	if 5*states["sent"] < len(items) || len(c.server.doubtful) == 0 || c.ledger.cut == 0 {
		c.t.Error("too little has happened")
	}
}
