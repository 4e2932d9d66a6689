package pace

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// simulated goes through a plan second by second, as the one who sends would: it
// looks at what was given to an account in each stretch of time that ends now.
type simulated struct {
	account Account
	sent    []Sent
	begun   []time.Time // letters of this plan
}

func (s *simulated) mayGo(p Plan, now time.Time) bool {
	if s.account.Stopped != "" || now.Before(s.account.Until) || now.Before(p.At) || !p.Hours.Open(now) {
		return false
	}
	for _, limit := range s.account.Limits {
		used := 0
		for i := len(s.sent) - 1; i >= 0 && s.sent[i].At.After(now.Add(-limit.Length)); i-- {
			used += s.sent[i].Recipients
		}
		if limit.Most > 0 && used >= limit.Most {
			return false
		}
	}
	busy := 0
	for i := len(s.begun) - 1; i >= 0 && s.begun[i].Add(s.account.Each).After(now); i-- {
		busy++
	}
	return busy < s.account.Connections
}

func (s *simulated) send(now time.Time) {
	s.sent = append(s.sent, Sent{now, 1})
	s.begun = append(s.begun, now)
}

// simulate gives when each account sends each letter.
func simulate(p Plan, now time.Time) [][]time.Time {
	var all []*simulated
	left, own := p.Letters, 0
	for _, a := range p.Accounts {
		all = append(all, &simulated{account: a, sent: append([]Sent{}, a.Sent...)})
		if a.Stopped == "" {
			own += a.Letters
		}
	}
	for end := now.AddDate(0, 0, 30); left+own > 0 && now.Before(end); now = now.Add(time.Second) {
		for _, s := range all {
			for s.mayGo(p, now) && (s.account.Letters > 0 || left > 0) {
				if s.account.Letters > 0 {
					s.account.Letters--
					own--
				} else {
					left--
				}
				s.send(now)
			}
		}
	}
	var begun [][]time.Time
	for _, s := range all {
		begun = append(begun, s.begun)
	}
	return begun
}

// shares puts what a simulation has done into the words of a forecast.
func shares(p Plan, begun [][]time.Time) (all []Share) {
	for i, times := range begun {
		s := Share{Account: p.Accounts[i].Name, Letters: len(times)}
		for _, at := range times {
			midnight := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
			if len(s.Days) == 0 || s.Days[len(s.Days)-1].Date != midnight {
				s.Days = append(s.Days, Day{Date: midnight})
			}
			s.Days[len(s.Days)-1].Letters++
			s.Done = at
		}
		all = append(all, s)
	}
	return all
}

// randomPlan is one that ends within days, in whole seconds.
func randomPlan(t testing.TB, random *rand.Rand, now time.Time) Plan {
	t.Helper()
	p := Plan{Letters: random.IntN(150)}
	texts := []string{"", "", "08:00-18:00 mon-fri", "22:00-06:00", "00:00-04:00,12:00-13:00", "06:00-20:00 America/New_York"}
	if text := texts[random.IntN(len(texts))]; text != "" {
		p.Hours = hours(t, text)
	}
	if random.IntN(3) == 0 {
		p.At = now.Add(time.Duration(random.IntN(100_000)) * time.Second)
	}
	for i := range 1 + random.IntN(3) {
		a := Account{Name: string(rune('a' + i)), Letters: random.IntN(40), Connections: 1 + random.IntN(3), Each: time.Duration(1+random.IntN(20)) * time.Second}
		for _, limit := range []Limit{{1, time.Second}, {1 + random.IntN(6), time.Minute}, {5 + random.IntN(60), time.Hour}, {30 + random.IntN(100), 24 * time.Hour}} {
			if random.IntN(2) == 0 {
				a.Limits = append(a.Limits, limit)
			}
		}
		for before := random.IntN(90_000); before > 0; before -= 1 + random.IntN(9000) {
			a.Sent = append(a.Sent, Sent{now.Add(-time.Duration(before) * time.Second), 1 + random.IntN(3)})
		}
		if random.IntN(5) == 0 {
			a.Until = now.Add(time.Duration(random.IntN(9000)) * time.Second)
		}
		if i > 0 && random.IntN(6) == 0 { // the first one goes: a simulation would not end
			a.Stopped = "its login was refused"
		}
		p.Accounts = append(p.Accounts, a)
	}
	return p
}

