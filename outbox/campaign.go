package outbox

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sendoff/outbox/pace"
)

// CampaignID names a campaign inside of its outbox.
type CampaignID int64

// CampaignState is what a campaign as a whole does.
type CampaignState uint8

// The states. The numbers are stored: never change one. The literals 1, 2 and 3
// in the index of open campaigns are the first three.
const (
	CampaignImporting CampaignState = 1 // its rows are being stored; left so, it was broken off
	CampaignRunning   CampaignState = 2 // also before its time has come
	CampaignPaused    CampaignState = 3
	CampaignDone      CampaignState = 4 // no row is left, and nothing of it is open
	CampaignCancelled CampaignState = 5
	CampaignDeleted   CampaignState = 6 // nothing shows it any more: see campaigndelete.go
)

var campaignStateNames = [...]string{
	CampaignImporting: "importing", CampaignRunning: "running", CampaignPaused: "paused", CampaignDone: "done", CampaignCancelled: "cancelled",
	CampaignDeleted: "deleted",
}

// String is the state as JSON prints it.
func (s CampaignState) String() string {
	if int(s) < len(campaignStateNames) {
		return campaignStateNames[s]
	}
	return ""
}

// rowState is what a row is before it has an item.
type rowState uint8

// The numbers are stored: never change one. The literals in the indexes of
// campaign_rows are those of rowReady and rowSkipped.
const (
	rowReady   rowState = 1
	rowQueued  rowState = 2 // what it is follows from its item
	rowSkipped rowState = 3
	rowFailed  rowState = 4 // its letter could not be made
)

// What callers branch on.
var (
	ErrNoCampaign    = errors.New("there is no such campaign")
	ErrCampaignThere = errors.New("there is a campaign of that name")
	ErrCampaignOver  = errors.New("the campaign is over")
	ErrCampaignHolds = errors.New("its campaign is paused or sends nothing at this hour, and holds it")
	ErrNoRender      = errors.New("this program makes no letters of campaigns")
)

// Campaign is one template that goes out to the rows of a list.
type Campaign struct {
	ID        CampaignID
	Name      string
	State     CampaignState
	Reason    string   // why it is paused; cleaned
	Columns   []string // of its list; cleaned
	Accounts  []string // that send it
	NotBefore time.Time
	Hours     pace.Hours // when its letters leave
	Created   time.Time
	Begun     time.Time // zero: no row has become an item yet
	Finished  time.Time
	Counts    CampaignCounts

	// Damage is what of it cannot be read in a damaged outbox; "" if all can. Nothing of
	// such a campaign is made, and it does not go on; it can be cancelled.
	Damage string
}

// CampaignCounts are the rows of a campaign by what became of them. They add up
// to Rows.
type CampaignCounts struct {
	Rows      int
	Ready     int // nothing has been made of it yet
	Waiting   int // an item waits or is held
	Sending   int
	Sent      int
	Failed    int // also bounced, those of whom some recipients failed, and those whose letter could not be made
	Uncertain int
	Skipped   int
	Cancelled int // also deleted ones
}

// taken is how many have begun to be sent, whatever has become of them.
func (c CampaignCounts) taken() int { return c.Letters() - c.Ready }

// Letters is how many are to get one, or have.
func (c CampaignCounts) Letters() int { return c.Rows - c.Skipped }

// Open is how many may still be sent by themselves.
func (c CampaignCounts) Open() int { return c.Ready + c.Waiting + c.Sending }

const campaignColumns = `id, name, state, reason, columns, not_before, hours, created_at, begun_at, finished_at,
	coalesce((SELECT json_group_array(account) FROM campaign_accounts a WHERE a.campaign = campaigns.id), '[]')`

