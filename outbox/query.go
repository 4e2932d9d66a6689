package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Query selects items. The zero Query is everything.
type Query struct {
	States         []State
	Words          []string // of StateWords: with States, an item is to be in one of either
	Policies       []Policy // what accounts are now: one whose settings have changed is not parked any more; none: as they were
	Account        string
	Campaign       CampaignID // 0: of any or none
	NoCampaign     bool       // only those of none
	Search         string     // words that must stand in the subject or an address, and fields: see search.go
	Before         ID         // only items older than this one: the next page
	Limit          int        // 0: no limit
	WithRecipients bool
}

const itemColumns = `id, state, account, message_id, from_line, to_list, cc_list, bcc_list, subject, size,
	created_at, updated_at, not_before, undo, next_at, attempts, reason, iif(date = 0, created_at, date), replaced_by, EXISTS(SELECT 1 FROM drafts d WHERE d.item_id = items.id),
	EXISTS(SELECT 1 FROM attempts a WHERE a.item_id = items.id AND a.marked_at <> 0), meant_for,
	coalesce((SELECT c.state FROM sent_copies c WHERE c.item_id = items.id), 0), coalesce((SELECT c.text FROM sent_copies c WHERE c.item_id = items.id), ''),
	coalesce((SELECT c.next_at FROM sent_copies c WHERE c.item_id = items.id), 0), coalesce((SELECT name FROM campaigns c WHERE c.id = items.campaign), ''), state = 3 AND halted <> 0,
	replaced_by <> 0 AND EXISTS(SELECT 1 FROM items s WHERE s.id = items.replaced_by AND s.draft = 0 AND s.cancelled = 0),
	state = 5 AND EXISTS(SELECT 1 FROM attempts a WHERE a.item_id = items.id AND ` + isStopping + `),
	state = 5 AND EXISTS(SELECT 1 FROM attempts a WHERE a.item_id = items.id AND ` + isAtDot + `)`

// List gives items, newest first.
func (b *Outbox) List(ctx context.Context, q Query) ([]Item, error) {
	now := time.Now()
	var items []Item
	err := b.look(ctx, q, func(p passage) (more bool, err error) {
		if q.Limit > 0 && len(items) >= q.Limit {
			return false, nil
		}
		some, err := b.listPassage(ctx, q, p, max(q.Limit-len(items), 0), now)
		if err == nil {
			items = append(items, some...)
		}
		return true, err
	})
	if err != nil || !q.WithRecipients {
		return items, storeError(err)
	}
	return items, storeError(b.fillRecipients(ctx, items))
}

// fillRecipients reads the recipients of items, given newest first, at once.
func (b *Outbox) fillRecipients(ctx context.Context, items []Item) error {
	if len(items) == 0 {
		return nil
	}
	at := make(map[ID]int, len(items))
	for i, item := range items {
		at[item.ID] = i
	}
	rows, err := b.read.QueryContext(ctx, "SELECT item_id, "+recipientColumns+" FROM recipients WHERE item_id BETWEEN ? AND ? ORDER BY item_id, id",
		items[len(items)-1].ID, items[0].ID)
	if err != nil {
		return err
	}
	return eachRow(rows, func(rows *sql.Rows) error {
		var id ID
		r, err := scanRecipient(rows, &id)
		if i, ok := at[id]; ok {
			items[i].Recipients = append(items[i].Recipients, r)
		}
		return err
	})
}

const recipientColumns = "address, state, attempts, next_at, class, code, enhanced, text, at"

// scanRecipient reads recipientColumns, and before them what else was selected.
func scanRecipient(rows *sql.Rows, before ...any) (r Recipient, err error) {
	var next, at int64
	err = rows.Scan(append(before, &r.Address, &r.State, &r.Attempts, &next, &r.Class, &r.Code, &r.Enhanced, &r.Text, &at)...)
	r.NextAttempt, r.At = unstamp(next), unstamp(at)
	return r, err
}

