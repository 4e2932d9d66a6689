package outbox

import (
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// takeOver settles what a sender that is gone has left behind: first what its journal
// says, then what is still open. Only who has the lease may call it.
func (b *Outbox) takeOver(t *tx, policies map[string]Policy, now time.Time) error {
	records, err := readJournal(b.options.Dir)
	if err != nil {
		return err
	}
	if err := t.replay(records, now); err != nil {
		return err
	}
	return t.recoverOrphans(policies, now)
}

// replay brings into the database what the journal knows of attempts that are open
// there. Of any other, be it of another database, it is old or none of its business.
// That they are the same follows from their number alone, which no later one is given:
// neither a clock nor what happens to an item meanwhile can say it.
func (t *tx) replay(records []record, now time.Time) error {
	for _, r := range records {
		if r.at.After(now) { // the clock was set back
			r.at = now
		}
		if r.began.After(now) {
			r.began = now
		}
		t.lastAttempt = max(t.lastAttempt, r.attempt, r.next)
		if r.next != 0 {
			if _, err := t.exec("UPDATE attempts SET started_at = ?1 WHERE id = ?2 AND item_id = ?3 AND started_at = 0 AND finished_at = 0",
				stamp(r.at), r.next, r.nextItem); err != nil {
				return err
			}
		}
		if err := t.replayOne(r); err != nil {
			return fmt.Errorf("replay %s: %w", r.item, err)
		}
	}
	return nil
}

func (t *tx) replayOne(r record) error {
	j, err := t.openJob(r)
	switch {
	case err != nil || j == nil:
		return err
	case r.kind == recordMark:
		return t.noteBegun(map[int64]begun{r.attempt: {started: r.began, marked: r.at}})
	case !r.report.accepted(len(j.recipients)):
		return nil // it is not what that attempt was for
	}
	j.started, j.marked = r.at, r.at // where nothing better is known
	_, err = t.settle(j, r.report, r.at)
	return err
}

// openJob is the job of an attempt that is open; nil: that is no such one.
func (t *tx) openJob(r record) (*job, error) {
	j := &job{attempt: r.attempt, item: r.item, policy: Policy{SentCopy: r.copied}}
	err := t.queryRow(`SELECT a.account, i.interrupted, i.bulk FROM attempts a JOIN items i ON i.id = a.item_id
		WHERE a.id = ? AND i.id = ? AND i.digest = ? AND a.finished_at = 0`, r.attempt, r.item, r.digest).
		Scan(&j.policy.Account, &j.row, &j.bulk)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	err = t.each(func(rows *sql.Rows) error {
		recipient, err := scanJobRecipient(rows)
		j.recipients = append(j.recipients, recipient)
		return err
	}, "SELECT "+jobRecipientColumns+" FROM recipients WHERE item_id = ? AND state = ? ORDER BY id", r.item, RecipientSending)
	return j, err
}
