package outbox

import "time"

const (
	// aheadWorth is how long what is claimed ahead lasts: an account claims as many as it
	// has sent in this time, and who is slow claims none.
	aheadWorth = 100 * time.Millisecond
	// mostClaimed bounds what an account has claimed ahead: bulk, of which nobody has read
	// the bytes yet, and other messages, whose bytes are there.
	mostClaimed      = 256
	mostOtherClaimed = 64
)

// feed is what is claimed ahead for an account.
type feed struct {
	jobs   []*job // the one claimed first stands first
	coming int    // being claimed, in one change at a time, or made
	dry    bool   // there were no more the last time
	bulk   bool   // what was sent last was
	speed  speed
	free   free
}

// fast is how many letters of campaigns an account has sent in an aheadWorth, from which
// on they are claimed for it as they are made: who sends fewer is better served by some that
// wait, of which a lane gets one whenever it is through.
const fast = 32

// handing is how many letters of campaigns are to be made for an account that sends so
// many that they are begun ahead at once, and whether it does.
func (f *follower) handing(p Policy, now time.Time) (n int, does bool) {
	if _, stopped := f.stopped.Load(p.Account); stopped || len(p.Limits.windows()) > 0 || !f.stands(p) {
		return 0, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.feeds[p.Account]
	if d == nil || !d.bulk || d.wanted(now) < fast {
		return 0, false
	}
	return max(d.wanted(now)+feedBatch-len(d.jobs)-d.coming, 0), true
}

func (d *feed) wanted(now time.Time) int {
	most := mostOtherClaimed
	if d.bulk {
		most = mostClaimed
	}
	return min(d.speed.since(now.Add(-aheadWorth)), most)
}

// low tells that it is time to claim more.
func (d *feed) low(now time.Time) bool {
	wanted := d.wanted(now)
	return wanted > 0 && !d.dry && len(d.jobs)+d.coming <= wanted/2
}

// speed keeps the times at which the last messages of an account went.
type speed struct {
	at   [mostClaimed]time.Time
	last int
}

func (p *speed) add(now time.Time) {
	p.last = (p.last + 1) % len(p.at)
	p.at[p.last] = now
}

// since counts those that went after a time, as far as they are kept.
func (p *speed) since(from time.Time) (n int) {
	for n < len(p.at) && p.at[(p.last-n+len(p.at))%len(p.at)].After(from) {
		n++
	}
	return n
}
