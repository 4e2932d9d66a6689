package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// settleWithin is how long a delivery that went well may stay unrecorded while
	// the next one begins, so that one commit holds both: the outcome of the one
	// and the mark of the other. It is far below what a person notices.
	settleWithin = 50 * time.Millisecond
	// aheadFor is how long an item may wait behind a delivery of its lane while a
	// connection is free: the time in which a new one could be opened.
	aheadFor = 2 * time.Second
)

// lane makes deliveries of an account one behind the other, in a goroutine of its
// own; on one connection, if the transport keeps it.
//
// It claims the next item in the commit that marks the present one, so that the
// transport can send both without a gap. What went well is recorded with the next
// mark: the final dot of a message leaves only when what became of the one before
// is on the disk, so that after a crash at most one message of a lane is in doubt.
type lane struct {
	*service
	account string
	behind  *ending // of the delivery before, if that waits for a mark to be recorded with
	told    *ending // of the delivery before, if that is recorded and waits to be logged
	named   *job    // the server has been told of it, behind the dot of the one before
	alone   bool    // the server may die of what stands behind a dot

	mu    sync.Mutex
	ahead *job // claimed for when the present delivery is over
	since time.Time
}

// start hands a job to a new lane; serve waits for each of them.
func (v *service) start(ctx context.Context, j *job) {
	l := &lane{service: v, account: j.policy.Account, alone: time.Now().Before(v.alone[j.policy.Account])}
	v.lanes[l] = true
	v.inFlight[l.account]++
	v.total++
	if used := v.used[l.account]; used != nil {
		used.begin(j.attempt, len(j.recipients))
	}
	go func() {
		v.finished <- l.run(ctx, j)
	}()
}

func (l *lane) run(ctx context.Context, j *job) (d delivered) {
	for j != nil {
		l.tracker.begin(j, time.Now())
		report, stopped := l.try(ctx, j)
		l.tracker.end(j.attempt)
		j.body = nil
		d, j = l.conclude(ctx, &ending{service: l.service, job: j, report: report, stopped: stopped, at: time.Now()})
	}
	return d
}

// mark records that the final dot of a job may leave, what is known of its
// recipients by then, what became of the job before it, and which one comes next.
// Where that was claimed ahead, and nothing is known yet, the journal takes it all; but
// not of an attempt that somebody could watch, since whether that shall be stopped the
// database knows. ErrStopped if it shall.
func (l *lane) mark(ctx context.Context, j *job, known []Result) error {
	j.noted = slices.ContainsFunc(known, func(r Result) bool { return r.Class != 0 })
	// Who hears of the commit and looks for what waits here must find it.
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	next := l.follower.take(ctx, j.policy)
	if next == nil || j.noted || now.Sub(j.started) >= saidAfter || !l.follower.mark(ctx, j, next, l.behind, now) {
		var err error
		if next, err = l.markInDatabase(ctx, j, next, known, now); err != nil {
			return err
		}
	}
	l.told, l.behind = l.behind, nil // logged when the dot has left
	l.ahead, l.since = next, now
	return nil
}

// markInDatabase is mark without the journal. It gives the job that comes next, which
// it claims unless one was taken already.
func (l *lane) markInDatabase(ctx context.Context, j, taken *job, known []Result, now time.Time) (next *job, err error) {
	more := refill{follower: l.follower, policy: j.policy}
	var stopped error
	err = l.follower.with(ctx, l.outbox.writer.doTwice, func(t *tx) (err error) {
		more.startOver()
		next = nil
		if stopped, err = nil, t.mark(j.attempt, now); errors.Is(err, ErrStopped) {
			stopped = err // which undoes nothing that is in the same commit
			return nil
		}
		if err != nil {
			return err
		}
		if j.noted {
			if err := t.note(j, known); err != nil {
				return err
			}
		}
		next, err = l.goOn(ctx, t, j.policy, taken, &more)
		return err
	})
	more.end(err)
	if err == nil {
		err = stopped
	}
	if err != nil {
		l.follower.putBack(taken)
		return nil, err
	}
	j.marked = now
	return next, nil
}

// goOn begins the job that was taken from what is claimed ahead; nil: it claims one.
func (l *lane) goOn(ctx context.Context, t *tx, p Policy, taken *job, more *refill) (next *job, err error) {
	if next = taken; taken != nil {
		err = t.noteBegun(map[int64]begun{taken.attempt: {started: taken.started}})
	} else {
		next, err = l.follow(ctx, t, p, time.Now())
	}
	if err == nil && next != nil {
		err = more.claim(t, time.Now())
	}
	return next, err
}

// follow claims the next item of an account, so that a queue is drained with one
// wait for the disk a message. It leaves to dispatch whatever is not plain: an
// account that has limits, that is parked, or whose policy has changed meanwhile.
func (l *lane) follow(ctx context.Context, t *tx, p Policy, now time.Time) (*job, error) {
	if ctx.Err() != nil || len(p.Limits.windows()) > 0 || !l.stands(p) {
		return nil, nil
	}
	jobs, err := t.claim(p, l.pass, now, room{attempts: 1, recipients: unlimited, unparked: true})
	if err != nil || len(jobs) == 0 {
		return nil, err
	}
	return jobs[0], nil
}

// stands tells that a policy is still that of its account, and that deliveries may
// go on by themselves.
func (v *service) stands(p Policy) bool {
	current := v.current.Load()
	return current != nil && slices.Contains(*current, p)
}

// aloneFor is how long a server gets nothing behind its dots after it has hung up
// on one. It may have been the line; and if it was the server, each of them costs
// somebody the certainty of a message.
const aloneFor = 7 * 24 * time.Hour

