package outbox

import (
	"context"
	"database/sql"
	"time"
)

// Undelivered is a recipient who does not get a message: the server has refused it
// for good, or it could not be delivered for too long, or it came back as a bounce.
type Undelivered struct {
	Number    int64 // tells the recipients of all items apart
	Item      ID
	Account   string
	Subject   string
	Recipient // whose At is when that became known
}

// UndeliveredSince gives those of whom that has become known since a time, the
// oldest first, at most so many. Who is tried again and fails again is among them
// again.
func (b *Outbox) UndeliveredSince(ctx context.Context, since time.Time, limit int) (all []Undelivered, err error) {
	// No item is older than what became of a recipient; what was never tried, and waits or
	// is being sent, has nobody who failed.
	rows, err := b.read.QueryContext(ctx, `SELECT recipients.id, item, account, subject, coalesce((SELECT reason FROM report_recipients rr
			WHERE rr.recipient_id = recipients.id AND rr.counted ORDER BY rr.report_id DESC LIMIT 1), ''), `+recipientColumns+`
		FROM (SELECT id AS item, account, subject FROM items INDEXED BY items_kept
			WHERE state IN (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) AND `+keptItems+` AND updated_at >= ?9)
		JOIN recipients ON item_id = item WHERE state IN (?10, ?11) AND at >= ?9 ORDER BY at, recipients.id LIMIT ?12`,
		StateWaiting, StateSending, StateHeld, StateCancelled, StateUncertain, StateFailed, StateBounced, StatePartial, stamp(since),
		RecipientFailed, RecipientBounced, limit)
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var u Undelivered
		var report string
		r, err := scanRecipient(rows, &u.Number, &u.Item, &u.Account, &u.Subject, &report)
		u.Recipient, u.Report = r, report
		all = append(all, u)
		return err
	})
	return all, storeError(err)
}
