package outbox

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"sendoff/internal/cleantext"
)

// maxText is the longest text kept of an answer, in bytes. Real ones fit; the
// rest of a hostile one is of no use to anybody.
const maxText = 2000

// job is one attempt that has been recorded and must now be made.
type job struct {
	policy     Policy
	attempt    int64
	item       ID
	sender     string
	file       string
	size       int64
	eightBit   bool
	utf8       bool
	created    time.Time // when it was queued, or scheduled for
	recipients []jobRecipient
}

type jobRecipient struct {
	id      int64
	address string
	tries   int
}

// claim begins attempts for due items of an account, at most limit: it records
// them and moves their due recipients to sending. With a pass, only for what
// that has not tried.
func (t *tx) claim(policy Policy, p *pass, now time.Time, limit int) ([]*job, error) {
	query, args := dueQuery("SELECT i.id, i.sender, i.file, i.size, i.eight_bit, i.utf8, max(i.created_at, i.not_before)", policy.Account, now, p)
	var jobs []*job
	err := t.each(func(rows *sql.Rows) error {
		j := &job{policy: policy}
		var file sql.NullString
		var created int64
		err := rows.Scan(&j.item, &j.sender, &file, &j.size, &j.eightBit, &j.utf8, &created)
		j.file, j.created = file.String, unstamp(created)
		jobs = append(jobs, j)
		return err
	}, fmt.Sprintf("%s ORDER BY i.next_at, i.id LIMIT %d", query, limit), args...)
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		if err := t.begin(j, now); err != nil {
			return nil, fmt.Errorf("claim %s: %w", j.item, err)
		}
	}
	return jobs, nil
}

// begin records the attempt of one job.
func (t *tx) begin(j *job, now time.Time) error {
	err := t.each(func(rows *sql.Rows) error {
		var r jobRecipient
		err := rows.Scan(&r.id, &r.address, &r.tries)
		j.recipients = append(j.recipients, r)
		return err
	}, "SELECT id, address, attempts FROM recipients WHERE item_id = ? AND state = ? AND next_at <= ? ORDER BY id",
		j.item, RecipientWaiting, stamp(now))
	if err != nil {
		return err
	}
	if len(j.recipients) == 0 {
		return errors.New("the item is due and none of its recipients is")
	}
	r, err := t.exec("INSERT INTO attempts(item_id, number, account, started_at) "+
		"VALUES(?1, (SELECT count(*) + 1 FROM attempts WHERE item_id = ?1), ?2, ?3)", j.item, j.policy.Account, stamp(now))
	if err != nil {
		return err
	}
	if j.attempt, err = r.LastInsertId(); err != nil {
		return err
	}
	for _, r := range j.recipients {
		if err := t.move(r.id, EventClaim); err != nil {
			return err
		}
	}
	return t.rollUp(j.item, now)
}

// move takes one recipient through the transition function.
func (t *tx) move(recipient int64, e Event) error {
	var s RecipientState
	if err := t.queryRow("SELECT state FROM recipients WHERE id = ?", recipient).Scan(&s); err != nil {
		return err
	}
	next, err := transition(s, e)
	if err != nil {
		return err
	}
	_, err = t.exec("UPDATE recipients SET state = ? WHERE id = ?", next, recipient)
	return err
}

// mark records that the final dot of an attempt may leave now.
func (t *tx) mark(attempt int64, now time.Time) error {
	n, err := t.changed("UPDATE attempts SET marked_at = ? WHERE id = ? AND finished_at = 0", stamp(now), attempt)
	if err == nil && n != 1 {
		err = errors.New("the attempt is not open")
	}
	return err
}

