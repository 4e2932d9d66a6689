package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
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
	// claimPause is the wait after a claim that failed, as on a full disk.
	claimPause = time.Second
)

// Sender delivers what is due. Exactly one process does it: the one with the lease.
type Sender struct {
	// Retention is what is purged of old mail, once an hour and after a pass; set
	// it before the first Run. The zero Retention keeps everything.
	Retention Retention

	// Filer copies what was sent into Sent folders, for the accounts that want it;
	// set it before the first Run. Nil: nobody does.
	Filer Filer

	// Fetcher looks for delivery reports, for the accounts with a mailbox, while Run
	// sends; set it before the first Run. Nil: nobody does.
	Fetcher Fetcher

	// Listener hears beside the looks what arrives, for the accounts that want it; set
	// it before the first Run. Nil: nobody does.
	Listener Listener

	// MaySendAs tells whether an account may send for an envelope sender; set it
	// before the first Run. Nil: none takes over what was given to another one.
	MaySendAs func(sender, account string) bool

	// Beside goes on in a goroutine of its own while this process is the sender, and
	// ends with its context; set it before the first Run. Nil: nothing does.
	Beside func(ctx context.Context)

	// Trace is told each line of every dialogue as it is said, in the form of
	// Report.Dialogue, from several goroutines at once; set it before the first
	// Run. Nil: nobody listens.
	Trace func(item ID, line string)

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
		held, err := takeSenderLease(s.outbox.options.Dir)
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
	follower *follower
	brakes   *brakes
	lanes    map[*lane]bool
	inFlight map[string]int // lanes by account
	total    int
	finished chan delivered
	loggedIn map[string]bool      // by account: something that is on its way has got past the login
	entered  chan string          // an account that has
	used     map[string]*ledger   // of the accounts that have limits
	stopped  sync.Map             // by account: the ending that has parked it since it was claimed for last
	alone    map[string]time.Time // until when an account's server gets nothing behind a dot
	known    map[string]learned   // connections that an account's server takes
	looked   time.Time            // at the clock; with its monotonic reading
	swept    time.Time
	trouble  string    // the last error of a claim, which is logged once
	keyless  sync.Once // for saying that no address for bounces can be made
	feeding  *feeding  // nil: nobody makes letters of campaigns
}

// delivered is what a lane reports when it ends: its last delivery.
type delivered struct {
	*lane
	*job
	settlement
	at  time.Time
	err error
}

func (s *Sender) newService(p *pass) *service {
	v := &service{Sender: s, pass: p, lanes: make(map[*lane]bool), inFlight: make(map[string]int), finished: make(chan delivered),
		loggedIn: make(map[string]bool), entered: make(chan string, 1),
		used: make(map[string]*ledger), known: make(map[string]learned), alone: make(map[string]time.Time), looked: time.Now(), brakes: newBrakes()}
	v.follower = v.newFollower()
	return v
}

// serve is the sender's loop: it claims, hands out, and waits for something to
// happen. It returns when ctx ends, or, with a pass, when that is through; in
// both cases after the last delivery is recorded.
func (s *Sender) serve(ctx context.Context, p *pass) error {
	v := s.newService(p)
	v.tracker = newTracker(s.outbox.options.State)
	v.tracker.withdraw() // what a dead sender has left would be taken for its own
	s.outbox.sending.Store(v.tracker)
	defer s.outbox.sending.Store(nil)
	defer v.tracker.withdraw()
	defer startAside(context.WithoutCancel(ctx), s.outbox.pulse).stop() // while the last answers are waited for, too
	if err := v.recover(ctx); err != nil {
		return err
	}
	if p == nil && s.Filer != nil {
		defer startAside(ctx, s.newFiling().run).stop()
	}
	if p == nil && s.Fetcher != nil {
		defer startAside(ctx, s.newFetching().run).stop()
	}
	var feeds *aside
	if s.outbox.options.Render != nil && (p == nil || p.only == 0) {
		v.feeding = s.newFeeding()
		v.feeding.commit, v.feeding.ahead = v.follower.refilled, v.follower
		if err := v.guard(ctx); err != nil {
			return err
		}
		defer v.leave(ctx)
		if _, _, err := v.feeding.round(ctx); err != nil && ctx.Err() == nil { // what is not to leave now is held before anything does
			s.log.Error("cannot make letters of a campaign", "error", err)
		}
		feeds = startAside(ctx, v.feeding.run)
		defer feeds.stop()
	}
	if p == nil && s.Beside != nil {
		defer startAside(ctx, s.Beside).stop()
	}
	watchCtx, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	go v.follower.run()
	err := v.loop(ctx, s.outbox.Watch(watchCtx))
	v.current.Store(nil) // nothing goes on by itself
	if feeds != nil {
		feeds.stop() // before what is claimed ahead is given back
	}
	for v.total > 0 {
		err = errors.Join(err, v.settleUp(<-v.finished))
	}
	err = errors.Join(err, v.follower.close(context.WithoutCancel(ctx)))
	if p != nil && err == nil {
		s.fileCopies(ctx)
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
			known, err := t.knownConnections(account)
			if err != nil {
				return err
			}
			v.known[account] = known
			if v.alone[account], err = t.aloneUntil(account); err != nil {
				return err
			}
			park, found, err := t.parkOf(account)
			if err != nil {
				return err
			}
			if found && park.changed(policies[account]) {
				if err := t.bringForward(account, park, now); err != nil {
					return err
				}
			}
		}
		if err := v.outbox.takeOver(t, policies, now); err != nil {
			return err
		}
		if err := t.forgetOpenSends(now); err != nil {
			return err
		}
		return t.holdMissed(now)
	})
	if err == nil {
		err = removeIfThere(v.follower.journal.path) // all that it said is in the database
	}
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
			if more, err := v.fedMore(ctx); err != nil || !more {
				return err
			}
			continue
		}
		timer.Reset(wait)
		if err := v.sleep(ctx, changed, timer, progress); err != nil {
			return err
		}
	}
	return nil
}