func TestForecast_IsWhatASimulationDoes(t *testing.T) {
	now := at(t, zone(t, "Europe/Berlin"), "2026-10-23 17:10") // the clock is put back two days later
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 25 {
		p := randomPlan(t, random, now)
		f := p.Forecast(now)
		want := shares(p, simulate(p, now))
		stuck := f.Letters
		for j, s := range f.Shares {
			stuck -= s.Letters
			s.Bound = Bound{}
			if s.Days == nil && want[j].Days == nil {
				s.Days, want[j].Days = []Day{}, []Day{}
			}
			if !s.Done.Equal(want[j].Done) || s.Letters != want[j].Letters || !reflect.DeepEqual(s.Days, want[j].Days) {
				t.Fatalf("plan %d, account %s:\n got %+v\nwant %+v\nplan %+v", i, s.Account, s, want[j], p)
			}
		}
		if f.Stuck != stuck {
			t.Fatalf("plan %d: %d are stuck, %d have no day", i, f.Stuck, stuck)
		}
	}
}

func TestForecast_NeverGivesMoreThanALimitInAnyStretchOfTime(t *testing.T) {
	now := at(t, zone(t, "Europe/Berlin"), "2026-12-24 10:00")
	a := Account{Name: "gmail", Limits: []Limit{{500, 24 * time.Hour}, {20, time.Minute}}, Connections: 50, Each: time.Millisecond}
	for i := range 300 {
		a.Sent = append(a.Sent, Sent{now.Add(-time.Duration(300-i) * time.Minute), 1})
	}
	l := newLane(Plan{}, a, now)
	for range 2000 {
		l.send()
	}
	for _, limit := range a.Limits {
		for i := limit.Most; i < len(l.past); i++ {
			if l.past[i].Sub(l.past[i-limit.Most]) < limit.Length {
				t.Fatalf("%d went between %s and %s", limit.Most+1, l.past[i-limit.Most], l.past[i])
			}
		}
	}
}

func TestForecast_TakesOtherAccountsWhereOneStandsStill(t *testing.T) {
	now := at(t, zone(t, "Europe/Berlin"), "2026-12-24 10:00")
	p := Plan{Letters: 10, Accounts: []Account{{Name: "a", Letters: 3, Stopped: "its login was refused"}, {Name: "b", Letters: 2}}}
	f := p.Forecast(now)
	if f.Letters != 15 || f.Stuck != 3 || f.Shares[0].Letters != 0 || f.Shares[1].Letters != 12 || !f.Shares[0].Done.IsZero() {
		t.Errorf("forecast: %+v", f)
	}
	p.Accounts[1].Stopped = "it is switched off"
	if f := p.Forecast(now); f.Stuck != 15 || !f.Done.IsZero() {
		t.Errorf("all stand still: %+v", f)
	}
	if f := (Plan{Letters: 2}).Forecast(now); f.Stuck != 2 || f.Letters != 2 {
		t.Errorf("no account: %+v", f)
	}
}

func BenchmarkForecast(b *testing.B) {
	now := time.Date(2026, 12, 24, 10, 0, 0, 0, time.UTC)
	p := Plan{Letters: 100_000, Hours: hours(b, "08:00-18:00 mon-fri"), Accounts: []Account{
		{Name: "a", Limits: []Limit{{500, 24 * time.Hour}, {20, time.Minute}}, Connections: 2},
		{Name: "b", Limits: []Limit{{10_000, 24 * time.Hour}, {30, time.Minute}}, Connections: 3},
	}}
	for b.Loop() {
		p.Forecast(now)
	}
}