func scanCampaign(s scanner) (c Campaign, err error) {
	var columns, accounts []byte
	var hours string
	var notBefore, created, begun, finished int64
	if err := s.Scan(&c.ID, &c.Name, &c.State, &c.Reason, &columns, &notBefore, &hours, &created, &begun, &finished, &accounts); err != nil {
		return c, err
	}
	c.NotBefore, c.Created, c.Begun, c.Finished = unstamp(notBefore), unstamp(created), unstamp(begun), unstamp(finished)
	if hours != "" {
		if c.Hours, err = pace.ParseHours(hours); err != nil {
			c.Damage = bound("its hours cannot be read, so that it makes no letters: " + err.Error())
			c.Reason = c.Damage
		}
	}
	c.Columns, c.Accounts = addressLines(columns), addressLines(accounts)
	return c, nil
}

// Campaigns gives all of them, the newest first.
func (b *Outbox) Campaigns(ctx context.Context) ([]Campaign, error) {
	rows, err := b.read.QueryContext(ctx, "SELECT "+campaignColumns+" FROM campaigns WHERE state <> ? ORDER BY id DESC", CampaignDeleted)
	if err != nil {
		return nil, storeError(err)
	}
	var all []Campaign
	err = eachRow(rows, func(rows *sql.Rows) error {
		c, err := scanCampaign(rows)
		all = append(all, c)
		return err
	})
	for i := range all {
		if err == nil {
			err = b.count(ctx, &all[i])
		}
	}
	return all, storeError(err)
}

// Campaign gives the one of a name. ErrNoCampaign if there is none.
func (b *Outbox) Campaign(ctx context.Context, name string) (Campaign, error) {
	return b.campaignBy(ctx, "name = ?", name)
}

// CampaignByID gives one by its ID.
func (b *Outbox) CampaignByID(ctx context.Context, id CampaignID) (Campaign, error) {
	return b.campaignBy(ctx, "id = ?", id)
}

func (b *Outbox) campaignBy(ctx context.Context, condition string, value any) (Campaign, error) {
	c, err := scanCampaign(b.read.QueryRowContext(ctx, "SELECT "+campaignColumns+" FROM campaigns WHERE state <> ? AND "+condition, CampaignDeleted, value))
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("%v: %w", value, ErrNoCampaign)
	}
	if err == nil {
		err = b.count(ctx, &c)
	}
	return c, storeError(err)
}

// count fills in what the triggers have counted.
func (b *Outbox) count(ctx context.Context, c *Campaign) error {
	rows, err := b.read.QueryContext(ctx, "SELECT items, state, n FROM campaign_counts WHERE campaign = ?", c.ID)
	if err != nil {
		return err
	}
	queued, items := 0, 0
	err = eachRow(rows, func(rows *sql.Rows) error {
		var ofItems bool
		var state, n int
		err := rows.Scan(&ofItems, &state, &n)
		if ofItems {
			items += c.Counts.addItems(State(state), n)
			return err
		}
		c.Counts.Rows += n
		switch rowState(state) {
		case rowReady:
			c.Counts.Ready += n
		case rowSkipped:
			c.Counts.Skipped += n
		case rowFailed:
			c.Counts.Failed += n
		case rowQueued:
			queued += n
		}
		return err
	})
	c.Counts.settle(c.State, queued, items)
	return err
}

// addItems counts items by their state, and gives how many are not cancelled.
func (c *CampaignCounts) addItems(s State, n int) int {
	switch s {
	case StateWaiting, StateHeld, StateScheduled:
		c.Waiting += n
	case StateSending:
		c.Sending += n
	case StateSent:
		c.Sent += n
	case StateFailed, StateBounced, StatePartial:
		c.Failed += n
	case StateUncertain:
		c.Uncertain += n
	case StateSkipped:
		c.Skipped += n
	default:
		return 0
	}
	return n
}

// settle makes the numbers add up: of rows that have become items, so many, those
// are cancelled whose item was, or is gone. When the campaign was cancelled the rows
// of which none was made are, too.
func (c *CampaignCounts) settle(s CampaignState, queued, items int) {
	c.Cancelled = max(queued-items, 0)
	if s == CampaignCancelled {
		c.Cancelled, c.Ready = c.Cancelled+c.Ready, 0
	}
}

