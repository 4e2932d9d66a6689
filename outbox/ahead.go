package outbox

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// settleTogether is how many outcomes make a commit worth while, and of what is sent in
	// bulk: nobody waits to see these, and letters that are made for a fast account bring a
	// commit sooner.
	settleTogether     = 64
	settleBulkTogether = 256
)

// follower lets the database follow what the lanes do: it settles what went well,
// many outcomes in one commit, and claims in the same one what the lanes of an account
// take next. What went well is in the journal by then, or nothing of the lane goes
// on before it is in the database.
type follower struct {
	*service
	journal  *journal
	kick     chan struct{} // a token: there may be something to do
	stopping chan struct{}
	ended    chan struct{}

	mu      sync.Mutex // guards what follows
	feeds   map[string]*feed
	pending []*ending       // in the order in which they are to be settled
	open    map[int64]begun // attempts of which the journal may know more than the database
	failed  time.Time       // the last commit: until one succeeds nothing goes ahead of the database
}

// begun tells when an attempt was begun, and when its dot was allowed to leave.
type begun struct{ started, marked time.Time }

func (v *service) newFollower() *follower {
	return &follower{service: v, journal: newJournal(v.outbox.options.Dir), kick: make(chan struct{}, 1), stopping: make(chan struct{}),
		ended: make(chan struct{}), feeds: make(map[string]*feed), open: make(map[int64]begun)}
}

func (f *follower) run() {
	defer close(f.ended)
	timer := time.NewTimer(longestSleep)
	defer timer.Stop()
	for {
		select {
		case <-f.kick:
		case <-timer.C:
		case <-f.stopping:
			return
		}
		wait := f.due(time.Now())
		if wait <= 0 {
			f.follow()
			wait = max(f.due(time.Now()), time.Millisecond)
		}
		timer.Reset(wait)
	}
}

// due is how long there is nothing to do.
func (f *follower) due(now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !f.failed.IsZero():
		return f.failed.Add(recordPause).Sub(now) // unless a lane gets through before
	case f.enough():
		return 0
	}
	for _, d := range f.feeds {
		if d.low(now) {
			return 0
		}
	}
	if len(f.pending) > 0 {
		return f.pending[0].at.Add(settleWithin).Sub(now)
	}
	return longestSleep
}

// follow settles what is pending and claims anew what was taken.
func (f *follower) follow() {
	settled := f.outstanding()
	var err error
	if f.journal.full() {
		err = f.journal.beginAnew(func() error {
			return f.refilled(context.Background(), func(t *tx, _ refills) error { return t.noteBegun(f.opened()) })
		})
	} else {
		err = f.refilled(context.Background(), func(*tx, refills) error { return nil })
	}
	if err == nil {
		for _, o := range settled {
			o.tell()
		}
	}
}

