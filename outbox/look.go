package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"sendoff/internal/cleantext"
)

// Fetcher looks for delivery reports in the mailbox of an account, changing
// nothing there. It blocks no longer than ctx and gives what came of it:
// ClassAccepted when all was looked at, ClassCredentials, with the fingerprint of the
// secret, for when the account or its secret has changed, any other for another
// time. It logs in once a call. It may be called from several goroutines.
type Fetcher interface {
	Fetch(ctx context.Context, l *Look) (result Result, secret string)
}

// Look is one look into a mailbox, as a [Fetcher] needs it: it knows how far the
// last one came, and takes what is found. Its methods are called from one
// goroutine. Their errors are for the Fetcher to end by.
type Look struct {
	Account string

	outbox *Outbox
	tell   func(name string, t Taken) // nil: nobody listens
	fails  int                        // in a row, before this one
	busy   bool                       // a report is about what is being sent
	halted bool                       // it is made by hand, though the login has been refused
	sought []Sought
}

// Cursor is how far a folder of IMAP was looked through. The zero Cursor is that
// of one which never was.
type Cursor struct {
	Begun    bool
	Validity uint32 // UIDVALIDITY: with another one, Last means nothing
	Last     uint32 // UID of the newest message that was looked at
}

// Cursor tells how far a folder was looked through.
func (l *Look) Cursor(ctx context.Context, folder string) (Cursor, error) {
	return l.outbox.cursor(ctx, l.Account, folder)
}

func (b *Outbox) cursor(ctx context.Context, account, folder string) (Cursor, error) {
	c := Cursor{Begun: true}
	err := b.read.QueryRowContext(ctx, "SELECT validity, last FROM looked_folders WHERE account = ? AND folder = ?", account, folder).
		Scan(&c.Validity, &c.Last)
	if errors.Is(err, sql.ErrNoRows) {
		return Cursor{}, nil
	}
	return c, storeError(err)
}

