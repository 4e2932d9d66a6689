package outbox

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"sendoff/compose"
	"sendoff/internal/cleantext"
)

// maxKeptDraft is the largest draft, as JSON, that is kept beside a queued
// message that was not a saved draft before, so that it can be taken back.
const maxKeptDraft = 256 << 10

// spoolBuffer gathers the small writes of MIME encoders.
const spoolBuffer = 64 << 10

// SubmitOptions say how a message is queued.
type SubmitOptions struct {
	Draft     DraftRef      // the saved draft this is; the item keeps its ID
	NotBefore time.Time     // schedule
	Undo      time.Duration // undo window, from the moment it is queued; instead of NotBefore
	Hold      bool
	Bulk      bool   // goes behind all that a person waits for
	Key       string // the same key queues once, whatever else has changed
	MaxSize   int64  // most octets of the message: the account's limit; 0 for none
	// Protector signs and encrypts a message that asks for it (Draft.Protection);
	// nil: such a message is refused.
	Protector compose.Protector
	// Progress is told the octets of the message written so far, about every
	// MiB, during the call, also on another goroutine; may be nil.
	Progress func(done int64)
}

// Submit builds the message of a draft (Draft.Account and From must be set) and
// returns its ID once it and all it needs are durable on disk. After an error
// nothing is queued and a saved draft is as it was.
//
// Errors of the draft are compose.Problems or compose.FieldErrors, ErrTooLarge
// that of SubmitOptions.MaxSize; those of the disk are ErrDiskFull and
// ErrReadOnly. ErrNotDraft, ErrNotFound and ErrChanged are about SubmitOptions.Draft.
func (b *Outbox) Submit(ctx context.Context, d compose.Draft, o SubmitOptions) (ID, error) {
	if d.Account == "" {
		return 0, errors.New("submit: the draft names no account")
	}
	if id, err := b.queuedUnder(ctx, o.Key); err != nil || id != 0 {
		return id, err
	}
	now := time.Now()
	m, err := b.build(ctx, d, now, o)
	if err != nil {
		return 0, fmt.Errorf("submit: %w", err)
	}
	defer m.spool.drop()
	if m.file, err = m.spool.keep(); err != nil {
		return 0, fmt.Errorf("submit: %w", err)
	}
	var id ID
	err = b.writer.do(ctx, func(t *tx) (err error) {
		queued := time.Now() // a large message took its time
		if o.Undo > 0 {
			o.NotBefore = queued.Add(o.Undo)
		}
		id, err = t.insertMessage(m, queued, o)
		return err
	})
	if isUnique(err) { // another process used the key meanwhile
		return b.queuedUnder(ctx, o.Key)
	}
	if err != nil {
		return 0, fmt.Errorf("submit: %w", err)
	}
	return id, nil
}

