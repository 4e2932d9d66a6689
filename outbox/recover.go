package outbox

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"
)

// orphan is an attempt whose process is gone.
type orphan struct {
	attempt     int64
	item        ID
	account     string
	begun       bool
	marked      bool
	interrupted int
	next        time.Time // as planned when it began
}

// recoverOrphans ends every open attempt. Only the process that has just taken
// the lease calls it, before its first claim: every open attempt therefore
// belongs to a dead process, and no clock has to say so.
//
// Without the mark nothing was accepted: due at once and uncounted, up to
// interruptedFree times in a row. With it the server may have the message:
// uncertain, or due again where the account says resend. What was claimed ahead and
// not begun was never tried.
func (t *tx) recoverOrphans(policies map[string]Policy, now time.Time) error {
	var orphans []orphan
	err := t.each(func(rows *sql.Rows) error {
		var o orphan
		var next int64
		err := rows.Scan(&o.attempt, &o.item, &o.account, &o.begun, &o.marked, &o.interrupted, &next)
		o.next = unstamp(next)
		orphans = append(orphans, o)
		return err
	}, `SELECT a.id, a.item_id, a.account, a.started_at <> 0, a.marked_at <> 0, i.interrupted, a.next_at
		FROM attempts a JOIN items i ON i.id = a.item_id WHERE a.finished_at = 0`)
	if err != nil {
		return err
	}
	for _, o := range orphans {
		if err := t.recoverOrphan(o, policies[o.account].ResendInDoubt, now); err != nil {
			return fmt.Errorf("recover %s: %w", o.item, err)
		}
	}
	return nil
}

// missedBy is how late a scheduled message may still leave by itself. After
// that a person is asked: what was meant for Monday may be wrong on Wednesday.
const missedBy = 24 * time.Hour

// holdMissed holds what was scheduled for long ago and was never tried, since no
// sender ran or the machine slept. What only passed its undo window was meant to
// leave at once, and what waits for its account was not missed.
func (t *tx) holdMissed(now time.Time) error {
	missed, err := t.idsOf(`SELECT id FROM items i INDEXED BY items_scheduled WHERE state = 6 AND not_before > 0 AND not_before < ? AND undo = 0
		AND account NOT IN (SELECT account FROM parks)
		AND NOT EXISTS(SELECT 1 FROM attempts a WHERE a.item_id = i.id)`, stamp(now.Add(-missedBy)))
	if err != nil {
		return err
	}
	for _, id := range missed {
		if err := t.execID("UPDATE items SET held = 1 WHERE id = ?", id); err != nil {
			return err
		}
		if _, err := t.exec("UPDATE recipients SET text = ? WHERE item_id = ?", "its time was missed by more than a day: release it, or cancel it", id); err != nil {
			return err
		}
		if err := t.rollUp(id, now); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) recoverOrphan(o orphan, resend bool, now time.Time) error {
	var recipients []jobRecipient
	err := t.each(func(rows *sql.Rows) error {
		r, err := scanJobRecipient(rows)
		recipients = append(recipients, r)
		return err
	}, "SELECT "+jobRecipientColumns+" FROM recipients WHERE item_id = ? AND state = ? ORDER BY id", o.item, RecipientSending)
	if err != nil {
		return err
	}
	if !o.begun && !o.marked {
		return t.withdraw(&job{attempt: o.attempt, item: o.item, recipients: recipients}, now)
	}
	if _, err := t.exec("UPDATE items SET interrupted = iif(?, 0, interrupted + 1) WHERE id = ?", o.marked, o.item); err != nil {
		return err
	}
	if !o.marked {
		v := verdict{event: EventInterrupt, next: afterInterruption(o.interrupted+1, o.next, now)}
		return t.end(o.attempt, o.item, recipients, Result{Class: ClassNetwork, Text: "the program stopped before the message left"}, v, now)
	}
	return t.doubt(o, recipients, resend, now)
}

// doubt ends an attempt whose dot may have left with the program: who waited for
// the answer to it is uncertain, or has had a try that counted where the account
// says resend; who had an answer at the mark has that.
func (t *tx) doubt(o orphan, recipients []jobRecipient, resend bool, now time.Time) error {
	online, err := t.onlineClock(o.account, now)
	if err != nil {
		return err
	}
	known, err := t.noted(o.attempt)
	if err != nil {
		return err
	}
	random := rand.Float64()
	used := 0
	for _, r := range recipients {
		result, answered := known[r.id]
		if !answered {
			result = Result{Class: ClassUncertain, Text: "the program stopped before the server's answer was seen"}
		}
		v := verdict{event: EventInterrupt, next: now, rest: true}
		if result.Class != ClassNetwork { // it was named to the server
			used++
			r.waited, r.online = r.waited+patience(r.online, online), online
			v = decide(result, situation{tries: r.tries, waited: r.waited, now: now, began: true, resend: resend, random: random})
		}
		if _, err := t.settleRecipient(o.attempt, r, result, v, now); err != nil {
			return err
		}
	}
	return t.finish(o.attempt, o.item, o.account, used, now)
}

// abandon ends an attempt that the program itself stopped before the final dot: due
// again at once, uncounted. A stop in good order is not an interruption.
func (t *tx) abandon(j *job, report Report, now time.Time) error {
	if j.noted { // the stop came between the mark and the dot
		if err := t.forgetNoted(j.attempt); err != nil {
			return err
		}
	}
	if _, err := t.exec("UPDATE attempts SET dialogue = ?, started_at = iif(started_at = 0, ?, started_at) WHERE id = ?",
		orNull(report.Dialogue), stamp(j.started), j.attempt); err != nil {
		return err
	}
	return t.end(j.attempt, j.item, j.recipients, Result{Class: ClassNetwork, Text: "the program was stopped before the message left"},
		verdict{event: EventInterrupt, next: now}, now)
}

// end finishes an attempt that came to the same for all its recipients and took
// nothing of the account's limits.
func (t *tx) end(attempt int64, item ID, recipients []jobRecipient, result Result, v verdict, now time.Time) error {
	for _, r := range recipients {
		if _, err := t.settleRecipient(attempt, r, result, v, now); err != nil {
			return err
		}
	}
	return t.finish(attempt, item, "", 0, now)
}

// finish records that an attempt is over, and how many recipients it took of the
// limits of an account, which need not be told if it is none.
func (t *tx) finish(attempt int64, item ID, account string, used int, now time.Time) error {
	if _, err := t.exec("UPDATE attempts SET finished_at = ? WHERE id = ?", stamp(now), attempt); err != nil {
		return err
	}
	if err := t.use(attempt, account, used, now); err != nil {
		return err
	}
	if err := t.heedStop(attempt, item); err != nil {
		return err
	}
	if err := t.rollUp(item, now); err != nil {
		return err
	}
	return t.heedCampaign(item, now)
}
