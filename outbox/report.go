package outbox

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strings"
	"time"

	"sendoff/internal/cleantext"
	"sendoff/outbox/bounce"
)

// Arrived is a mail that may be a delivery report.
type Arrived struct {
	Account string // whose mailbox it came to; "" for none
	Mail    io.Reader
}

// Taken is what came of a mail that was looked at.
type Taken struct {
	Mail       bounce.Mail // what it is; all else is empty unless it is a report
	Again      bool        // it was counted before, and changed nothing now
	Item       ID          // the message it is about; 0: none that is known
	Subject    string      // of that message, as the report has it
	Sender     string      // of the report, as it says
	Recipients []Reported

	// Unsubscribed is the address whose owner wants no more letters, if that is what
	// the mail says; it is suppressed now.
	Unsubscribed string
}

// Reported is what a report says of one recipient, and whether it counts.
type Reported struct {
	bounce.Recipient
	Counts Counting
}

// Counting is why what a report says of a recipient changes something, or not.
type Counting uint8

// The reasons.
const (
	Counted     Counting = iota // it changed the recipient
	NoItem                      // the message is not known
	NoRecipient                 // the message never went there: a mistake, or forged
	NoNews                      // the recipient is as it says already, or past that
)

// TakeReport looks at a mail, and if it is a delivery report lets the recipients
// have what it says: it is found by its envelope ID, the address that it came to, if
// that is one of the message's own (Policy.ReturnPath), the Message-ID of what came back, the references of the report itself, or, if it has none of them, by recipient, subject
// and time. Only who the message went to can be changed. What it says is kept,
// also where nothing is known of the message; the same mail counts once. A mail that
// is no report may be of somebody who wants no more letters (Options.Wish).
//
// ErrBusy while the message is being sent to somebody whom it speaks of: it is to
// be given again.
func (b *Outbox) TakeReport(ctx context.Context, a Arrived) (Taken, error) {
	digest := sha256.New()
	mail := bufio.NewReaderSize(a.Mail, maxReportHead)
	head, _ := mail.Peek(maxReportHead) // the error comes again
	head = bytes.Clone(head)
	to, err := b.returnedTo(ctx, head)
	if err != nil {
		return Taken{}, err
	}
	report, err := bounce.ParseFor(to.only, io.TeeReader(mail, digest))
	if err != nil {
		return Taken{}, fmt.Errorf("read a mail: %w", err)
	}
	taken := Taken{Mail: report.Mail}
	if report.Mail != bounce.Delivery {
		taken.Unsubscribed, err = b.takeWish(ctx, head)
		return taken, err
	}
	header := headerOf(head)
	taken.Sender = bound(header.Get("From"))
	taken.Subject = bound(report.Subject)
	if taken.Subject == "" {
		taken.Subject = bound(header.Get("Subject"))
	}
	name := strings.TrimSpace(header.Get("Message-Id"))
	if name == "" || len(name) > maxText {
		name = "sha256:" + hex.EncodeToString(digest.Sum(nil))
	}
	now := time.Now()
	err = b.writer.do(ctx, func(t *tx) error {
		taken.Recipients, taken.Again = nil, false
		return t.takeReport(&taken, name, a.Account, report, to, now)
	})
	if err != nil {
		return Taken{}, fmt.Errorf("take a report: %w", err)
	}
	return taken, nil
}

// IsWish tells from its header of a mail that somebody wants no more letters.
func (b *Outbox) IsWish(header []byte) bool {
	if b.options.Wish == nil {
		return false
	}
	_, proven := b.options.Wish(header)
	return proven
}

// takeWish suppresses the address of somebody who proves that he wants no more.
func (b *Outbox) takeWish(ctx context.Context, header []byte) (address string, err error) {
	if b.options.Wish == nil {
		return "", nil
	}
	address, proven := b.options.Wish(header)
	if !proven {
		return "", nil
	}
	address = cleantext.Line(address)
	_, err = b.Suppress(ctx, []Suppression{{Address: address, Why: WhyUnsubscribe, Note: "by mail", At: time.Now()}})
	return address, err
}

// maxReportHead is how much of a mail is kept for its own header.
const maxReportHead = 128 << 10

