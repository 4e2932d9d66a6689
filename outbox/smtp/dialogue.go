package smtp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// How much is kept of a dialogue, in bytes: all of nearly every one. Of one with
// thousands of recipients the middle is left out, but for the refusals, as many as
// there is room for. All together, and a line between them, is less than
// [outbox.MaxDialogue].
const (
	maxHead    = 5 << 10
	maxRefused = 5 << 10
	maxTail    = 4 << 10
	maxSpoken  = 500 // of a line's words
	usualHead  = 1 << 10
)

// dialogue records what is said in one attempt. What a login says is never in it,
// nor is the message, and what the server says has the secret taken out. A nil
// dialogue records nothing: that of a connection that nobody uses.
//
// Several goroutines may record, as one that writes commands while another reads
// the answers to them.
type dialogue struct {
	began time.Time
	item  outbox.ID
	size  int64             // of the message
	live  func(line string) // may be nil

	mu      sync.Mutex
	secrets *echo    // of the connection; nil before there is one
	body    int64    // octets of the message that have gone out; -1 before and after it
	named   []string // RCPT commands that have not been answered yet
	head    []byte   // lines, as the next
	refused []byte
	tail    []spoken
	inTail  int // bytes
	left    int // lines that are kept nowhere
	line    []byte
}

// withheld stands for what is said in a login.
const withheld = "…"

// spoken is a line that may have to make room for others.
type spoken struct {
	line    string
	refusal bool
	command string // that was refused, where it is known
}

func newDialogue(d outbox.Delivery) *dialogue {
	return &dialogue{began: time.Now(), item: d.Item, size: d.Size, live: d.Trace, body: -1}
}

// said records a command. Of a login it keeps what is said in the open, and
// learns the rest, since servers may repeat it.
func (d *dialogue) said(p phase, command string) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if p == phaseAuth {
		command = d.openly(command)
	}
	if strings.HasPrefix(command, "RCPT ") {
		d.named = append(d.named, command)
	}
	d.add('>', command)
}

// openly is a command of a login without what must not be known: AUTH and the
// name of the mechanism, or nothing of a continuation.
func (d *dialogue) openly(command string) string {
	public, private := "", command
	if rest, begins := strings.CutPrefix(command, "AUTH "); begins {
		name, initial, _ := strings.Cut(rest, " ")
		public, private = "AUTH "+name+" ", initial
	}
	if private == "" {
		return strings.TrimSuffix(public, " ")
	}
	d.secrets.learn(private)
	return public + withheld
}

// saidAtOnce records commands that go out together.
func (d *dialogue) saidAtOnce(commands []byte) {
	if d == nil {
		return
	}
	for command := range strings.SplitSeq(strings.TrimSuffix(string(commands), "\r\n"), "\r\n") {
		if command != "" {
			d.said(phaseMail, command)
		}
	}
}

// heard records an answer.
func (d *dialogue) heard(p phase, r reply) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	command := ""
	if (p == phaseFirstRcpt || p == phaseFurtherRcpt) && len(d.named) > 0 {
		command, d.named = d.named[0], d.named[1:]
	}
	lines := strings.Split(d.secrets.hide(r.text), "\n") // as a whole: a secret may go over two of them
	if r.code == 334 && r.text != "" {                   // a challenge of a login
		lines = []string{withheld}
	}
	for i, text := range lines {
		separator := "-"
		if i == len(lines)-1 {
			separator = " "
		}
		s := spoken{refusal: r.code >= 400, command: command}
		d.keep('<', strings.TrimRight(strconv.Itoa(r.code)+separator+text, " "), s)
		command = ""
	}
}

// note records what has happened.
func (d *dialogue) note(format string, arguments ...any) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.add('*', fmt.Sprintf(format, arguments...))
}

// follow records how far the message has come, of which nothing else is kept.
func (d *dialogue) follow(progress func(outbox.Step, int64)) func(outbox.Step, int64) {
	return func(step outbox.Step, done int64) {
		progress(step, done)
		d.mu.Lock()
		defer d.mu.Unlock()
		switch step {
		case outbox.StepBody:
			d.body = done
		case outbox.StepDot:
			d.body = -1
			d.add('*', fmt.Sprintf("the message (%d bytes) and the final dot", d.size))
		}
	}
}

// end records what came of it without an answer.
func (d *dialogue) end(results []outbox.Result) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.body >= 0 {
		d.add('*', fmt.Sprintf("%d of %d bytes of the message, and no final dot", d.body, d.size))
	}
	var told []string
	for _, r := range results {
		if r.Code == 0 && !slices.Contains(told, r.Text) && len(told) < 5 { // more would be a list of bad addresses
			told = append(told, r.Text)
			d.add('*', r.Text)
		}
	}
}

// guard takes the secrets of a connection out of all that is recorded from now on.
func (d *dialogue) guard(secrets *echo) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.secrets = secrets
}

// hide takes the secrets of the connection out of a clean text.
func (d *dialogue) hide(text string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.secrets.hide(text)
}

// add is keep for what is no refusal. The lock is held, as in all that follow.
func (d *dialogue) add(mark byte, text string) { d.keep(mark, text, spoken{}) }

// keep puts a line at the end.
func (d *dialogue) keep(mark byte, text string, s spoken) {
	d.line = strconv.AppendInt(d.line[:0], time.Since(d.began).Milliseconds(), 10)
	d.line = append(d.line, ' ', mark, ' ')
	d.line = append(d.line, shorten(d.secrets.hide(cleantext.Line(text)), maxSpoken)...)
	if d.live != nil {
		d.live(string(d.line))
	}
	d.line = append(d.line, '\n')
	if len(d.tail) == 0 && len(d.head)+len(d.line) <= maxHead {
		if d.head == nil { // that of an envelope behind a dot stays empty
			d.head = make([]byte, 0, usualHead)
		}
		d.head = append(d.head, d.line...)
		return
	}
	s.line = string(d.line)
	d.tail = append(d.tail, s)
	d.inTail += len(s.line)
	for d.inTail > maxTail {
		d.leave(d.tail[0])
		d.inTail -= len(d.tail[0].line)
		d.tail = d.tail[1:]
	}
}

// leave takes a line out of the end. A refusal is kept, with the command that it
// is the answer to.
func (d *dialogue) leave(s spoken) {
	line := s.line
	if s.command != "" {
		command := shorten(d.secrets.hide(cleantext.Line(s.command)), maxSpoken)
		line = strings.TrimSuffix(line, "\n") + " (" + command + ")\n"
	}
	if !s.refusal || len(d.refused)+len(line) > maxRefused {
		d.left++
		return
	}
	d.refused = append(d.refused, line...)
}

// text is all that is kept, in the form of [outbox.Report].
func (d *dialogue) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b strings.Builder
	b.Write(d.head)
	if d.left > 0 {
		at, _, _ := strings.Cut(d.tail[0].line, " ")
		fmt.Fprintf(&b, "%s * %d lines are left out here; refusals among them follow\n", at, d.left)
	}
	b.Write(d.refused)
	for _, s := range d.tail {
		b.WriteString(s.line)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
