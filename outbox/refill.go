package outbox

import (
	"slices"
	"time"
)

// refill claims ahead for an account in somebody's change.
type refill struct {
	*follower
	policy   Policy
	reserved int
	// bulk alone: what a person waits for is not put behind it. While a lane has bulk to
	// send, it claims such a message itself, at once: ahead it would have to wait until
	// what was claimed with it is handed over.
	bulk   bool
	jobs   []*job
	dry    bool // there were no more to claim
	handed bool // it got letters of campaigns
}

// refills are those of all accounts.
type refills []*refill

// of is that of an account; nil: nothing is claimed ahead for it.
func (all refills) of(account string) *refill {
	i := slices.IndexFunc(all, func(r *refill) bool { return r.policy.Account == account })
	if i < 0 {
		return nil
	}
	return all[i]
}

// claim may be called again when what it did was undone. A change that might not call it
// again has to startOver.
func (r *refill) claim(t *tx, now time.Time) (err error) {
	r.reserve(now)
	if r.reserved == 0 {
		return nil
	}
	r.jobs, err = t.claimAhead(r.policy, r.pass, now, r.bulk, r.reserved)
	r.dry = len(r.jobs) < r.reserved
	return err
}

// spare is how many letters of campaigns are begun ahead in the very change that makes
// items of them, behind all that is due. Nil has none to spare.
func (r *refill) spare(t *tx, now time.Time) (n int, err error) {
	if r == nil {
		return 0, nil
	}
	if _, does := r.handing(r.policy, now); !does {
		return 0, nil
	}
	if err := r.claim(t, now); err != nil {
		return 0, err
	}
	n, _ = r.handing(r.policy, now)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handed = true
	r.reserved += n
	r.feeds[r.policy.Account].coming += n
	return n, nil
}

// startOver is where a change begins that may be run twice: what it claimed when it ran
// before was undone with all the rest.
func (r *refill) startOver() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release()
}

// release expects the lock.
func (r *refill) release() {
	if r.reserved > 0 {
		r.feeds[r.policy.Account].coming -= r.reserved
	}
	r.reserved, r.jobs, r.handed = 0, nil, false
}

func (r *refill) reserve(now time.Time) {
	_, stopped := r.stopped.Load(r.policy.Account)
	may := !stopped && len(r.policy.Limits.windows()) == 0 && r.stands(r.policy)
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.feeds[r.policy.Account]
	if d == nil {
		return
	}
	if r.release(); may && d.coming == 0 {
		r.reserved = max(d.wanted(now)-len(d.jobs), 0)
		r.bulk = d.bulk || slices.ContainsFunc(d.jobs, func(j *job) bool { return j.bulk })
	}
	d.coming += r.reserved
}

// end hands over what was claimed.
func (r *refill) end(err error) {
	if r.reserved == 0 {
		return
	}
	if err == nil {
		r.outbox.readBodies(r.jobs)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.feeds[r.policy.Account]
	d.coming -= r.reserved
	if err == nil {
		d.dry = r.dry
		d.jobs = append(d.jobs, r.jobs...)
	}
}