// queuedUnder finds what was queued under a key before; 0 for none.
func (b *Outbox) queuedUnder(ctx context.Context, key string) (id ID, err error) {
	if key == "" {
		return 0, nil
	}
	err = b.read.QueryRowContext(ctx, "SELECT id FROM items WHERE idem = ?", key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, storeError(err)
}

// message is what Submit has built and not yet recorded.
type message struct {
	draft    compose.Draft
	envelope compose.Envelope
	stamp    compose.Stamp
	spool    spool
	file     string
	size     int64
	digest   string
	summary  summary

	letter *campaignLetter // that it is made of whenever it is opened; nil: it is stored
}

// Habits are what Submit fills in where a draft leaves it open.
func (b *Outbox) Habits() compose.Habits { return b.options.Habits }

// dateSlack is how far ahead a Date may lie without looking wrong.
const dateSlack = time.Minute

// build makes the message of a draft. What is scheduled is dated when it is
// meant to leave: filters give points to a Date of the day before yesterday. A
// copy that was not changed is the same message, and has its stamp, unless it is
// signed or encrypted: that never gives the same bytes.
func (b *Outbox) build(ctx context.Context, d compose.Draft, now time.Time, o SubmitOptions) (*message, error) {
	if d.CopyOf != "" && !d.Protection.Protects() {
		same, err := b.buildAgain(ctx, d, o)
		if err != nil || same != nil {
			return same, err
		}
	}
	if o.NotBefore.Sub(now) > dateSlack {
		now = o.NotBefore
	}
	s, err := compose.NewStamp(d.From, now)
	if err != nil {
		return nil, err
	}
	return b.buildWith(ctx, b.WithHabits(d, now), s, o)
}

// WithHabits is a draft as Submit would build it at a time.
func (b *Outbox) WithHabits(d compose.Draft, now time.Time) compose.Draft {
	return d.With(b.options.Habits, now)
}

// buildAgain builds a copy as what it was copied from; nil if it is not that any
// more, or if that is not known.
func (b *Outbox) buildAgain(ctx context.Context, d compose.Draft, o SubmitOptions) (*message, error) {
	id, err := ParseID(d.CopyOf)
	if err != nil {
		return nil, nil
	}
	var s compose.Stamp
	var digest string
	var seed []byte
	var date int64
	err = b.read.QueryRowContext(ctx, "SELECT message_id, date, seed, digest FROM items WHERE id = ? AND seed IS NOT NULL AND draft = 0", id).
		Scan(&s.MessageID, &date, &seed, &digest)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, storeError(err)
	}
	s.Date = unstamp(date)
	copy(s.Seed[:], seed)
	if d.Style == "" { // it was queued when there was plain text alone
		d.Style = compose.StylePlain
	}
	m, err := b.buildWith(ctx, d, s, o)
	if err != nil {
		return nil, err
	}
	if m.digest != digest {
		m.spool.drop()
		return nil, nil
	}
	return m, nil
}

// buildWith builds the message of a draft with a stamp.
func (b *Outbox) buildWith(ctx context.Context, d compose.Draft, s compose.Stamp, o SubmitOptions) (m *message, err error) {
	m = &message{draft: d, stamp: s, spool: newSpool(b.filesDir()), summary: summarize(d)}
	m.spool.told, m.spool.limit, m.spool.ended = o.Progress, o.MaxSize, ctx.Err
	w := bufio.NewWriterSize(&m.spool, spoolBuffer)
	if m.envelope, err = compose.BuildProtected(ctx, w, d, s, o.Protector); err == nil {
		err = w.Flush()
	}
	if err != nil {
		m.spool.drop()
		return nil, err
	}
	m.size, m.digest = m.spool.size, m.spool.digest()
	return m, nil
}

// insertMessage records a built message: item, bytes, recipients and draft.
func (t *tx) insertMessage(m *message, now time.Time, o SubmitOptions) (ID, error) {
	if m.file != "" {
		if err := t.nameFile(m.file, m.spool.size, now); err != nil {
			return 0, err
		}
	}
	id, err := t.queueItem(m, now, o)
	if err != nil {
		return 0, err
	}
	if m.file == "" {
		if _, err := t.exec("INSERT INTO bodies VALUES(?, ?)", id, m.spool.memory.Bytes()); err != nil {
			return 0, err
		}
	}
	due := later(now, o.NotBefore)
	for _, address := range m.envelope.Recipients {
		_, err := t.exec("INSERT INTO recipients(item_id, address, state, next_at) VALUES(?, ?, ?, ?)",
			id, address, RecipientWaiting, stamp(due))
		if err != nil {
			return 0, err
		}
	}
	if err := t.linkCopy(m.draft.CopyOf, id); err != nil {
		return 0, err
	}
	return id, t.keepDraft(id, m.draft, o.Draft.ID != 0)
}

// linkCopy notes at an item that failed, to somebody at least, as what a copy of it is
// sent: the newest counts.
func (t *tx) linkCopy(of string, id ID) error {
	failed, err := ParseID(of)
	if err != nil || failed == id { // it is none, or of another outbox
		return nil
	}
	_, err = t.exec("UPDATE items SET replaced_by = ? WHERE id = ? AND state IN (?, ?, ?)", id, failed, StateFailed, StateBounced, StatePartial)
	return err
}

