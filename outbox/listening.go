package outbox

import (
	"context"
	"sync"
	"time"
)

const (
	// wokenPause is the least time between two looks, however much is heard: a full
	// folder has something new every few seconds, and each look is a login.
	wokenPause = 10 * time.Second
	// enterWithin bounds the way to where something can be heard.
	enterWithin = time.Minute
	// heardWell is how long somebody has listened whose connection was worth its login.
	heardWell = 5 * time.Minute
	// deafFor is when a server is asked again that does not tell what arrives.
	deafFor = 24 * time.Hour
)

// Listener hears what arrives in the mailbox of an account, changing nothing there.
// It blocks until the connection or ctx ends, no longer, and gives why: ClassRejected
// when the server does not tell, ClassCredentials, with the fingerprint of the secret,
// as [Fetcher] does, any other for another time. It logs in once a call. It may be
// called from several goroutines.
type Listener interface {
	Listen(ctx context.Context, e *Ear) (result Result, secret string)
}

// Ear is told by a [Listener] what it hears. Its methods are called from one
// goroutine.
type Ear struct {
	Account string

	outbox *Outbox
	woken  chan<- struct{}

	mu     sync.Mutex // guards what follows
	heard  time.Time  // zero: nothing since the last look
	begun  bool
	over   bool
	result Result // once it is over
	secret string
}

// Cursor tells how far a folder was looked through.
func (e *Ear) Cursor(ctx context.Context, folder string) (Cursor, error) {
	return e.outbox.cursor(ctx, e.Account, folder)
}

// Began tells that the login is behind, and that from now on nothing arrives unheard.
func (e *Ear) Began() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.begun = true
	leaveToken(e.woken)
}

// Heard tells that something has arrived.
func (e *Ear) Heard() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.heard.IsZero() {
		e.heard = time.Now()
	}
	leaveToken(e.woken)
}

// hearing is what is known of listening at one mailbox, over several connections.
type hearing struct {
	on    *listening // nil: nobody listens now
	fails int        // in a row
	again time.Time  // when somebody may listen again
}

// listening is one connection.
type listening struct {
	*aside
	ear     *Ear
	policy  Policy
	started time.Time
}

// forget is for a look that begins: what is heard from now on is news to it. Nil:
// nobody listens.
func (l *listening) forget() {
	if l == nil {
		return
	}
	l.ear.mu.Lock()
	defer l.ear.mu.Unlock()
	l.ear.heard = time.Time{}
}

// isOver tells that the connection has ended.
func (l *listening) isOver() bool {
	l.ear.mu.Lock()
	defer l.ear.mu.Unlock()
	return l.ear.over
}

// listen has somebody listen at the mailbox of an account, in a goroutine of its own
// that hush and attend wait for. It is called when a look has just found all well, so
// that trouble is met, and waited for, in one place.
func (f *fetching) listen(ctx context.Context, p Policy) {
	if f.Listener == nil || !p.Idle {
		return
	}
	h := f.hearings[p.Account]
	if h == nil {
		h = new(hearing)
		f.hearings[p.Account] = h
	}
	if now := time.Now(); h.on == nil && !h.again.After(now) {
		h.on = f.startListening(ctx, p, now)
	}
}

func (f *fetching) startListening(ctx context.Context, p Policy, now time.Time) *listening {
	e := &Ear{Account: p.Account, outbox: f.outbox, woken: f.woken}
	return &listening{ear: e, policy: p, started: now, aside: startAside(ctx, func(ctx context.Context) {
		ctx, end := context.WithCancel(ctx)
		defer end()
		late := time.AfterFunc(enterWithin, func() {
			e.mu.Lock()
			defer e.mu.Unlock()
			if !e.begun {
				end()
			}
		})
		defer late.Stop()
		result, secret := f.Listener.Listen(ctx, e)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.over, e.result, e.secret = true, result, secret
		leaveToken(e.woken)
	})}
}

