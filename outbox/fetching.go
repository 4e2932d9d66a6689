package outbox

import (
	"context"
	"time"
)

const (
	// lookWithin bounds one look: the headers of 5000 new mails on a slow line.
	lookWithin = 5 * time.Minute
	// afterSending is how soon after something was sent a report may be back: the
	// provider's own refusals are, within seconds.
	afterSending = 5 * time.Second
	// betweenLooks is the least time between two looks, however much is sent, unless
	// the account asks for less: oftener a provider takes logins for an attack.
	betweenLooks = 30 * time.Second
	// busyPause is when a report is looked at again whose message was being sent.
	busyPause = 30 * time.Second

	// When nothing has been sent for restsAfter, every further day doubles the time
	// between two looks, up to seldomLook. A server that gives up after five days
	// (RFC 5321 §4.5.4.1) has its report noticed within that.
	restsAfter = 2 * 24 * time.Hour
	seldomLook = 30 * time.Minute
)

// lookInterval is the time between two looks when all is well. It is pure.
func lookInterval(every, idle time.Duration) time.Duration {
	return doubled(every, int((idle-restsAfter)/(24*time.Hour))+1, idle >= restsAfter)
}

// lookBackoff is the time to the next look after a number of them, in a row, that
// failed. It is pure.
func lookBackoff(every time.Duration, fails int) time.Duration {
	return doubled(every, fails-1, fails > 1)
}

// doubled doubles every so often, if it does at all, and goes no further than
// seldomLook by that.
func doubled(every time.Duration, times int, does bool) time.Duration {
	if !does {
		return every
	}
	wait := every
	for ; times > 0 && wait < seldomLook; times-- {
		wait *= 2
	}
	return max(every, min(wait, seldomLook))
}

// nextLook is when the mailbox of an account is to be looked into; the zero time:
// not before something has changed. sent is when its server last took a message, or
// may have. It is pure.
func nextLook(p Policy, l looked, sent, now time.Time) time.Time {
	switch {
	case l.place != p.Mailbox, l.fails > 0 && l.revision != p.Revision, l.tried.After(now): // the last: the clock was wrong
		return now
	case l.stopped:
		return time.Time{}
	}
	soon := later(sent.Add(afterSending), l.tried.Add(min(p.Every, betweenLooks)))
	next := l.at.Add(lookInterval(p.Every, now.Sub(sent)))
	if l.fails > 0 || !l.next.IsZero() {
		next = l.next
	}
	if reaches := l.fails == 0 || l.class == ClassNetwork; reaches && sent.After(l.tried) { // there is a network again
		next = earlier(next, soon)
	}
	return next
}

// lookVerdict is what follows from a look.
type lookVerdict struct {
	fails int
	class Class     // what is wrong; 0: nothing
	next  time.Time // zero: as usual
	stops bool      // until the account or its secret changes
}

// decideLook is pure. l knows how many looks have failed before.
func decideLook(l *Look, p Policy, r Result, now time.Time) lookVerdict {
	fails := l.fails + 1
	switch {
	case l.busy:
		return lookVerdict{next: now.Add(busyPause)}
	case r.Class == ClassAccepted:
		return lookVerdict{}
	case r.Class == ClassCredentials:
		return lookVerdict{fails: fails, class: r.Class, stops: true}
	case r.Class == ClassAccount: // as a certificate that has expired: it may be mended at the other end
		return lookVerdict{fails: fails, class: r.Class, next: now.Add(max(p.Every, seldomLook))}
	}
	return lookVerdict{fails: fails, class: r.Class, next: now.Add(lookBackoff(p.Every, fails))}
}

// fetching looks for reports while serve delivers, and has somebody listen. It belongs
// to one goroutine.
type fetching struct {
	*Sender
	hearings map[string]*hearing // by account
	woken    chan struct{}       // has a token when a hearing has something to say
}

func (s *Sender) newFetching() *fetching {
	return &fetching{Sender: s, hearings: make(map[string]*hearing), woken: make(chan struct{}, 1)}
}

