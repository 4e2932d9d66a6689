package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sendoff/compose"
)

// Action is something that is done to items, many at once, and can be undone.
type Action uint8

// The numbers are stored: never change one.
const (
	ActionHold    Action = 1
	ActionRelease Action = 2 // of what is held
	ActionCancel  Action = 3
	ActionDelete  Action = 4
)

// Tally is what an action on some items came to.
type Tally struct {
	Done     int
	Halted   int // were released, and are held for their campaign, which is paused or sends nothing at this hour
	Undoable int // of those; the rest cannot be brought back
	Busy     int // were just being sent
	TooLate  int // were to be cancelled, and a server had all of them by then
	Other    int // were gone, or in a state that does not take it

	// Stopping are those that were to be cancelled and are being sent: their senders were
	// asked to stop, and AwaitStop tells what comes of that.
	Stopping []ID

	records int // bytes of what can be brought back
}

const (
	undoFor    = 24 * time.Hour // how long an action can be undone, and what was deleted is kept
	undoSteps  = 20             // that are kept at most
	undoAtOnce = 100            // items in one transaction
)

// ActOn does something to items, as one step that Undo undoes. What cannot be done
// to one of them is counted, and stops nothing.
func (b *Outbox) ActOn(ctx context.Context, a Action, ids ...ID) (tally Tally, err error) {
	var step int64
	err = b.writer.do(ctx, func(t *tx) (err error) {
		step, err = t.beginStep(a, time.Now())
		return err
	})
	if err != nil {
		return tally, fmt.Errorf("begin: %w", err)
	}
	for len(ids) > 0 && err == nil {
		some := ids[:min(len(ids), undoAtOnce)]
		ids = ids[len(some):]
		if a == ActionRelease {
			err = b.releaseAll(ctx, step, some, &tally)
		} else {
			err = b.actOnSome(ctx, a, step, some, &tally)
		}
	}
	if err != nil {
		return tally, fmt.Errorf("act on many: %w", err)
	}
	return tally, nil
}

// beginStep opens a step, and forgets those that nobody will undo any more.
func (t *tx) beginStep(a Action, now time.Time) (int64, error) {
	r, err := t.exec("INSERT INTO undo_steps(action, at) VALUES(?, ?)", a, stamp(now))
	if err != nil {
		return 0, err
	}
	step, err := r.LastInsertId()
	if err != nil {
		return 0, err
	}
	return step, t.forgetSteps(step-undoSteps, now)
}

// forgetSteps forgets steps up to one, and those that are too old.
func (t *tx) forgetSteps(upTo int64, now time.Time) error {
	_, err := t.exec("DELETE FROM undo_steps WHERE id <= ? OR at < ?", upTo, stamp(now.Add(-undoFor)))
	return err
}

