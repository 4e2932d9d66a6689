package outbox

import (
	"database/sql"
	"fmt"
	"time"

	"sendoff/outbox/bounce"
)

// finalClasses are those of an answer that ends the tries, as SQL has lists. Who waits
// with one has been refused before, and a person has asked for another try.
var finalClasses = fmt.Sprintf("(%d, %d, %d)", ClassRejected, ClassMessage, ClassPolicy)

// hadBounced tells of a recipient r whether a report has ever said so.
var hadBounced = fmt.Sprintf("EXISTS(SELECT 1 FROM report_recipients b WHERE b.recipient_id = r.id AND b.counted <> 0 AND b.kind NOT IN (%d, %d))", bounce.Delay, bounce.Success)

// callOff gives the recipients of items back what had become of them before another
// try was asked for that is not made now: it is what lists and counts must go on to
// say. Those that had come to no end go on waiting.
func (t *tx) callOff(items []ID, now time.Time) error {
	moves := make(map[ID]map[int64]Event)
	err := t.each(func(rows *sql.Rows) error {
		var item ID
		var recipient int64
		var bounced bool
		err := rows.Scan(&item, &recipient, &bounced)
		if moves[item] == nil {
			moves[item] = make(map[int64]Event)
		}
		moves[item][recipient] = callOffEvent(bounced)
		return err
	}, "SELECT r.item_id, r.id, "+hadBounced+" FROM recipients r WHERE r.item_id IN "+inList+" AND r.state = ? AND (r.class IN "+finalClasses+" OR "+hadBounced+")", list(items), RecipientWaiting)
	if err != nil {
		return err
	}
	for item, events := range moves {
		for recipient, event := range events {
			if err := t.move(recipient, event); err != nil {
				return fmt.Errorf("%s: %w", item, err)
			}
		}
		if err := t.rollUp(item, now); err != nil {
			return fmt.Errorf("%s: %w", item, err)
		}
	}
	return nil
}

func callOffEvent(bounced bool) Event {
	if bounced {
		return EventCallOffBounced
	}
	return EventCallOff
}

// refusedBefore says how to call off another try of a recipient; 0 if it had come to no
// end before.
func (t *tx) refusedBefore(recipient int64) (e Event, err error) {
	var refused, bounced bool
	err = t.queryRow("SELECT r.class IN "+finalClasses+", "+hadBounced+" FROM recipients r WHERE r.id = ?", recipient).Scan(&refused, &bounced)
	if err != nil || !refused && !bounced {
		return 0, err
	}
	return callOffEvent(bounced), nil
}