// conditions are those of the query but for the IDs.
func (q Query) conditions(now time.Time) (all []string, args []any) {
	add := func(condition string, values ...any) {
		all = append(all, condition)
		args = append(args, values...)
	}
	c := circumstances{now: now, policies: q.Policies}
	if len(q.States)+len(q.Words) > 0 {
		condition, values := c.anyOf(q.States, q.Words)
		add(condition, values...)
	}
	if q.Account != "" {
		add("account = ?", q.Account)
	}
	if q.Campaign != 0 {
		add("campaign = ?", q.Campaign)
	}
	if q.NoCampaign {
		add("campaign IS NULL")
	}
	for _, t := range parseSearch(q.Search) {
		condition, values := t.condition(c)
		add(condition, values...)
	}
	return all, args
}

// stateCondition holds for items in one of some states. Scheduled items are stored
// as waiting, with a time that has not come yet.
func stateCondition(states []State, now time.Time) (string, []any) {
	var either []string
	var args []any
	for _, s := range states {
		switch s {
		case StateScheduled:
			either = append(either, "(state = 6 AND not_before > 0 AND not_before > ?)")
			args = append(args, stamp(now))
		case StateWaiting:
			either = append(either, "(state = 6 AND not_before <= ?)")
			args = append(args, stamp(now))
		default:
			either = append(either, fmt.Sprintf("state = %d", s))
		}
	}
	return "(" + strings.Join(either, " OR ") + ")", args
}

type scanner interface{ Scan(dest ...any) error }

func scanItem(s scanner, now time.Time) (Item, error) {
	var i Item
	var to, cc, bcc []byte
	var created, updated, notBefore, next, dated, copied int64
	err := s.Scan(&i.ID, &i.State, &i.Account, &i.MessageID, &i.From, &to, &cc, &bcc, &i.Subject, &i.Size,
		&created, &updated, &notBefore, &i.Undo, &next, &i.Attempts, &i.Reason, &dated, &i.ReplacedBy, &i.HasDraft, &i.Marked,
		&i.MeantFor, &i.Copy.State, &i.Copy.Text, &copied, &i.Campaign, &i.Halted, &i.Resent, &i.Stopping, &i.AtDot)
	if err != nil {
		return i, err
	}
	i.Resent = i.Resent && (i.State == StateFailed || i.State == StateBounced || i.State == StatePartial)
	i.Created, i.Updated = unstamp(created), unstamp(updated)
	i.NotBefore, i.NextAttempt, i.Dated = unstamp(notBefore), unstamp(next), unstamp(dated)
	if i.State == StateWaiting && i.NotBefore.After(now) {
		i.State = StateScheduled
	}
	if i.Copy.State == CopyWaiting && copied != never {
		i.Copy.Next = unstamp(copied)
	}
	i.To, i.Cc, i.Bcc = addressLines(to), addressLines(cc), addressLines(bcc)
	return i, nil
}

// Count gives the number of items that a query selects, its Limit aside.
func (b *Outbox) Count(ctx context.Context, q Query) (n int, err error) {
	now := time.Now()
	err = b.look(ctx, q, func(p passage) (more bool, err error) {
		from, where, args := q.within(p, now)
		var some int
		if err := b.read.QueryRowContext(ctx, "SELECT count(*)"+from+where, args...).Scan(&some); err != nil {
			return false, err
		}
		n += some
		return true, nil
	})
	return n, storeError(err)
}

// CountUpTo is Count that looks no further once there are so many: that costs what those do.
func (b *Outbox) CountUpTo(ctx context.Context, q Query, most int) (n int, err error) {
	now := time.Now()
	err = b.look(ctx, q, func(p passage) (more bool, err error) {
		from, where, args := q.within(p, now)
		var some int
		if err := b.read.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1"+from+where+" LIMIT ?)", append(args, most-n)...).Scan(&some); err != nil {
			return false, err
		}
		n += some
		return n < most, nil
	})
	return n, storeError(err)
}

// Counts gives the number of items in each state.
func (b *Outbox) Counts(ctx context.Context) (map[State]int, error) {
	counts := make(map[State]int)
	// One statement sees one moment. Left alone, SQLite would look at every
	// waiting item for the scheduled ones among them.
	rows, err := b.read.QueryContext(ctx, `SELECT state, n FROM counts
		UNION ALL SELECT ?1, count(*) FROM items INDEXED BY items_scheduled WHERE state = 6 AND not_before > 0 AND not_before > ?2`,
		StateScheduled, stamp(time.Now()))
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var s State
		var n int
		err := rows.Scan(&s, &n)
		counts[s] += n
		return err
	})
	counts[StateWaiting] -= counts[StateScheduled]
	return counts, storeError(err)
}

