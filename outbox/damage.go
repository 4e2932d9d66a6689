package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sendoff/internal/cleantext"
	"sendoff/internal/sqlitefile"
)

// DamageKind is what sort of thing is wrong, and so what helps.
type DamageKind uint8

// The kinds. From StrayFile on they harm nothing.
const (
	DamagedDatabase DamageKind = iota + 1 // its file, or what stands in it
	DamagedLog                            // the newest changes cannot be read
	DamagedContent                        // the bytes of a message
	LostDraft                             // a draft without its text
	LostRecipients                        // a message to nobody
	LostAttempt                           // it is being sent, and nobody sends it
	WrongState                            // what lists show does not follow from the recipients
	WrongCounts
	DamagedKey      // of the addresses that bounces come back to
	DamagedCampaign // its hours or rows
	StrayFile       // nothing of ours, or nothing that is named any more
	StrangeFile     // a link, a pipe, a directory: not opened
)

var damageNames = [...]string{
	DamagedDatabase: "database", DamagedLog: "log", DamagedContent: "content", LostDraft: "draft", LostRecipients: "recipients",
	LostAttempt: "attempt", WrongState: "state", WrongCounts: "counts", DamagedKey: "key", DamagedCampaign: "campaign", StrayFile: "stray file", StrangeFile: "strange file",
}

// String is the kind as JSON prints it.
func (k DamageKind) String() string {
	if int(k) < len(damageNames) {
		return damageNames[k]
	}
	return ""
}

// Harmless tells that nothing has to be done about it.
func (k DamageKind) Harmless() bool { return k >= StrayFile }

// Damage is one thing that is wrong with an outbox.
type Damage struct {
	Kind    DamageKind
	Item    ID       // 0: not of one item
	Subject string   // cleaned
	To      []string // cleaned
	Path    string   // "": not of one file
	Text    string   // what is wrong and what that means; cleaned
}

// CheckOptions say how closely Check looks.
type CheckOptions struct {
	// Quick looks only whether the bytes of messages are there and of the right
	// length; else they are all read and compared with their digests.
	Quick bool
}

// Check looks for everything that can be wrong with an outbox, and changes
// nothing. It reads the whole database, holds one message of up to 256 KiB in
// memory at a time, and opens nothing but regular files. It may run beside a
// sender. The error says that it could not look, not what it found.
func (b *Outbox) Check(ctx context.Context, o CheckOptions) ([]Damage, error) {
	c := &check{b: b, now: time.Now(), quick: o.Quick}
	for _, look := range []func(context.Context) error{c.database, c.schema, c.rollUps, c.counts, c.drafts, c.contents, c.files, c.returnsKey, c.campaigns} {
		err := storeError(look(ctx))
		if ctx.Err() != nil || isOutside(err) {
			return c.found, fmt.Errorf("check outbox: %w", err)
		}
		if err != nil { // a value of the wrong kind, say
			c.unreadable(err)
		}
	}
	return c.found, nil
}

// isOutside tells what keeps from looking from what is found by looking.
func isOutside(err error) bool {
	var path *fs.PathError
	return errors.Is(err, ErrIO) || errors.Is(err, ErrLocked) || errors.Is(err, ErrReadOnly) || errors.Is(err, ErrDiskFull) || errors.As(err, &path)
}

// CheckFiles looks at the files of an outbox that is not open, and must not be:
// what SQLite would silently begin anew or leave out. Nil if there is nothing.
func CheckFiles(dir string) ([]Damage, error) {
	path := filepath.Join(dir, databaseName)
	if err := checkPresent(dir); err != nil {
		return []Damage{{Kind: DamagedDatabase, Path: path, Text: cleantext.Line(err.Error())}}, nil
	}
	damaged, err := sqlitefile.LogDamaged(filepath.Join(dir, logName))
	if err != nil {
		return nil, pathError(err)
	}
	if damaged {
		return []Damage{{Kind: DamagedLog, Path: filepath.Join(dir, logName),
			Text: "the newest changes cannot be read: what is shown as waiting may have been sent"}}, nil
	}
	return nil, nil
}

// check is one examination.
type check struct {
	b     *Outbox
	now   time.Time
	quick bool
	found []Damage
}

func (c *check) add(d Damage) {
	d.Text = cleantext.Line(d.Text)
	c.found = append(c.found, d)
}

// unreadable says once that the database is damaged.
func (c *check) unreadable(err error) {
	for _, d := range c.found {
		if d.Kind == DamagedDatabase {
			return
		}
	}
	c.add(Damage{Kind: DamagedDatabase, Path: c.b.databasePath(), Text: err.Error()})
}

