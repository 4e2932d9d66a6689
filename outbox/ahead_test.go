package outbox

import (
	"context"
	"errors"
	"testing"
	"time"
)

func (f *follower) holding(outcomes int, oldest time.Time) *follower {
	for range outcomes {
		f.pending = append(f.pending, &ending{at: oldest, job: &job{}})
	}
	return f
}

func TestFeed_ClaimsMoreAheadOfLettersThanOfMessages(t *testing.T) {
	now := time.Now()
	var d feed
	for range 2 * mostClaimed {
		d.speed.add(now)
	}
	if n := d.wanted(now); n != mostOtherClaimed {
		t.Errorf("%d messages are wanted", n)
	}
	if d.bulk = true; d.wanted(now) != mostClaimed {
		t.Errorf("%d letters are wanted", d.wanted(now))
	}
}

func TestFollower_WhenItIsDue(t *testing.T) {
	now := time.Now()
	sent := func(n int, at time.Time) (d feed) {
		for range n {
			d.speed.add(at)
		}
		return d
	}
	fast, slow, dry := sent(40, now), sent(40, now.Add(-time.Second)), sent(40, now)
	dry.dry = true
	full := sent(40, now)
	full.jobs = make([]*job, 30)
	coming := sent(40, now)
	coming.coming = 40
	for name, c := range map[string]struct {
		f    *follower
		want time.Duration
	}{
		"nothing is there":                       {&follower{}, longestSleep},
		"an outcome":                             {(&follower{}).holding(1, now.Add(-10*time.Millisecond)), settleWithin - 10*time.Millisecond},
		"an old outcome":                         {(&follower{}).holding(1, now.Add(-settleWithin)), 0},
		"many outcomes":                          {(&follower{}).holding(settleTogether, now), 0},
		"many, and the database has just failed": {(&follower{failed: now}).holding(settleTogether, now), recordPause},
		"it has failed a while ago":              {&follower{failed: now.Add(-recordPause)}, 0},
		"a fast account has nothing ahead":       {&follower{feeds: map[string]*feed{"work": &fast}}, 0},
		"a slow one":                             {&follower{feeds: map[string]*feed{"work": &slow}}, longestSleep},
		"there was no more":                      {&follower{feeds: map[string]*feed{"work": &dry}}, longestSleep},
		"enough is ahead":                        {&follower{feeds: map[string]*feed{"work": &full}}, longestSleep},
		"it is being claimed":                    {&follower{feeds: map[string]*feed{"work": &coming}}, longestSleep},
	} {
		if got := c.f.due(now); got != c.want {
			t.Errorf("%s: in %v, not %v", name, got, c.want)
		}
	}
}

func TestSpeed_CountsNoMoreThanThereAre(t *testing.T) {
	var p speed
	now := time.Now()
	for i := range 3 * mostClaimed {
		if got := p.since(now.Add(-time.Hour)); got != min(i, mostClaimed) {
			t.Fatalf("%d after %d", got, i)
		}
		p.add(now.Add(time.Duration(i) * time.Millisecond))
	}
	if got := p.since(now.Add((3*mostClaimed - 11) * time.Millisecond)); got != 10 {
		t.Errorf("%d of the last ten", got)
	}
}

// What is pending is settled in the order and in the commit of whoever comes next; if
// that one's change fails, it is pending again.
func TestFollower_NothingPendingIsLostWithAFailedChange(t *testing.T) {
	b, id := queued(t)
	v := NewSender(b, nil, func() []Policy { return nil }, nil).newService(nil)
	j := openAttempt(t, b, true)
	report := Report{Server: "mx:25", Began: true, Results: []Result{{Class: ClassAccepted, Code: 250}}}
	v.follower.add(&ending{service: v, job: j, report: report, at: time.Now()})
	for range 2 {
		err := v.follower.with(t.Context(), b.writer.do, func(*tx) error { return errBad })
		if item, _ := b.Get(t.Context(), id); !errors.Is(err, errBad) || item.State != StateSending || len(v.follower.pending) != 1 {
			t.Fatalf("%v, %s, %d pending", err, item.State, len(v.follower.pending))
		}
	}
	seen := StateSending
	err := v.follower.with(t.Context(), b.writer.doTwice, func(tx *tx) error {
		return tx.queryRow("SELECT state FROM items WHERE id = ?", id).Scan(&seen)
	})
	if err != nil || seen != StateSent || len(v.follower.pending) != 0 || !v.follower.failed.IsZero() {
		t.Errorf("%v, the change sees it %s, %d pending", err, seen, len(v.follower.pending))
	}
}

// What could not be given back to the queue may be there all the same, for the next
// process: until the database can be written nothing goes ahead of it.
func TestFollower_NothingGoesAheadAfterAFailedWithdrawal(t *testing.T) {
	for name, withdraw := range map[string]func(l *lane, j *job) error{
		"of what nobody took": func(l *lane, j *job) error {
			l.follower.feeds["work"].jobs = []*job{j}
			_, err := l.follower.reap(context.Background(), time.Now().Add(time.Minute))
			return err
		},
		"of what waits in a lane": func(l *lane, j *job) error {
			l.ahead = j
			_, err := l.giveBack(context.Background(), time.Now().Add(time.Minute))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, first := fastLane(t, 4)
			taken, left := openAttempt(t, l.outbox, true), openAttempt(t, l.outbox, true)
			if err := l.outbox.writer.close(); err != nil { // as a disk that fails
				t.Fatal(err)
			}
			if err := withdraw(l, taken); err == nil {
				t.Fatal("it was given back")
			}
			l.follower.feeds["work"].jobs = append(l.follower.feeds["work"].jobs, left)
			if j := l.follower.take(t.Context(), first.policy); j != nil {
				t.Errorf("%s is taken", j.item)
			}
		})
	}
}
