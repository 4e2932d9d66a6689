package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"
)

// Filer puts copies of what was sent into the Sent folder of an account's
// mailbox. It is called from one goroutine, blocks no longer than ctx and gives
// what came of it: ClassAccepted with the name of the folder, ClassNetwork and
// ClassTemporary for another time, ClassCredentials and ClassAccount for when the
// account or its secret has changed, any other for good.
type Filer interface {
	File(ctx context.Context, c FilingCopy) (result Result, secret string)
	// Rest is called when nothing is left to file for now.
	Rest()
}

// FilingCopy is one copy, as a [Filer] needs it.
type FilingCopy struct {
	Item      ID
	Account   string
	MessageID string    // with angle brackets
	Size      int64     // octets, with CRLF line ends
	Sent      time.Time // when the first of its recipients got it
	Again     bool      // a try has been begun before: the copy may be there already

	// Open gives the exact bytes that were sent. The caller closes.
	Open func() (io.ReadCloser, error)
}

// CopyState is what became of the copy of a message in the Sent folder.
type CopyState uint8

// The states. The numbers are stored: never change one. CopyNone is a message
// that no copy is made of, or not yet.
const (
	CopyNone    CopyState = 0
	CopyWaiting CopyState = 1
	CopyFiled   CopyState = 2
	CopyFailed  CopyState = 3
)

var copyStateNames = [...]string{CopyNone: "", CopyWaiting: "waiting", CopyFiled: "filed", CopyFailed: "failed"}

// String is the state as JSON prints it, "" for none.
func (s CopyState) String() string {
	if int(s) < len(copyStateNames) {
		return copyStateNames[s]
	}
	return ""
}

// SentCopy is what became of the copy of a message, and Text the folder it is in
// or, in one cleaned line, what went wrong last.
type SentCopy struct {
	State CopyState
	Text  string
	Next  time.Time // of one that waits; zero: until the account or its secret has changed
}

// Words say it in one line; "" for none.
func (c SentCopy) Words(now time.Time) string {
	switch {
	case c.State == CopyFiled:
		return "in " + c.Text
	case c.State == CopyFailed:
		return "sent, but the copy failed: " + c.Text
	case c.State == CopyWaiting && c.Text == "":
		return "is being made"
	case c.State == CopyWaiting && c.Next.IsZero():
		return "sent, but the copy waits for another password or setting: " + c.Text
	case c.State == CopyWaiting && c.Next.After(now):
		return fmt.Sprintf("sent, but the copy failed: %s; again at %s", c.Text, c.Next.Local().Format(time.TimeOnly))
	case c.State == CopyWaiting:
		return "sent, but the copy failed: " + c.Text + "; again at once"
	}
	return ""
}

// copyVerdict is what follows from a try to file a copy.
type copyVerdict struct {
	state CopyState
	next  time.Time
	stops bool // nothing more for this account before it has changed
}

// decideCopy is pure. tries counts the one that has ended, since is when the first
// could have been made.
func decideCopy(r Result, tries int, since, now time.Time, random float64) copyVerdict {
	switch r.Class {
	case ClassAccepted:
		return copyVerdict{state: CopyFiled}
	case ClassCredentials, ClassAccount:
		return copyVerdict{state: CopyWaiting, stops: true}
	case ClassNetwork, ClassTemporary, ClassThrottled, ClassUncertain, ClassProtocol:
		if exhausted(tries, now.Sub(since)) {
			return copyVerdict{state: CopyFailed}
		}
		return copyVerdict{state: CopyWaiting, next: now.Add(backoff(tries, random))}
	}
	return copyVerdict{state: CopyFailed}
}

// wantCopy notes that a message, which somebody has now, belongs into Sent.
func (t *tx) wantCopy(item ID, account string, now time.Time) error {
	_, err := t.exec("INSERT OR IGNORE INTO sent_copies(item_id, account, state, next_at, at) VALUES(?, ?, ?, ?, ?)",
		item, account, CopyWaiting, stamp(now), stamp(now))
	return err
}

// never is the time of what waits for a change: later than any.
const never = 1<<63 - 1

// copyJob is a copy that is being filed.
type copyJob struct {
	FilingCopy
	content content
	tries   int
	since   time.Time
}

// nextCopy is when an account has a copy to file, the zero time if it has none that
// could be.
func (b *Outbox) nextCopy(ctx context.Context, p Policy) (time.Time, error) {
	var next int64
	var stopped bool
	err := b.read.always(ctx, `SELECT coalesce(min(next_at), 0), EXISTS(SELECT 1 FROM sent_copies
				WHERE account = ?1 AND state = 1 AND next_at = ?2 AND revision = ?3)
			OR EXISTS(SELECT 1 FROM looks WHERE account = ?1 AND next_at = ?2 AND class = ?4 AND revision = ?3)
		FROM sent_copies WHERE account = ?1 AND state = 1 AND (next_at < ?2 OR revision <> ?3)`,
		p.Account, int64(never), p.Revision, ClassCredentials).Scan(&next, &stopped)
	switch {
	case err != nil:
		return time.Time{}, storeError(err)
	case stopped:
		return time.Time{}, nil // what comes now waits with the others
	case next == never:
		return time.Now(), nil // the account has changed
	}
	return unstamp(next), nil
}