// Pass records that a folder was looked through so far. With the same validity a
// cursor never goes back: another process may be looking, too.
func (l *Look) Pass(ctx context.Context, folder string, c Cursor) error {
	return l.outbox.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO looked_folders VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET
			last = iif(validity = excluded.validity, max(last, excluded.last), excluded.last), validity = excluded.validity`,
			l.Account, folder, c.Validity, c.Last)
		return err
	})
}

// Unseen gives those of the mails that a POP3 server has now, by their UIDLs and in
// their order, that were not looked at, and whether none ever was. What the server
// does not have any more is forgotten.
func (l *Look) Unseen(ctx context.Context, all []string) (unseen []string, first bool, err error) {
	rows, err := l.outbox.read.QueryContext(ctx, "SELECT uidl FROM looked_mails WHERE account = ?", l.Account)
	if err != nil {
		return nil, false, storeError(err)
	}
	gone := make(map[string]bool) // of those that were looked at; false: still there
	err = eachRow(rows, func(rows *sql.Rows) error {
		var uidl string
		err := rows.Scan(&uidl)
		gone[uidl] = true
		return err
	})
	if err != nil {
		return nil, false, storeError(err)
	}
	first = len(gone) == 0
	for _, uidl := range all {
		if _, seen := gone[uidl]; !seen {
			unseen = append(unseen, uidl)
			continue
		}
		gone[uidl] = false
	}
	maps.DeleteFunc(gone, func(_ string, gone bool) bool { return !gone })
	err = l.each(ctx, slices.Collect(maps.Keys(gone)), "DELETE FROM looked_mails WHERE account = ?2 AND uidl IN (SELECT value FROM json_each(?1))")
	return unseen, first, err
}

// Seen records that mails of POP3 were looked at.
func (l *Look) Seen(ctx context.Context, uidls []string) error {
	return l.each(ctx, uidls, "INSERT OR IGNORE INTO looked_mails SELECT ?2, value FROM json_each(?1)")
}

// each has a query do something to UIDLs, all of them at once.
func (l *Look) each(ctx context.Context, uidls []string, query string) error {
	if len(uidls) == 0 {
		return nil
	}
	list, err := json.Marshal(uidls)
	if err != nil {
		return err
	}
	return l.outbox.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(query, string(list), l.Account)
		return err
	})
}

// Take looks at a mail that may be a report; what it says is committed when Take
// returns. name tells it from the other mails of the account. ErrBusy: not now, nor
// what comes after it.
func (l *Look) Take(ctx context.Context, name string, mail io.Reader) error {
	taken, err := l.outbox.TakeReport(ctx, Arrived{Account: l.Account, Mail: mail})
	if err != nil {
		l.busy = l.busy || errors.Is(err, ErrBusy)
		return err
	}
	if l.tell != nil {
		l.tell(name, taken)
	}
	return nil
}

// looked is what is known of the looks into the mailbox of an account.
type looked struct {
	place     string
	at, tried time.Time
	next      time.Time // where something is wrong
	stopped   bool      // until the account or its secret changes
	fails     int
	class     Class
	revision  string
}

const lookedColumns = "place, looked_at, tried_at, next_at, fails, class, revision"

func (l *looked) scan(row row) error {
	var at, tried, next int64
	err := row.Scan(&l.place, &at, &tried, &next, &l.fails, &l.class, &l.revision)
	if l.at, l.tried, l.stopped = unstamp(at), unstamp(tried), next == never; !l.stopped {
		l.next = unstamp(next)
	}
	return err
}

// lookedAt is what is known of an account's looks; the zero value where there was
// none.
func (b *Outbox) lookedAt(ctx context.Context, account string) (l looked, err error) {
	err = l.scan(b.read.always(ctx, "SELECT "+lookedColumns+" FROM looks WHERE account = ?", account))
	if errors.Is(err, sql.ErrNoRows) {
		return looked{}, nil
	}
	return l, storeError(err)
}

// beginLook records that a look begins, and as one that has failed, until more is
// known. Nil: the copies of the account have met a refused login with the same
// settings, which is not to be tried again.
func (t *tx) beginLook(p Policy, byHand bool, now time.Time) (*Look, error) {
	var known looked
	err := known.scan(t.queryRow("SELECT "+lookedColumns+" FROM looks WHERE account = ?", p.Account))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if known.place != p.Mailbox {
		known = looked{}
		for _, query := range []string{"DELETE FROM looks WHERE account = ?", "DELETE FROM looked_folders WHERE account = ?", "DELETE FROM looked_mails WHERE account = ?"} {
			if _, err := t.exec(query, p.Account); err != nil {
				return nil, err
			}
		}
		if _, err := t.exec("INSERT INTO looks(account, place) VALUES(?, ?)", p.Account, p.Mailbox); err != nil {
			return nil, err
		}
	}
	if !byHand {
		n, err := t.changed(`UPDATE looks SET next_at = ?2, class = c.class, text = c.text, revision = c.revision, secret = c.secret
			FROM (SELECT * FROM sent_copies WHERE account = ?1 AND state = 1 AND next_at = ?2 AND class = ?3 AND revision = ?4 LIMIT 1) c
			WHERE looks.account = ?1`, p.Account, int64(never), ClassCredentials, p.Revision)
		if err != nil || n > 0 {
			return nil, err
		}
	}
	l := &Look{Account: p.Account, fails: known.fails, halted: known.stopped && known.revision == p.Revision}
	next := stamp(now.Add(lookBackoff(p.Every, known.fails+1)))
	if l.halted {
		next = never // for copies meanwhile, and after a crash
	}
	_, err = t.exec("UPDATE looks SET tried_at = ?, fails = ?, next_at = ?, revision = ? WHERE account = ?", stamp(now), known.fails+1, next, p.Revision, p.Account)
	if err != nil {
		return nil, err
	}
	l.sought, err = t.soughtOf(p, now)
	return l, err
}

// settleLook records what a look came to. A login that is refused, or taken, is so
// for the copies of the account as well.
func (t *tx) settleLook(l *Look, p Policy, r Result, secret string, v lookVerdict, now time.Time) error {
	text := bound(cleantext.Line(r.Text))
	if v.class == 0 {
		text = ""
	}
	next := stamp(v.next)
	if v.stops {
		next = never
	}
	_, err := t.exec(`UPDATE looks SET next_at = ?, fails = ?, class = ?, text = ?, revision = ?, secret = ?, looked_at = iif(?, ?, looked_at) WHERE account = ?`,
		next, v.fails, v.class, text, p.Revision, secret, r.Class == ClassAccepted, stamp(now), l.Account)
	switch {
	case err != nil:
	case r.Class == ClassCredentials:
		_, err = t.exec("UPDATE sent_copies SET next_at = ?, class = ?, text = ?, revision = ?, secret = ? WHERE account = ? AND state = 1",
			int64(never), r.Class, text, p.Revision, secret, l.Account)
	case r.Class == ClassAccepted:
		_, err = t.exec("UPDATE sent_copies SET next_at = ? WHERE account = ? AND state = 1 AND next_at = ? AND class = ?",
			stamp(now), l.Account, int64(never), ClassCredentials)
	}
	return err
}

// MailboxState is what came of the looks into the mailbox of an account.
type MailboxState struct {
	Account string
	Looked  time.Time // when it was last looked through to the end; zero: never
	Class   Class     // what is wrong; 0: nothing
	Text    string    // why, in one cleaned line
	Next    time.Time // of what is wrong; zero: when the account or its secret has changed, or by hand
}

// Mailboxes tells of the mailboxes of accounts that have been looked into.
func (b *Outbox) Mailboxes(ctx context.Context) (all []MailboxState, err error) {
	rows, err := b.read.QueryContext(ctx, "SELECT account, looked_at, class, text, next_at FROM looks ORDER BY account")
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var m MailboxState
		var at, next int64
		err := rows.Scan(&m.Account, &at, &m.Class, &m.Text, &next)
		if m.Looked = unstamp(at); next != never && m.Class != 0 {
			m.Next = unstamp(next)
		}
		all = append(all, m)
		return err
	})
	return all, storeError(err)
}

// FetchReports looks into the mailbox of an account now, also if it has refused a
// login before. tell is told of each mail that may be a report, in the goroutine of
// the caller; it may be nil. The error is that of the outbox.
func (s *Sender) FetchReports(ctx context.Context, p Policy, tell func(name string, t Taken)) (Result, error) {
	r, err := s.look(ctx, p, true, tell)
	if err != nil {
		return r, fmt.Errorf("fetch the reports of %s: %w", p.Account, err)
	}
	return r, nil
}
