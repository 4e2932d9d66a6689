package smtp

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// maxQuickFlight is how many octets of commands go out before the first answer
// is read. The answers to them are no more than every system keeps for a reader
// that is busy; of a larger flight, the answers are read while it is written, or
// both ends would wait for each other.
const maxQuickFlight = 16 << 10

// flight is the commands in front of a message on their way: RSET where it is
// due, MAIL, a RCPT for each open recipient, DATA. With PIPELINING (RFC 2920) all
// go out at once and their answers come in their order: one round trip for any
// number of recipients. Without it, each goes out behind the answer to the one
// before.
type flight struct {
	*session
	atOnce  bool
	reset   bool       // it begins with RSET
	reused  bool       // the connection has carried another message
	behind  bool       // it left behind the dot of that one
	refused bool       // which was refused
	stray   error      // why nothing of it went out: the server is out of step
	failed  error      // why not all of it went out
	written chan error // by the goroutine that writes it; nil: all is written
}

// errStale is a reused session that the server gave up before it answered a
// command of this transaction.
var errStale = errors.New("the server had closed the idle connection")

// errUnheard is one that has not taken what stood behind a dot.
var errUnheard = fmt.Errorf("%w: it never answered what stood behind the dot", errStale)

// board makes the flight of a transaction, whose commands have not left yet.
func (x *transaction) board(s *session) *flight {
	f := &flight{session: s, atOnce: s.offers("PIPELINING"), reset: s.dirty, reused: s.messages > 0}
	s.messages++
	s.dirty = true
	return f
}

// depart puts a flight on the wire that can go at once.
func (x *transaction) depart(s *session) *flight {
	f := x.board(s)
	if f.stray = s.catchUp(); f.stray != nil {
		return f
	}
	commands := x.commands(f, s.out[:0])
	x.dialogue.saidAtOnce(commands)
	switch {
	case !f.atOnce:
	case len(commands) <= maxQuickFlight:
		if _, err := s.conn.Write(commands); err != nil {
			f.breakOff(err)
		}
		s.out = commands[:0]
	default:
		f.written = make(chan error, 1)
		go func() {
			_, err := s.conn.Write(commands)
			f.written <- err
		}()
	}
	return f
}

// sendAhead puts the envelope of the message that comes next behind the final
// dot of this one, where both may go out together: what RFC 2920 §3.1 asks of
// the dot is to be the first of a group. It then belongs to the session.
func (x *transaction) sendAhead(s *session, last []byte) []byte {
	if x.delivery.Next == nil || !s.takesAhead() {
		return last
	}
	d, found := x.delivery.Next()
	if !found || s.presumed && s.lacks(d) { // about that the server is asked first
		return last
	}
	next := newTransaction(d)
	if next.checkAddresses(); next.open() > 0 {
		next.refuseBeforehand(s)
	}
	if next.open() == 0 {
		return last
	}
	dirty := s.dirty
	s.dirty = false // the dot ends what is begun, whatever is said to it
	f := next.board(s)
	with := next.commands(f, last)
	if len(with)-len(last) > maxQuickFlight {
		s.messages, s.dirty = s.messages-1, dirty
		return last
	}
	f.behind = true
	s.next, s.ahead = next, f
	s.line.hasty = true
	return with
}

// takesAhead tells that the next envelope may stand behind a dot.
//
// QUIRK: Dovecot's submission service (2.3.19) reads on while its relay thinks
// about the message, and dies of an assertion when that answers and it has seen
// the next RCPT (smtp-server-transaction.c, pending_rcpt_cmds): the message has
// gone out, and nobody is told. It is the only one that offers BURL (RFC 4468).
func (s *session) takesAhead() bool {
	return s.offers("PIPELINING") && !s.offers("BURL") && !s.alone() && !s.full()
}

// catchUp reads what is owed of the transaction before, and makes sure that
// nothing else was said.
func (s *session) catchUp() error {
	if s.owed {
		s.owed = false
		s.dialogue.note("first, the answer to the dot of the message before:")
		if _, err := s.read(phaseReset); err != nil { // no message hangs on it: no ten minutes for it
			return err
		}
	}
	return s.spokenUnasked(phaseMail)
}

// breakOff is for a write that failed: what the server has said by then counts
// more than that, and it is all that will come.
func (f *flight) breakOff(err error) {
	f.failed, f.broken = err, true
	f.line.endWithin(lastWordsTimeout)
}

// commands appends all commands of a flight that goes at once.
func (x *transaction) commands(f *flight, to []byte) []byte {
	if !f.atOnce {
		return to
	}
	if f.reset {
		to = append(to, "RSET\r\n"...)
	}
	to = append(to, f.mailCommand(x.delivery)...)
	to = append(to, "\r\n"...)
	for i, recipient := range x.delivery.Recipients {
		if x.report.Results[i].Class == 0 {
			to = append(to, f.rcptCommand(x.delivery, recipient)...)
			to = append(to, "\r\n"...)
		}
	}
	return append(to, "DATA\r\n"...)
}