// takeCopy begins the next try for an account: it is recorded first. Nil: nothing
// is due.
func (t *tx) takeCopy(p Policy, now time.Time) (*copyJob, error) {
	c := &copyJob{FilingCopy: FilingCopy{Account: p.Account}}
	var file sql.NullString
	var since int64
	err := t.queryRow(`SELECT i.id, i.message_id, i.size, i.file, i.digest, s.tries, s.at FROM sent_copies s JOIN items i ON i.id = s.item_id
		WHERE s.state = 1 AND s.account = ? AND s.next_at <= ? ORDER BY s.next_at, s.item_id LIMIT 1`, p.Account, stamp(now)).
		Scan(&c.Item, &c.MessageID, &c.Size, &file, &c.content.digest, &c.tries, &since)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	c.content.item, c.content.file, c.content.size = c.Item, file.String, c.Size
	c.Sent, c.since, c.Again = unstamp(since), unstamp(since), c.tries > 0
	c.tries++
	_, err = t.exec("UPDATE sent_copies SET tries = ?, next_at = ? WHERE item_id = ?", c.tries, stamp(now.Add(backoff(c.tries, 0.5))), c.Item)
	return c, err
}

// settleCopy records what a try came to. What stops it stops the account's others.
func (t *tx) settleCopy(c *copyJob, p Policy, r Result, secret string, v copyVerdict) error {
	next := int64(never)
	if !v.stops {
		next = stamp(v.next)
	}
	text := bound(r.Text)
	if _, err := t.exec("UPDATE sent_copies SET state = ?, next_at = ?, class = ?, text = ?, revision = ?, secret = ? WHERE item_id = ?",
		v.state, next, r.Class, text, p.Revision, secret, c.Item); err != nil || !v.stops {
		return err
	}
	_, err := t.exec("UPDATE sent_copies SET next_at = ?, class = ?, text = ?, revision = ?, secret = ? WHERE account = ? AND state = 1",
		next, r.Class, text, p.Revision, secret, p.Account)
	return err
}

// reviveCopies makes due what waits for a change of its account, if that has come.
func (t *tx) reviveCopies(p Policy, now time.Time) error {
	_, err := t.exec("UPDATE sent_copies SET next_at = ? WHERE account = ? AND state = 1 AND next_at = ? AND revision <> ?",
		stamp(now), p.Account, int64(never), p.Revision)
	return err
}

// copyAgain makes the copy of an item due that failed or waits. ErrTransition if
// there is none such.
func (t *tx) copyAgain(id ID, now time.Time) error {
	n, err := t.changed("UPDATE sent_copies SET state = ?1, next_at = ?2, revision = '', at = ?2 WHERE item_id = ?3 AND state IN (?1, ?4)",
		CopyWaiting, stamp(now), id, CopyFailed)
	switch {
	case err != nil:
		return err
	case n == 0:
		return ErrTransition
	}
	_, err = t.exec("UPDATE looks SET next_at = ? WHERE next_at = ? AND account = (SELECT account FROM sent_copies WHERE item_id = ?)", stamp(now), int64(never), id)
	return err
}

// RefusedMailboxes are the accounts whose mailbox has refused the login, and is not
// asked for reports, or given copies, since.
func (b *Outbox) RefusedMailboxes(ctx context.Context) (accounts []string, err error) {
	rows, err := b.read.QueryContext(ctx, `SELECT account FROM sent_copies WHERE state = 1 AND next_at = ?1 AND class = ?2
		UNION SELECT account FROM looks WHERE next_at = ?1 AND class = ?2`, int64(never), ClassCredentials)
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var account string
		err := rows.Scan(&account)
		accounts = append(accounts, account)
		return err
	})
	return accounts, storeError(err)
}

// SecretOfMailboxIs tells the outbox the fingerprint of a mailbox's secret as it
// is now. If another one was refused, it is asked for reports, and given its copies,
// once more.
func (b *Outbox) SecretOfMailboxIs(ctx context.Context, account, fingerprint string) error {
	err := b.writer.do(ctx, func(t *tx) error {
		_, err := t.exec("UPDATE sent_copies SET next_at = ? WHERE account = ? AND state = 1 AND next_at = ? AND class = ? AND secret NOT IN ('', ?)",
			stamp(time.Now()), account, int64(never), ClassCredentials, fingerprint)
		if err != nil {
			return err
		}
		_, err = t.exec("UPDATE looks SET next_at = ? WHERE account = ? AND next_at = ? AND class = ? AND secret NOT IN ('', ?)",
			stamp(time.Now()), account, int64(never), ClassCredentials, fingerprint)
		return err
	})
	if err != nil {
		return fmt.Errorf("secret of the mailbox of %s: %w", account, err)
	}
	return nil
}
