package outbox

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// fallbackAfter is how long an account must have been down before another one
// takes over: a server that restarts is back sooner, and mail that has gone
// another way cannot be called back.
const fallbackAfter = 10 * time.Minute

// fallbackBatch is how many items are taken over in one commit.
const fallbackBatch = 200

// takesOver tells whether the fallback of an account that has stopped is to have
// its mail, and how many items of it. It is pure. A limit that is used up is no
// server that is down: who wants another account for that says so. Where it could
// not be reached it may be our own line that is down, so one item finds out; if
// that has been sent, and the account was tried in vain after it, the rest follows.
func takesOver(class Class, since, now time.Time, fallbackParked, fallbackSent bool) int {
	switch {
	case fallbackParked, now.Sub(since) < fallbackAfter:
		return 0
	case class == ClassCredentials, class == ClassAccount:
		return fallbackBatch
	case class == ClassNetwork && fallbackSent:
		return fallbackBatch
	case class == ClassNetwork:
		return 1
	}
	return 0
}

// fallBack gives what waits for an account that is down to the one that its
// settings name, as far as that may send it.
func (v *service) fallBack(ctx context.Context, policies []Policy, now time.Time) error {
	if v.MaySendAs == nil || v.pass != nil && v.pass.only != 0 {
		return nil
	}
	for _, p := range policies {
		if p.Fallback == "" {
			continue
		}
		most, err := v.outbox.overdue(ctx, p, now)
		if err != nil {
			return err
		}
		if most == 0 {
			continue
		}
		var moved []ID
		err = v.outbox.writer.do(ctx, func(t *tx) (err error) {
			moved, err = t.takeOver(p, now, most, v.MaySendAs)
			return err
		})
		if err != nil {
			return err
		}
		if len(moved) > 0 {
			v.log.Warn("given to the fallback", "account", p.Account, "fallback", p.Fallback, "items", len(moved))
		}
	}
	return nil
}

// overdue is how many items of an account its fallback is to take over.
func (b *Outbox) overdue(ctx context.Context, p Policy, now time.Time) (int, error) {
	var class Class
	var since int64
	var parked, sent bool
	err := b.read.always(ctx, `SELECT class, since, EXISTS(SELECT 1 FROM parks f WHERE f.account = ?2),
		EXISTS(SELECT 1 FROM sends s WHERE s.account = ?2 AND s.at > p.since AND s.at < p.until - ?4)
		FROM parks p WHERE p.account = ?1 AND p.revision = ?3`, p.Account, p.Fallback, p.Revision, longestNetworkWait.Microseconds()).Scan(&class, &since, &parked, &sent)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	most := takesOver(class, unstamp(since), now, parked, sent)
	if err != nil || most != 1 {
		return most, storeError(err)
	}
	var asked bool // the one that finds out is on its way
	err = b.read.always(ctx, "SELECT EXISTS(SELECT 1 FROM items WHERE state IN (?, ?) AND account = ? AND meant_for = ?)",
		StateSending, StateWaiting, p.Fallback, p.Account).Scan(&asked)
	if asked {
		most = 0
	}
	return most, storeError(err)
}

// takeOver moves items that are due, or would be if the account were not parked.
func (t *tx) takeOver(p Policy, now time.Time, most int, maySendAs func(sender, account string) bool) (moved []ID, err error) {
	park, found, err := t.parkOf(p.Account)
	if err != nil || !found {
		return nil, err
	}
	behind := int64(never) // of those that wait for the end of the park
	if !park.until.IsZero() {
		behind = stamp(park.until.Add(behindOthers))
	}
	err = t.each(func(rows *sql.Rows) error {
		var id ID
		var sender string
		if err := rows.Scan(&id, &sender); err != nil {
			return err
		}
		if len(moved) < most && maySendAs(sender, p.Fallback) {
			moved = append(moved, id)
		}
		return nil
	}, "SELECT id, sender FROM items WHERE state = 6 AND account = ? AND (next_at <= ? OR next_at = ?) AND not_before <= ? ORDER BY bulk, next_at, id LIMIT ?",
		p.Account, stamp(now), behind, stamp(now), 10*fallbackBatch)
	if err != nil {
		return nil, err
	}
	for _, id := range moved {
		if _, err := t.exec("UPDATE recipients SET next_at = ? WHERE item_id = ? AND state = ? AND next_at = ?", stamp(now), id, RecipientWaiting, behind); err != nil {
			return nil, err
		}
		if _, err := t.exec("UPDATE items SET account = ?, meant_for = iif(meant_for = '', account, meant_for) WHERE id = ?", p.Fallback, id); err != nil {
			return nil, err
		}
		if err := t.rollUp(id, now); err != nil {
			return nil, err
		}
	}
	return moved, nil
}
