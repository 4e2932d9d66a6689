// Package notify tells a person who looks elsewhere that messages were not
// delivered: refused for good, given up, or come back as bounces.
//
// What is delayed, uncertain or delivered is told on the screens alone. A thousand
// failures are one notification, and no failure is told of twice, also over restarts.
//
// Its one hard rule: it never holds anything up. It reads the outbox beside the
// sender, and what shows a notification has its time.
package notify

import (
	"context"
	"log/slog"
	"time"

	"sendoff/outbox"
)

const (
	// gathering is how long what belongs together may take to fail.
	gathering = 2 * time.Second
	// quiet is the least time between two notifications.
	quiet = time.Minute
	// most is how many recipients one is about; others are in the next.
	most = 10_000
	// lookAgain is how long an outbox that cannot be read is left alone.
	lookAgain = 10 * time.Second
)

// Notifier watches an outbox. All its fields are set before Run.
type Notifier struct {
	Outbox *outbox.Outbox
	Path   string // of the file that knows what was told
	Log    *slog.Logger

	// Tell shows a notice. It is called from the goroutine of Run, and blocks no longer
	// than ctx.
	Tell func(ctx context.Context, n Notice) error
}

// Run notifies until ctx ends. One process at a time may do so: the one that is the
// sender. What had failed before it was ever called is not told.
func (n *Notifier) Run(ctx context.Context) {
	changed := n.Outbox.Watch(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var t told
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		wait, err := n.round(ctx, &t)
		if err != nil && ctx.Err() == nil {
			n.Log.Warn("cannot tell of what was not delivered", "error", err)
			wait = max(wait, lookAgain)
		}
		if wait == 0 {
			select {
			case <-changed: // closed when ctx has ended
			case <-ctx.Done():
				return
			}
			wait = gathering
		}
		timer.Reset(wait)
	}
}

// round tells of what is new, and gives the time until the next look; 0: when
// something has changed.
func (n *Notifier) round(ctx context.Context, t *told) (time.Duration, error) {
	now := time.Now()
	if t.Until.IsZero() {
		if err := t.read(n.Path); err != nil {
			return 0, err
		}
	}
	first := t.Until.IsZero()
	if first || t.Until.After(now) { // the clock was wrong
		t.Until = now
	}
	limit := most + len(t.Last) // which may be all among them
	all, err := n.Outbox.UndeliveredSince(ctx, t.from(), limit)
	if err != nil {
		return 0, err
	}
	until := now
	if len(all) == limit { // there may be more
		until = all[limit-1].At
	}
	news := t.add(all, until)
	if first {
		return 0, t.write(n.Path)
	}
	if len(news) == 0 {
		return 0, nil
	}
	if err := t.write(n.Path); err != nil { // before it is told: rather never than twice
		return 0, err
	}
	return quiet, n.Tell(ctx, NoticeOf(news))
}