// actOnSome does it to a few items in one transaction.
func (b *Outbox) actOnSome(ctx context.Context, a Action, step int64, ids []ID, tally *Tally) error {
	now := time.Now()
	var files []string
	var some Tally
	err := b.writer.do(ctx, func(t *tx) error {
		some, files = Tally{records: tally.records}, nil
		for _, id := range ids {
			i, err := b.actable(t, id)
			switch {
			case err == nil:
				err = t.actOn(a, step, id, i, now, &some)
			case errors.Is(err, ErrBusy) && a == ActionCancel:
				err = t.askToStopUndoably(step, id, &some)
			}
			if err == nil && a == ActionDelete && i.file != "" {
				files = append(files, i.file)
			}
			if err := some.count(err); err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	tally.add(some)
	for _, file := range files {
		if err := b.dropFile(ctx, file); err != nil { // not before the deletion is on disk
			return err
		}
	}
	return nil
}

// count takes in what became of one item; an error that is not about that item
// alone is given back.
func (c *Tally) count(err error) error {
	switch {
	case err == nil:
		c.Done++
	case errors.Is(err, ErrStopping): // and told already
	case errors.Is(err, ErrTooLate):
		c.TooLate++
	case errors.Is(err, ErrBusy):
		c.Busy++
	case errors.Is(err, ErrTransition), errors.Is(err, ErrNotFound), errors.Is(err, ErrOfCampaign):
		c.Other++
	default:
		return err
	}
	return nil
}

func (c *Tally) add(other Tally) {
	c.records = max(c.records, other.records)
	c.Done += other.Done
	c.Halted += other.Halted
	c.Undoable += other.Undoable
	c.Busy += other.Busy
	c.TooLate += other.TooLate
	c.Stopping = append(c.Stopping, other.Stopping...)
	c.Other += other.Other
}

// actOn does it to one item, and records how to undo it.
func (t *tx) actOn(a Action, step int64, id ID, i *actable, now time.Time, tally *Tally) error {
	if a == ActionDelete {
		return t.deleteUndoably(step, id, i, tally)
	}
	if i.draft {
		return ErrTransition
	}
	change := t.holdItem
	if a == ActionCancel {
		change = t.cancelItem
	}
	if err := change(id, i); err != nil {
		return err
	}
	if err := t.rollUp(id, now); err != nil {
		return err
	}
	tally.Undoable++
	return t.recordUndo(step, id, "")
}

// askToStopUndoably asks the sender of an item to stop, and records that: to undo it is
// to take the wish back, or to let the item go again.
func (t *tx) askToStopUndoably(step int64, id ID, tally *Tally) error {
	if err := t.askToStop(id); err != nil {
		return err
	}
	if err := t.recordUndo(step, id, ""); err != nil {
		return err
	}
	tally.Undoable++
	tally.Stopping = append(tally.Stopping, id)
	return ErrStopping
}

// deleteUndoably deletes an item, and keeps what it is brought back from.
func (t *tx) deleteUndoably(step int64, id ID, i *actable, tally *Tally) error {
	if err := t.mayDelete(id, i); err != nil {
		return err
	}
	kept, err := t.keptOf(id, i, tally)
	if err != nil {
		return err
	}
	if err := t.execID("DELETE FROM items WHERE id = ?", id); err != nil || kept == "" {
		return err
	}
	tally.Undoable++
	return t.recordUndo(step, id, kept)
}

// keptOf is all that is known of an item, or its draft if that is all: where there is no
// room for more, and where nobody can have it, so that nothing but a draft is lost. The
// letter of a campaign is made of a row, which knows of it no more once it is deleted.
func (t *tx) keptOf(id ID, i *actable, tally *Tally) (string, error) {
	if !i.draft && !i.ofCampaign && tally.records < maxRecords {
		record, err := t.record(id, i.file)
		if err != nil {
			return "", err
		}
		if tally.records+len(record) <= maxRecords {
			tally.records += len(record)
			return record, nil
		}
	}
	var draft string
	err := t.queryRow("SELECT json FROM drafts WHERE item_id = ?1 AND NOT EXISTS(SELECT 1 FROM attempts WHERE item_id = ?1 AND marked_at <> 0)", id).Scan(&draft)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return draft, err
}

func (t *tx) recordUndo(step int64, id ID, draft string) error {
	_, err := t.exec("INSERT OR REPLACE INTO undo_items(step_id, item_id, draft) VALUES(?, ?, ?)", step, id, draft)
	return err
}

// releaseAll releases what is held. Each has a transaction of its own, since it may
// have to be dated anew.
func (b *Outbox) releaseAll(ctx context.Context, step int64, ids []ID, tally *Tally) error {
	for _, id := range ids {
		var holds bool
		err := b.actDated(ctx, "release", id, func(t *tx, i *actable, now time.Time) (err error) {
			if !i.held {
				return ErrTransition
			}
			if i.halted { // what its campaign holds alone is not released, and there is nothing to undo
				switch stays, err := t.campaignHolds(id, now); {
				case err != nil:
					return err
				case stays:
					return ErrCampaignHolds
				}
			}
			if err := t.releaseItem(id, i, now); err != nil {
				return err
			}
			if holds, err = t.campaignHolds(id, now); err != nil {
				return err
			}
			was := ""
			if i.halted {
				was = wasHalted
			}
			return t.recordUndo(step, id, was)
		})
		if err == nil {
			tally.Undoable++
		}
		if err == nil && holds || errors.Is(err, ErrCampaignHolds) {
			tally.Halted++
			continue
		}
		if err := tally.count(err); err != nil {
			return err
		}
	}
	return nil
}

// Deed is an action that was done, and whose undoing is recorded. The zero Deed is none.
type Deed struct {
	ID     int64
	Action Action
	At     time.Time
	Items  int
	One    ID // the only one of them; 0: there are several

	// Undoable tells that undoing it would do something: not once all of them have gone
	// out, or have changed otherwise. Of very many items it goes by the first thousand.
	Undoable bool
}

// LastDeed is the last that was done and not undone; the zero Deed if there is none.
func (b *Outbox) LastDeed(ctx context.Context) (d Deed, err error) {
	var at int64
	err = b.read.QueryRowContext(ctx, `SELECT s.id, s.action, s.at, count(*), iif(count(*) = 1, max(i.item_id), 0) FROM undo_steps s JOIN undo_items i ON i.step_id = s.id
		WHERE s.at >= ? GROUP BY s.id ORDER BY s.id DESC LIMIT 1`, stamp(time.Now().Add(-undoFor))).Scan(&d.ID, &d.Action, &at, &d.Items, &d.One)
	if errors.Is(err, sql.ErrNoRows) {
		return Deed{}, nil
	}
	d.At, d.Undoable = unstamp(at), d.Action == ActionDelete
	if err == nil && !d.Undoable {
		err = b.read.QueryRowContext(ctx, `SELECT EXISTS(SELECT 1 FROM (SELECT item_id FROM undo_items WHERE step_id = ? ORDER BY item_id LIMIT ?) u
			JOIN items ON items.id = u.item_id WHERE `+undoables[d.Action]+`)`, d.ID, mostDue).Scan(&d.Undoable)
	}
	return d, storeError(err)
}

// Undone is what undoing a step came to.
type Undone struct {
	Action Action
	Items  []ID // as they were before
	Left   int  // have changed since, and stay as they are
	Stays  ID   // is one of those; 0: there are none
}

// Undo undoes a deed. What has changed since stays as it is. ErrNotFound if there
// is no such deed, as when another window has undone it.
func (b *Outbox) Undo(ctx context.Context, step int64) (u Undone, err error) {
	for more := true; more; {
		err = b.writer.do(ctx, func(t *tx) (err error) {
			more, err = t.undoSome(step, &u)
			return err
		})
		if err != nil {
			return u, fmt.Errorf("undo: %w", err)
		}
	}
	return u, nil
}

// undoing is an item of a step.
type undoing struct {
	id    ID
	draft string // of what was deleted, or its record; else "" or wasHalted
}

// undoSome undoes a part of a step, and tells whether there is more.
func (t *tx) undoSome(step int64, u *Undone) (more bool, err error) {
	if err := t.queryRow("SELECT action FROM undo_steps WHERE id = ?", step).Scan(&u.Action); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrNotFound
		}
		return false, err
	}
	var some []undoing
	err = t.each(func(rows *sql.Rows) error {
		var one undoing
		err := rows.Scan(&one.id, &one.draft)
		some = append(some, one)
		return err
	}, "SELECT item_id, draft FROM undo_items WHERE step_id = ? ORDER BY item_id LIMIT ?", step, undoAtOnce)
	if err != nil {
		return false, err
	}
	now := time.Now()
	for _, one := range some {
		back, err := t.undoOne(u.Action, one, now)
		if err != nil {
			return false, err
		}
		if back {
			u.Items = append(u.Items, one.id)
		} else {
			u.Left, u.Stays = u.Left+1, one.id
		}
		if _, err := t.exec("DELETE FROM undo_items WHERE step_id = ? AND item_id = ?", step, one.id); err != nil {
			return false, err
		}
	}
	if len(some) == undoAtOnce {
		return true, nil
	}
	_, err = t.exec("DELETE FROM undo_steps WHERE id = ?", step)
	return false, err
}

// undoables are the conditions of items to which an action was done and can be undone.
// Released is not what was tried since: then it is too late to keep it.
var undoables = map[Action]string{
	ActionHold: "draft = 0 AND held = 1 AND cancelled = 0",
	ActionRelease: `draft = 0 AND (held = 0 OR halted = 1) AND cancelled = 0 AND
		EXISTS(SELECT 1 FROM recipients WHERE item_id = items.id AND state = 1) AND NOT EXISTS(SELECT 1 FROM recipients WHERE item_id = items.id AND state = 2) AND
		NOT EXISTS(SELECT 1 FROM attempts a JOIN undo_items u ON u.item_id = a.item_id JOIN undo_steps s ON s.id = u.step_id
			WHERE a.item_id = items.id AND s.action = 2 AND a.started_at >= s.at)`,
	ActionCancel: `(draft = 0 AND cancelled = 1 AND replaced_by = 0 AND NOT EXISTS(SELECT 1 FROM campaigns c WHERE c.id = items.campaign AND c.state = 5)
		OR EXISTS(SELECT 1 FROM attempts a WHERE a.item_id = items.id AND ` + isStopping + `))`,
}

// undoOne brings one item back to what it was, if nothing has happened to it since.
func (t *tx) undoOne(a Action, one undoing, now time.Time) (back bool, err error) {
	if a == ActionDelete {
		return t.bringBack(one, now)
	}
	n := int64(0)
	switch a {
	case ActionHold:
		n, err = t.changed("UPDATE items SET held = 0 WHERE id = ? AND "+undoables[a], one.id)
	case ActionCancel:
		if n, err = t.changed("UPDATE items SET cancelled = 0 WHERE id = ? AND "+undoables[a], one.id); err == nil && n > 0 {
			err = t.goOnSending(one.id)
		}
	case ActionRelease:
		n, err = t.holdAgain(one)
	}
	if err != nil || n == 0 {
		return false, err
	}
	if err := t.rollUp(one.id, now); err != nil {
		return false, err
	}
	return true, t.heedCampaign(one.id, now)
}

// wasHalted stands in place of a draft where what was released was held for its
// campaign: whoever undoes that means it to go on with the others.
const wasHalted = "halted"

// holdAgain holds what was released. What its campaign holds meanwhile stays held, for whom it was before.
func (t *tx) holdAgain(one undoing) (int64, error) {
	return t.changed(`UPDATE items SET held = 1, halted = ?2 AND (halted OR EXISTS(SELECT 1 FROM campaigns c WHERE c.id = items.campaign AND c.state = ?3))
		WHERE id = ?1 AND `+undoables[ActionRelease], one.id, one.draft == wasHalted, CampaignPaused)
}

// bringBack makes a deleted item of its record, or a draft of what else is kept of it,
// under its old ID. One whose text cannot be read any more stays deleted.
func (t *tx) bringBack(one undoing, now time.Time) (bool, error) {
	if isRecord(one.draft) {
		return t.restore(one.id, one.draft)
	}
	var d compose.Draft
	if json.Unmarshal([]byte(one.draft), &d) != nil {
		return false, nil
	}
	s := summarize(d)
	n, err := t.changed("INSERT OR IGNORE INTO items(id, state, draft, account, from_line, to_list, cc_list, bcc_list, subject, created_at, updated_at) "+
		"VALUES(?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)", one.id, StateDraft, d.Account, s.from, s.to, s.cc, s.bcc, s.subject, stamp(now), stamp(now))
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.keepDraft(one.id, d, true)
}