// queuedColumns are those of an item that is queued, of which queuedValues gives the values.
// All its recipients wait, so what rollUp would find is known.
var queuedColumns = []string{"state", "held", "account", "idem", "message_id", "sender", "from_line", "to_list", "cc_list", "bcc_list", "subject",
	"size", "eight_bit", "utf8", "require_tls", "wishes", "file", "not_before", "undo", "next_at", "bulk", "digest", "seed", "date", "created_at", "updated_at"}

func queuedValues(m *message, now time.Time, o SubmitOptions) []any {
	s := m.summary
	state := derive(facts{held: o.Hold}, now, []RecipientState{RecipientWaiting})
	return []any{state, o.Hold, m.draft.Account, nullable(o.Key), m.stamp.MessageID, m.envelope.From, s.from, s.to, s.cc, s.bcc, s.subject,
		m.size, m.envelope.EightBit, m.envelope.UTF8, m.draft.RequireTLS, m.wishes(), nullable(m.file), stamp(o.NotBefore), o.Undo > 0, stamp(later(now, o.NotBefore)), o.Bulk, m.digest, m.stamp.Seed[:], stamp(m.stamp.Date), stamp(now), stamp(now)}
}

var (
	insertQueued = "INSERT INTO items(" + strings.Join(queuedColumns, ", ") + ") VALUES(?" + strings.Repeat(", ?", len(queuedColumns)-1) + ")"
	queueDraft   = "UPDATE items SET draft = 0, " + strings.Join(queuedColumns, " = ?, ") + " = ? WHERE id = ?"
)

// queueItem writes the item's own row, new or in place of its draft.
func (t *tx) queueItem(m *message, now time.Time, o SubmitOptions) (ID, error) {
	values := queuedValues(m, now, o)
	if o.Draft.ID != 0 {
		if err := t.requireDraft(o.Draft); err != nil {
			return 0, err
		}
		_, err := t.exec(queueDraft, append(values, o.Draft.ID)...)
		return o.Draft.ID, err
	}
	r, err := t.exec(insertQueued, values...)
	if err != nil {
		return 0, err
	}
	n, err := r.LastInsertId()
	return ID(n), err
}

// draftRow writes what lists show of a draft into its row; ID 0 makes a new one.
func (t *tx) draftRow(ref DraftRef, d compose.Draft, now time.Time) (ID, error) {
	s := summarize(d)
	if ref.ID != 0 {
		if err := t.requireDraft(ref); err != nil {
			return 0, err
		}
		_, err := t.exec("UPDATE items SET account = ?, from_line = ?, to_list = ?, cc_list = ?, bcc_list = ?, subject = ?, updated_at = ? WHERE id = ?",
			d.Account, s.from, s.to, s.cc, s.bcc, s.subject, stamp(now), ref.ID)
		return ref.ID, err
	}
	r, err := t.exec("INSERT INTO items(state, draft, account, from_line, to_list, cc_list, bcc_list, subject, created_at, updated_at) "+
		"VALUES(?, 1, ?, ?, ?, ?, ?, ?, ?, ?)", StateDraft, d.Account, s.from, s.to, s.cc, s.bcc, s.subject, stamp(now), stamp(now))
	if err != nil {
		return 0, err
	}
	n, err := r.LastInsertId()
	return ID(n), err
}

// requireDraft refuses what is not the draft that is meant any more.
func (t *tx) requireDraft(ref DraftRef) error {
	var draft bool
	var version DraftVersion
	err := t.queryRow("SELECT draft, updated_at FROM items WHERE id = ?", ref.ID).Scan(&draft, &version)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s: %w", ref.ID, ErrNotFound)
	case err == nil && !draft:
		return fmt.Errorf("%s: %w", ref.ID, ErrNotDraft)
	case err == nil && ref.Version != 0 && ref.Version != version:
		return fmt.Errorf("%s: %w", ref.ID, ErrChanged)
	}
	return err
}

