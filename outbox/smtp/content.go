package smtp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// blockSize is how much of the message goes out in one write, and how often
// progress is told. Large writes leave no small packet behind for which the
// server's delayed acknowledgement (40 ms) would be waited.
const blockSize = 64 << 10

// content sends the message behind a 354 and settles all open recipients.
func (x *transaction) content(ctx context.Context, s *session, body io.Reader) {
	last, err := x.send(s, body)
	if err == nil {
		err = s.spokenTooSoon()
	}
	if err == nil {
		err = x.mark(ctx, s)
	}
	if err != nil {
		s.broken = true // the package's hard rule: not a word more, or it counts as a dot
		x.fail(ctx, err)
		return
	}
	dot := len(last)
	last = x.sendAhead(s, last)
	x.settle(x.finish(ctx, s, last, dot))
}

// send puts everything but the last block on the wire. The last one has the
// final dot in it and is returned.
func (x *transaction) send(s *session, body io.Reader) (last []byte, err error) {
	if block := int(max(min(x.delivery.Size, blockSize), 1)); len(s.in) < block { // most mail is far smaller
		s.in = make([]byte, block)
		s.out = make([]byte, 0, block+block/2) // a line of one dot grows from 3 bytes to 4
	}
	var stuff stuffer
	out := s.out[:0]
	for done, size := int64(0), x.delivery.Size; done < size; {
		x.delivery.Progress(outbox.StepBody, done)
		if len(out) > 0 {
			if _, err := s.conn.Write(out); err != nil {
				return nil, s.cutOff(err)
			}
			out = out[:0]
		}
		n, err := io.ReadFull(body, s.in[:min(size-done, blockSize)])
		if err != nil {
			return nil, unreadable(err)
		}
		if out, err = stuff.append(out, s.in[:n]); err != nil {
			return nil, badMessage(err)
		}
		done += int64(n)
	}
	// The end must be seen, since only there it is known whether all before it
	// are the octets that were queued.
	switch _, err := io.ReadFull(body, s.in[:1]); {
	case errors.Is(err, outbox.ErrDamaged):
		return nil, unreadable(err)
	case !errors.Is(err, io.EOF):
		return nil, badMessage(errors.New("the message is longer than it was when it was queued"))
	}
	if out, err = stuff.finish(out); err != nil {
		return nil, badMessage(err)
	}
	s.out = out[:0]
	return out, nil
}

// cutOff is a body that the server does not take to its end. It may have said
// why.
func (s *session) cutOff(err error) error {
	r, err := s.lastWords(phaseBody, err)
	if err != nil {
		return err
	}
	return refused(phaseDot, r)
}

// spokenTooSoon is a server that has answered before the final dot: a refusal
// counts, but a 250 then would be taken for the verdict on a message that it
// has not seen the end of.
func (s *session) spokenTooSoon() error {
	if len(s.replies.unread()) == 0 {
		return nil
	}
	r, err := s.read(phaseBody)
	switch {
	case err != nil:
		return err
	case r.code >= 400:
		return refused(phaseDot, r)
	}
	return lost(phaseBody, &protocolError{outbox.ClassProtocol, "an answer before the message was over", r.text})
}

// mark makes it durable that the dot may leave, and makes sure that it still
// should.
func (x *transaction) mark(ctx context.Context, s *session) error {
	err := x.delivery.Mark(ctx, x.known())
	switch {
	case errors.Is(err, outbox.ErrStopped):
		return stopped(ctx, err)
	case err != nil:
		text := "not sent, since the attempt could not be recorded: " + cleantext.Line(err.Error())
		return &failure{Result: outbox.Result{Class: outbox.ClassTemporary, Text: text}, cause: err}
	}
	// The line hears of the end of ctx from another goroutine, so both are asked.
	if ctx.Err() != nil || !s.line.commit() {
		return stopped(ctx, ctx.Err())
	}
	return nil
}

// finish sends the last block and waits for the verdict. Once the dot, which
// ends at an offset, has left, only an answer can tell what became of the message.
func (x *transaction) finish(ctx context.Context, s *session, last []byte, dot int) outbox.Result {
	defer s.line.settled()
	x.delivery.Progress(outbox.StepDot, x.delivery.Size)
	n, err := s.conn.Write(last)
	var r reply
	switch {
	case err == nil:
		r, err = s.read(phaseDot)
	case n <= dot-len(finalDot): // TLS, too, counts what has left in whole records
		if err = s.cutOff(err); ctx.Err() != nil && resultOf(err).Code == 0 {
			err = stopped(ctx, err)
		}
		return resultOf(err)
	case n < dot:
		r, err = s.lastWords(phaseDot, err)
	default: // what failed is only what stood behind the dot: any answer is one to it
		r, err = s.lastWordsFrom(200, phaseDot, err)
	}
	if err != nil {
		x.report.Alone = s.ahead != nil && ctx.Err() == nil
		text := err.Error()
		if ctx.Err() != nil {
			text = "stopped before the server answered the final dot"
		}
		return outbox.Result{Class: outbox.ClassUncertain, Text: text}
	}
	if s.ahead != nil {
		s.ahead.refused = !r.positive()
	} else {
		s.dirty = !r.positive()
	}
	s.broken = s.broken || r.code/100 == 3 // no answer to a dot: out of step
	return verdict(phaseDot, r)
}

// unreadable is a message that the outbox cannot give out. What is gone stays
// gone; anything else may be a passing trouble of the disk.
func unreadable(err error) *failure {
	f := &failure{Result: outbox.Result{Class: outbox.ClassTemporary}, cause: err}
	switch {
	case errors.Is(err, outbox.ErrDamaged), errors.Is(err, fs.ErrNotExist):
		f.Class = outbox.ClassMessage
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return badMessage(errors.New("the message is shorter than it was when it was queued"))
	}
	f.Text = "the message cannot be read: " + cleantext.Line(err.Error())
	return f
}

// badMessage is a message that must not go out as it is.
func badMessage(err error) *failure {
	return &failure{Result: outbox.Result{Class: outbox.ClassMessage, Text: fmt.Sprintf("not sent: %v", err)}, cause: err}
}
