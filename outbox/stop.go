package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

var (
	// ErrStopping says that a message is being sent, and that its sender was asked to
	// stop that.
	ErrStopping = errors.New("it is being sent, and its sender was asked to stop")
	// ErrTooLate is why what is being sent is not stopped: its final dot may have left.
	ErrTooLate = errors.New("the server has the whole message; it can no longer be stopped")
	// ErrStopped is why a delivery ends that a person wants stopped: the cause of the end
	// of its context, and what Delivery.Mark says where the wish is known before its dot.
	ErrStopped = errors.New("stopped by you before the message was complete")
)

// isStopping is the condition of an attempt that a person wants stopped, as long as its
// final dot has not left by what the database knows.
const isStopping = "finished_at = 0 AND stopping <> 0 AND marked_at = 0"

// isAtDot is the condition of an attempt that goes on whose final dot may have left.
const isAtDot = "finished_at = 0 AND marked_at <> 0"

// Cancel stops what is still open of an item; what was sent stays sent. Retry
// brings it back. ErrTransition if nothing of it is open.
//
// Of one that is being sent it asks the sender to stop, whichever process that is, and
// gives ErrStopping: what comes of it, AwaitStop tells. ErrTooLate where the final dot
// may have left; then nothing has changed.
func (b *Outbox) Cancel(ctx context.Context, id ID) error {
	now := time.Now()
	var asked bool
	err := b.writer.do(ctx, func(t *tx) error {
		i, err := b.actable(t, id)
		if asked = errors.Is(err, ErrBusy); asked {
			return t.askToStop(id)
		}
		if err != nil {
			return err
		}
		if i.draft {
			return fmt.Errorf("it is a draft: %w", ErrTransition)
		}
		if err := t.cancelItem(id, i); err != nil {
			return err
		}
		if err := t.rollUp(id, now); err != nil {
			return err
		}
		return t.heedCampaign(id, now)
	})
	if err == nil && asked {
		err = ErrStopping
	}
	if err != nil {
		return fmt.Errorf("cancel %s: %w", id, err)
	}
	return nil
}

// askToStop leaves the wish where the sender looks for it, and where mark heeds it.
func (t *tx) askToStop(id ID) error {
	n, err := t.changed("UPDATE attempts SET stopping = 1 WHERE item_id = ? AND finished_at = 0 AND marked_at = 0", id)
	if err == nil && n == 0 {
		err = ErrTooLate
	}
	return err
}

// goOnSending takes the wish back.
func (t *tx) goOnSending(id ID) error {
	return t.execID("UPDATE attempts SET stopping = 0 WHERE item_id = ? AND "+isStopping, id)
}

// heedStop cancels what waits of an item when an attempt of it has ended that a person
// wanted stopped, whose final dot has not left, and which has brought it to nobody: this is the
// only place where such an item becomes cancelled. What became of the recipients is
// recorded by then. Behind the mark the wish came too late, whatever the server said: it
// changes nothing.
func (t *tx) heedStop(attempt int64, id ID) error {
	_, err := t.exec(`UPDATE items SET cancelled = 1 WHERE id = ?2
		AND EXISTS(SELECT 1 FROM attempts WHERE id = ?1 AND stopping <> 0 AND marked_at = 0)
		AND EXISTS(SELECT 1 FROM recipients WHERE item_id = ?2 AND state = ?3)
		AND NOT EXISTS(SELECT 1 FROM attempt_results WHERE attempt_id = ?1 AND class IN (?4, ?5))`,
		attempt, id, RecipientWaiting, ClassAccepted, ClassUncertain)
	return err
}

