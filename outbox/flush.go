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
	Unfit                   int  // of those that failed: rows of campaigns of which no letter can be made
	Waiting                 int  // unheld and unscheduled, and still waiting; so with letters that campaigns have not made
	Scheduled               int  // for a time that somebody has said; so with campaigns that have not begun
	Paused                  int  // letters of campaigns that wait for a person
	Doubtful                []ID // items with an uncertain recipient of this pass
	Refused                 []ID // items with a failed one
}

// Flush makes one pass over what is due and returns when nothing is left of it
// that was not tried once; what is put back to wait is not tried again. An
// account that only could not be reached is tried, parked or not. If another
// process is the sender, Flush waits for it to do the same; if that one goes
// away it takes the lease itself.
//
// When ctx ends it stops as Run does and gives what there is.
func (s *Sender) Flush(ctx context.Context) (Outcome, error) { return s.FlushItem(ctx, 0) }

// FlushItem is Flush for one item alone; the zero ID is all of them.
func (s *Sender) FlushItem(ctx context.Context, only ID) (Outcome, error) {
	p := &pass{start: time.Now(), only: only, stopped: make(map[string]bool)}
	err := s.outbox.writer.do(ctx, func(t *tx) error { return t.liftNetworkParks(p.start) })
	if err != nil {
		return Outcome{}, fmt.Errorf("flush: %w", err)
	}
	unfit, err := s.outbox.unfitRows(ctx)
	if err != nil {
		return Outcome{}, fmt.Errorf("flush: %w", err)
	}
	if err := s.flush(ctx, p); err != nil {
		return Outcome{}, fmt.Errorf("flush: %w", err)
	}
	ctx = context.WithoutCancel(ctx)
	o, err := s.outbox.outcome(ctx, p.start)
	if err == nil {
		var now int
		now, err = s.outbox.unfitRows(ctx)
		o.Unfit = max(now-unfit, 0)
		o.Failed += o.Unfit
	}
	if err != nil {
		return o, fmt.Errorf("flush: %w", err)
	}
	return o, nil
}

// flush serves the pass, or waits while another process is the sender. It looks
// once more after it has given the lease back: who queued a message meanwhile
// saw a sender, and counts on it.
func (s *Sender) flush(ctx context.Context, p *pass) error {
	watchCtx, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	changed := s.outbox.Watch(watchCtx)
	ticker := time.NewTicker(leaseEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		held, err := takeSenderLease(s.outbox.options.Dir)
		switch {
		case err == nil:
			if err := errors.Join(s.serve(ctx, p), held.Release()); err != nil {
				return err
			}
		case !errors.Is(err, lease.ErrHeld):
			return fmt.Errorf("take the lease: %w", pathError(err))
		}
		left, leftErr := s.left(ctx, p)
		if ctx.Err() != nil {
			return nil
		}
		if leftErr != nil || !left {
			return leftErr
		}
		if err == nil {
			continue
		}
		select {
		case <-changed:
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	return nil
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
	err = b.read.QueryRowContext(ctx, `SELECT coalesce(sum(i.not_before <= ?1), 0), coalesce(sum(i.not_before > ?1), 0) FROM recipients r JOIN items i ON i.id = r.item_id
		WHERE i.state IN (?2, ?3) AND r.state IN (?4, ?5)`,
		stamp(time.Now()), StateWaiting, StateSending, RecipientWaiting, RecipientSending).Scan(&o.Waiting, &o.Scheduled)
	if err != nil {
		return o, storeError(err)
	}
	left, err := b.CampaignsLeft(ctx, nil)
	if err != nil {
		return o, err
	}
	o.Waiting, o.Scheduled, o.Paused = o.Waiting+left.Now+left.Later, o.Scheduled+left.Scheduled, left.Paused
	if o.Uncertain > 0 {
		if o.Doubtful, err = b.became(ctx, RecipientUncertain, start); err != nil {
			return o, err
		}
	}
	if o.Failed > 0 {
		o.Refused, err = b.became(ctx, RecipientFailed, start)
	}
	return o, err
}

// unfitRows is how many rows of campaigns failed since no letter can be made of them.
func (b *Outbox) unfitRows(ctx context.Context) (n int, err error) {
	err = b.read.QueryRowContext(ctx, "SELECT coalesce(sum(n), 0) FROM campaign_counts WHERE items = 0 AND state = ?", rowFailed).Scan(&n)
	return n, storeError(err)
}

// became are the items with a recipient who has come into a state since start.
func (b *Outbox) became(ctx context.Context, state RecipientState, start time.Time) (all []ID, err error) {
	rows, err := b.read.QueryContext(ctx, "SELECT DISTINCT item_id FROM recipients WHERE state = ? AND at >= ? ORDER BY item_id", state, stamp(start))
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var id ID
		err := rows.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, storeError(err)
}
