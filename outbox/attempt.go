package outbox

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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
	started    time.Time
	item       ID
	sender     string
	file       string
	size       int64
	eightBit   bool
	utf8       bool
	requireTLS bool
	digest     string // of the message; "" where it is not known
	row        int    // attempts that ended with their program, up to this one
	noted      bool   // some results stand in the store since the mark
	recipients []jobRecipient
}

type jobRecipient struct {
	id      int64
	address string
	tries   int
	waited  time.Duration
	online  time.Time // the account's online clock at the last counted try
}

// room is how much may be claimed at once for an account.
type room struct{ attempts, recipients int }

// claim begins attempts for due items of an account, as far as there is room:
// it records them and moves their due recipients to sending. What a person waits
// for goes before what is sent in bulk. With a pass, only for what that has not
// tried.
func (t *tx) claim(policy Policy, p *pass, now time.Time, left room) (jobs []*job, err error) {
	for _, bulk := range []bool{false, true} {
		due, err := t.due(policy, p, now, bulk, min(left.attempts, left.recipients))
		if err != nil {
			return nil, err
		}
		for _, j := range due {
			if left.recipients <= 0 {
				break
			}
			begun, err := t.begin(j, now, left.recipients)
			if err != nil {
				return nil, fmt.Errorf("claim %s: %w", j.item, err)
			}
			if !begun {
				continue
			}
			left.attempts--
			left.recipients -= len(j.recipients)
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

// due are the next items of an account, at most limit.
func (t *tx) due(policy Policy, p *pass, now time.Time, bulk bool, limit int) (jobs []*job, err error) {
	if limit <= 0 {
		return nil, nil
	}
	query, args := dueQuery("SELECT i.id, i.sender, i.file, i.size, i.eight_bit, i.utf8, i.require_tls, i.interrupted, i.digest",
		policy.Account, bulk, now, p)
	err = t.each(func(rows *sql.Rows) error {
		j := &job{policy: policy}
		var file sql.NullString
		err := rows.Scan(&j.item, &j.sender, &file, &j.size, &j.eightBit, &j.utf8, &j.requireTLS, &j.row, &j.digest)
		j.file = file.String
		jobs = append(jobs, j)
		return err
	}, fmt.Sprintf("%s ORDER BY i.next_at, i.id LIMIT %d", query, limit), args...)
	return jobs, err
}

// begin records the attempt of one job, for at most so many recipients. An item
// that is listed as due and has nobody to send to, as after damage, is rolled up
// anew instead: it must not stand in the way of the others.
func (t *tx) begin(j *job, now time.Time, most int) (begun bool, err error) {
	tries := 0
	err = t.each(func(rows *sql.Rows) error {
		r, err := scanJobRecipient(rows)
		tries = max(tries, r.tries)
		j.recipients = append(j.recipients, r)
		return err
	}, "SELECT "+jobRecipientColumns+" FROM recipients WHERE item_id = ? AND state = ? AND next_at <= ? ORDER BY id LIMIT ?",
		j.item, RecipientWaiting, stamp(now), most)
	if err != nil {
		return false, err
	}
	if len(j.recipients) == 0 {
		return false, t.rollUp(j.item, now)
	}
	j.started = now
	next := plannedNext(tries, j.row, now, rand.Float64())
	r, err := t.exec("INSERT INTO attempts(item_id, number, account, started_at, next_at) "+
		"VALUES(?1, (SELECT count(*) + 1 FROM attempts WHERE item_id = ?1), ?2, ?3, ?4)", j.item, j.policy.Account, stamp(now), stamp(next))
	if err != nil {
		return false, err
	}
	if j.attempt, err = r.LastInsertId(); err != nil {
		return false, err
	}
	claimed, err := transition(RecipientWaiting, EventClaim)
	if err != nil {
		return false, err
	}
	for _, r := range j.recipients { // which were found waiting just now
		if _, err := t.exec("UPDATE recipients SET state = ? WHERE id = ?", claimed, r.id); err != nil {
			return false, err
		}
	}
	if err := t.take(j); err != nil {
		return false, err
	}
	return true, t.rollUp(j.item, now)
}

const jobRecipientColumns = "id, address, attempts, waited, online_at"

func scanJobRecipient(s scanner) (r jobRecipient, err error) {
	var waited, online int64
	err = s.Scan(&r.id, &r.address, &r.tries, &waited, &online)
	r.waited, r.online = time.Duration(waited)*time.Microsecond, unstamp(online)
	return r, err
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

// note records with the mark what is known of recipients already, so that a crash
// leaves only the others in doubt. Who goes in another transaction is noted as not
// reached.
func (t *tx) note(j *job, known []Result) error {
	for i, r := range j.recipients {
		if i >= len(known) || known[i].Class == 0 {
			continue
		}
		result := resultFor(Report{Results: known}, i)
		if result.Limit == LimitRecipients {
			result = Result{Class: ClassNetwork, Text: "left for another transaction"}
		}
		if err := t.insertResult(j.attempt, r.id, result); err != nil {
			return err
		}
	}
	return nil
}

// noted gives and removes what note has recorded, by recipient.
func (t *tx) noted(attempt int64) (map[int64]Result, error) {
	known := make(map[int64]Result)
	err := t.each(func(rows *sql.Rows) error {
		var recipient int64
		var r Result
		err := rows.Scan(&recipient, &r.Class, &r.Code, &r.Enhanced, &r.Text)
		known[recipient] = r
		return err
	}, "SELECT recipient_id, class, code, enhanced, text FROM attempt_results WHERE attempt_id = ?", attempt)
	if err != nil || len(known) == 0 {
		return nil, err
	}
	return known, t.forgetNoted(attempt)
}

func (t *tx) forgetNoted(attempt int64) error {
	_, err := t.exec("DELETE FROM attempt_results WHERE attempt_id = ?", attempt)
	return err
}

func (t *tx) insertResult(attempt, recipient int64, r Result) error {
	_, err := t.exec("INSERT INTO attempt_results VALUES(?, ?, ?, ?, ?, ?)", attempt, recipient, r.Class, r.Code, r.Enhanced, r.Text)
	return err
}

// settlement is what the sender must know of an attempt that is recorded.
type settlement struct {
	parks     bool    // the account stops
	used      int     // recipients that count against its limits
	remembers learned // connections that it takes from now on; none: as before
}

// settle records what an attempt came to, for its account by the name that it has
// now.
func (t *tx) settle(j *job, report Report, now time.Time) (s settlement, err error) {
	policy := j.policy
	err = t.queryRow("UPDATE attempts SET server = ?, tls = ?, finished_at = ?, dialogue = ? WHERE id = ? RETURNING account",
		orNone(report.Server), report.TLS, stamp(now), dialogueOf(report), j.attempt).Scan(&policy.Account)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return s, fmt.Errorf("the attempt is gone: %w", ErrTransition)
	case err != nil:
		return s, err
	}
	_, parked, err := t.parkOf(policy.Account)
	if err != nil {
		return s, err
	}
	if report.Began {
		s.used = len(j.recipients)
	}
	if report.Began && parked {
		if err := t.cameOnline(policy.Account, now); err != nil {
			return s, err
		}
	}
	if report.Alone {
		if err := t.leaveAlone(policy.Account, now); err != nil {
			return s, err
		}
	}
	var online, until time.Time
	if !report.accepted(len(j.recipients)) { // else nobody's patience matters any more
		if online, err = t.onlineClock(policy.Account, now); err != nil {
			return s, err
		}
	}
	if j.noted {
		if err := t.forgetNoted(j.attempt); err != nil {
			return s, err
		}
	}
	random := rand.Float64() // one for all: those who are put off together come back together
	partly := slices.ContainsFunc(report.Results, func(r Result) bool { return r.Class == ClassAccepted })
	for i, r := range j.recipients {
		result := resultFor(report, i)
		waited := r.waited
		if !online.IsZero() {
			waited += patience(r.online, online)
		}
		v := decide(result, situation{tries: r.tries, waited: waited, now: now, began: report.Began, partly: partly,
			resend: policy.ResendInDoubt, random: random})
		if v.parks && !s.parks {
			s.parks = true
			if until, s.remembers, err = t.stop(policy, result, report.Secret, now); err != nil {
				return s, err
			}
		}
		if v.parks && result.Class != ClassNetwork && !until.IsZero() {
			v.next = until.Add(behindOthers) // without a network none is to blame
		}
		if v.rest && s.parks && !until.IsZero() {
			v.next = until.Add(behindOthers) // with the others of the message
		}
		if v.counted && !online.IsZero() {
			r.waited, r.online = waited, online
		}
		if err := t.settleRecipient(j.attempt, r, result, v, now); err != nil {
			return s, err
		}
	}
	if report.Began && parked && !s.parks {
		if err := t.unpark(policy.Account, j.started); err != nil {
			return s, err
		}
	}
	if j.row > 0 {
		if _, err := t.exec("UPDATE items SET interrupted = 0 WHERE id = ?", j.item); err != nil {
			return s, err
		}
	}
	if err := t.use(j.attempt, policy.Account, s.used, now); err != nil {
		return s, err
	}
	return s, t.rollUp(j.item, now)
}

// stop parks an account for what its server said.
func (t *tx) stop(policy Policy, r Result, secret string, now time.Time) (until time.Time, connections learned, err error) {
	if r.Limit == LimitConnections {
		if connections, err = t.learnConnections(policy, now); err != nil {
			return until, connections, err
		}
	}
	until, err = t.park(policy, r, secret, now)
	return until, connections, err
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
	next, err := transition(RecipientSending, v.event)
	if err != nil {
		return err
	}
	n, err := t.changed(`UPDATE recipients SET state = ?, class = ?, code = ?, enhanced = ?, text = ?, at = ?, attempts = attempts + ?, next_at = ?,
		waited = ?, online_at = ? WHERE id = ? AND state = ?`, next, result.Class, result.Code, result.Enhanced, result.Text, stamp(now), v.counted,
		stamp(v.next), r.waited.Microseconds(), stamp(r.online), r.id, RecipientSending)
	if err == nil && n != 1 {
		err = fmt.Errorf("%s: %w", v.event, ErrTransition) // it is not being sent
	}
	if err != nil {
		return err
	}
	if v.rest {
		return nil // it was not tried yet
	}
	return t.insertResult(attempt, r.id, result)
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