// attend sees to what became of listening at a mailbox, and ends it where it is not
// wanted any more.
func (f *fetching) attend(ctx context.Context, p Policy) error {
	h := f.hearings[p.Account]
	if h == nil || h.on == nil {
		return nil
	}
	on := h.on
	if on.isOver() {
		on.stop() // it is about to
		h.on = nil
		return f.settleListening(ctx, h, on)
	}
	l, err := f.outbox.lookedAt(ctx, p.Account)
	if err != nil {
		return err
	}
	if l.stopped || !p.Idle || on.policy.Mailbox != p.Mailbox || on.policy.Revision != p.Revision {
		on.stop()
		*h = hearing{}
	}
	return nil
}

// settleListening decides when to listen again. A login that was refused is so for the
// looks as well.
func (f *fetching) settleListening(ctx context.Context, h *hearing, on *listening) error {
	if ctx.Err() != nil {
		return nil // it says nothing of the mailbox
	}
	r, now, p := on.ear.result, time.Now(), on.policy
	var wait time.Duration
	h.fails, wait = decideListening(r, now.Sub(on.started), h.fails)
	h.again = now.Add(wait)
	f.log.Info("nobody tells what arrives in the mailbox", "account", p.Account, "class", r.Class.String(), "text", r.Text, "again", wait.String())
	if r.Class != ClassCredentials {
		return nil
	}
	l, v := &Look{Account: p.Account}, decideLook(&Look{}, p, r, now)
	return f.outbox.writer.do(ctx, func(t *tx) error { return t.settleLook(l, p, r, on.ear.secret, v, now) })
}

// decideListening tells how many connections in a row, that had lasted so long at last,
// were not worth their logins, and how long to wait before the next. It is pure.
func decideListening(r Result, lasted time.Duration, fails int) (int, time.Duration) {
	switch {
	case r.Class == ClassRejected:
		return 0, deafFor
	case lasted >= heardWell:
		fails = 0
	}
	return fails + 1, doubled(betweenLooks, fails, fails > 0)
}

// entering tells until when a listener may be on its way to the login; the zero time:
// none is.
func (f *fetching) entering(p Policy) time.Time {
	h := f.hearings[p.Account]
	if h == nil || h.on == nil || h.on.isOver() {
		return time.Time{}
	}
	h.on.ear.mu.Lock()
	defer h.on.ear.mu.Unlock()
	if h.on.ear.begun {
		return time.Time{}
	}
	return h.on.started.Add(enterWithin)
}

// wanted is when to look for what was heard, or since nobody listens; the zero time:
// not for that.
func (f *fetching) wanted(p Policy, l looked) time.Time {
	if f.Listener == nil {
		return time.Time{}
	}
	h := f.hearings[p.Account]
	switch {
	case h == nil:
		return listenedLook(p, l, true, time.Time{})
	case h.on == nil:
		return listenedLook(p, l, true, h.again)
	}
	h.on.ear.mu.Lock()
	defer h.on.ear.mu.Unlock()
	return listenedLook(p, l, false, h.on.ear.heard)
}

// listenedLook is pure. Where nobody listens the look is to find out whether somebody
// can, from a time on; else it is for what was heard at one, if anything was.
func listenedLook(p Policy, l looked, unheard bool, at time.Time) time.Time {
	switch {
	case !p.Idle, l.fails > 0, l.stopped, !l.next.IsZero(), l.place != p.Mailbox: // there is another time for it
		return time.Time{}
	case unheard:
		return later(at, l.tried.Add(min(p.Every, betweenLooks)))
	case at.IsZero():
		return time.Time{}
	}
	return later(at, l.tried.Add(wokenPause))
}

// hush ends what is listened to, but for the accounts of some policies, and waits.
func (f *fetching) hush(but []Policy) {
	keep := make(map[string]bool)
	for _, p := range but {
		keep[p.Account] = p.Mailbox != ""
	}
	for account, h := range f.hearings {
		if keep[account] {
			continue
		}
		if h.on != nil {
			h.on.stop()
		}
		delete(f.hearings, account)
	}
}
