package outbox

import (
	"context"
	"errors"
	"time"
)

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
	if err := v.fallBack(ctx, policies, now); err != nil {
		return longestSleep, false, err
	}
	late, err := v.follower.reap(ctx, now)
	if err != nil {
		return longestSleep, false, err
	}
	if !late.IsZero() {
		wake = earlier(wake, late)
	}
	for _, p := range policies {
		v.startAhead(ctx, p)
		busy := v.inFlight[p.Account]
		if busy >= v.connections(p) || busy > 0 && v.newlyLimited(p) {
			continue
		}
		late, err := v.giveBackLate(ctx, p.Account, now)
		if err != nil {
			return longestSleep, false, err
		}
		if !late.IsZero() {
			wake = earlier(wake, late)
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
	if v.total == 0 {
		err = errors.Join(err, v.follower.rest())
	}
	return max(wake.Sub(now), time.Millisecond), pending, err
}

// startAhead starts lanes for what is claimed ahead, as far as there is room. All
// that was due may be there.
func (v *service) startAhead(ctx context.Context, p Policy) {
	for v.inFlight[p.Account] < v.connections(p) {
		j := v.follower.take(ctx, p)
		if j == nil {
			return
		}
		v.start(ctx, j)
	}
}

// giveBackLate returns to the queue what waits behind a delivery of an account
// that has a connection free, and tells when to look again; the zero time: when
// something happens.
func (v *service) giveBackLate(ctx context.Context, account string, now time.Time) (again time.Time, err error) {
	for l := range v.lanes {
		if l.account != account {
			continue
		}
		late, err := l.giveBack(ctx, now)
		if err != nil {
			return again, err
		}
		if !late.IsZero() && (again.IsZero() || late.Before(again)) {
			again = late
		}
	}
	return again, nil
}

// newlyLimited tells that an account has got limits while something of it may be
// on its way, which counts against them when it is over: until then nothing
// follows.
func (v *service) newlyLimited(p Policy) bool {
	return len(p.Limits.windows()) > 0 && v.used[p.Account] == nil
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
	var over map[string]any // by account: what had stopped it, which is over if this is kept
	err = v.outbox.writer.do(ctx, func(t *tx) error {
		jobs, over = nil, make(map[string]any)
		for _, p := range ready {
			left, err := v.room(t, p, now)
			if err != nil {
				return err
			}
			claimed, err := t.claim(p, v.pass, now, left)
			if err != nil {
				return err
			}
			if stop, stopped := v.stopped.Load(p.Account); stopped && len(claimed) > 0 {
				over[p.Account] = stop
			}
			jobs = append(jobs, claimed...)
		}
		return nil
	})
	if err != nil {
		return nil, err // undone: nothing was claimed
	}
	for account, stop := range over {
		v.stopped.CompareAndDelete(account, stop) // it goes on, unless something has stopped it since
	}
	return jobs, nil
}

// connections is how many deliveries of an account may be on their way at once.
// It is one until that one has got past the login: a password that is refused
// must be tried once, not on every connection.
func (v *service) connections(p Policy) int {
	if !v.loggedIn[p.Account] {
		return 1
	}
	return connections(p.Connections, v.known[p.Account].atMost(time.Now()))
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
	left = room{attempts: v.connections(p) - v.inFlight[p.Account], recipients: unlimited}
	if found && park.changed(p) {
		if err := t.bringForward(p.Account, park, now); err != nil {
			return left, err
		}
	}
	if found {
		left.attempts = 1 // one try finds out whether it works again
	}
	if l := v.used[p.Account]; l != nil {
		left.recipients = l.allow(p.Limits, now).room
	}
	return left, nil
}
