package outbox

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// dueItems is what can be claimed of an account: ?1 the account, ?2 now.
const dueItems = " FROM items i WHERE i.state = 6 AND i.account = ?1 AND i.next_at <= ?2"

// untried narrows it to what no attempt has been made for since ?3. An attempt
// that ended with its program, or that was stopped, has no server and does not
// count.
const untried = " AND NOT EXISTS(SELECT 1 FROM attempts a WHERE a.item_id = i.id AND a.started_at >= ?3 AND a.server <> '')"

// dueQuery completes a SELECT on what can be claimed in a pass; nil is no pass.
func dueQuery(head string, account string, now time.Time, p *pass) (string, []any) {
	args := []any{account, stamp(now)}
	if p == nil {
		return head + dueItems, args
	}
	args = append(args, stamp(p.start))
	if p.only == 0 {
		return head + dueItems + untried, args
	}
	return head + dueItems + " AND i.id = ?4" + untried, append(args, p.only)
}

// nextDue is when an account has something to send: not later than now if at
// once, the zero time if never by itself. It agrees with what claim finds, or
// the sender would wake for nothing. A pass does not wait: for it there is only
// now and never. busy tells that something of the account is on its way.
func (b *Outbox) nextDue(ctx context.Context, policy Policy, now time.Time, p *pass, busy bool) (time.Time, error) {
	if p != nil && p.stopped[policy.Account] {
		return time.Time{}, nil
	}
	park, found, err := b.parkOf(ctx, policy.Account)
	if err != nil {
		return time.Time{}, err
	}
	open := !found || park.open(policy, now)
	if found && (busy || !open && park.until.IsZero()) {
		return time.Time{}, nil // one probe at a time, and none before a person says so
	}
	next, err := b.nextOf(ctx, policy.Account, now, p)
	switch {
	case err != nil || next.IsZero() || open:
		return next, err
	case p != nil:
		return time.Time{}, nil
	}
	return later(next, park.until), nil
}

// nextOf is nextDue without regard to parks.
func (b *Outbox) nextOf(ctx context.Context, account string, now time.Time, p *pass) (time.Time, error) {
	if p == nil {
		var next int64
		err := b.read.QueryRowContext(ctx, "SELECT coalesce(min(next_at), 0) FROM items WHERE state = 6 AND account = ?", account).Scan(&next)
		return unstamp(next), storeError(err)
	}
	query, args := dueQuery("SELECT 1", account, now, p)
	var one int
	err := b.read.QueryRowContext(ctx, query+" LIMIT 1", args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return now, storeError(err)
}

func (b *Outbox) parkOf(ctx context.Context, account string) (p parked, found bool, err error) {
	p, err = scanParked(b.read.QueryRowContext(ctx, parkedQuery, account))
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, storeError(err)
}

// left tells whether a pass has still something to wait for: what it would
// claim, and what another sender has on the wire.
func (s *Sender) left(ctx context.Context, p *pass) (bool, error) {
	now := time.Now()
	for _, policy := range s.policies() {
		next, err := s.outbox.nextDue(ctx, policy, now, p, false)
		if err != nil || !next.IsZero() {
			return true, err
		}
	}
	var sending bool
	err := s.outbox.read.QueryRowContext(ctx, "SELECT EXISTS(SELECT 1 FROM attempts WHERE finished_at = 0 AND ?1 IN (0, item_id))", p.only).Scan(&sending)
	return sending, storeError(err)
}