// AwaitStop tells what came of the wish to stop an item: nil when it is cancelled,
// ErrTooLate when its final dot had left before, ErrTransition when it came to something
// else, as where the wish was taken back. It waits until that is known, or ctx ends.
func (b *Outbox) AwaitStop(ctx context.Context, id ID) error {
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	changed := b.Watch(watching)
	orphaned := time.NewTicker(leaseEvery)
	defer orphaned.Stop()
	for {
		switch known, err := b.cameOfStop(ctx, id); {
		case err != nil:
			return fmt.Errorf("stop %s: %w", id, err)
		case known:
			return nil
		}
		select {
		case _, open := <-changed:
			if !open {
				return errors.Join(ctx.Err(), b.stopped.Err())
			}
		case <-orphaned.C:
			if b.SenderRunning() {
				continue
			}
			err := b.writer.do(ctx, func(t *tx) error { // it has died: what it left behind is settled
				_, err := b.actable(t, id)
				return err
			})
			if err != nil && !errors.Is(err, ErrBusy) {
				return fmt.Errorf("stop %s: %w", id, err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// AwaitStops is AwaitStop of several at once: one of which nothing is known yet keeps
// nobody from knowing of the others. What came of each has its place in ids.
func (b *Outbox) AwaitStops(ctx context.Context, ids ...ID) []error {
	came := make([]error, len(ids))
	var waiting sync.WaitGroup
	for n, id := range ids {
		waiting.Go(func() { came[n] = b.AwaitStop(ctx, id) })
	}
	waiting.Wait()
	return came
}

// cameOfStop is what is known by now.
func (b *Outbox) cameOfStop(ctx context.Context, id ID) (known bool, err error) {
	var cancelled, going, wished, marked bool
	err = b.read.QueryRowContext(ctx, `SELECT i.cancelled, coalesce(`+isStopping+`, 0), coalesce(stopping, 0), coalesce(marked_at, 0) <> 0
		FROM items i LEFT JOIN attempts a ON a.id = (SELECT max(id) FROM attempts WHERE item_id = i.id) WHERE i.id = ?`, id).
		Scan(&cancelled, &going, &wished, &marked)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return true, ErrNotFound
	case err != nil:
		return true, storeError(err)
	case going:
		return false, nil
	case cancelled:
		return true, nil
	case wished && marked:
		return true, ErrTooLate
	}
	return true, ErrTransition
}

// brakes stop the attempts under way that persons want stopped. Each attempt passes its
// brake at the mark, once: who pulled it before keeps the final dot from leaving, and who
// pulls it behind that does nothing. So of an attempt that was broken off no dot has left.
type brakes struct {
	mu     sync.Mutex
	under  map[int64]*brake // by attempt, of those under way
	wished map[int64]bool   // attempts that are to be stopped, by the last look; some may not have begun
}

type brake struct {
	stop    context.CancelCauseFunc
	pulled  bool
	marking bool // the mark is on its way to the disk: it is not disturbed
	passed  bool
}

func newBrakes() *brakes { return &brakes{under: make(map[int64]*brake)} }

// begin is for an attempt that begins, with what ends its context.
func (b *brakes) begin(attempt int64, stop context.CancelCauseFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := &brake{stop: stop}
	b.under[attempt] = k
	if b.wished[attempt] {
		k.pull()
	}
}

// pass marks an attempt, unless it is to be stopped: then that is ErrStopped.
func (b *brakes) pass(attempt int64, mark func() error) error {
	b.mu.Lock()
	k := b.under[attempt]
	if k.pulled {
		b.mu.Unlock()
		return ErrStopped
	}
	k.marking = true
	b.mu.Unlock()
	err := mark()
	b.mu.Lock()
	defer b.mu.Unlock()
	k.marking, k.passed = false, err == nil
	k.pulled = k.pulled || errors.Is(err, ErrStopped)
	return err
}

// end is for an attempt that has ended, and tells whether it was broken off.
func (b *brakes) end(attempt int64) (brokenOff bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.under[attempt]
	delete(b.under, attempt)
	return k.pulled && !k.passed
}

// look takes in which attempts are to be stopped, and tells of which of them it is too
// late.
func (b *brakes) look(wished []int64) (late []int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wished = make(map[int64]bool, len(wished))
	for _, attempt := range wished {
		b.wished[attempt] = true
		switch k := b.under[attempt]; {
		case k == nil: // it has not begun, or has ended
		case k.passed:
			late = append(late, attempt)
		default:
			k.pull()
		}
	}
	return late
}

// pull expects the lock.
func (k *brake) pull() {
	k.pulled = true
	if !k.marking {
		k.stop(ErrStopped)
	}
}

// heedStops looks for attempts that persons want stopped. Where a dot has left by what
// the journal alone knows, the database learns of it now, and with it who asked.
func (v *service) heedStops(ctx context.Context) {
	var wished []int64
	rows, err := v.outbox.read.alwaysRows(ctx, "SELECT id FROM attempts INDEXED BY attempts_open WHERE "+isStopping)
	if err == nil {
		err = eachRow(rows, func(rows *sql.Rows) error {
			var attempt int64
			err := rows.Scan(&attempt)
			wished = append(wished, attempt)
			return err
		})
	}
	if err == nil {
		if late := v.brakes.look(wished); len(late) > 0 {
			err = v.outbox.writer.do(ctx, func(t *tx) error { return t.noteBegun(v.follower.openedOf(late)) })
		}
	}
	if err != nil && ctx.Err() == nil {
		v.log.Warn("cannot look for what is to be stopped", "error", err)
	}
}