// refilled makes a change, which may be run twice, in one commit with what is pending
// and with what it lets be claimed ahead. The change may claim itself.
func (f *follower) refilled(ctx context.Context, change func(*tx, refills) error) error {
	var all refills
	if current := f.current.Load(); current != nil {
		for _, p := range *current {
			all = append(all, &refill{follower: f, policy: p})
		}
	}
	err := f.with(ctx, f.outbox.writer.doTwice, func(t *tx) error {
		for _, r := range all {
			r.startOver()
		}
		if err := change(t, all); err != nil {
			return err
		}
		for _, r := range all {
			if r.handed {
				continue
			}
			if err := r.claim(t, time.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	for _, r := range all {
		r.end(err)
	}
	return err
}

// with makes a change in one commit with what is pending, and behind it: what
// becomes of an account is recorded in the order in which it happened.
func (f *follower) with(ctx context.Context, do func(context.Context, func(*tx) error) error, change func(*tx) error) error {
	var batch []*ending
	err := do(ctx, func(t *tx) (err error) {
		batch = f.outstanding()
		mine := slices.DeleteFunc(slices.Clone(batch), func(o *ending) bool { return o.in.holds(t) })
		for _, o := range mine {
			o.in = t.current
		}
		if err = t.settleTogether(mine); err == nil {
			err = change(t)
		}
		if err != nil { // all this is undone
			for _, o := range mine {
				o.in = nil
			}
		}
		return err
	})
	f.settled(batch, err)
	return err
}

func (f *follower) outstanding() []*ending {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.pending)
}

// settled takes away what has been settled.
func (f *follower) settled(batch []*ending, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.failed = time.Now()
		leaveToken(f.kick)
		return
	}
	f.failed = time.Time{}
	f.pending = slices.DeleteFunc(f.pending, func(o *ending) bool { return slices.Contains(batch, o) })
	for _, o := range batch {
		delete(f.open, o.job.attempt)
	}
}

// add leaves an outcome that went well to be settled.
func (f *follower) add(o *ending) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = append(f.pending, o)
	if len(f.pending) == 1 || f.enough() { // else it knows when to look
		leaveToken(f.kick)
	}
}

// enough tells that what is pending is worth a commit. It expects the lock.
func (f *follower) enough() bool {
	n := len(f.pending)
	return n >= settleBulkTogether || n >= settleTogether && !f.pending[0].job.bulk
}

// went notes that an account has sent a message, and whether in bulk.
func (f *follower) went(account string, bulk bool, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.feeds[account]
	if d == nil {
		d = &feed{}
		f.feeds[account] = d
	}
	d.speed.add(at)
	d.bulk = bulk
}

// take gives what comes next for an account, if something was claimed ahead and the
// account may go on.
func (f *follower) take(ctx context.Context, p Policy) *job {
	if _, stopped := f.stopped.Load(p.Account); stopped || ctx.Err() != nil || !f.stands(p) {
		return nil
	}
	bulk, campaign := f.bulky(p.Account)
	if bulk && f.bulkWaits(ctx, p.Account, campaign) {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.feeds[p.Account]
	if !f.failed.IsZero() || d == nil || len(d.jobs) == 0 || d.jobs[0].policy != p || d.jobs[0].campaign != campaign {
		return nil
	}
	j := d.jobs[0]
	d.jobs = d.jobs[1:]
	j.started = time.Now()
	f.open[j.attempt] = begun{started: j.started}
	if d.low(j.started) {
		leaveToken(f.kick)
	}
	return j
}

// bulky tells that what comes next for an account is sent in bulk, and of which
// campaign it is, 0 for none.
func (f *follower) bulky(account string) (bulk bool, campaign CampaignID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.feeds[account]
	if d == nil || len(d.jobs) == 0 {
		return false, 0
	}
	return d.jobs[0].bulk, d.jobs[0].campaign
}

// askAgain is how long an answer of bulkWaits holds that was given by what other
// processes had committed, and the sender itself, which queues nothing that a person waits
// for. What is asked of this process, as to queue or to pause, is heeded at once.
const askAgain = 5 * time.Millisecond

// free is when and for what the bulk of an account was found to be next.
type free struct {
	campaign CampaignID
	ordered  int64
	at       time.Time
}

// bulkWaits is that of the outbox, which is not asked for each letter, and by one lane
// alone where nothing but time has passed: the others go by the last answer meanwhile.
func (f *follower) bulkWaits(ctx context.Context, account string, campaign CampaignID) (waits bool) {
	now := free{campaign, f.outbox.writer.ordered.Load(), time.Now()} // of before the answer
	f.mu.Lock()
	d := f.feeds[account]
	if d == nil {
		d = &feed{}
		f.feeds[account] = d
	}
	last := &d.free
	if last.campaign == campaign && last.ordered == now.ordered {
		if now.at.Sub(last.at) < askAgain {
			f.mu.Unlock()
			return false
		}
		last.at = now.at
	}
	f.mu.Unlock()
	if waits = f.outbox.bulkWaits(ctx, account, campaign); waits {
		now = free{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	d.free = now
	return waits
}

// bulkWaits tells that something is due for an account that a person waits for, or that
// the campaign does not run any more: then what is claimed of it is not begun, and
// reaped soon. If that cannot be told, it is for a claim to find out.
func (b *Outbox) bulkWaits(ctx context.Context, account string, campaign CampaignID) (waits bool) {
	err := b.read.always(ctx, `SELECT EXISTS(SELECT 1 FROM items WHERE state = 6 AND account = ?1 AND bulk = 0 AND next_at <= ?2)
		OR ?3 <> 0 AND NOT EXISTS(SELECT 1 FROM campaigns WHERE id = ?3 AND state = ?4)`, account, stamp(time.Now()), campaign, CampaignRunning).Scan(&waits)
	return waits || err != nil
}

// campaignStopped tells that a campaign does not run any more, as far as that can be told.
func (b *Outbox) campaignStopped(ctx context.Context, campaign CampaignID) (stopped bool) {
	err := b.read.always(ctx, "SELECT NOT EXISTS(SELECT 1 FROM campaigns WHERE id = ? AND state = ?)", campaign, CampaignRunning).Scan(&stopped)
	return err == nil && campaign != 0 && stopped
}

// putBack is for what was taken and not begun.
func (f *follower) putBack(j *job) {
	if j == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.open, j.attempt)
	d := f.feeds[j.policy.Account]
	d.jobs = slices.Insert(d.jobs, 0, j)
}

// usualRecords is what an end and a mark need in the journal, in bytes; a short dialogue
// included.
const usualRecords = 1 << 10

// mark records in the journal that the dot of a job may leave, what became of the one
// before it in its lane, and which one begins behind it. False: it could not.
func (f *follower) mark(ctx context.Context, j, next *job, before *ending, now time.Time) bool {
	data := make([]byte, 0, usualRecords)
	if before != nil {
		data = appendRecord(data, record{kind: recordEnd, attempt: before.job.attempt, item: before.job.item, digest: before.job.digest,
			at: before.at, report: before.report, copied: before.job.policy.SentCopy})
	}
	data = appendRecord(data, record{kind: recordMark, attempt: j.attempt, item: j.item, digest: j.digest, at: now,
		began: j.started, next: next.attempt, nextItem: next.item})
	f.note(j, now) // first: the journal may be begun anew as soon as that stands there
	if err := f.journal.wait(ctx, data); err != nil {
		if !errors.Is(err, errJournal) && ctx.Err() == nil { // which is the first time
			f.log.Warn("the journal cannot be written", "error", err)
		}
		f.note(j, time.Time{})
		return false
	}
	j.marked = now
	return true
}

func (f *follower) note(j *job, marked time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[j.attempt] = begun{j.started, marked}
}

// forget is for attempts that are over in the database.
func (f *follower) forget(jobs ...*job) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, j := range jobs {
		delete(f.open, j.attempt)
	}
}

func (f *follower) opened() map[int64]begun {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make(map[int64]begun, len(f.open))
	for attempt, b := range f.open {
		all[attempt] = b
	}
	return all
}

// openedOf are some of them.
func (f *follower) openedOf(attempts []int64) map[int64]begun {
	f.mu.Lock()
	defer f.mu.Unlock()
	some := make(map[int64]begun, len(attempts))
	for _, attempt := range attempts {
		if b, ok := f.open[attempt]; ok {
			some[attempt] = b
		}
	}
	return some
}

// noteBegun records in the database what only the journal knows of open attempts.
func (t *tx) noteBegun(all map[int64]begun) error {
	for attempt, b := range all {
		if _, err := t.exec("UPDATE attempts SET started_at = ?, marked_at = iif(marked_at = 0, ?, marked_at) WHERE id = ? AND finished_at = 0",
			stamp(b.started), stamp(b.marked), attempt); err != nil {
			return err
		}
	}
	return nil
}

// reap returns to the queue what was claimed ahead and is not taken, since its
// account may not go on or has become slow. It tells when to look again; the zero
// time: when something happens.
func (f *follower) reap(ctx context.Context, now time.Time) (again time.Time, err error) {
	idle, again := f.idle(now)
	if len(idle) == 0 {
		return again, nil
	}
	// Where this fails it may be on the disk all the same. So nothing may go ahead of the
	// database: an attempt that is gone there is none of which the journal can tell.
	err = f.with(ctx, f.outbox.writer.do, func(t *tx) error { return t.withdrawAll(idle, now) })
	if err != nil {
		slices.Reverse(idle)
		for _, j := range idle {
			f.putBack(j)
		}
	}
	return again, err
}

// idle takes out what is claimed ahead in vain.
func (f *follower) idle(now time.Time) (idle []*job, again time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for account, d := range f.feeds {
		_, stopped := f.stopped.Load(account)
		d.jobs = slices.DeleteFunc(d.jobs, func(j *job) bool {
			late := j.claimed.Add(aheadFor)
			if stopped || !now.Before(late) || !f.stands(j.policy) {
				idle = append(idle, j)
				return true
			}
			if again.IsZero() || late.Before(again) {
				again = late
			}
			return false
		})
	}
	return idle, again
}

func (t *tx) withdrawAll(jobs []*job, now time.Time) error {
	for _, j := range jobs {
		if err := t.withdraw(j, now); err != nil {
			return err
		}
	}
	return nil
}

// rest removes the journal when nothing is on its way.
func (f *follower) rest() error {
	f.mu.Lock()
	busy := len(f.pending) > 0 || len(f.open) > 0
	f.mu.Unlock()
	if busy {
		return nil
	}
	return f.journal.remove()
}

// close ends the follower when no lane runs any more: all that went well is settled,
// and what nobody took goes back to the queue.
func (f *follower) close(ctx context.Context) error {
	close(f.stopping)
	<-f.ended
	var left []*job
	for _, d := range f.feeds {
		left = append(left, d.jobs...)
	}
	if len(left) > 0 || len(f.pending) > 0 {
		err := f.with(ctx, f.outbox.writer.do, func(t *tx) error { return t.withdrawAll(left, time.Now()) })
		if err != nil {
			return err
		}
	}
	return f.rest()
}