// guard asks whether the campaigns of this outbox are those that the last sender
// has left.
func (v *service) guard(ctx context.Context) error {
	paused, err := v.outbox.guardCampaigns(ctx)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("guard the campaigns: %w", err)
	}
	if paused {
		v.log.Warn("campaigns paused", "reason", copiedCampaign)
	}
	return nil
}

// leave notes that this sender has ended: a backup of before is older.
func (v *service) leave(ctx context.Context) {
	if _, err := v.outbox.guardCampaigns(context.WithoutCancel(ctx)); err != nil {
		v.log.Warn("cannot note the end of a sender", "error", err)
	}
}

// fedMore tells whether campaigns have brought something for a pass to go on with.
func (v *service) fedMore(ctx context.Context) (bool, error) {
	if v.feeding == nil {
		return false, nil
	}
	fed, _, err := v.feeding.round(ctx)
	if ctx.Err() != nil || fed > 0 {
		return fed > 0, nil
	}
	// What was made just now, of other campaigns or in the round that ran before this one,
	// is claimed already or will be.
	for _, p := range v.policies() {
		v.startAhead(ctx, p)
	}
	if v.total > 0 {
		return true, nil
	}
	if more, wrong := v.claims(ctx, v.pass); more || wrong != nil {
		return more, wrong
	}
	if err != nil {
		return false, fmt.Errorf("make letters: %w", err)
	}
	return false, nil
}

// sleep waits until there may be something to claim.
func (v *service) sleep(ctx context.Context, changed <-chan struct{}, timer *time.Timer, progress *time.Ticker) error {
	var publish <-chan time.Time
	if v.total > 0 { // else nobody wakes for it
		publish = progress.C
	}
	for {
		select {
		case d := <-v.finished:
			return v.settleUp(d)
		case account := <-v.entered:
			if v.inFlight[account] > 0 && !v.loggedIn[account] {
				v.loggedIn[account] = true
				return nil
			}
		case <-publish:
			v.tracker.publish()
			v.heedStops(ctx)
		case _, open := <-changed:
			if v.feeding != nil {
				leaveToken(v.feeding.hungry)
			}
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

// sweep is housekeeping: its failure is logged and tried again in an hour, and that it was
// ended is none.
func (v *service) sweep(ctx context.Context) {
	now := time.Now()
	if now.Sub(v.swept) < sweepEvery {
		return
	}
	v.swept = now
	for _, work := range []struct {
		failed string
		do     func() error
	}{
		{"cannot purge old mail", func() error { return v.outbox.purge(ctx, v.Retention, now) }},
		{"cannot remove stray content files", func() error { return v.outbox.sweepFiles(ctx, now) }},
		{"cannot forget what counts against no limit any more", func() error {
			return v.outbox.writer.do(ctx, func(t *tx) error { return t.forgetSends(now) })
		}},
	} {
		if err := work.do(); err != nil && ctx.Err() == nil {
			v.log.Warn(work.failed, "error", err)
		}
	}
}

func (v *service) settleUp(d delivered) error {
	account := d.account
	delete(v.lanes, d.lane)
	v.inFlight[account]--
	v.total--
	if v.inFlight[account] == 0 {
		delete(v.loggedIn, account)
	}
	if v.total == 0 {
		v.tracker.withdraw()
	}
	if d.parks && v.pass != nil {
		v.pass.stopped[account] = true
	}
	if d.remembers.connections > 0 {
		v.known[account] = d.remembers
	}
	if l := v.used[account]; l != nil {
		l.end(d.attempt, d.settlement.used, d.at)
	}
	return d.err
}