// CampaignRow is one row of a campaign's list and what became of it.
type CampaignRow struct {
	Number  int // in the list, from 1
	Line    int // of its file
	Address string
	Cells   []string // in the order of the columns; not cleaned
	State   string   // "ready", "skipped", "cancelled", or that of its item
	Reason  string   // why it is skipped or failed, or waits; cleaned

	Item      ID // 0: it has none
	Account   string
	MessageID string
	Attempts  int
	Recipient Recipient // its result; the zero one without an item

	Unsubscribed time.Time // when its owner has said that he wants no more; zero: he has not
}

// RowQuery selects rows of a campaign. The zero RowQuery is all of them.
type RowQuery struct {
	States []string // as CampaignRow.State has them
	Search string   // words that stand in the address or a cell, and fields: see searchrows.go; "": all
	After  int      // only rows with a higher number: the next page
	Limit  int      // 0: no limit
}

// CampaignRows gives rows in the order of the list.
func (b *Outbox) CampaignRows(ctx context.Context, id CampaignID, q RowQuery) ([]CampaignRow, error) {
	c, err := b.CampaignByID(ctx, id)
	if err != nil {
		return nil, err
	}
	states, err := json.Marshal(q.States)
	if err != nil {
		return nil, err
	}
	with, called, args := rowCondition(parseRowSearch(q.Search, c.Columns), c.Columns, 6)
	query := `SELECT * FROM (SELECT w.number, w.line, w.address, w.cells, w.state AS rowState, w.reason, coalesce(i.id, 0) AS item, coalesce(i.account, w.account) AS account,
		coalesce(i.message_id, ''), coalesce(i.attempts, 0), coalesce(i.reason, ''), coalesce(i.state, 0) AS itemState, coalesce(i.not_before, 0),
		coalesce(r.address, ''), coalesce(r.state, 0), coalesce(r.attempts, 0), coalesce(r.next_at, 0), coalesce(r.class, 0), coalesce(r.code, 0),
		coalesce(r.enhanced, ''), coalesce(r.text, ''), coalesce(r.at, 0), coalesce((SELECT at FROM suppressions s WHERE s.address = lower(w.address) AND s.why = ?5), 0), ` + rowStateWord + ` AS word
		FROM campaign_rows w LEFT JOIN items i ON i.id = w.item_id
		LEFT JOIN recipients r ON r.id = (SELECT min(id) FROM recipients WHERE item_id = i.id)
		WHERE w.campaign = ?1 AND w.number > ?2 AND ` + with + `) WHERE (?3 = 'null' OR word IN (SELECT value FROM json_each(?3))) AND ` + called + ` ORDER BY number`
	if q.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", q.Limit)
	}
	rows, err := b.read.QueryContext(ctx, query, append([]any{id, q.After, string(states), c.State == CampaignCancelled, WhyUnsubscribe}, args...)...)
	if err != nil {
		return nil, storeError(err)
	}
	var all []CampaignRow
	err = eachRow(rows, func(rows *sql.Rows) error {
		row, err := scanCampaignRow(rows, len(c.Columns))
		all = append(all, row)
		return err
	})
	return all, storeError(err)
}

// CountCampaignRows gives the number of rows that a query selects, its Limit aside.
func (b *Outbox) CountCampaignRows(ctx context.Context, id CampaignID, q RowQuery) (n int, err error) {
	c, err := b.CampaignByID(ctx, id)
	if err != nil {
		return 0, err
	}
	states, err := json.Marshal(q.States)
	if err != nil {
		return 0, err
	}
	with, called, args := rowCondition(parseRowSearch(q.Search, c.Columns), c.Columns, 5)
	err = b.read.QueryRowContext(ctx, `SELECT count(*) FROM
		(SELECT `+rowStateWord+` AS word FROM campaign_rows w LEFT JOIN items i ON i.id = w.item_id WHERE w.campaign = ?1 AND w.number > ?2 AND `+with+`)
		WHERE (?3 = 'null' OR word IN (SELECT value FROM json_each(?3))) AND `+called, append([]any{id, q.After, string(states), c.State == CampaignCancelled}, args...)...).Scan(&n)
	return n, storeError(err)
}