// NextScheduled is when the first of the scheduled items leaves that do so after a time;
// zero if none does.
func (b *Outbox) NextScheduled(ctx context.Context, after time.Time) (time.Time, error) {
	var at int64
	err := b.read.QueryRowContext(ctx, "SELECT coalesce(min(not_before), 0) FROM items INDEXED BY items_scheduled WHERE state = 6 AND not_before > 0 AND not_before > ?",
		stamp(after)).Scan(&at)
	return unstamp(at), storeError(err)
}

// mostResent is how many items of a state CountResent looks through, the newest first: it
// is asked with every list. Who has so many more that failed is not helped by a count.
const mostResent = 1000

// CountResent is how many of the newest items in a state are [Item.Resent].
func (b *Outbox) CountResent(ctx context.Context, s State) (n int, err error) {
	err = b.read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT replaced_by FROM items WHERE state = ? ORDER BY id DESC LIMIT ?) failed
		WHERE replaced_by <> 0 AND EXISTS(SELECT 1 FROM items s WHERE s.id = failed.replaced_by AND s.draft = 0 AND s.cancelled = 0)`, s, mostResent).Scan(&n)
	return n, storeError(err)
}

// CountInCampaigns is how many of the items in a stored state belong to campaigns.
func (b *Outbox) CountInCampaigns(ctx context.Context, s State) (n int, err error) {
	err = b.read.QueryRowContext(ctx, "SELECT coalesce(sum(n), 0) FROM campaign_counts WHERE items = 1 AND state = ?", s).Scan(&n)
	return n, storeError(err)
}

// Get gives one item with its recipients.
func (b *Outbox) Get(ctx context.Context, id ID) (Item, error) {
	row := b.read.QueryRowContext(ctx, "SELECT "+itemColumns+" FROM items WHERE id = ?", id)
	item, err := scanItem(row, time.Now())
	if errors.Is(err, sql.ErrNoRows) {
		return item, fmt.Errorf("%s: %w", id, ErrNotFound)
	}
	if err != nil {
		return item, storeError(err)
	}
	item.Recipients, err = b.recipients(ctx, id)
	return item, storeError(err)
}

func (b *Outbox) recipients(ctx context.Context, id ID) ([]Recipient, error) {
	rows, err := b.read.QueryContext(ctx, `SELECT coalesce((SELECT reason FROM report_recipients rr WHERE rr.recipient_id = recipients.id AND rr.counted
		ORDER BY rr.report_id DESC LIMIT 1), ''), `+recipientColumns+" FROM recipients WHERE item_id = ? ORDER BY id", id)
	if err != nil {
		return nil, err
	}
	var all []Recipient
	err = eachRow(rows, func(rows *sql.Rows) error {
		var report string
		r, err := scanRecipient(rows, &report)
		r.Report = report
		all = append(all, r)
		return err
	})
	return all, err
}

// Find resolves what a person typed: an ID or the unambiguous beginning of one.
// ErrNotFound and ErrAmbiguous say why not; ErrBadID that it cannot be one.
func (b *Outbox) Find(ctx context.Context, prefix string) (ID, error) {
	low, high, err := prefixRange(prefix)
	if err != nil {
		return 0, err
	}
	rows, err := b.read.QueryContext(ctx, "SELECT id FROM items WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 2", low, high)
	if err != nil {
		return 0, storeError(err)
	}
	var found []ID
	err = eachRow(rows, func(rows *sql.Rows) error {
		var id ID
		err := rows.Scan(&id)
		found = append(found, id)
		return err
	})
	switch {
	case err != nil:
		return 0, storeError(err)
	case len(found) == 0:
		return 0, fmt.Errorf("%s: %w", prefix, ErrNotFound)
	case len(found) > 1:
		return 0, fmt.Errorf("%s (%s, %s …): %w", prefix, found[0], found[1], ErrAmbiguous)
	}
	return found[0], nil
}

// Attempts gives every try for an item, oldest first. One that is claimed and not
// begun yet is none.
func (b *Outbox) Attempts(ctx context.Context, id ID) ([]Attempt, error) {
	rows, err := b.read.QueryContext(ctx, `SELECT a.id, a.number, a.account, a.server, a.tls, a.started_at, a.marked_at, a.finished_at,
		r.address, x.class, x.code, x.enhanced, x.text
		FROM attempts a LEFT JOIN attempt_results x ON x.attempt_id = a.id LEFT JOIN recipients r ON r.id = x.recipient_id
		WHERE a.item_id = ? AND a.started_at <> 0 ORDER BY a.number, x.recipient_id`, id)
	if err != nil {
		return nil, storeError(err)
	}
	var all []Attempt
	var last int64
	err = eachRow(rows, func(rows *sql.Rows) error {
		var a Attempt
		var key, started, marked, finished int64
		var address, enhanced, text sql.NullString
		var class, code sql.NullInt64
		if err := rows.Scan(&key, &a.Number, &a.Account, &a.Server, &a.TLS, &started, &marked, &finished,
			&address, &class, &code, &enhanced, &text); err != nil {
			return err
		}
		if key != last {
			last = key
			a.Started, a.Marked, a.Finished = unstamp(started), unstamp(marked), unstamp(finished)
			all = append(all, a)
		}
		if address.Valid {
			current := &all[len(all)-1]
			current.Results = append(current.Results, AttemptResult{Address: address.String,
				Result: Result{Class: Class(class.Int64), Code: int(code.Int64), Enhanced: enhanced.String, Text: text.String}})
		}
		return nil
	})
	return all, storeError(err)
}

// Message opens the exact bytes that are or were sent. The caller closes.
// ErrNotFound if there are none, as for a draft; ErrPurged if they were removed
// since they are old. A read fails with ErrDamaged if they are not those any more.
func (b *Outbox) Message(ctx context.Context, id ID) (io.ReadCloser, error) {
	c := content{item: id}
	var draft bool
	var purged int64
	err := b.read.QueryRowContext(ctx, "SELECT coalesce(file, ''), rendered, digest, size, draft, purged_at FROM items WHERE id = ?", id).
		Scan(&c.file, &c.made, &c.digest, &c.size, &draft, &purged)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && draft:
		return nil, fmt.Errorf("message of %s: %w", id, ErrNotFound)
	case err != nil:
		return nil, storeError(err)
	case purged > 0:
		return nil, fmt.Errorf("message of %s: %w", id, ErrPurged)
	}
	return b.openContent(ctx, c)
}

// WaitingByAccount gives how many items wait to be sent through each account,
// whether it exists any more or not; held and scheduled ones aside.
func (b *Outbox) WaitingByAccount(ctx context.Context) (map[string]int, error) {
	waiting := make(map[string]int)
	rows, err := b.read.QueryContext(ctx, "SELECT account, count(*) FROM items WHERE state = 6 AND not_before <= ? GROUP BY account", stamp(time.Now()))
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var account string
		var n int
		err := rows.Scan(&account, &n)
		waiting[account] = n
		return err
	})
	return waiting, storeError(err)
}

// StandingParks are Parks without those of accounts whose settings have changed since:
// those are tried again with the next message, and nothing is known against them. Those
// of accounts that are not among the policies, or have no Revision there, stay.
func (b *Outbox) StandingParks(ctx context.Context, policies []Policy) ([]Park, error) {
	parks, err := b.Parks(ctx)
	return slices.DeleteFunc(parks, func(park Park) bool {
		i := slices.IndexFunc(policies, func(p Policy) bool { return p.Account == park.Account })
		return i >= 0 && policies[i].Revision != "" && parked{park.revision, park.Until}.changed(policies[i])
	}), err
}

// Parks gives the accounts that stopped, by name.
func (b *Outbox) Parks(ctx context.Context) ([]Park, error) {
	rows, err := b.read.QueryContext(ctx, "SELECT account, class, code, enhanced, text, since, until, tries, limited, revision FROM parks ORDER BY account")
	if err != nil {
		return nil, storeError(err)
	}
	var all []Park
	err = eachRow(rows, func(rows *sql.Rows) error {
		var p Park
		var since, until int64
		err := rows.Scan(&p.Account, &p.Class, &p.Code, &p.Enhanced, &p.Text, &since, &until, &p.Tries, &p.Limit, &p.revision)
		p.Since, p.Until = unstamp(since), unstamp(until)
		all = append(all, p)
		return err
	})
	return all, storeError(err)
}
