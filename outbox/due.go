package outbox

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// dueItems is what can be claimed of an account: ?1 the account, ?2 now, ?3
// whether it is sent in bulk.
const dueItems = " FROM items i WHERE i.state = 6 AND i.account = ?1 AND i.bulk = ?3 AND i.next_at <= ?2"

// untried narrows it to what has a recipient that no attempt has been made for
// since ?4: a message may go out in several transactions. An attempt that ended
// with its program, or that was stopped, has no server and does not count.
const untried = ` AND EXISTS(SELECT 1 FROM recipients r WHERE r.item_id = i.id AND r.state = 1 AND r.next_at <= ?2
	AND NOT EXISTS(SELECT 1 FROM attempt_results ar JOIN attempts a ON a.id = ar.attempt_id
		WHERE ar.recipient_id = r.id AND a.started_at >= ?4 AND a.server <> ''))`

// dueQuery completes a SELECT on what can be claimed in a pass; nil is no pass.
func dueQuery(head string, account string, bulk bool, now time.Time, p *pass) (string, []any) {
	args := []any{account, stamp(now), bulk}
	if p == nil {
		return head + dueItems, args
	}
	args = append(args, stamp(p.start))
	if p.only == 0 {
		return head + dueItems + untried, args
	}
	return head + dueItems + " AND i.id = ?5" + untried, append(args, p.only)
}

// nextDue is when an account has something to send: not later than now if at
// once, the zero time if never by itself. It agrees with what claim finds, or
// the sender would wake for nothing. A pass waits for nothing but the account's
// own short limits. busy tells that something of the account is on its way, and
// used is what its limits have left.
func (b *Outbox) nextDue(ctx context.Context, policy Policy, now time.Time, p *pass, busy bool, used *ledger) (time.Time, error) {
	if p != nil && p.stopped[policy.Account] {
		return time.Time{}, nil
	}
	park, found, err := b.parkOf(ctx, policy.Account)
	if err != nil {
		return time.Time{}, err
	}
	open := !found || park.open(policy, now)
	if found && (busy || !open && (p != nil || park.until.IsZero())) {
		return time.Time{}, nil // one probe at a time, and none before a person says so
	}
	next, err := b.nextOf(ctx, policy.Account, now, p)
	if err != nil || next.IsZero() {
		return next, err
	}
	switch {
	case !open:
		next = later(next, park.until)
	case found && park.changed(policy) && next.Equal(park.until.Add(behindOthers)):
		next = now // claim brings it forward
	}
	if a := used.allow(policy.Limits, now); a.room == 0 {
		next = later(next, a.from)
		if a.from.IsZero() || p != nil && next.Sub(now) > longestSleep {
			return time.Time{}, nil
		}
	}
	return next, nil
}

// nextOf is nextDue without regard to parks.
func (b *Outbox) nextOf(ctx context.Context, account string, now time.Time, p *pass) (time.Time, error) {
	if p == nil {
		var next int64
		err := b.read.always(ctx, `SELECT coalesce(min(next), 0) FROM (
			SELECT min(next_at) AS next FROM items WHERE state = 6 AND account = ?1 AND bulk = 0
			UNION ALL SELECT min(next_at) FROM items WHERE state = 6 AND account = ?1 AND bulk = 1)`, account).Scan(&next)
		return unstamp(next), storeError(err)
	}
	for _, bulk := range []bool{false, true} {
		query, args := dueQuery("SELECT 1", account, bulk, now, p)
		var one int
		err := b.read.always(ctx, query+" LIMIT 1", args...).Scan(&one)
		if !errors.Is(err, sql.ErrNoRows) {
			return now, storeError(err)
		}
	}
	return time.Time{}, nil
}

func (b *Outbox) parkOf(ctx context.Context, account string) (p parked, found bool, err error) {
	p, err = scanParked(b.read.always(ctx, parkedQuery, account))
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, storeError(err)
}

// left tells whether a pass has still something to wait for: what it would
// claim, and what another sender has on the wire.
func (s *Sender) left(ctx context.Context, p *pass) (bool, error) {
	if claims, err := s.claims(ctx, p); err != nil || claims {
		return true, err
	}
	if p.only == 0 {
		if wait, err := s.campaignsWait(ctx); err != nil || wait {
			return true, err
		}
	}
	var sending bool
	err := s.outbox.read.QueryRowContext(ctx, "SELECT EXISTS(SELECT 1 FROM attempts WHERE finished_at = 0 AND ?1 IN (0, item_id))", p.only).Scan(&sending)
	return sending, storeError(err)
}

// claims tells whether there is something that a pass would claim.
func (s *Sender) claims(ctx context.Context, p *pass) (bool, error) {
	now := time.Now()
	for _, policy := range s.policies() {
		used, err := loadLedger(ctx, s.outbox.read, policy.Account, now)
		if err != nil {
			return false, err
		}
		next, err := s.outbox.nextDue(ctx, policy, now, p, false, used)
		if err != nil || !next.IsZero() {
			return !next.IsZero(), err
		}
	}
	return false, nil
}
