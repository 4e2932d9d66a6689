package outbox

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"sendoff/compose"
)

// fastLane is a lane of an account that has sent a lot just now and has more to send,
// so that it claims ahead, with the job that it is at.
func fastLane(t *testing.T, items int) (*lane, *job) {
	t.Helper()
	b, _ := queued(t)
	for range items - 1 {
		draft := compose.Draft{Account: "work", From: "ada@example.org", To: "ben@example.org", Body: "hi"}
		if _, err := b.Submit(t.Context(), draft, SubmitOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	policies := []Policy{{Account: "work"}}
	v := NewSender(b, nil, func() []Policy { return policies }, slog.New(slog.DiscardHandler)).newService(nil)
	v.current.Store(&policies)
	for range items / 2 {
		v.follower.went("work", false, time.Now().Add(time.Hour)) // fast enough for the slowest machine
	}
	return &lane{service: v, account: "work"}, openAttempt(t, b, false)
}

// undoneOnce makes a change in one batch with another one that fails, so that the
// writer undoes both and runs the first once more. between is called before that.
// It tells whether they came together.
func undoneOnce(t *testing.T, b *Outbox, change, between func()) bool {
	t.Helper()
	waiting := func(n int) {
		for end := time.Now().Add(time.Minute); b.writer.waiting() < n && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
	var all sync.WaitGroup
	var first sync.Once
	begun := make(chan bool)
	all.Go(func() {
		err := b.writer.doTwice(t.Context(), func(*tx) error {
			first.Do(func() {
				begun <- true
				waiting(2)
			})
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	all.Go(change)
	waiting(1)
	runs := 0
	if err := b.writer.doTwice(t.Context(), func(*tx) error {
		if runs++; runs == 1 {
			between()
		}
		return errBad
	}); err == nil {
		t.Error("the bad change is done")
	}
	all.Wait()
	return runs == 2
}

// What was claimed ahead in a change that was undone is in the queue, and not in
// anybody's hands: it would be sent from both.
func TestRefill_HandsOverNothingThatWasUndone(t *testing.T) {
	const items = 20
	accepted := Report{Server: "mx:25", Began: true, Results: []Result{{Class: ClassAccepted, Code: 250}}}
	for name, change := range map[string]func(ctx context.Context, l *lane, j *job) (next *job, err error){
		"when a delivery is over": func(ctx context.Context, l *lane, j *job) (*job, error) {
			d, next := l.conclude(ctx, &ending{service: l.service, job: j, report: accepted, at: time.Now()})
			return next, d.err
		},
		"at a mark": func(ctx context.Context, l *lane, j *job) (*job, error) {
			err := l.mark(ctx, j, nil)
			return l.ahead, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 100 { // on a busy machine they may not come together at once
				l, j := fastLane(t, items)
				ctx, stop := context.WithCancel(t.Context())
				var next *job
				var err error
				if !undoneOnce(t, l.outbox, func() { next, err = change(ctx, l, j) }, stop) {
					continue // and nothing was undone
				}
				if err != nil || next != nil {
					t.Errorf("%v, and %v comes next", err, next)
				}
				feed := l.follower.feeds["work"]
				if len(feed.jobs) != 0 || feed.coming != 0 {
					t.Errorf("%d are claimed that are in the queue, and %d are coming", len(feed.jobs), feed.coming)
				}
				return
			}
			t.Error("the changes never came together")
		})
	}
}
