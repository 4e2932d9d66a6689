package pace

import (
	"math"
	"slices"
	"time"
)

// Plan is what a campaign still has to do, and with what.
type Plan struct {
	Letters  int       // that any of the accounts may send
	Accounts []Account // in the order of preference
	At       time.Time // not before; zero: at once
	Hours    Hours
	Canary   int       // it pauses when so many of the letters have gone; 0: it does not
	Again    time.Time // when the first of those is tried that wait for another try; zero: none waits
	Last     time.Time // the same of the last of them
}

// asks tells that letters are left when the first have gone: when those go is for a
// person to say.
func (p Plan) asks(letters int) bool { return p.Canary > 0 && p.Canary < letters }

// Account is what a campaign may use of an account.
type Account struct {
	Name        string
	Letters     int // that only this one may send
	Limits      []Limit
	Sent        []Sent        // what counts against the limits, the oldest first
	Connections int           // at most at once; 0 is one
	Each        time.Duration // how long a letter takes; 0: what is usual
	Until       time.Time     // it stands still until then; zero: it does not
	Said        string        // what its server said to that; cleaned
	Stopped     string        // why it stands still until a person does something; "": it does not
}

// Limit is how many recipients an account may be given in any stretch of time of
// that length, wherever it begins.
type Limit struct {
	Most   int
	Length time.Duration
}

// Sent is what was given to an account at a time.
type Sent struct {
	At         time.Time
	Recipients int
}

// usualLetter is how long a far server takes for a letter if nothing is known of
// it: those that were measured took 100 to 300 ms.
const usualLetter = 300 * time.Millisecond

// Forecast is how a campaign will go if nothing is refused or delayed and nobody
// sends anything else. A letter counts as one recipient.
type Forecast struct {
	Letters int // in all
	Stuck   int // of them, that no account can send as things are
	Shares  []Share
	Done    time.Time // when the last one goes; zero: none does, or nobody knows
	Again   bool      // which is one that waits for another try
}

// Share is what one account does.
type Share struct {
	Account string
	Letters int
	Days    []Day     // on which it sends, in order
	Done    time.Time // zero: it sends none
	Bound   Bound     // what holds it up most
}

// Day is how many letters go on a day.
type Day struct {
	Date    time.Time // its midnight, where the time is asked for
	Letters int
}

// Bound is what holds letters up: a limit, the connections, or the hours.
type Bound struct {
	Limit       Limit
	Connections int
	Hours       bool
}

// Forecast says how the letters will go from now on. Days are those of the zone
// that now is in.
func (p Plan) Forecast(now time.Time) Forecast {
	f := Forecast{Letters: p.Letters}
	var lanes []*lane
	for _, a := range p.Accounts {
		f.Letters += a.Letters
		l := newLane(p, a, now)
		lanes = append(lanes, l)
		if a.Stopped != "" {
			f.Stuck += a.Letters
			continue
		}
		for range a.Letters {
			l.send()
		}
	}
	able := slices.DeleteFunc(slices.Clone(lanes), func(l *lane) bool { return l.account.Stopped != "" })
	for range p.Letters {
		if len(able) == 0 {
			f.Stuck++
			continue
		}
		// The first of those that are free soonest.
		slices.MinFunc(able, func(a, b *lane) int { return a.next.Compare(b.next) }).send()
	}
	for _, l := range lanes {
		s := l.share()
		f.Shares = append(f.Shares, s)
		if s.Done.After(f.Done) {
			f.Done = s.Done
		}
	}
	if p.asks(f.Letters) {
		f.Done = time.Time{}
	} else if p.Last.After(now) && f.Letters > f.Stuck {
		if last := p.Hours.Next(p.Last.In(now.Location())); last.After(f.Done) {
			f.Done, f.Again = last, true
		}
	}
	return f
}

// lane is an account that sends, letter by letter. All that bounds it has one form:
// a letter goes no sooner than so long after the one that went so many before it.
type lane struct {
	account Account
	hours   Hours
	from    time.Time // not before
	bounds  []Bound   // limits and connections
	past    []time.Time
	earlier int       // of past: what was sent before
	next    time.Time // when the next one may go
	cause   int       // of bounds: what puts next off; -1 the hours, -2 nothing
	waits   map[int]time.Duration
	days    []Day
}

const (
	causeHours = -1
	causeNone  = -2
)

func newLane(p Plan, a Account, now time.Time) *lane {
	l := &lane{account: a, hours: p.Hours, from: now, waits: map[int]time.Duration{}}
	for _, t := range []time.Time{p.At, a.Until} {
		if t.After(l.from) {
			l.from = t.In(now.Location())
		}
	}
	most := 0
	for _, limit := range a.Limits {
		if limit.Most > 0 {
			l.bounds = append(l.bounds, Bound{Limit: limit})
			most = max(most, limit.Most)
		}
	}
	l.bounds = append(l.bounds, Bound{Connections: max(a.Connections, 1)})
	for _, s := range a.Sent {
		for range min(s.Recipients, most) { // more of them bound nothing
			l.past = append(l.past, s.At)
		}
	}
	l.earlier = len(l.past)
	l.plan()
	return l
}

// length and most are a bound in the form that all have.
func (l *lane) form(b Bound) (most int, length time.Duration) {
	if b.Connections == 0 {
		return b.Limit.Most, b.Limit.Length
	}
	if length = l.account.Each; length <= 0 {
		length = usualLetter
	}
	return b.Connections, length
}

// plan finds when the next letter may go, and what puts it off.
func (l *lane) plan() {
	l.next, l.cause = l.from, causeNone
	if n := len(l.past); n > l.earlier && l.past[n-1].After(l.next) {
		l.next = l.past[n-1]
	}
	for i, b := range l.bounds {
		most, length := l.form(b)
		before := len(l.past) - most
		if before < 0 || b.Connections > 0 && before < l.earlier { // those before are over
			continue
		}
		if free := l.past[before].Add(length); free.After(l.next) {
			l.next, l.cause = free, i
		}
	}
	if open := l.hours.Next(l.next); open.After(l.next) {
		l.next, l.cause = open, causeHours
	}
}

func (l *lane) send() {
	since := l.from
	if n := len(l.past); n > l.earlier {
		since = l.past[n-1]
	}
	l.waits[l.cause] += l.next.Sub(since)
	l.past = append(l.past, l.next)
	year, month, date := l.next.Date()
	midnight := time.Date(year, month, date, 0, 0, 0, 0, l.next.Location())
	if n := len(l.days); n == 0 || !l.days[n-1].Date.Equal(midnight) {
		l.days = append(l.days, Day{Date: midnight})
	}
	l.days[len(l.days)-1].Letters++
	l.plan()
}

func (l *lane) share() Share {
	s := Share{Account: l.account.Name, Letters: len(l.past) - l.earlier, Days: l.days}
	if s.Letters == 0 {
		return s
	}
	s.Done = l.past[len(l.past)-1]
	longest := time.Duration(math.MinInt64)
	for i, b := range l.bounds {
		if wait, waited := l.waits[i]; waited && wait > longest {
			s.Bound, longest = b, wait
		}
	}
	if wait, waited := l.waits[causeHours]; waited && wait > longest {
		s.Bound = Bound{Hours: true}
	}
	return s
}