// leaveAlone remembers such a server, over restarts: a new process would lose
// another message's certainty to it.
func (t *tx) leaveAlone(account string, now time.Time) error {
	_, err := t.exec(`INSERT INTO account_facts(account, alone_until) VALUES(?1, ?2)
		ON CONFLICT(account) DO UPDATE SET alone_until = ?2`, account, stamp(now.Add(aloneFor)))
	return err
}

func (t *tx) aloneUntil(account string) (time.Time, error) {
	var until int64
	err := t.queryRow("SELECT alone_until FROM account_facts WHERE account = ?", account).Scan(&until)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return unstamp(until), err
}

// waiting is the job that comes next, if it is known yet.
func (l *lane) waiting() *job {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ahead
}

// takeAhead is waiting, after which nobody takes that job back.
func (l *lane) takeAhead() *job {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.ahead
	l.ahead = nil
	return next
}

// giveBack returns to the queue what has waited too long behind a delivery, and
// tells when that will be so; the zero time: nothing waits.
func (l *lane) giveBack(ctx context.Context, now time.Time) (late time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ahead == nil {
		return time.Time{}, nil
	}
	if late = l.since.Add(aheadFor); now.Before(late) {
		return late, nil
	}
	err = l.follower.with(ctx, l.outbox.writer.do, func(t *tx) error { return t.withdraw(l.ahead, now) })
	if err == nil {
		l.follower.forget(l.ahead)
		l.ahead = nil
	}
	return time.Time{}, err
}

// overruled gives the job ahead back if it is bulk that must not be begun any more, however
// long the delivery before took: its campaign was paused or is over, or something is due
// that a person waits for. What the server has been told of already goes before that: it
// would take longer to open another connection. Else nil.
func (l *lane) overruled(ctx context.Context, ahead *job) *job {
	switch {
	case ahead == nil || !ahead.bulk || !l.follower.bulkWaits(ctx, l.account, ahead.campaign):
		return nil
	case ahead == l.named && !l.outbox.campaignStopped(ctx, ahead.campaign):
		return nil
	}
	return ahead
}

// conclude ends a delivery and gives the one that comes next. What went well and
// has another behind it is recorded with that one's mark.
func (l *lane) conclude(ctx context.Context, o *ending) (d delivered, next *job) {
	d = delivered{lane: l, job: o.job, at: o.at}
	ahead := l.takeAhead()
	l.told.tell()
	l.told = nil
	accepted := o.report.accepted(len(o.job.recipients))
	if accepted {
		l.follower.went(l.account, o.job.bulk, o.at)
	}
	_, stopped := l.stopped.Load(l.account) // by what another lane was told
	stopped = stopped || !l.stands(o.job.policy)
	given := l.overruled(ctx, ahead)
	if given != nil {
		ahead = nil
	}
	if ahead != nil && !stopped && ctx.Err() == nil && accepted && l.behind == nil {
		l.behind = o
		l.follower.add(o)
		return d, ahead
	}
	behind := l.behind // it is recorded with this one
	if l.behind = nil; ahead == nil && given == nil {
		ahead = l.follower.take(ctx, o.job.policy)
	}
	goOn := true
	more := refill{follower: l.follower, policy: o.job.policy}
	settle := func(t *tx) (err error) {
		next = nil
		more.startOver()
		if d.settlement, err = o.settle(t); err != nil {
			return err
		}
		if given != nil {
			if err := t.withdraw(given, o.at); err != nil {
				return err
			}
		}
		again := goOn && !o.stopped && !d.parks && !stopped
		goOn = false // if this fails, what is tried again is the outcome alone
		switch {
		case again && (ahead == nil || ctx.Err() == nil):
			next, err = l.goOn(ctx, t, o.job.policy, ahead, &more)
		case ahead != nil:
			err = t.withdraw(ahead, o.at)
		}
		return err
	}
	err := persist(context.WithoutCancel(ctx), func(ctx context.Context) error { return l.follower.with(ctx, l.outbox.writer.doTwice, settle) })
	more.end(err)
	if err != nil {
		d.err = fmt.Errorf("record the outcome of %s: %w", o.job.item, err)
		return d, nil
	}
	if l.follower.forget(o.job); next == nil && ahead != nil {
		l.follower.forget(ahead)
	}
	if given != nil {
		l.follower.forget(given)
	}
	if d.parks {
		l.stopped.Store(l.account, o)
	}
	behind.tell()
	o.tell()
	return d, next
}

// withdraw makes a claim undone that came to nothing.
func (t *tx) withdraw(j *job, now time.Time) error {
	for _, r := range j.recipients {
		if err := t.move(r.id, EventInterrupt); err != nil {
			return err
		}
	}
	if err := t.giveBack(j.attempt); err != nil {
		return err
	}
	if err := t.heedStop(j.attempt, j.item); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM attempts WHERE id = ?", j.attempt); err != nil {
		return err
	}
	if err := t.rollUp(j.item, now); err != nil {
		return err
	}
	return t.heedCampaign(j.item, now)
}

// ending is what a delivery came to.
type ending struct {
	*service
	job     *job
	report  Report
	stopped bool // by the program, before it came to anything
	at      time.Time

	in     *transaction // in which it was settled; of the writer's leader
	logged sync.Once
}

// settle is the change that records it.
func (o *ending) settle(t *tx) (settlement, error) {
	if o.stopped {
		return settlement{}, t.abandon(o.job, o.report, o.at)
	}
	return t.settle(o.job, o.report, o.at)
}

// tell logs it once it is recorded; nil is none.
func (o *ending) tell() {
	if o != nil {
		o.logged.Do(func() { o.logOutcome(o.job, o.report, o.stopped) })
	}
}
