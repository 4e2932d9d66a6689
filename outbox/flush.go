package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"sendoff/internal/lease"
)

// Outcome is what a Flush came to, counted in recipients.
type Outcome struct {
	Sent, Failed, Uncertain int  // settled in this pass
	Waiting                 int  // unheld and unscheduled, and still waiting
	Doubtful                []ID // items with an uncertain recipient of this pass
}

// Flush makes one pass over what is due and returns when nothing is left of it
// that was not tried once; what is put back to wait is not tried again. An
// account that only could not be reached is tried, parked or not. If another
// process is the sender, Flush wakes that one and waits for the same; if that
// one goes away it takes the lease itself.
//
// When ctx ends it stops as Run does and gives what there is.
func (s *Sender) Flush(ctx context.Context) (Outcome, error) { return s.FlushItem(ctx, 0) }

// FlushItem is Flush for one item alone; the zero ID is all of them.
func (s *Sender) FlushItem(ctx context.Context, only ID) (Outcome, error) {
	start := time.Now()
	// This commit also wakes the sender of another process.
	err := s.outbox.writer.do(ctx, func(t *tx) error { return t.liftNetworkParks(start) })
	if err != nil {
		return Outcome{}, fmt.Errorf("flush: %w", err)
	}
	if err := s.flush(ctx, pass{due: start, only: only, stopped: make(map[string]bool)}); err != nil {
		return Outcome{}, fmt.Errorf("flush: %w", err)
	}
	o, err := s.outbox.outcome(context.WithoutCancel(ctx), start)
	if err != nil {
		return o, fmt.Errorf("flush: %w", err)
	}
	return o, nil
}

func (s *Sender) flush(ctx context.Context, p pass) error {
	changed := s.outbox.Watch(ctx)
	ticker := time.NewTicker(leaseEvery)
	defer ticker.Stop()
	for {
		held, err := lease.Take(s.outbox.senderLock())
		switch {
		case err == nil:
			return errors.Join(s.serve(ctx, &p), held.Release())
		case !errors.Is(err, lease.ErrHeld):
			return fmt.Errorf("take the lease: %w", pathError(err))
		}
		left, err := s.untried(ctx, p)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-changed:
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// untried counts the items that were due at start and that no sender has tried
// since. Items of accounts that are parked or not configured are not waited for:
// nothing will try them.
func (s *Sender) untried(ctx context.Context, p pass) (total int, err error) {
	for _, policy := range s.policies() {
		var n int
		err := s.outbox.read.QueryRowContext(ctx, `SELECT
			(SELECT count(*) FROM items i WHERE state = 6 AND account = ?1 AND next_at <= ?2 AND ?3 IN (0, i.id)
				AND NOT EXISTS(SELECT 1 FROM attempts a WHERE a.item_id = i.id AND a.started_at >= ?2)
				AND NOT EXISTS(SELECT 1 FROM parks p WHERE p.account = ?1 AND (p.until = 0 OR p.until > ?2)))
			+ (SELECT count(*) FROM attempts WHERE finished_at = 0 AND account = ?1 AND ?3 IN (0, item_id))`,
			policy.Account, stamp(p.due), p.only).Scan(&n)
		if err != nil {
			return 0, storeError(err)
		}
		total += n
	}
	return total, nil
}

// outcome counts what became of recipients since start.
func (b *Outbox) outcome(ctx context.Context, start time.Time) (o Outcome, err error) {
	err = b.read.QueryRowContext(ctx, `SELECT
		coalesce(sum(r.at >= ?1 AND r.state = ?2), 0), coalesce(sum(r.at >= ?1 AND r.state = ?3), 0),
		coalesce(sum(r.at >= ?1 AND r.state = ?4), 0)
		FROM recipients r JOIN items i ON i.id = r.item_id WHERE i.updated_at >= ?1`,
		stamp(start), RecipientSent, RecipientFailed, RecipientUncertain).
		Scan(&o.Sent, &o.Failed, &o.Uncertain)
	if err != nil {
		return o, storeError(err)
	}
	err = b.read.QueryRowContext(ctx, `SELECT count(*) FROM recipients r JOIN items i ON i.id = r.item_id
		WHERE i.state IN (?, ?) AND i.not_before <= ? AND r.state IN (?, ?)`,
		StateWaiting, StateSending, stamp(time.Now()), RecipientWaiting, RecipientSending).Scan(&o.Waiting)
	if err != nil {
		return o, storeError(err)
	}
	rows, err := b.read.QueryContext(ctx, "SELECT DISTINCT item_id FROM recipients WHERE state = ? AND at >= ? ORDER BY item_id", RecipientUncertain, stamp(start))
	if err != nil {
		return o, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var id ID
		err := rows.Scan(&id)
		o.Doubtful = append(o.Doubtful, id)
		return err
	})
	return o, storeError(err)
}