// headerOf reads what there is of one; a damaged line ends it.
func headerOf(head []byte) textproto.MIMEHeader {
	h := make(textproto.MIMEHeader)
	last := ""
	for line := range strings.SplitSeq(strings.ReplaceAll(string(head), "\r\n", "\n"), "\n") {
		if line == "" {
			break
		}
		if (line[0] == ' ' || line[0] == '\t') && last != "" {
			values := h[last]
			values[len(values)-1] += " " + strings.TrimSpace(line)
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		last = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
		h.Add(last, strings.TrimSpace(value))
	}
	return h
}

func (t *tx) takeReport(taken *Taken, name, account string, report bounce.Report, came returned, now time.Time) error {
	err := t.queryRow("SELECT coalesce(item_id, 0) FROM reports WHERE mail = ?", name).Scan(&taken.Item)
	switch {
	case err == nil:
		taken.Again = true
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	if !taken.Again {
		if taken.Item, err = t.reportedItem(report, came, now); err != nil {
			return err
		}
	}
	var to []reportedTo
	if taken.Item != 0 {
		if to, err = t.reportedTo(taken.Item); err != nil {
			return err
		}
	}
	var row int64
	if !taken.Again {
		r, err := t.exec("INSERT INTO reports(mail, account, at, sender, subject, item_id) VALUES(?, ?, ?, ?, ?, ?)",
			name, account, stamp(now), taken.Sender, taken.Subject, sql.NullInt64{Int64: int64(taken.Item), Valid: taken.Item != 0})
		if err != nil {
			return err
		}
		if row, err = r.LastInsertId(); err != nil {
			return err
		}
	}
	for _, said := range report.Recipients {
		counts := NoItem
		whom := -1
		if taken.Item != 0 {
			if whom = whose(said, to); whom < 0 && len(to) == 1 && came.means(taken.Item, report.MessageID, len(report.Recipients)) {
				whom = 0
			}
			counts = counting(said, to, whom)
		}
		if whom >= 0 && to[whom].state == RecipientSending {
			return ErrBusy // what the attempt comes to is recorded first
		}
		if taken.Again && counts == Counted {
			counts = NoNews
		}
		taken.Recipients = append(taken.Recipients, Reported{said, counts})
		if taken.Again {
			continue
		}
		if err := t.keepReported(row, taken.Item, said, to, whom, counts, now); err != nil {
			return err
		}
	}
	if taken.Again || taken.Item == 0 {
		return nil
	}
	return t.rollUp(taken.Item, now)
}

// reportedTo is a recipient that a report may be about.
type reportedTo struct {
	id      int64
	address string
	state   RecipientState
}

func (t *tx) reportedTo(item ID) (all []reportedTo, err error) {
	err = t.each(func(rows *sql.Rows) error {
		var r reportedTo
		err := rows.Scan(&r.id, &r.address, &r.state)
		all = append(all, r)
		return err
	}, "SELECT id, address, state FROM recipients WHERE item_id = ? ORDER BY id", item)
	return all, err
}

// whose finds the recipient that a report speaks of, by the address that was
// typed before that at which it failed; -1: it is none of them. It is pure.
func whose(said bounce.Recipient, to []reportedTo) int {
	for _, sought := range []string{said.Original, said.Address} {
		for i, r := range to {
			if sought != "" && strings.EqualFold(sought, r.address) { // no provider tells the case of a local part apart
				return i
			}
		}
	}
	return -1
}

// eventOf is what a report means to a recipient; 0 for nothing. It is pure.
func eventOf(said bounce.Recipient, s RecipientState) Event {
	switch {
	case said.Action == bounce.Delivered:
		return EventConfirm
	case said.Action == bounce.Relayed, said.Action == bounce.Expanded:
		if s == RecipientUncertain {
			return EventMarkSent // it has been taken; no more is known
		}
		return 0
	case said.Kind == bounce.Delay:
		return EventDelayReport
	case said.Kind == bounce.Success:
		return EventConfirm
	}
	return EventBounce
}

// counting tells whether what a report says of a recipient changes it. It is pure.
func counting(said bounce.Recipient, to []reportedTo, whom int) Counting {
	if whom < 0 {
		return NoRecipient
	}
	event := eventOf(said, to[whom].state)
	if event == 0 {
		return NoNews
	}
	if _, err := transition(to[whom].state, event); err != nil {
		return NoNews
	}
	return Counted
}

// keepReported keeps what is said of one recipient, and lets it have that.
func (t *tx) keepReported(report int64, item ID, said bounce.Recipient, to []reportedTo, whom int, counts Counting, now time.Time) error {
	recipient := sql.NullInt64{}
	if whom >= 0 {
		recipient = sql.NullInt64{Int64: to[whom].id, Valid: true}
	}
	if _, err := t.exec("INSERT INTO report_recipients VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", report, recipient, bound(said.Address), said.Kind,
		said.Status, said.Code, bound(said.Diagnostic), bound(said.Reason), counts == Counted); err != nil || counts != Counted {
		return err
	}
	r := &to[whom]
	event := eventOf(said, r.state)
	if err := t.move(r.id, event); err != nil {
		return err
	}
	next, err := transition(r.state, event)
	if err != nil {
		return err
	}
	r.state = next // a report may name somebody twice
	text := cmp.Or(bound(said.Diagnostic), bound(said.Reason))
	if said.Code != 0 { // which stands apart, as in the answers of servers
		text = strings.TrimLeft(strings.TrimPrefix(text, fmt.Sprint(said.Code)), " -")
	}
	if _, err = t.exec("UPDATE recipients SET class = ?, code = ?, enhanced = ?, text = ?, at = ? WHERE id = ?",
		classOfReport(said), said.Code, said.Status, text, stamp(now), r.id); err != nil {
		return err
	}
	switch event {
	case EventBounce:
		return t.strike(r.address, Result{Code: said.Code, Enhanced: said.Status, Text: text}, item, now)
	case EventConfirm:
		return t.forgetStrikes(r.address)
	}
	return nil
}

// classOfReport is the class that a recipient has by a report.
func classOfReport(said bounce.Recipient) Class {
	switch said.Kind {
	case bounce.Success:
		return ClassAccepted
	case bounce.Soft, bounce.Delay:
		return ClassTemporary
	}
	if said.Action == bounce.Relayed || said.Action == bounce.Expanded || said.Action == bounce.Delivered {
		return ClassAccepted
	}
	return ClassRejected
}

// reportedWithin is how old a message may be that a report without a trace of it
// is still taken for: servers give up after five days, some after a week.
const reportedWithin = 14 * 24 * time.Hour

// likelyItems are how many of the newest messages are looked through for such one.
const likelyItems = 20_000

// reportedItem finds the message that a report is about; 0: it is not known.
func (t *tx) reportedItem(report bounce.Report, came returned, now time.Time) (ID, error) {
	if id, err := ParseID(report.EnvelopeID); err == nil { // another outbox of the same person counts its items too
		found, err := t.itemBy("SELECT id FROM items WHERE id = ?1 AND draft = 0 AND (?2 = '' OR message_id = '<' || ?2 || '>')", id, report.MessageID)
		if err != nil || found != 0 {
			return found, err
		}
	}
	if came.item != 0 {
		found, err := t.itemBy("SELECT id FROM items WHERE id = ? AND draft = 0", came.item)
		if err != nil || found != 0 {
			return found, err
		}
	}
	names := report.References
	if report.MessageID != "" {
		names = append([]string{report.MessageID}, names...)
	}
	for _, name := range names {
		found, err := t.itemBy("SELECT id FROM items WHERE message_id = ? AND draft = 0 ORDER BY id DESC", "<"+name+">")
		if err != nil || found != 0 {
			return found, err
		}
	}
	if report.MessageID != "" || report.EnvelopeID != "" || report.Subject == "" {
		return 0, nil // it says which one it is about, and that is none of ours
	}
	for _, said := range report.Recipients {
		found, err := t.itemBy(`SELECT i.id FROM (SELECT id, subject, created_at FROM items WHERE draft = 0 ORDER BY id DESC LIMIT ?) i
			JOIN recipients r ON r.item_id = i.id WHERE i.subject = ? AND i.created_at > ? AND r.state IN (?, ?, ?) AND r.address IN (?, ?) COLLATE NOCASE
			ORDER BY i.id DESC`, likelyItems, report.Subject, stamp(now.Add(-reportedWithin)),
			RecipientSent, RecipientUncertain, RecipientDelayed, said.Address, said.Original)
		if err != nil || found != 0 {
			return found, err
		}
	}
	return 0, nil
}

// itemBy gives the first item that a query finds, 0 for none.
func (t *tx) itemBy(query string, args ...any) (id ID, err error) {
	if err = t.queryRow(query, args...).Scan(&id); errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// KeptReport is a delivery report that was taken in.
type KeptReport struct {
	At      time.Time
	Account string // whose mailbox it came to; "" for none
	Sender  string // as it says, cleaned
	Subject string // of the message that it is about, as it says, cleaned
	Item    ID     // 0: of no message that is known
	Said    []KeptReported
}

// KeptReported is what one says of a recipient.
type KeptReported struct {
	Address    string
	Kind       bounce.Kind
	Reason     string // for people
	Diagnostic string // the server's words
	Ours       bool   // the message went there
	Counted    bool
}

// Reports gives the newest reports that were taken in, at most so many; strange
// alone those that changed nothing, since the message, or whom it names, is not
// known.
func (b *Outbox) Reports(ctx context.Context, strange bool, limit int) ([]KeptReport, error) {
	rows, err := b.read.QueryContext(ctx, `SELECT r.id, r.at, r.account, r.sender, r.subject, coalesce(r.item_id, 0),
			coalesce(rr.address, ''), coalesce(rr.kind, 0), coalesce(rr.reason, ''), coalesce(rr.diagnostic, ''), rr.recipient_id IS NOT NULL, coalesce(rr.counted, 0)
		FROM (SELECT * FROM reports WHERE NOT ?1 OR NOT EXISTS(SELECT 1 FROM report_recipients k WHERE k.report_id = reports.id AND k.recipient_id IS NOT NULL)
			ORDER BY id DESC LIMIT ?2) r
		LEFT JOIN report_recipients rr ON rr.report_id = r.id ORDER BY r.id DESC, rr.rowid`, strange, limit)
	if err != nil {
		return nil, storeError(err)
	}
	var all []KeptReport
	last := int64(0)
	err = eachRow(rows, func(rows *sql.Rows) error {
		var r KeptReport
		var said KeptReported
		var id, at int64
		if err := rows.Scan(&id, &at, &r.Account, &r.Sender, &r.Subject, &r.Item, &said.Address, &said.Kind, &said.Reason, &said.Diagnostic, &said.Ours, &said.Counted); err != nil {
			return err
		}
		if id != last {
			r.At, last = unstamp(at), id
			all = append(all, r)
		}
		if said.Address != "" {
			all[len(all)-1].Said = append(all[len(all)-1].Said, said)
		}
		return nil
	})
	return all, storeError(err)
}
