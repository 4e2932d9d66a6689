package outbox

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

const (
	// copyWithin bounds the filing of one copy: 50 MB at 1 Mbit/s.
	copyWithin = 10 * time.Minute
	// copiesOfPass is how long a pass goes on for copies when all is sent: who
	// waits for it waits for the mail. The rest is for the next sender.
	copiesOfPass = 30 * time.Second
)

// filing puts copies into Sent folders while serve delivers. It belongs to one
// goroutine.
type filing struct {
	*Sender
	paused map[string]time.Time // accounts whose server cannot be reached, until when
}

func (s *Sender) newFiling() *filing { return &filing{s, make(map[string]time.Time)} }

func (f *filing) run(ctx context.Context) {
	changed := f.outbox.Watch(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		wait := f.round(ctx)
		f.Filer.Rest()
		timer.Reset(wait)
		select {
		case _, open := <-changed:
			if !open {
				return
			}
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// fileCopies files what is due now, once each.
func (s *Sender) fileCopies(ctx context.Context) {
	if s.Filer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, copiesOfPass)
	defer cancel()
	s.newFiling().round(ctx)
	s.Filer.Rest()
}

// round files what is due, and tells how long nothing more will be.
func (f *filing) round(ctx context.Context) time.Duration {
	wake := time.Now().Add(longestSleep)
	for _, p := range f.policies() {
		for p.SentCopy && ctx.Err() == nil {
			next, err := f.outbox.nextCopy(ctx, p)
			if paused := f.paused[p.Account]; next.Before(paused) && !next.IsZero() {
				next = paused
			}
			now := time.Now()
			if err != nil || next.IsZero() || next.After(now) {
				if !next.IsZero() {
					wake = earlier(wake, next)
				}
				break
			}
			if err := f.fileNext(ctx, p); err != nil {
				f.log.Error("cannot file a copy", "account", p.Account, "error", err)
				wake = earlier(wake, now.Add(claimPause))
				break
			}
		}
	}
	return max(time.Until(wake), time.Millisecond)
}

// fileNext makes one try for an account.
func (f *filing) fileNext(ctx context.Context, p Policy) error {
	var c *copyJob
	now := time.Now()
	err := f.outbox.writer.do(ctx, func(t *tx) (err error) {
		if err = t.reviveCopies(p, now); err == nil {
			c, err = t.takeCopy(p, now)
		}
		return err
	})
	if err != nil || c == nil {
		return err
	}
	c.Open = func() (r io.ReadCloser, err error) { return f.outbox.openContent(ctx, c.content) }
	within, cancel := context.WithTimeout(ctx, copyWithin)
	defer cancel()
	result, secret := f.Filer.File(within, c.FilingCopy)
	if ctx.Err() != nil && result.Class != ClassAccepted {
		result = Result{Class: ClassNetwork, Text: "the program was stopped before the copy was made"}
	}
	ended := time.Now()
	v := decideCopy(result, c.tries, c.since, ended, rand.Float64())
	if result.Class == ClassNetwork {
		f.paused[p.Account] = v.next
	}
	err = (&service{Sender: f.Sender}).record(context.WithoutCancel(ctx), func(t *tx) error { return t.settleCopy(c, p, result, secret, v) })
	if err != nil {
		return fmt.Errorf("record the copy of %s: %w", c.Item, err)
	}
	f.log.Info("copy", "item", c.Item, "account", p.Account, "class", result.Class.String(), "text", result.Text)
	return nil
}
