package outbox

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

const (
	// soughtFor is how long an uncertain message is looked for: what a provider files of
	// what it has taken is there within minutes.
	soughtFor = 2 * 24 * time.Hour
	// mostSought are looked for in one look, the newest first.
	mostSought = 20
	// missedAgain is how old what is said of a search in vain is before it is said anew.
	missedAgain = 15 * time.Minute
)

// Sought is an uncertain message that a provider may have filed into the Sent folder,
// as many do with what they have taken. Found there it was taken; not found it
// remains uncertain, since a server need not file anything.
type Sought struct {
	Item      ID
	MessageID string // with angle brackets
}

// Sought are the messages that are to be looked for.
func (l *Look) Sought() []Sought { return l.sought }

// Found says that a message is in a folder: its uncertain recipients have it.
func (l *Look) Found(ctx context.Context, s Sought, folder string) error {
	return l.outbox.writer.do(ctx, func(t *tx) error { return t.found(s.Item, folder, time.Now()) })
}

// Missed says that a message is not in a folder, which is said of its uncertain
// recipients.
func (l *Look) Missed(ctx context.Context, s Sought, folder string) error {
	return l.outbox.writer.do(ctx, func(t *tx) error { return t.missed(s.Item, folder, time.Now()) })
}

// soughtOf are the messages of an account that a copy in the Sent folder would prove
// to have been taken. It would prove nothing where the copy may be of another
// transaction: of one in which somebody got the message, of a second dot without an
// answer, or of a copy with the same Message-ID; nor where the copies are made here.
func (t *tx) soughtOf(p Policy, now time.Time) (all []Sought, err error) {
	if p.SentCopy {
		return nil, nil
	}
	err = t.each(func(rows *sql.Rows) error {
		var s Sought
		err := rows.Scan(&s.Item, &s.MessageID)
		all = append(all, s)
		return err
	}, `SELECT id, message_id FROM items INDEXED BY items_kept WHERE state = ?1 AND `+keptItems+` AND updated_at >= ?2 AND account = ?3 AND message_id <> ''
		AND (SELECT count(*) FROM attempts a WHERE a.item_id = items.id AND a.marked_at <> 0) = 1
		AND NOT EXISTS(SELECT 1 FROM recipients r WHERE r.item_id = items.id AND r.state IN (?4, ?5, ?6, ?7))
		AND NOT EXISTS(SELECT 1 FROM items o WHERE o.message_id = items.message_id AND o.id <> items.id)
		AND NOT EXISTS(SELECT 1 FROM sent_copies c WHERE c.item_id = items.id)
		ORDER BY id DESC LIMIT ?8`,
		StateUncertain, stamp(now.Add(-soughtFor)), p.Account, RecipientSent, RecipientBounced, RecipientDelayed, RecipientConfirmed, mostSought)
	return all, err
}

func (t *tx) found(id ID, folder string, now time.Time) error {
	uncertain, err := t.uncertainOf(id)
	if err != nil || len(uncertain) == 0 { // somebody has said what became of it meanwhile
		return err
	}
	text := bound("it is in the folder " + folder + " of the account's mailbox")
	for _, r := range uncertain {
		if err := t.move(r.id, EventMarkSent); err != nil {
			return err
		}
		if _, err := t.exec("UPDATE recipients SET class = ?, code = 0, enhanced = '', text = ?, at = ? WHERE id = ?", ClassAccepted, text, stamp(now), r.id); err != nil {
			return err
		}
		if err := t.forgetStrikes(r.address); err != nil {
			return err
		}
	}
	return t.rollUp(id, now)
}

// notThere stands between what is known of an uncertain recipient and when it was
// looked for.
const notThere = "; not in the folder "

// missed keeps the time of the last search behind what is known of each uncertain
// recipient. It is no change of the item: the days that it is looked for go on.
func (t *tx) missed(id ID, folder string, now time.Time) error {
	uncertain, err := t.uncertainOf(id)
	if err != nil || len(uncertain) == 0 {
		return err
	}
	for _, r := range uncertain {
		known, last, _ := strings.Cut(r.text, notThere)
		if _, last, _ = strings.Cut(last, " at "); last != "" {
			if at, err := parseMissed(last); err == nil && now.Sub(at) < missedAgain && !at.After(now) {
				continue
			}
		}
		text := bound(known) + notThere + strings.ReplaceAll(bound(folder), " at ", " ") + " at " + now.UTC().Format(missedTime)
		if _, err := t.exec("UPDATE recipients SET text = ? WHERE id = ?", text, r.id); err != nil {
			return err
		}
	}
	var updated int64
	if err := t.queryRow("SELECT updated_at FROM items WHERE id = ?", id).Scan(&updated); err != nil {
		return err
	}
	return t.rollUp(id, unstamp(updated))
}

// missedTime is to the second: a minute alone would be before the sending.
const missedTime = "2006-01-02 15:04:05 MST"

// parseMissed reads it, and what older versions wrote.
func parseMissed(text string) (time.Time, error) {
	at, err := time.Parse(missedTime, text)
	if err != nil {
		return time.Parse("2006-01-02 15:04 MST", text)
	}
	return at, nil
}

// Sought divides what is known of an uncertain recipient: into what was known before its
// message was looked for, and in which folder that was done last, and when. Without a
// search folder is "".
func (r Result) Sought() (known Result, folder string, at time.Time) {
	text, search, found := strings.Cut(r.Text, notThere)
	folder, when, _ := strings.Cut(search, " at ")
	at, err := parseMissed(when)
	if !found || err != nil {
		return r, "", time.Time{}
	}
	r.Text = text
	return r, folder, at
}

// doubtful is a recipient that may have a message.
type doubtful struct {
	id            int64
	address, text string
}

func (t *tx) uncertainOf(item ID) (all []doubtful, err error) {
	err = t.each(func(rows *sql.Rows) error {
		var r doubtful
		err := rows.Scan(&r.id, &r.address, &r.text)
		all = append(all, r)
		return err
	}, "SELECT id, address, text FROM recipients WHERE item_id = ? AND state = ? ORDER BY id", item, RecipientUncertain)
	return all, err
}
