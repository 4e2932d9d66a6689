package smtp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sendoff/outbox"
)

// transaction is one delivery: what was asked for and what has come of it. A
// recipient is open while its result has no class; whatever ends the delivery
// settles all open ones.
type transaction struct {
	delivery outbox.Delivery
	report   outbox.Report
	dialogue *dialogue
	words    keptWords
	roll     roll
}

// roll is what of the recipients is known to who asks from another goroutine.
type roll struct {
	heard atomic.Int64 // so many of them, the first ones, have been named or settled

	mu      sync.Mutex
	settled map[int]outbox.Result // of those; the server takes the others
}

// hear notes what became of the i-th recipient; the zero Result: the server takes it.
func (l *roll) hear(i int, r outbox.Result) {
	if r.Class != 0 {
		l.mu.Lock()
		if l.settled == nil {
			l.settled = make(map[int]outbox.Result)
		}
		l.settled[i] = r
		l.mu.Unlock()
	}
	l.heard.Store(int64(i) + 1)
}

// standings are what is known of the recipients by now.
func (x *transaction) standings() []outbox.Known {
	heard := int(x.roll.heard.Load())
	x.roll.mu.Lock()
	defer x.roll.mu.Unlock()
	all := make([]outbox.Known, len(x.delivery.Recipients))
	for i, address := range x.delivery.Recipients {
		result, settled := x.roll.settled[i]
		all[i] = outbox.Known{Address: address, Taken: i < heard && !settled, Result: result}
	}
	return all
}

func newTransaction(d outbox.Delivery) *transaction {
	x := &transaction{delivery: d, report: outbox.Report{Results: make([]outbox.Result, len(d.Recipients))}, dialogue: newDialogue(d)}
	x.delivery.Progress = x.dialogue.follow(d.Progress)
	return x
}

// told is the report when all is over. A server that repeats a secret does not
// get it into a result either.
func (x *transaction) told() outbox.Report {
	x.hideSecrets()
	x.dialogue.end(x.report.Results)
	x.report.Dialogue = x.dialogue.text()
	return x.report
}

func (x *transaction) hideSecrets() {
	for i := range x.report.Results {
		r := &x.report.Results[i]
		r.Text = x.dialogue.hide(r.Text)
	}
}

// kept is the result of one recipient among many. The secret goes first: what is
// cut within one is not found any more.
func (x *transaction) kept(r outbox.Result) outbox.Result {
	r.Text = x.words.keep(x.dialogue.hide(r.Text))
	return r
}

// known is what the mark records of the recipients.
func (x *transaction) known() []outbox.Result {
	x.hideSecrets()
	return x.report.Results
}

// waitsToConnect shows and records that the connections of its account are spaced.
func (x *transaction) waitsToConnect(wait time.Duration) {
	x.delivery.Progress(outbox.StepPace, 0)
	x.dialogue.note("so many connections were made that the next waits for %s", wait.Round(time.Millisecond))
}

// settle gives every open recipient a result.
func (x *transaction) settle(r outbox.Result) {
	for i := range x.report.Results {
		if x.report.Results[i].Class == 0 {
			x.report.Results[i] = r
		}
	}
}

// open counts the recipients without a result.
func (x *transaction) open() int {
	count := 0
	for _, r := range x.report.Results {
		if r.Class == 0 {
			count++
		}
	}
	return count
}

// checkAddresses keeps bytes from the wire that would change the command they
// stand in. compose has parsed every address; this is the last door.
func (x *transaction) checkAddresses() {
	if err := checkAddress(x.delivery.From, x.delivery.UTF8); err != nil {
		x.settle(outbox.Result{Class: outbox.ClassMessage, Text: "sender: " + err.Error()})
		return
	}
	for i, recipient := range x.delivery.Recipients {
		err := checkAddress(recipient, x.delivery.UTF8)
		if err == nil && recipient == "" {
			err = errEmptyAddress
		}
		if err != nil {
			x.report.Results[i] = outbox.Result{Class: outbox.ClassRejected, Text: err.Error()}
		}
	}
}

