package outbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"sendoff/internal/lease"
)

const (
	// leaseEvery is how often Run asks for the lease while another process has it.
	leaseEvery = time.Second
	// longestSleep bounds every wait of the sender: when the clock has jumped or
	// the machine has slept, the next look comes within this time of waking.
	longestSleep = time.Minute
	// sweepEvery is how often content files without an item are looked for.
	sweepEvery = time.Hour
	// recordWithin is how long an outcome is tried to be recorded. It has its
	// own deadline: the program may be stopping, or the disk full for a while.
	recordWithin = 30 * time.Second
	recordPause  = 500 * time.Millisecond
	// claimPause is the wait after a claim that failed, as on a full disk.
	claimPause = time.Second
)

// Sender delivers what is due. Exactly one process does it: the one with the lease.
type Sender struct {
	// Retention is what is purged of old mail, once an hour and after a pass; set
	// it before the first Run. The zero Retention keeps everything.
	Retention Retention

	outbox    *Outbox
	transport Transport
	policies  func() []Policy
	log       *slog.Logger
}

// NewSender makes a sender. policies is asked at every pass, on the sender's
// goroutine, for the accounts that exist now; an item of an account it does not
// name waits.
func NewSender(b *Outbox, t Transport, policies func() []Policy, log *slog.Logger) *Sender {
	return &Sender{outbox: b, transport: t, policies: policies, log: log}
}