func (b *Outbox) databasePath() string { return filepath.Join(b.options.Dir, databaseName) }

func (c *check) query(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := c.b.read.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, scan)
}

// returnsKey tries the key of the addresses that bounces come back to, if there is one.
func (c *check) returnsKey(context.Context) error {
	if _, _, err := c.b.returns.existing(); err != nil {
		c.add(Damage{Kind: DamagedKey, Path: c.b.returns.path, Text: "what comes back to the addresses that it signed is not known again: " + err.Error()})
	}
	return nil
}

// campaigns looks for what cannot be read of those that are not over, and of their rows
// that are still to become letters.
func (c *check) campaigns(ctx context.Context) error {
	all, err := c.b.Campaigns(ctx)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.State == CampaignDone || a.State == CampaignCancelled {
			continue
		}
		if a.Damage != "" {
			c.add(Damage{Kind: DamagedCampaign, Text: fmt.Sprintf("campaign %s: %s", a.Name, a.Damage)})
		}
		damaged := 0
		err := c.query(ctx, func(rows *sql.Rows) error {
			var cells []byte
			err := rows.Scan(&cells)
			if json.Unmarshal(cells, new([]string)) != nil {
				damaged++
			}
			return err
		}, "SELECT cells FROM campaign_rows WHERE campaign = ? AND state = ?", a.ID, rowReady)
		if err != nil {
			return err
		}
		if damaged > 0 {
			c.add(Damage{Kind: DamagedCampaign, Text: fmt.Sprintf("campaign %s: %d of its rows cannot be read, and get no letter", a.Name, damaged)})
		}
	}
	return nil
}

// database asks SQLite.
func (c *check) database(ctx context.Context) error {
	var found string
	if err := c.b.read.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		c.unreadable(fmt.Errorf("%w: %s", ErrCorrupt, found))
	}
	return c.query(ctx, func(rows *sql.Rows) error {
		var table, parent string
		var row, key sql.NullInt64
		err := rows.Scan(&table, &row, &parent, &key)
		c.unreadable(fmt.Errorf("%w: a row of %s belongs to none of %s", ErrCorrupt, table, parent))
		return err
	}, "PRAGMA foreign_key_check")
}

// schema compares the tables with those of a new database: a damaged definition
// may be a valid one, and shows only when a statement needs what it lost.
func (c *check) schema(ctx context.Context) error {
	model, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer model.Close()
	conn, err := model.Conn(ctx) // every connection has a memory of its own
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, script := range migrations {
		if _, err := conn.ExecContext(ctx, script); err != nil {
			return err
		}
	}
	const definitions = "SELECT coalesce(group_concat(type || name || coalesce(sql, '') ORDER BY name), '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'"
	var ours, theirs string
	if err := conn.QueryRowContext(ctx, definitions).Scan(&ours); err != nil {
		return err
	}
	if err := c.b.read.QueryRowContext(ctx, definitions).Scan(&theirs); err != nil {
		return err
	}
	if ours != theirs {
		c.unreadable(fmt.Errorf("%w: its tables are not those that sendoff makes", ErrCorrupt))
	}
	return nil
}

// rolled is what lists show of an item and what it should be.
type rolled struct {
	Damage
	facts
	state      State
	next       int64
	recipients []RecipientState
	first      int64 // the earliest time of those that wait; 0: none
	open       bool  // an attempt is going on
}

// verdict says what is wrong with the roll-up of an item, if anything is. It is pure.
func (r rolled) verdict(now time.Time) (kind DamageKind, text string) {
	want := derive(r.facts, now, r.recipients)
	if want == StateScheduled {
		want = StateWaiting
	}
	next := r.first
	if next != 0 {
		next = max(next, stamp(r.notBefore))
	}
	sending := false
	for _, s := range r.recipients {
		if s == 0 || int(s) >= len(recipientStateNames) {
			return DamagedDatabase, "the state of a recipient is none that there is"
		}
		sending = sending || s == RecipientSending
	}
	switch {
	case r.draft && r.state == StateDraft:
		return 0, ""
	case !r.draft && len(r.recipients) == 0:
		return LostRecipients, "its recipients are gone: it is sent to nobody"
	case sending && !r.open:
		return LostAttempt, "the record of its last attempt is gone: it may have arrived"
	case want != r.state:
		return WrongState, fmt.Sprintf("lists show it as %q; by its recipients it is %q", r.state, want)
	case want == StateWaiting && next != r.next:
		return WrongState, "the time of its next attempt is not that of its recipients"
	}
	return 0, ""
}