// settle records what an attempt came to. It tells whether the account parks.
func (t *tx) settle(j *job, report Report, now time.Time) (parks bool, err error) {
	var until time.Time
	for i, r := range j.recipients {
		result := resultFor(report, i)
		v := decide(result, situation{tries: r.tries, created: j.created, now: now, began: report.Began,
			resend: j.policy.ResendInDoubt, random: rand.Float64()})
		if v.parks && !parks {
			parks = true
			if until, err = t.park(j.policy, result, now); err != nil {
				return false, err
			}
		}
		if v.parks && result.Class != ClassNetwork && !until.IsZero() {
			// Behind what others have queued: when the account goes on, its first
			// try must not be the one that stopped it, time after time. Without a
			// network none is to blame.
			v.next = until.Add(time.Microsecond)
		}
		if err := t.settleRecipient(j.attempt, r, result, v, now); err != nil {
			return false, err
		}
	}
	if report.Began && !parks {
		if err := t.unpark(j.policy.Account); err != nil {
			return false, err
		}
	}
	if _, err := t.exec("UPDATE attempts SET server = ?, tls = ?, finished_at = ? WHERE id = ?",
		orNone(report.Server), report.TLS, stamp(now), j.attempt); err != nil {
		return false, err
	}
	if _, err := t.exec("UPDATE items SET interrupted = 0 WHERE id = ?", j.item); err != nil {
		return false, err
	}
	return parks, t.rollUp(j.item, now)
}

// orNone keeps the server's column from being empty, as that of an attempt is
// that ended with its program.
func orNone(server string) string {
	if server == "" {
		return "-"
	}
	return server
}

// resultFor is the result of the i-th recipient, cleaned and bounded. A
// transport that gives none has not spoken the protocol.
func resultFor(report Report, i int) Result {
	if i >= len(report.Results) || report.Results[i].Class == 0 {
		return Result{Class: ClassProtocol, Text: "no answer for this recipient"}
	}
	r := report.Results[i]
	r.Text = cleantext.Line(r.Text)
	if len(r.Text) > maxText {
		r.Text = cleantext.Line(r.Text[:maxText])
	}
	return r
}

func (t *tx) settleRecipient(attempt int64, r jobRecipient, result Result, v verdict, now time.Time) error {
	if err := t.move(r.id, v.event); err != nil {
		return err
	}
	if _, err := t.exec("UPDATE recipients SET class = ?, code = ?, enhanced = ?, text = ?, at = ?, attempts = attempts + ?, next_at = ? WHERE id = ?",
		result.Class, result.Code, result.Enhanced, result.Text, stamp(now), v.counted, stamp(v.next), r.id); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO attempt_results VALUES(?, ?, ?, ?, ?, ?)",
		attempt, r.id, result.Class, result.Code, result.Enhanced, result.Text)
	return err
}

// rollUp derives what lists show of an item from its facts and recipients.
func (t *tx) rollUp(id ID, now time.Time) error {
	var f facts
	var notBefore int64
	if err := t.queryRow("SELECT draft, cancelled, held, not_before FROM items WHERE id = ?", id).
		Scan(&f.draft, &f.cancelled, &f.held, &notBefore); err != nil {
		return err
	}
	f.notBefore = unstamp(notBefore)
	var states []RecipientState
	var attempts int
	var next int64
	var reason string
	err := t.each(func(rows *sql.Rows) error {
		var s RecipientState
		var tries int
		var at int64
		var text string
		if err := rows.Scan(&s, &tries, &at, &text); err != nil {
			return err
		}
		states = append(states, s)
		attempts = max(attempts, tries)
		if s == RecipientWaiting && (next == 0 || at < next) {
			next = at
		}
		if reason == "" && s != RecipientSent && s != RecipientConfirmed {
			reason = text
		}
		return nil
	}, "SELECT state, attempts, next_at, text FROM recipients WHERE item_id = ? ORDER BY id", id)
	if err != nil {
		return err
	}
	state := derive(f, now, states)
	if state == StateScheduled {
		state = StateWaiting // stored so, since it ends by the clock alone
	}
	if next != 0 {
		next = max(next, notBefore)
	}
	_, err = t.exec("UPDATE items SET state = ?, next_at = ?, attempts = ?, reason = ?, updated_at = ? WHERE id = ?",
		state, next, attempts, reason, stamp(now), id)
	return err
}