// Run sends until ctx ends, then waits for what is on the wire and returns nil.
// While another process holds the lease it waits for it. It returns an error
// when an outcome could not be recorded, after which only a new Run can tell
// what became of that attempt.
func (s *Sender) Run(ctx context.Context) error {
	ticker := time.NewTicker(leaseEvery)
	defer ticker.Stop()
	for {
		held, err := lease.Take(s.outbox.senderLock())
		switch {
		case err == nil:
			return errors.Join(s.serve(ctx, nil), held.Release())
		case !errors.Is(err, lease.ErrHeld):
			return fmt.Errorf("take the lease: %w", pathError(err))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// pass bounds a Flush: each item once, each account until it parks.
type pass struct {
	start   time.Time
	only    ID // 0: every item
	stopped map[string]bool
}

// service is the state of one serve; it belongs to that goroutine.
type service struct {
	*Sender
	pass     *pass // nil: for ever
	tracker  *tracker
	current  atomic.Pointer[[]Policy] // of the last dispatch, for deliveries that go on; nil: none may
	inFlight map[string]int           // by account
	total    int
	finished chan delivered
	used     map[string]*ledger // of the accounts that have limits
	known    map[string]int     // connections that an account's server takes
	looked   time.Time          // at the clock; with its monotonic reading
	swept    time.Time
	trouble  string // the last error of a claim, which is logged once
}

// delivered is what a delivery's goroutine reports.
type delivered struct {
	*job
	settlement
	at  time.Time
	err error
}

// serve is the sender's loop: it claims, hands out, and waits for something to
// happen. It returns when ctx ends, or, with a pass, when that is through; in
// both cases after the last delivery is recorded.
func (s *Sender) serve(ctx context.Context, p *pass) error {
	v := &service{Sender: s, pass: p, inFlight: make(map[string]int), finished: make(chan delivered),
		used: make(map[string]*ledger), known: make(map[string]int), looked: time.Now()}
	v.tracker = newTracker(s.outbox.options.State)
	s.outbox.sending.Store(v.tracker)
	defer s.outbox.sending.Store(nil)
	defer v.tracker.withdraw()
	if err := v.recover(ctx); err != nil {
		return err
	}
	watchCtx, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	err := v.loop(ctx, s.outbox.Watch(watchCtx))
	v.current.Store(nil) // nothing goes on by itself
	for v.total > 0 {
		err = errors.Join(err, v.settleUp(<-v.finished))
	}
	if p != nil && err == nil {
		v.sweep(context.WithoutCancel(ctx))
	}
	return err
}

// recover settles what a sender before this one has left behind, and learns what
// it knew.
func (v *service) recover(ctx context.Context) error {
	policies := make(map[string]Policy)
	for _, p := range v.policies() {
		policies[p.Account] = p
	}
	err := v.outbox.writer.do(ctx, func(t *tx) error {
		now := time.Now()
		if err := t.setBackAtStart(now); err != nil {
			return err
		}
		for account := range policies {
			known, err := t.knownConnections(account, now)
			if err != nil {
				return err
			}
			v.known[account] = known
		}
		return t.recoverOrphans(policies, now)
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("recover: %w", err)
	}
	return nil
}

func (v *service) loop(ctx context.Context, changed <-chan struct{}) error {
	progress := time.NewTicker(progressEvery)
	defer progress.Stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		wait, pending, err := v.dispatch(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil && v.pass != nil:
			return fmt.Errorf("claim: %w", err)
		case err != nil:
			wait = claimPause
			if v.trouble != err.Error() {
				v.trouble = err.Error()
				v.log.Error("cannot claim", "error", err)
			}
		}
		if v.pass != nil && v.total == 0 && !pending {
			return nil
		}
		timer.Reset(wait)
		if err := v.sleep(ctx, changed, timer, progress); err != nil {
			return err
		}
	}
	return nil
}

// sleep waits until there may be something to claim.
func (v *service) sleep(ctx context.Context, changed <-chan struct{}, timer *time.Timer, progress *time.Ticker) error {
	for {
		select {
		case d := <-v.finished:
			return v.settleUp(d)
		case <-progress.C:
			if v.total > 0 {
				v.tracker.publish()
			}
		case _, open := <-changed:
			if open {
				return nil
			}
			changed = nil // it is closed when ctx has ended
		case <-timer.C:
			v.sweep(ctx)
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// sweep is housekeeping: its failure is logged and tried again in an hour.
func (v *service) sweep(ctx context.Context) {
	now := time.Now()
	if now.Sub(v.swept) < sweepEvery {
		return
	}
	v.swept = now
	if err := v.outbox.purge(ctx, v.Retention, now); err != nil {
		v.log.Warn("cannot purge old mail", "error", err)
	}
	if err := v.outbox.sweepFiles(ctx, now); err != nil {
		v.log.Warn("cannot remove stray content files", "error", err)
	}
	if err := v.outbox.writer.do(ctx, func(t *tx) error { return t.forgetSends(now) }); err != nil {
		v.log.Warn("cannot forget what counts against no limit any more", "error", err)
	}
}

func (v *service) settleUp(d delivered) error {
	account := d.policy.Account
	v.inFlight[account]--
	v.total--
	if v.total == 0 {
		v.tracker.withdraw()
	}
	if d.parks && v.pass != nil {
		v.pass.stopped[account] = true
	}
	if d.remembers > 0 {
		v.known[account] = d.remembers
	}
	if l := v.used[account]; l != nil {
		l.end(d.attempt, d.settlement.used, d.at)
	}
	return d.err
}

// dispatch claims what is due for every account that has room, starts the
// deliveries, and tells how long to sleep if nothing happens, and whether there
// is something to wait for.
func (v *service) dispatch(ctx context.Context) (wait time.Duration, pending bool, err error) {
	now, err := v.lookAtClock(ctx)
	if err != nil {
		return longestSleep, false, err
	}
	wake := now.Add(longestSleep)
	var ready []Policy
	policies := v.policies()
	v.current.Store(&policies)
	for _, p := range policies {
		busy := v.inFlight[p.Account]
		if busy >= connections(p.Connections, v.known[p.Account]) {
			continue
		}
		used, err := v.ledger(ctx, p, now)
		if err != nil {
			return longestSleep, false, err
		}
		next, err := v.outbox.nextDue(ctx, p, now, v.pass, busy > 0, used)
		switch {
		case err != nil:
			return longestSleep, false, err
		case next.IsZero():
		case next.After(now):
			wake, pending = earlier(wake, next), true
		default:
			ready = append(ready, p)
		}
	}
	jobs, err := v.claim(ctx, ready)
	for _, j := range jobs {
		v.start(ctx, j)
	}
	return max(wake.Sub(now), time.Millisecond), pending, err
}

// ledger is what an account has used of its limits. It is read once: from then
// on nobody but this sender adds to it.
func (v *service) ledger(ctx context.Context, p Policy, now time.Time) (*ledger, error) {
	if len(p.Limits.windows()) == 0 {
		delete(v.used, p.Account)
		return &ledger{}, nil
	}
	if l := v.used[p.Account]; l != nil {
		return l, nil
	}
	l, err := loadLedger(ctx, v.outbox.read, p.Account, now)
	if err == nil {
		v.used[p.Account] = l
	}
	return l, err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (v *service) claim(ctx context.Context, ready []Policy) (jobs []*job, err error) {
	if len(ready) == 0 {
		return nil, nil
	}
	now := time.Now()
	err = v.outbox.writer.do(ctx, func(t *tx) error {
		jobs = nil
		for _, p := range ready {
			left, err := v.room(t, p, now)
			if err != nil {
				return err
			}
			claimed, err := t.claim(p, v.pass, now, left)
			if err != nil {
				return err
			}
			jobs = append(jobs, claimed...)
		}
		return nil
	})
	if err != nil {
		return nil, err // undone: nothing was claimed
	}
	return jobs, nil
}

// room is how much may be claimed for an account now.
func (v *service) room(t *tx, p Policy, now time.Time) (left room, err error) {
	park, found, err := t.parkOf(p.Account)
	if err != nil {
		return left, err
	}
	if found && (!park.open(p, now) || v.inFlight[p.Account] > 0) {
		return left, nil
	}
	left = room{connections(p.Connections, v.known[p.Account]) - v.inFlight[p.Account], unlimited}
	if found {
		left.attempts = 1 // one try finds out whether it works again
	}
	if l := v.used[p.Account]; l != nil {
		left.recipients = l.allow(p.Limits, now).room
	}
	return left, nil
}

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
// leaves to dispatch whatever is not plain: an account that has limits, that is or
// was parked, or whose policy has changed meanwhile.
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
		Progress: func(step Step, done int64) { v.tracker.update(j.attempt, step, done) },
	}
	for _, r := range j.recipients {
		d.Recipients = append(d.Recipients, r.address)
	}
	report = v.attempt(ctx, d, &marked)
	return report, ctx.Err() != nil && unspoken(report)
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
