package outbox

import (
	"math/rand/v2"
	"testing"
	"time"
)

// For any schedule of sends, no window of a limit's length holds more than the
// limit allows: by the times at which the server may have counted them, which is
// somewhere between the beginning and the end of an attempt.
func TestLedger_NoWindowHoldsMoreThanItsLimit(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		limits := Limits{PerSecond: random.IntN(4), PerMinute: random.IntN(30), PerHour: random.IntN(200), PerDay: random.IntN(900)}
		var l ledger
		var counted []use
		type running struct {
			attempt int64
			n       int
			counts  time.Time
			ends    time.Time
		}
		var under []running
		now := start
		for attempt := int64(1); attempt < 400; attempt++ {
			now = now.Add(time.Duration(random.ExpFloat64() * float64(time.Duration(1+random.IntN(60))*time.Second)))
			for i := 0; i < len(under); {
				if r := under[i]; !r.ends.After(now) {
					l.end(r.attempt, r.n, r.ends)
					counted = append(counted, use{r.counts, r.n})
					under = append(under[:i], under[i+1:]...)
					continue
				}
				i++
			}
			sortUses(&l)
			a := l.allow(limits, now)
			if a.room == 0 {
				if !a.from.IsZero() && !a.from.After(now) {
					t.Fatalf("seed %d: no room now, and yet there is since %v", seed, now.Sub(a.from))
				}
				continue
			}
			n := min(a.room, 1+random.IntN(5))
			takes := time.Duration(random.Int64N(int64(20 * time.Second)))
			l.begin(attempt, n)
			under = append(under, running{attempt, n, now.Add(time.Duration(random.Int64N(int64(takes) + 1))), now.Add(takes)})
		}
		for _, r := range under {
			counted = append(counted, use{r.counts, r.n})
		}
		for _, w := range limits.windows() {
			for _, from := range counted {
				sum := 0
				for _, u := range counted {
					if !u.at.Before(from.at) && u.at.Before(from.at.Add(w.length)) {
						sum += u.recipients
					}
				}
				if sum > w.most {
					t.Fatalf("seed %d: %d in a window of %v, at most %d are allowed", seed, sum, w.length, w.most)
				}
			}
		}
	}
}

// sortUses: the test ends attempts late and out of order, the sender as they end.
func sortUses(l *ledger) {
	for i := range l.over {
		for j := i; j > 0 && l.over[j].at.Before(l.over[j-1].at); j-- {
			l.over[j], l.over[j-1] = l.over[j-1], l.over[j]
		}
	}
}

func TestLedger_SaysWhenThereIsRoomAgain(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var l ledger
	l.end(1, 3, now.Add(-50*time.Second))
	l.end(2, 2, now.Add(-10*time.Second))
	for name, c := range map[string]struct {
		limits Limits
		room   int
		from   time.Time
	}{
		"no limit":              {Limits{}, unlimited, time.Time{}},
		"room":                  {Limits{PerMinute: 7}, 2, time.Time{}},
		"full":                  {Limits{PerMinute: 5}, 0, now.Add(10 * time.Second)},
		"more than full":        {Limits{PerMinute: 2}, 0, now.Add(50 * time.Second)},
		"the longest wait wins": {Limits{PerMinute: 5, PerHour: 5}, 0, now.Add(59*time.Minute + 10*time.Second)},
		"the least room wins":   {Limits{PerMinute: 8, PerHour: 6}, 1, time.Time{}},
		"out of the second":     {Limits{PerSecond: 1}, 1, time.Time{}},
	} {
		if a := l.allow(c.limits, now); a.room != c.room || a.from != c.from {
			t.Errorf("%s: room %d from %v, want %d from %v", name, a.room, a.from, c.room, c.from)
		}
	}
	l.begin(3, 7)
	if a := l.allow(Limits{PerMinute: 7}, now); a.room != 0 || !a.from.IsZero() {
		t.Errorf("what is under way leaves room %d from %v: its end is not known", a.room, a.from)
	}
}
