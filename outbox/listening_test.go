package outbox_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// doorman is a Listener that answers from a script.
type doorman struct {
	script func(ctx context.Context, e *outbox.Ear) outbox.Result

	mu     sync.Mutex
	visits []time.Time
	inside int
}

func (d *doorman) Listen(ctx context.Context, e *outbox.Ear) (outbox.Result, string) {
	d.mu.Lock()
	d.visits = append(d.visits, time.Now())
	d.inside++
	script := d.script
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.inside--
	}()
	return script(ctx, e), "print"
}

func (d *doorman) does(script func(ctx context.Context, e *outbox.Ear) outbox.Result) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.script = script
}

// count is how often it was asked since the last count, and how many listen now.
func (d *doorman) count() (visits, inside int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	visits = len(d.visits)
	d.visits = nil
	return visits, d.inside
}

// stays listens until it is told to end, and hears what bell says.
func stays(bell <-chan struct{}) func(context.Context, *outbox.Ear) outbox.Result {
	return func(ctx context.Context, e *outbox.Ear) outbox.Result {
		e.Began()
		for {
			select {
			case <-bell:
				e.Heard()
			case <-ctx.Done():
				return outbox.Result{Class: outbox.ClassNetwork, Text: "ended"}
			}
		}
	}
}

// answering ends at once, having got so far.
func answering(class outbox.Class, after time.Duration) func(context.Context, *outbox.Ear) outbox.Result {
	return func(ctx context.Context, e *outbox.Ear) outbox.Result {
		if after > 0 {
			e.Began()
			time.Sleep(after)
		}
		return outbox.Result{Class: class, Text: "no \x1b[2Jway"}
	}
}

// household is a sender whose account is looked into every hour, and listened to.
type household struct {
	*outbox.Outbox
	*postman
	*doorman
	bell     chan struct{}
	revision atomic.Value
	noIdle   atomic.Bool
	stop     func()
}

func newHousehold(t *testing.T) *household {
	t.Helper()
	h := &household{Outbox: open(t, t.TempDir()), postman: &postman{}, doorman: &doorman{}, bell: make(chan struct{})}
	h.revision.Store("1")
	h.doorman.does(stays(h.bell))
	h.run(t)
	return h
}

func (h *household) run(t *testing.T) {
	t.Helper()
	s := sender(h.Outbox, &outboxtest.Transport{}, func() []outbox.Policy {
		return []outbox.Policy{{Account: "work", Connections: 1, Revision: h.revision.Load().(string), Mailbox: "here", Every: time.Hour, Idle: !h.noIdle.Load()}}
	})
	s.Fetcher, s.Listener = h.postman, h.doorman
	h.stop = running(t, s)
}

// after tells what there was in some time: looks, logins to listen, and who listens now.
func (h *household) after(t *testing.T, why string, span time.Duration, looks, visits, inside int) {
	t.Helper()
	time.Sleep(span)
	gotLooks := h.postman.count()
	gotVisits, gotInside := h.doorman.count()
	if gotLooks != looks || gotVisits != visits || gotInside != inside {
		t.Errorf("%s: %d looks, %d logins to listen, %d listen; want %d, %d, %d", why, gotLooks, gotVisits, gotInside, looks, visits, inside)
	}
}

func TestListening_WhatIsHeardIsLookedAtSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t)
		h.after(t, "at the start", time.Minute, 1, 1, 1)
		h.after(t, "while it is quiet", 30*time.Minute, 0, 0, 1)
		h.bell <- struct{}{}
		h.after(t, "when something arrives", time.Second, 1, 0, 1)
		for range 60 {
			h.bell <- struct{}{}
			time.Sleep(time.Second)
		}
		time.Sleep(15 * time.Second)
		if looks := h.postman.count(); looks < 6 || looks > 8 {
			t.Errorf("%d looks in a minute in which much arrives", looks)
		}
		h.after(t, "quiet again", 30*time.Minute, 0, 0, 1)
		start := time.Now()
		h.stop()
		if took := time.Since(start); took > time.Second {
			t.Errorf("it takes %s to stop", took)
		}
		h.after(t, "stopped", time.Hour, 0, 0, 0)
		h.run(t)
		h.after(t, "the next sender", time.Minute, 1, 1, 1)
		h.revision.Store("2")
		h.after(t, "another setting", 2*time.Minute, 1, 1, 1)
		h.noIdle.Store(true)
		h.after(t, "switched off", 3*time.Minute, 0, 0, 0)
		h.after(t, "still looked into", 3*time.Hour, 3, 0, 0)
		h.stop()
	})
}