// run looks when it is time. A change is seen to with the delay that a look after
// it has in any case, so that a campaign costs one question every few seconds.
func (f *fetching) run(ctx context.Context) {
	changed := f.outbox.Watch(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer f.hush(nil)
	for ctx.Err() == nil {
		timer.Reset(f.round(ctx))
		select {
		case <-timer.C:
			continue
		case <-f.woken:
			continue
		case <-changed: // closed when ctx has ended
		case <-ctx.Done():
		}
		timer.Reset(afterSending)
		select {
		case <-timer.C:
		case <-f.woken:
		case <-ctx.Done():
		}
	}
}

// round looks into the mailboxes whose time has come, one after the other, and
// tells how long no other's will have.
func (f *fetching) round(ctx context.Context) time.Duration {
	wake := time.Now().Add(longestSleep)
	policies := f.policies()
	f.hush(policies)
	for _, p := range policies {
		if p.Mailbox == "" || ctx.Err() != nil {
			continue
		}
		next, err := f.lookIfDue(ctx, p)
		switch {
		case err != nil && ctx.Err() == nil:
			f.log.Error("cannot look for reports", "account", p.Account, "error", err)
		case err == nil && !next.IsZero():
			wake = earlier(wake, next)
		}
	}
	return max(time.Until(wake), claimPause)
}

// lookIfDue looks into one mailbox if its time has come, and tells when that will be.
func (f *fetching) lookIfDue(ctx context.Context, p Policy) (next time.Time, err error) {
	if err := f.attend(ctx, p); err != nil {
		return time.Time{}, err
	}
	next, err = f.nextLook(ctx, p)
	if err != nil || next.IsZero() || next.After(time.Now()) {
		return next, err
	}
	if until := f.entering(p); !until.IsZero() {
		return until, nil // two must not try a password that may be wrong
	}
	if h := f.hearings[p.Account]; h != nil {
		h.on.forget()
	}
	result, err := f.look(ctx, p, false, nil)
	if err != nil {
		return time.Time{}, err
	}
	if result.Class == ClassAccepted {
		f.listen(ctx, p)
	}
	return f.nextLook(ctx, p)
}

func (f *fetching) nextLook(ctx context.Context, p Policy) (time.Time, error) {
	l, err := f.outbox.lookedAt(ctx, p.Account)
	if err != nil {
		return time.Time{}, err
	}
	sent, err := f.outbox.lastTaken(ctx, p.Account)
	next := nextLook(p, l, sent, time.Now())
	if soon := f.wanted(p, l); !soon.IsZero() {
		next = earlier(next, soon)
	}
	return next, err
}

// look looks into the mailbox of an account once.
func (s *Sender) look(ctx context.Context, p Policy, byHand bool, tell func(name string, t Taken)) (Result, error) {
	var l *Look
	err := s.outbox.writer.do(ctx, func(t *tx) (err error) {
		l, err = t.beginLook(p, byHand, time.Now())
		return err
	})
	if err != nil || l == nil {
		return Result{Class: ClassCredentials}, err
	}
	l.outbox = s.outbox
	l.tell = func(name string, taken Taken) {
		s.logTaken(p.Account, name, taken)
		if tell != nil {
			tell(name, taken)
		}
	}
	within, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	result, secret := s.Fetcher.Fetch(within, l)
	if l.halted && !l.busy && result.Class != ClassAccepted && result.Class != ClassCredentials {
		return result, nil // it did not come to the login, so that is as refused as before
	}
	now := time.Now()
	v := decideLook(l, p, result, now)
	if ctx.Err() != nil && !v.stops { // it says nothing of the mailbox
		v = lookVerdict{fails: l.fails, next: now}
	}
	err = (&service{Sender: s}).record(context.WithoutCancel(ctx), func(t *tx) error { return t.settleLook(l, p, result, secret, v, now) })
	if v.class != 0 {
		s.log.Warn("the mailbox could not be looked through", "account", p.Account, "class", result.Class.String(), "text", result.Text)
	}
	return result, err
}

func (s *Sender) logTaken(account, name string, t Taken) {
	for _, r := range t.Recipients {
		s.log.Info("report", "account", account, "mail", name, "item", t.Item, "recipient", r.Address, "kind", r.Kind.String(), "counted", r.Counts == Counted)
	}
}