// ask gives the answer to a command, which it says first if it has not left.
func (f *flight) ask(p phase, command string) (reply, error) {
	if !f.atOnce {
		return f.exchange(p, command)
	}
	r, err := f.read(p)
	if err != nil && f.failed != nil {
		err = lost(p, f.failed)
	}
	return r, err
}

// land waits until nobody writes any more. On a broken connection nothing more
// is to be said.
func (f *flight) land() {
	f.line.hasty = false
	if f.written == nil {
		return
	}
	if f.broken {
		f.line.endWithin(0)
	}
	if err := <-f.written; err != nil {
		f.broken = true // though all was answered
	}
	f.written = nil
}

// envelope names the sender and the recipients and asks for the message.
//
// goOn tells that the server waits for the message. Without it, and without an
// error, every recipient has its result.
func (x *transaction) envelope(f *flight) (goOn bool, err error) {
	defer f.land()
	if err := f.begin(); err != nil {
		return false, err
	}
	x.report.Began = true
	r, err := x.firstAnswer(f)
	if f.reused && (err != nil || r.code == 421) || f.refused && r.code == 503 {
		x.report.Began, f.broken = false, true
		if f.behind && errors.Is(err, os.ErrDeadlineExceeded) {
			return false, errUnheard
		}
		return false, errStale
	}
	if err != nil {
		return false, err
	}
	if !r.positive() {
		x.hearOut(f)
		return false, refused(phaseMail, r)
	}
	accepted, err := x.recipients(f)
	switch {
	case err != nil:
		return false, err
	case accepted == 0 && f.atOnce:
		x.takeBackData(f)
		return false, nil
	case accepted == 0:
		return false, nil
	}
	if r, err = f.ask(phaseData, "DATA"); err != nil {
		return false, err
	}
	if r.code != 354 {
		f.broken = f.broken || r.code < 400 // out of step: no command is safe
		return false, refused(phaseData, r)
	}
	return true, nil
}

// behindTimeout is how long a server that has answered a dot may take for the MAIL
// that stood behind it. One that threw it away never answers, and five minutes for
// each message would be the pace of the queue.
const behindTimeout = time.Minute

// firstAnswer is that to MAIL.
func (x *transaction) firstAnswer(f *flight) (reply, error) {
	if !f.behind {
		return f.ask(phaseMail, f.mailCommand(x.delivery))
	}
	f.line.allowRead(behindTimeout)
	return f.hear(phaseMail)
}

// begin comes to the point where the transaction can start.
func (f *flight) begin() error {
	switch {
	case f.stray != nil && f.reused:
		return errStale
	case f.stray != nil:
		return f.stray
	}
	if f.reset {
		if r, err := f.ask(phaseReset, "RSET"); err != nil || !r.positive() {
			f.broken = true
			return errStale
		}
	}
	return nil
}

// hearOutTimeout is for all answers that nothing hangs on any more: long enough to
// keep a connection that is well.
const hearOutTimeout = 30 * time.Second

// hearOut reads the answers to what left behind a MAIL that was refused. A
// server that asks for the message all the same has kept the sender of another
// one: not a word more to it.
func (x *transaction) hearOut(f *flight) {
	if !f.atOnce || f.broken {
		return
	}
	f.line.allowRead(hearOutTimeout)
	for range x.open() {
		if _, err := f.hear(phaseFirstRcpt); err != nil || f.broken {
			return
		}
	}
	if r, err := f.hear(phaseData); err == nil && r.code < 400 {
		f.broken = true
	}
}

// takeBackData is for DATA that left although no recipient was accepted in the
// end. Where it is granted, a lone dot ends the message that is none (RFC 2920
// §3.1); its answer is read in front of the next transaction's, since nobody
// waits for it.
func (x *transaction) takeBackData(f *flight) {
	r, err := f.ask(phaseData, "DATA")
	switch {
	case err != nil || r.code/100 == 2: // out of step
		f.broken = true
	case r.code == 354:
		f.dialogue.said(phaseData, ".")
		if _, err := f.conn.Write([]byte(".\r\n")); err != nil {
			f.broken = true
		}
		f.owed = true
	}
}

// recipients names each open recipient and settles the refused ones; those
// that the server took stay open until the verdict on the message.
func (x *transaction) recipients(f *flight) (accepted int, err error) {
	p := phaseFirstRcpt
	for i, recipient := range x.delivery.Recipients {
		if result := x.report.Results[i]; result.Class != 0 {
			x.roll.hear(i, result)
			continue
		}
		r, err := f.ask(p, f.rcptCommand(x.delivery, recipient))
		switch {
		case err != nil:
			return accepted, err
		case r.code == 421: // and it closes: nobody gets this message now
			return accepted, refused(p, r)
		case r.positive(): // 250, and 251 and 252: it will try
			accepted++
			p = phaseFurtherRcpt
		default:
			x.report.Results[i] = x.kept(verdict(p, r))
		}
		x.roll.hear(i, x.report.Results[i])
	}
	return accepted, nil
}
