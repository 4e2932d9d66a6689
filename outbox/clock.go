package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// The wall clock says when something is due, since it goes on while the machine
// sleeps and between two runs. It may also be wrong: what was planned while it
// ran ahead would wait until it has got there again. So when it is set back,
// everything that was planned is set back with it. When it jumps ahead, as after
// a sleep, what has become due meanwhile is due, once.

// clockSlack is how far the clock may be set back without notice, as time
// services do.
const clockSlack = 5 * time.Second

// setBack is by how much the wall clock was set back while it and the monotonic
// clock went on; 0 if it was not.
func setBack(wall, monotonic time.Duration) time.Duration {
	if by := monotonic - wall; by > clockSlack {
		return by
	}
	return 0
}

// lookAtClock gives the time, and sets back what is planned if the clock was.
func (v *service) lookAtClock(ctx context.Context) (time.Time, error) {
	now := time.Now()
	by := setBack(now.Round(0).Sub(v.looked.Round(0)), now.Sub(v.looked))
	if by > 0 {
		v.log.Warn("the clock was set back", "by", by.String())
		if err := v.outbox.writer.do(ctx, func(t *tx) error { return t.setBack(by, now) }); err != nil {
			return now, err
		}
		clear(v.used) // is read again
	}
	slept := now.Round(0).Sub(v.looked.Round(0))
	v.looked = now
	if slept > missedBy { // as long as a start may be late
		return now, v.outbox.writer.do(ctx, func(t *tx) error { return t.holdMissed(now) })
	}
	return now, nil
}

// setBackAtStart sets back what is planned if the outbox has seen a later time
// than now.
func (t *tx) setBackAtStart(now time.Time) error {
	var seen int64
	err := t.queryRow(`SELECT max(coalesce((SELECT max(started_at, finished_at) FROM attempts ORDER BY id DESC LIMIT 1), 0),
		coalesce((SELECT updated_at FROM items ORDER BY id DESC LIMIT 1), 0))`).Scan(&seen)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if by := unstamp(seen).Sub(now); by > clockSlack {
		return t.setBack(by, now)
	}
	return nil
}

// setBack moves what was planned by a clock that ran ahead, and what it has
// recorded: else the next start would find a later time than now again, and set
// everything back once more. What a person has scheduled stays where it was put.
func (t *tx) setBack(by time.Duration, now time.Time) error {
	for _, query := range []string{
		"UPDATE items SET not_before = not_before - ?1 WHERE state = 6 AND undo = 1 AND not_before > ?2",
		`UPDATE recipients SET next_at = max(next_at - ?1, ?2) WHERE state = 1 AND next_at > ?2
			AND item_id IN (SELECT id FROM items WHERE state = 6 AND (not_before <= ?2 OR undo = 1))`,
		`UPDATE items SET next_at = max(next_at - ?1, ?2) WHERE state = 6 AND next_at > ?2 AND (not_before <= ?2 OR undo = 1)`,
		`UPDATE parks SET since = iif(since > ?2, since - ?1, since), until = iif(until = 0, 0, max(until - ?1, ?2))
			WHERE since > ?2 OR until > ?2`,
		"UPDATE sends SET at = at - ?1 WHERE at > ?2",
		fmt.Sprintf("UPDATE sent_copies SET next_at = max(next_at - ?1, ?2), at = min(at, ?2) WHERE state = 1 AND next_at > ?2 AND next_at < %d", int64(never)),
		"UPDATE account_facts SET learned_at = learned_at - ?1 WHERE learned_at > ?2",
	} {
		if _, err := t.exec(query, by.Microseconds(), stamp(now)); err != nil {
			return err
		}
	}
	return t.setRecordsBack(by, now)
}

// setRecordsBack moves what has happened later than now. It goes a little too
// far: a pass that begins now must not take those attempts for its own.
func (t *tx) setRecordsBack(by time.Duration, now time.Time) error {
	by += clockSlack
	for _, query := range []string{
		"UPDATE items SET updated_at = updated_at - ?1 WHERE updated_at > ?2",
		"UPDATE recipients SET at = at - ?1 WHERE at > ?2",
		"UPDATE campaigns SET watched_at = watched_at - ?1 WHERE watched_at > ?2", // else the breaker sees nothing until then
		`UPDATE attempts SET started_at = started_at - ?1, marked_at = iif(marked_at = 0, 0, marked_at - ?1),
			finished_at = iif(finished_at = 0, 0, finished_at - ?1), next_at = next_at - ?1
			WHERE max(started_at, finished_at) > ?2`,
	} {
		if _, err := t.exec(query, by.Microseconds(), stamp(now)); err != nil {
			return err
		}
	}
	return nil
}