// rollUps compares every item with its recipients, in one reading.
func (c *check) rollUps(ctx context.Context) error {
	var r rolled
	judge := func() {
		if r.Item == 0 {
			return
		}
		if r.Kind, r.Text = r.verdict(c.now); r.Kind != 0 {
			c.add(r.Damage)
		}
	}
	err := c.query(ctx, func(rows *sql.Rows) error {
		var row rolled
		var notBefore int64
		var to []byte
		var state, wait sql.NullInt64
		if err := rows.Scan(&row.Item, &row.state, &row.draft, &row.cancelled, &row.held, &notBefore, &row.next, &row.Subject, &to,
			&state, &wait, &row.open); err != nil {
			return err
		}
		if row.Item != r.Item {
			judge()
			row.To, row.notBefore = addressLines(to), unstamp(notBefore)
			r = row
		}
		if !state.Valid {
			return nil
		}
		s := RecipientState(min(max(state.Int64, 0), 255))
		r.recipients = append(r.recipients, s)
		if s == RecipientWaiting && (r.first == 0 || wait.Int64 < r.first) {
			r.first = wait.Int64
		}
		return nil
	}, `SELECT i.id, min(max(i.state, 0), 255), i.draft <> 0, i.cancelled <> 0, i.held <> 0, i.not_before, i.next_at, i.subject, i.to_list,
		r.state, r.next_at, EXISTS(SELECT 1 FROM attempts a WHERE a.item_id = i.id AND a.finished_at = 0)
		FROM items i LEFT JOIN recipients r ON r.item_id = i.id ORDER BY i.id`)
	judge()
	return err
}

// addressLines reads a list of addresses for people. What is no list is shown as
// it is: one damaged row must not hide the others.
func addressLines(text []byte) (list []string) {
	if err := json.Unmarshal(text, &list); err != nil {
		return []string{cleantext.Line(string(text))}
	}
	return list
}

func (c *check) counts(ctx context.Context) error {
	wrong := false
	err := c.query(ctx, func(*sql.Rows) error {
		wrong = true
		return nil
	}, wrongCounts)
	if err == nil {
		err = c.query(ctx, func(*sql.Rows) error {
			wrong = true
			return nil
		}, wrongCampaignCounts)
	}
	if wrong {
		c.add(Damage{Kind: WrongCounts, Text: "the numbers of messages in each state are not those of the messages"})
	}
	return err
}

// wrongCounts finds states whose count is not that of the items.
const wrongCounts = `SELECT state FROM (SELECT state, sum(n) AS n FROM
	(SELECT state, n FROM counts UNION ALL SELECT state, -count(*) FROM items GROUP BY state) GROUP BY state) WHERE n <> 0`

// drafts looks for drafts without a text that can be read.
func (c *check) drafts(ctx context.Context) error {
	return c.query(ctx, func(rows *sql.Rows) error {
		d := Damage{Kind: LostDraft, Text: "its text is gone"}
		var to []byte
		err := rows.Scan(&d.Item, &d.Subject, &to)
		d.To = addressLines(to)
		c.add(d)
		return err
	}, "SELECT id, subject, to_list FROM items i WHERE draft <> 0 AND NOT EXISTS(SELECT 1 FROM drafts d WHERE d.item_id = i.id AND json_valid(d.json))")
}

// isContentName tells the name of a content file: a SHA-256 in hex.
func isContentName(name string) bool {
	if len(name) != 64 {
		return false
	}
	for _, c := range []byte(name) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// checkPresent refuses a database that is gone or emptied: SQLite would begin a
// new one, and the messages in files would then belong to nobody and be removed.
func checkPresent(dir string) error {
	path := filepath.Join(dir, databaseName)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if hasContents(filepath.Join(dir, filesName)) {
			return fmt.Errorf("%w: %s is gone, and its messages in %s are not", ErrCorrupt, path, filesName)
		}
		return nil
	case err != nil:
		return pathError(err)
	case info.Size() > 0:
		return nil
	}
	// A new one is empty for a moment, before anything has been written.
	if _, err := os.Stat(filepath.Join(dir, writeLockName)); err == nil {
		return fmt.Errorf("%w: %s is empty", ErrCorrupt, path)
	}
	return nil
}

func hasContents(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if e.Type().IsRegular() && isContentName(e.Name()) {
			return true
		}
	}
	return false
}