// A connection that breaks is made again, ever later, behind a look that finds all well.
func TestListening_MakesNoStormOfBrokenConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t)
		h.doorman.does(answering(outbox.ClassNetwork, 0))
		time.Sleep(2 * time.Hour)
		visits, _ := h.doorman.count()
		if looks := h.postman.count(); visits < 6 || visits > 10 || looks > visits+2 {
			t.Errorf("%d logins, and %d looks, in two hours", visits, looks)
		}
		h.doorman.does(answering(outbox.ClassNetwork, 25*time.Minute)) // as a server that has little patience
		time.Sleep(time.Hour)
		h.doorman.count()
		h.postman.count()
		time.Sleep(4 * time.Hour)
		if visits, _ := h.doorman.count(); visits < 8 || visits > 10 {
			t.Errorf("%d logins in four hours", visits)
		}
		h.doorman.does(func(ctx context.Context, _ *outbox.Ear) outbox.Result { // it never gets there
			<-ctx.Done()
			return outbox.Result{Class: outbox.ClassNetwork}
		})
		h.postman.count()
		time.Sleep(4 * time.Hour)
		if looks := h.postman.count(); looks < 4 {
			t.Errorf("%d looks while somebody hangs", looks)
		}
		h.stop()
	})
}

func TestListening_AsksAServerThatCannotOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t)
		h.doorman.does(answering(outbox.ClassRejected, 0))
		h.doorman.count()
		time.Sleep(50 * time.Hour)
		if visits, _ := h.doorman.count(); visits < 2 || visits > 4 {
			t.Errorf("%d logins in two days", visits)
		}
		h.stop()
	})
}

// Nobody listens where a look is refused, and a password that is refused to who
// listens is so to the looks: each is tried once.
func TestListening_ARefusedLoginIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t)
		h.stop()
		h.postman.answers(outbox.ClassCredentials)
		h.postman.count()
		h.doorman.count()
		h.revision.Store("2")
		h.run(t)
		h.after(t, "refused to the look", 5*time.Hour, 1, 0, 0)

		h.postman.answers(outbox.ClassAccepted)
		h.doorman.does(answering(outbox.ClassCredentials, 0))
		h.revision.Store("3")
		h.after(t, "refused to the listener", 5*time.Hour, 1, 1, 0)
		if all, err := h.Mailboxes(t.Context()); err != nil || len(all) != 1 || all[0].Class != outbox.ClassCredentials || all[0].Text != "no \ufffd[2Jway" {
			t.Errorf("%+v, %v", all, err)
		}
		if refused, err := h.RefusedMailboxes(t.Context()); err != nil || !slices.Equal(refused, []string{"work"}) {
			t.Errorf("refused: %q, %v", refused, err)
		}
		h.stop()
		h.run(t)
		h.after(t, "and to the next sender", 5*time.Hour, 0, 0, 0)

		h.doorman.does(stays(h.bell))
		h.revision.Store("4")
		h.after(t, "once it is right", 5*time.Minute, 1, 1, 1)
		h.postman.answers(outbox.ClassCredentials)
		h.bell <- struct{}{}
		h.after(t, "refused while somebody listens", 5*time.Minute, 1, 0, 0)
		h.stop()
	})
}

// A look waits for who is on the way to his login.
func TestListening_TwoDoNotLogInAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHousehold(t)
		h.stop()
		var entering atomic.Bool
		h.doorman.does(func(ctx context.Context, e *outbox.Ear) outbox.Result {
			entering.Store(true)
			time.Sleep(50 * time.Second)
			entering.Store(false)
			e.Began()
			<-ctx.Done()
			return outbox.Result{Class: outbox.ClassNetwork}
		})
		h.postman.does(func(context.Context, *outbox.Look) outbox.Result {
			if entering.Load() {
				t.Error("it looks meanwhile")
			}
			return outbox.Result{Class: outbox.ClassAccepted}
		})
		h.postman.count()
		h.run(t)
		time.Sleep(2 * time.Second)
		submit(t, h.Outbox, draftTo("ana@example.org"), outbox.SubmitOptions{}) // for which a look would be due in 30 s
		time.Sleep(time.Minute)
		if looks := h.postman.count(); looks != 2 {
			t.Errorf("%d looks", looks)
		}
		h.stop()
	})
}
