package outbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// recordWithin is how long an outcome is tried to be recorded. It has its
	// own deadline: the program may be stopping, or the disk full for a while.
	recordWithin = 30 * time.Second
	recordPause  = 500 * time.Millisecond
)

// start hands a job to a goroutine of its own, which goes on with what was
// claimed when that was settled; serve waits for each of them.
func (v *service) start(ctx context.Context, j *job) {
	v.inFlight[j.policy.Account]++
	v.total++
	if l := v.used[j.policy.Account]; l != nil {
		l.begin(j.attempt, len(j.recipients))
	}
	go func() {
		var d delivered
		for j != nil {
			v.tracker.begin(j, time.Now())
			attempt := j.attempt
			d, j = v.deliver(ctx, j)
			v.tracker.end(attempt)
		}
		v.finished <- d
	}()
}

// follow claims the next item of an account in the commit that settles one, so
// that a queue is drained with one wait for the disk less for each message. It
// leaves to dispatch whatever is not plain: an account that has limits, or whose
// policy has changed meanwhile; its caller, one that is or was parked.
func (v *service) follow(t *tx, p Policy, now time.Time) (*job, error) {
	current := v.current.Load()
	if len(p.Limits.windows()) > 0 || current == nil || !slices.Contains(*current, p) {
		return nil, nil
	}
	jobs, err := t.claim(p, v.pass, now, room{1, unlimited})
	if err != nil || len(jobs) == 0 {
		return nil, err
	}
	return jobs[0], nil
}

// deliver makes one attempt, records what it came to, and gives the next one.
func (v *service) deliver(ctx context.Context, j *job) (d delivered, next *job) {
	report, stopped := v.try(ctx, j)
	d.job = j
	goOn := ctx.Err() == nil
	err := v.record(context.WithoutCancel(ctx), func(t *tx) (err error) {
		d.at, next = time.Now(), nil
		if stopped {
			return t.abandon(j, d.at)
		}
		_, parked, err := t.parkOf(j.policy.Account)
		if err != nil {
			return err
		}
		if d.settlement, err = t.settle(j, report, d.at); err != nil || d.parks || parked || !goOn {
			return err
		}
		goOn = false // if this fails, what is tried again is the outcome alone
		next, err = v.follow(t, j.policy, d.at)
		return err
	})
	if err != nil {
		d.err = fmt.Errorf("record the outcome of %s: %w", j.item, err)
		return d, nil
	}
	v.logOutcome(j, report, stopped)
	return d, next
}

// try makes one attempt, and tells whether the program was stopped before it
// came to anything.
func (v *service) try(ctx context.Context, j *job) (report Report, stopped bool) {
	var marked atomic.Bool
	d := Delivery{
		Item: j.item, Account: j.policy.Account, From: j.sender, Size: j.size, EightBit: j.eightBit, UTF8: j.utf8,
		Open: func() (io.ReadCloser, error) {
			return v.outbox.openContent(ctx, content{j.item, j.file, j.digest, j.size})
		},
		Mark: func(ctx context.Context) error {
			err := v.outbox.writer.do(ctx, func(t *tx) error { return t.mark(j.attempt, time.Now()) })
			if err == nil {
				marked.Store(true)
			}
			return err
		},
		Progress: func(step Step, done int64) {
			v.tracker.update(j.attempt, step, done)
			if step == StepEnvelope || step == StepBody {
				v.enter(j.policy.Account)
			}
		},
	}
	for _, r := range j.recipients {
		d.Recipients = append(d.Recipients, r.address)
	}
	report = v.attempt(ctx, d, &marked)
	return report, ctx.Err() != nil && unspoken(report)
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
// is in doubt.
func unspoken(report Report) bool {
	for _, r := range report.Results {
		if r.Class != ClassNetwork {
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
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	for {
		err := v.outbox.writer.do(ctx, change)
		if err == nil || errors.Is(err, ErrTransition) {
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
		v.log.Info("attempt", "item", j.item, "account", j.policy.Account, "server", report.Server,
			"recipient", r.address, "class", result.Class.String(), "code", result.Code, "text", result.Text)
	}
}