// keepDraft keeps what a message was made from. A saved draft is kept at any
// size, since it is there already.
func (t *tx) keepDraft(id ID, d compose.Draft, saved bool) error {
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if !saved && len(text) > maxKeptDraft && !d.Report { // that wish stands nowhere else
		return nil
	}
	_, err = t.exec("INSERT INTO drafts VALUES(?, ?) ON CONFLICT(item_id) DO UPDATE SET json = excluded.json", id, string(text))
	return err
}

// DraftVersion tells one saving of a draft from the next.
type DraftVersion int64

// DraftRef is a saved draft as somebody has seen it. Its zero ID is a draft that
// is not saved yet, a zero Version whatever is saved now.
type DraftRef struct {
	ID      ID
	Version DraftVersion
}

// SaveDraft stores a draft durably, over ref or as a new one, and gives what it
// is now. It returns ErrNotDraft if the item has been queued meanwhile,
// ErrNotFound if it is gone, and ErrChanged if somebody else has saved it since
// ref: then nothing is written.
func (b *Outbox) SaveDraft(ctx context.Context, ref DraftRef, d compose.Draft) (DraftRef, error) {
	now := time.Now()
	saved := DraftRef{Version: DraftVersion(stamp(now))}
	err := b.writer.do(ctx, func(t *tx) (err error) {
		if saved.ID, err = t.draftRow(ref, d, now); err != nil {
			return err
		}
		return t.keepDraft(saved.ID, d, true)
	})
	if err != nil {
		return DraftRef{}, fmt.Errorf("save draft: %w", err)
	}
	return saved, nil
}

// OpenDraft is Draft for who goes on writing on it: the version tells later
// whether somebody else has.
func (b *Outbox) OpenDraft(ctx context.Context, id ID) (compose.Draft, DraftRef, error) {
	ref := DraftRef{ID: id}
	err := b.read.QueryRowContext(ctx, "SELECT updated_at FROM items WHERE id = ?", id).Scan(&ref.Version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return compose.Draft{}, ref, storeError(err)
	}
	d, err := b.Draft(ctx, id) // after the version: a change between the two is noticed when it is saved
	return d, ref, err
}

// Draft is the draft of an item in StateDraft, or the kept one that an item
// with HasDraft was made from. ErrNotFound if there is none.
func (b *Outbox) Draft(ctx context.Context, id ID) (d compose.Draft, err error) {
	var text []byte
	var draft bool
	err = b.read.QueryRowContext(ctx, "SELECT d.json, i.draft FROM drafts d JOIN items i ON i.id = d.item_id WHERE d.item_id = ?", id).Scan(&text, &draft)
	if errors.Is(err, sql.ErrNoRows) {
		return d, fmt.Errorf("draft of %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return d, storeError(err)
	}
	err = json.Unmarshal(text, &d)
	if !draft {
		d.CopyOf, d.Cursor = id.String(), compose.Place{}
	}
	return d, err
}

// summary is what lists show of a draft or message: cleaned, lists as JSON.
type summary struct{ from, to, cc, bcc, subject string }

func summarize(d compose.Draft) summary {
	return summary{
		from: cleantext.Line(d.From), to: addressList(d.To), cc: addressList(d.Cc), bcc: addressList(d.Bcc),
		subject: cleantext.Line(d.Subject),
	}
}

// addressList is a list of addresses as JSON; text that is not one yet, as in a
// draft, stands as it was typed.
func addressList(text string) string {
	list := []string{}
	addresses, err := compose.ParseList(text)
	if err != nil {
		list = append(list, cleantext.Line(text))
	}
	for _, a := range addresses {
		list = append(list, cleantext.Line(a.String()))
	}
	encoded, err := json.Marshal(list)
	if err != nil { // strings always encode
		panic(err)
	}
	return string(encoded)
}

func nullable(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