// run carries the message over a session and settles every recipient, unless
// it says stale: then the server had given the session up before it was used
// again, nothing has happened, and the message may go over another.
func (x *transaction) run(ctx context.Context, s *session) (stale bool) {
	x.report.TLS = s.tls
	next, f := s.next, s.ahead
	s.next, s.ahead = nil, nil
	stop := context.AfterFunc(ctx, s.line.interrupt)
	defer func() {
		if !stop() {
			s.broken = true // its deadlines are over for good
		}
	}()
	if f == nil {
		s.carry(x.dialogue, s.messages+1)
		switch err := x.compare(s); {
		case errors.Is(err, errStale) && ctx.Err() == nil:
			return true
		case err != nil:
			x.fail(ctx, err)
			return false
		}
	} else {
		x.report.Results = next.report.Results
		s.carry(x.dialogue, s.messages)
		x.dialogue.note("behind the final dot of the message before went:")
		x.dialogue.saidAtOnce(x.commands(f, nil))
	}
	if x.open() == 0 {
		return false
	}
	body, err := x.delivery.Open()
	if err != nil {
		x.report.Began = true // the server is not to blame: this message is
		s.broken = s.broken || f != nil
		x.fail(ctx, unreadable(err))
		return false
	}
	defer body.Close()
	x.delivery.Progress(outbox.StepEnvelope, 0)
	if f == nil {
		f = x.depart(s)
	}
	goOn, err := x.envelope(f)
	switch {
	case errors.Is(err, errStale) && ctx.Err() == nil:
		x.report.Alone = errors.Is(err, errUnheard)
		return true
	case err != nil:
		x.fail(ctx, err)
	case goOn:
		x.content(ctx, s, body)
	}
	return false
}

// fail settles what is open with the reason why a delivery ended without an
// answer to its final dot. What the server said counts more than that the
// program stops.
func (x *transaction) fail(ctx context.Context, err error) {
	r := resultOf(err)
	if ctx.Err() != nil && r.Code == 0 {
		r = stopped(ctx, err).Result
	}
	x.settle(r)
}

// compare settles what the server cannot take. Before it refuses something by what
// was offered before the login, it asks again.
func (x *transaction) compare(s *session) error {
	if s.presumed && s.lacks(x.delivery) {
		if err := s.helloAgain(); err != nil {
			s.broken = true
			if s.messages > 0 {
				return errStale
			}
			return err
		}
	}
	x.refuseBeforehand(s)
	return nil
}

// refuseBeforehand settles what a server cannot take, before a byte of it has
// left. A message with octets above 127 goes to a server without 8BITMIME as it
// is: nearly all pass it on, and it may not be changed.
func (x *transaction) refuseBeforehand(s *session) {
	d := x.delivery
	if s.tooSmallFor(d) {
		text := fmt.Sprintf("the message has %d bytes, the server takes %d", d.Size, s.extensions.maxSize())
		x.settle(outbox.Result{Class: outbox.ClassMessage, Text: text})
	}
	if d.RequireTLS && !s.securesAllTheWay() {
		// RFC 8689 §4.2.1: not at all, rather than over a line that anybody may read.
		x.settle(outbox.Result{Class: outbox.ClassMessage, Text: "the server does not promise TLS all the way (it offers no REQUIRETLS)"})
	}
	if d.UTF8 && !s.offers("SMTPUTF8") {
		x.refuseBeyondASCII()
	}
	x.putOffRest(s.extensions.limit("RCPTMAX"), s.extensions.limit("RCPTDOMAINMAX"))
}

// putOffRest leaves the recipients that are more than the server takes in one
// transaction for the next ones; 0 is no limit.
func (x *transaction) putOffRest(most, mostDomains int) {
	taken, domains := 0, make(map[string]bool)
	for i, recipient := range x.delivery.Recipients {
		if x.report.Results[i].Class != 0 {
			continue
		}
		_, domain, _ := strings.Cut(strings.ToLower(recipient), "@")
		known := domains[domain]
		if most > 0 && taken >= most || mostDomains > 0 && !known && len(domains) >= mostDomains {
			x.report.Results[i] = outbox.Result{
				Class: outbox.ClassTemporary, Limit: outbox.LimitRecipients, Text: "more recipients than the server takes at once",
			}
			continue
		}
		taken++
		domains[domain] = true
	}
}

// refuseBeyondASCII is for a server without SMTPUTF8. Where no octet of the
// message is beyond ASCII and only recipients are, as one in Bcc can be, they
// alone do not get it.
func (x *transaction) refuseBeyondASCII() {
	const problem = "the server cannot take addresses or headers beyond ASCII (it offers no SMTPUTF8)"
	if x.delivery.EightBit || !isASCII(x.delivery.From) {
		x.settle(outbox.Result{Class: outbox.ClassMessage, Text: problem})
		return
	}
	for i, recipient := range x.delivery.Recipients {
		if x.report.Results[i].Class == 0 && !isASCII(recipient) {
			x.report.Results[i] = outbox.Result{Class: outbox.ClassRejected, Text: problem}
		}
	}
}
