package ui

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
)

const (
	// maxSteps is how far back undo goes, and maxKept how many bytes of text its steps
	// hold at most: each holds the whole text as it was.
	maxSteps = 200
	maxKept  = 32 << 20

	// stepRest is the pause in typing after which a new step begins, and stepKeys
	// how many keys one has at most: some words.
	stepRest = time.Second
	stepKeys = 20
)

// history is what was written before, for undo and redo.
type history struct {
	past, future []compose.Draft

	last  time.Time // of the last change
	keys  int       // of the step
	field string    // in which it is
	by    int       // 1: the step is typed text, -1: deleted text, 0: anything else
}

// add notes a change. Keys that go on with a step are undone with it.
func (h *history) add(before, after compose.Draft, now time.Time) {
	if sameText(before, after) {
		return
	}
	by := oneKey(before, after)
	goesOn := by != 0 && by == h.by && h.keys < stepKeys && now.Sub(h.last) < stepRest && len(h.future) == 0 &&
		after.Cursor.Field == h.field
	h.last, h.by, h.field, h.future = now, by, after.Cursor.Field, nil
	if goesOn {
		h.keys++
		return
	}
	h.keys = 1
	h.past = append(h.past, before)
	h.past = withinBounds(h.past)
}

// withinBounds leaves the oldest steps out that are too many. The last one stays.
func withinBounds(steps []compose.Draft) []compose.Draft {
	first, kept := len(steps), 0
	for first > 0 && len(steps)-first < maxSteps {
		kept += len(steps[first-1].Body)
		if kept > maxKept && first < len(steps) {
			break
		}
		first--
	}
	if first == 0 {
		return steps
	}
	return append([]compose.Draft(nil), steps[first:]...)
}

// sameText tells that only what no key brings back has changed, such as the sender.
func sameText(a, b compose.Draft) bool {
	return a.To == b.To && a.Cc == b.Cc && a.Bcc == b.Bcc && a.ReplyTo == b.ReplyTo && a.Subject == b.Subject && a.Body == b.Body &&
		slices.Equal(a.Headers, b.Headers) && sameFiles(a.Attachments, b.Attachments)
}

// sameFiles tells that both are the same files, whatever was seen of them. Pictures in
// the text come and go with it.
func sameFiles(a, b []compose.Attachment) bool {
	return slices.EqualFunc(a, b, func(a, b compose.Attachment) bool {
		a.Size, a.Modified = b.Size, b.Modified
		return a == b
	})
}

// oneKey tells a change that one key can make: 1 if it typed a character, -1 if it
// took one away, else 0.
func oneKey(before, after compose.Draft) int {
	const longest = 4 // bytes of a character
	switch grown := written(after) - written(before); {
	case grown > 0 && grown <= longest:
		return 1
	case grown < 0 && grown >= -longest:
		return -1
	}
	return 0
}

// written is the length of what the fields hold, in bytes.
func written(d compose.Draft) int {
	n := len(d.To) + len(d.Cc) + len(d.Bcc) + len(d.ReplyTo) + len(d.Subject) + len(d.Body)
	for _, h := range d.Headers {
		n += len(h.Name) + len(h.Value)
	}
	return n
}

// back takes the step before now off the past. ok is false if there is none.
func (h *history) back(now compose.Draft) (d compose.Draft, ok bool) {
	return step(&h.past, &h.future, now)
}

// forth is the opposite of back.
func (h *history) forth(now compose.Draft) (d compose.Draft, ok bool) {
	return step(&h.future, &h.past, now)
}

func step(from, to *[]compose.Draft, now compose.Draft) (d compose.Draft, ok bool) {
	last := len(*from) - 1
	if last < 0 {
		return d, false
	}
	d = (*from)[last]
	*from, *to = (*from)[:last], append(*to, now)
	return d, true
}

// undo goes back to what was written before.
func (c *composer) undo() tea.Cmd {
	if d, ok := c.history.back(c.last); ok {
		return c.restore(d)
	}
	return nil
}

// redo takes an undo back.
func (c *composer) redo() tea.Cmd {
	if d, ok := c.history.forth(c.last); ok {
		return c.restore(d)
	}
	return nil
}

// restore puts in what was written, with its files, and the cursor where it was. The
// sender stays: what it is is seen, and changed by one key.
func (c *composer) restore(d compose.Draft) tea.Cmd {
	c.putText(d)
	told := c.putFiles(d)
	if !c.goTo(d.Cursor) {
		c.setFocus(c.focus)
	}
	c.last = c.draft()
	c.revision++
	return tea.Batch(told, c.changed())
}

// putFiles puts in the files of a draft, and says which come back or go: what is undone
// for its text may have files of which nobody thinks any more.
func (c *composer) putFiles(d compose.Draft) tea.Cmd {
	before := c.files
	c.files = nil
	var back, gone []string
	for _, f := range filesOf(d) {
		n := slices.IndexFunc(before, f.is)
		if n < 0 {
			back = append(back, clean(f.name()))
			c.files = append(c.files, f)
			continue
		}
		seen := before[n] // what was seen of it is as new as it can be
		seen.Name, seen.Type, seen.source = f.Name, f.Type, f.source
		c.files = append(c.files, seen)
	}
	for _, f := range before {
		if !slices.ContainsFunc(c.files, f.is) {
			gone = append(gone, clean(f.name()))
		}
	}
	c.chosen = min(c.chosen, max(len(c.files)-1, 0))
	if c.focus == fieldAttach && len(c.files) == 0 {
		c.setFocus(fieldBody)
	}
	var say []string
	if len(back) > 0 {
		say = append(say, "Attached again: "+strings.Join(back, ", ")+".")
	}
	if len(gone) > 0 {
		say = append(say, "Not attached any more: "+strings.Join(gone, ", ")+".")
	}
	if len(say) == 0 {
		return nil
	}
	return tea.Batch(c.say(strings.Join(say, " ")), c.lookAtFiles())
}

// putText puts in the fields and the text of a draft.
func (c *composer) putText(d compose.Draft) {
	for f, text := range map[field]string{fieldTo: d.To, fieldCc: d.Cc, fieldBcc: d.Bcc, fieldReplyTo: d.ReplyTo, fieldSubject: d.Subject} {
		if c.inputs[f].value() != text {
			c.inputs[f].set(text)
		}
	}
	c.headers = nil
	for _, h := range d.Headers {
		c.headers = append(c.headers, c.newHeaderInput(h))
	}
	if c.body.text() != d.Body {
		c.body.set(d.Body)
	}
	c.warn(fieldTo, fieldCc, fieldBcc)
}
