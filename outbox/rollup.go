package outbox

import (
	"database/sql"
	"time"
)

// rollUp is what lists show of an item: it follows from its facts and its
// recipients.
type rollUp struct {
	state  State // stored: never scheduled, since that ends by the clock alone
	next   int64
	tries  int
	reason string
}

// rollRecipient is what the roll-up of an item takes of a recipient.
type rollRecipient struct {
	state RecipientState
	tries int
	next  int64
	text  string
}

// rollUpOf is pure. The recipients are all of the item's, in their order.
func rollUpOf(f facts, now time.Time, recipients []rollRecipient) (roll rollUp) {
	states := make([]RecipientState, len(recipients))
	for i, r := range recipients {
		states[i] = r.state
		roll.tries = max(roll.tries, r.tries)
		if r.state == RecipientWaiting && (roll.next == 0 || r.next < roll.next) {
			roll.next = r.next
		}
		if roll.reason == "" && r.state != RecipientSent && r.state != RecipientConfirmed {
			roll.reason = r.text
		}
	}
	if roll.state = derive(f, now, states); roll.state == StateScheduled {
		roll.state = StateWaiting
	}
	if roll.next != 0 {
		roll.next = max(roll.next, stamp(f.notBefore))
	}
	return roll
}

// factColumns are those of items that facts come from.
const factColumns = "draft, cancelled, held, not_before"

// rollUp derives what lists show of an item from what is stored of it.
func (t *tx) rollUp(id ID, now time.Time) error {
	var f facts
	var notBefore int64
	if err := t.queryRow("SELECT "+factColumns+" FROM items WHERE id = ?", id).Scan(&f.draft, &f.cancelled, &f.held, &notBefore); err != nil {
		return err
	}
	f.notBefore = unstamp(notBefore)
	var recipients []rollRecipient
	err := t.each(func(rows *sql.Rows) error {
		var r rollRecipient
		err := rows.Scan(&r.state, &r.tries, &r.next, &r.text)
		recipients = append(recipients, r)
		return err
	}, "SELECT state, attempts, next_at, text FROM recipients WHERE item_id = ? ORDER BY id", id)
	if err == nil && !f.cancelled {
		err = t.forgetStop(id, recipients)
	}
	if err != nil {
		return err
	}
	return t.writeRollUp(id, rollUpOf(f, now, recipients), now)
}

// forgetStop takes the end of a try that a person has stopped from those who wait of an item that goes
// on, since the person has taken that back or sends it after all: it explains what was
// cancelled, and nothing else. The attempt keeps it.
func (t *tx) forgetStop(id ID, recipients []rollRecipient) error {
	stopped := false
	for i, r := range recipients {
		if r.state == RecipientWaiting && r.text == ErrStopped.Error() {
			recipients[i].text, stopped = "", true
		}
	}
	if !stopped {
		return nil
	}
	_, err := t.exec("UPDATE recipients SET class = 0, code = 0, enhanced = '', text = '' WHERE item_id = ? AND state = ? AND text = ?",
		id, RecipientWaiting, ErrStopped.Error())
	return err
}

func (t *tx) writeRollUp(id ID, roll rollUp, now time.Time) error {
	_, err := t.exec("UPDATE items SET state = ?, next_at = ?, attempts = ?, reason = ?, updated_at = ? WHERE id = ?",
		roll.state, roll.next, roll.tries, roll.reason, stamp(now), id)
	if err != nil || roll.state != StateSent {
		return err
	}
	return t.execID(forgetQuery, id)
}

// forgetQuery removes the draft of a message that was encrypted, once everybody has
// it: nobody takes it back any more, and who has the disk can read a draft. What it
// looks for can stand in a draft as its own key alone, since quotes in a text are
// escaped; a draft that was damaged is no error so.
const forgetQuery = "DELETE FROM drafts WHERE item_id = ? AND " + isEncrypted

// isEncrypted looks through a draft once, where nothing protects it.
const isEncrypted = `iif(instr(json, '"protection":"'), instr(json, '"protection":"encrypt"') OR instr(json, '"protection":"sign+encrypt"'), 0)`
