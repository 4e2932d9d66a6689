package outbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"sendoff/internal/cleantext"
)

const (
	// recordWithin is how long an outcome is tried to be recorded. It has its
	// own deadline: the program may be stopping, or the disk full for a while.
	recordWithin = 30 * time.Second
	recordPause  = 500 * time.Millisecond
)

// try makes one attempt, and tells whether the program was stopped before it
// came to anything.
func (l *lane) try(ctx context.Context, j *job) (report Report, stopped bool) {
	var marked atomic.Bool
	going, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	l.brakes.begin(j.attempt, stop)
	d := l.delivery(going, j)
	d.Mark = func(ctx context.Context, known []Result) error {
		err := l.brakes.pass(j.attempt, func() error { return l.mark(ctx, j, known) })
		if err == nil {
			marked.Store(true)
		}
		return err
	}
	d.Next = func() (Delivery, bool) {
		if next := l.waiting(); next != nil && !l.alone {
			l.named = next
			return l.delivery(ctx, next), true
		}
		return Delivery{}, false
	}
	report = l.attempt(going, d, &marked)
	j.brokenOff = l.brakes.end(j.attempt)
	report.Dialogue = bounded(report.Dialogue) // here, since the writer is who all wait for
	return report, ctx.Err() != nil && unspoken(report)
}

// delivery is a job as the transport needs it, without what leads on from there.
func (v *service) delivery(ctx context.Context, j *job) Delivery {
	d := Delivery{
		Item: j.item, Account: j.policy.Account, Revision: j.policy.Revision, From: v.envelopeSender(j), Size: j.size, EightBit: j.eightBit, UTF8: j.utf8, RequireTLS: j.requireTLS, Report: j.report,
		Open: func() (io.ReadCloser, error) {
			c := content{item: j.item, file: j.file, made: j.made, digest: j.digest, size: j.size}
			if j.body != nil {
				return openBody(c, j.body, nil)
			}
			return v.outbox.openContent(ctx, c)
		},
		Progress: func(step Step, done int64) {
			v.tracker.update(j.attempt, step, done)
			if step == StepEnvelope || step == StepBody {
				v.enter(j.policy.Account)
			}
		},
		Follow: func(live Live) { v.tracker.follow(j.attempt, live) },
	}
	if v.Trace != nil {
		d.Trace = func(line string) { v.Trace(j.item, cleantext.Line(line)) }
	}
	for _, r := range j.recipients {
		d.Recipients = append(d.Recipients, r.address)
	}
	return d
}

// envelopeSender is where reports of a job come back to. Who has no sender, wants none.
func (v *service) envelopeSender(j *job) string {
	if j.policy.ReturnPath == "" || j.sender == "" {
		return j.sender
	}
	own, err := v.outbox.returns.of(j.policy.ReturnPath, j.item, j.messageID)
	if err != nil { // its reports come back all the same, though some may not say whose they are
		v.keyless.Do(func() {
			v.log.Warn("messages leave without an address of their own for bounces: restore the file of the key from a backup, or remove it, and a new one is made",
				"file", v.outbox.returns.path, "error", err)
		})
		return j.sender
	}
	return own
}

// enter tells the sender that a delivery has got past the login. It never waits:
// of an account that is not heard now, the next step will tell.
func (v *service) enter(account string) {
	select {
	case v.entered <- account:
	default:
	}
}

// unspoken tells that no recipient got an answer: nothing was accepted, nothing
// is in doubt. Those who were left for another transaction were not asked about.
func unspoken(report Report) bool {
	for _, r := range report.Results {
		if r.Class != ClassNetwork && !r.leftForAnother() {
			return false
		}
	}
	return true
}

// attempt calls the transport. A panic there must not take the queue with it;
// what it means for the message depends on the mark alone.
func (v *service) attempt(ctx context.Context, d Delivery, marked *atomic.Bool) (report Report) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		v.log.Error("the transport panicked", "item", d.Item, "panic", fmt.Sprint(cause))
		result := Result{Class: ClassProtocol, Text: "an internal error stopped this attempt"}
		if marked.Load() {
			result.Class = ClassUncertain
		}
		report = Report{Began: true}
		for range d.Recipients {
			report.Results = append(report.Results, result)
		}
	}()
	return v.transport.Deliver(ctx, d)
}

// record writes an outcome, and tries again for a while: what the server said
// must not be forgotten because the disk was full for a moment.
func (v *service) record(ctx context.Context, change func(*tx) error) error {
	return persist(ctx, func(ctx context.Context) error { return v.outbox.writer.doTwice(ctx, change) })
}

// persist is record for a commit of another kind.
func persist(ctx context.Context, commit func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	for {
		err := commit(ctx)
		if err == nil || errors.Is(err, ErrTransition) || errors.Is(err, errClosed) {
			return err
		}
		timer := time.NewTimer(recordPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

func (v *service) logOutcome(j *job, report Report, stopped bool) {
	if stopped {
		v.log.Info("stopped before the message left", "item", j.item, "account", j.policy.Account)
		return
	}
	for i, r := range j.recipients {
		result := resultFor(report, i)
		// Without the detour over what can be anything, since it is a line for each message.
		v.log.LogAttrs(context.Background(), slog.LevelInfo, "attempt", slog.String("item", j.item.String()), slog.String("account", j.policy.Account),
			slog.String("server", report.Server), slog.String("recipient", r.address), slog.String("class", result.Class.String()),
			slog.Int("code", result.Code), slog.String("text", result.Text))
	}
}