// CampaignPages gives the numbers behind which the pages of q.Limit rows begin that
// CampaignRows gives, the first of which is q.After.
func (b *Outbox) CampaignPages(ctx context.Context, id CampaignID, q RowQuery) ([]int, error) {
	c, err := b.CampaignByID(ctx, id)
	if err != nil {
		return nil, err
	}
	states, err := json.Marshal(q.States)
	if err != nil {
		return nil, err
	}
	all := []int{q.After}
	if q.Limit <= 0 {
		return all, nil
	}
	with, called, args := rowCondition(parseRowSearch(q.Search, c.Columns), c.Columns, 6)
	rows, err := b.read.QueryContext(ctx, `SELECT before FROM (SELECT row_number() OVER w AS n, lag(number) OVER w AS before FROM
		(SELECT w.number, `+rowStateWord+` AS word FROM campaign_rows w LEFT JOIN items i ON i.id = w.item_id WHERE w.campaign = ?1 AND w.number > ?2 AND `+with+`)
		WHERE (?3 = 'null' OR word IN (SELECT value FROM json_each(?3))) AND `+called+` WINDOW w AS (ORDER BY number))
		WHERE n > 1 AND (n - 1) % ?5 = 0 ORDER BY n`, append([]any{id, q.After, string(states), c.State == CampaignCancelled, q.Limit}, args...)...)
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var before int
		err := rows.Scan(&before)
		all = append(all, before)
		return err
	})
	return all, storeError(err)
}

// inCells is a text as it stands in the cells of a row, which are JSON.
func inCells(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil { // of a string there is none
		return text
	}
	return string(encoded[1 : len(encoded)-1])
}

// rowStateWord is the state of a row for people; ?4 tells that its campaign was
// cancelled.
var rowStateWord = func() string {
	word := "CASE w.state WHEN 3 THEN 'skipped' WHEN 4 THEN 'failed' WHEN 1 THEN iif(?4, 'cancelled', 'ready') ELSE CASE i.state"
	for _, s := range States {
		word += fmt.Sprintf(" WHEN %d THEN '%s'", s, s)
	}
	return word + " ELSE 'cancelled' END END" // its item was deleted
}()

// scanCampaignRow reads a row of so many columns. One of which the cells cannot be read
// is shown without them.
func scanCampaignRow(rows *sql.Rows, columns int) (w CampaignRow, err error) {
	var cells []byte
	var state rowState
	var itemReason string
	var itemState State
	var notBefore, next, at, unsubscribed int64
	r := &w.Recipient
	err = rows.Scan(&w.Number, &w.Line, &w.Address, &cells, &state, &w.Reason, &w.Item, &w.Account, &w.MessageID, &w.Attempts, &itemReason, &itemState, &notBefore,
		&r.Address, &r.State, &r.Attempts, &next, &r.Class, &r.Code, &r.Enhanced, &r.Text, &at, &unsubscribed, &w.State)
	if err != nil {
		return w, err
	}
	r.NextAttempt, r.At, w.Unsubscribed = unstamp(next), unstamp(at), unstamp(unsubscribed)
	if state == rowQueued {
		w.Reason = itemReason
	}
	if json.Unmarshal(cells, &w.Cells) != nil {
		w.Cells = make([]string, columns)
		w.Reason = cmp.Or(w.Reason, "its row is damaged: what stands in it cannot be read")
	}
	return w, nil
}
