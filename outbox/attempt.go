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
	claimed    time.Time
	started    time.Time // zero: it was claimed ahead, and not begun yet
	marked     time.Time // zero: not yet, or by its row
	item       ID
	sender     string
	messageID  string
	file       string
	size       int64
	eightBit   bool
	utf8       bool
	requireTLS bool
	report     bool   // of delivery: the sender wishes one
	secret     bool   // it is encrypted
	digest     string // of the message; "" where it is not known
	made       bool   // it is made of a row of its campaign
	campaign   CampaignID
	row        int   // attempts that ended with their program, up to this one
	noted      bool  // some results stand in the store since the mark
	facts      facts // which nobody changes while it is being sent
	whole      bool  // there are no other recipients
	bulk       bool
	took       bool // what it may use of the account's limits is recorded
	brokenOff  bool // by a person, before its final dot
	recipients []jobRecipient
	body       []byte // of the message, if it was read ahead; nil: it is where the outbox has it
}

type jobRecipient struct {
	id      int64
	address string
	tries   int
	waited  time.Duration
	online  time.Time // the account's online clock at the last counted try
}

// room is how much may be claimed at once for an account.
type room struct {
	attempts, recipients int
	unparked             bool // nothing, if the account is parked
}

// claim begins attempts for due items of an account, as far as there is room:
// it records them and moves their due recipients to sending. What a person waits
// for goes before what is sent in bulk. With a pass, only for what that has not
// tried.
func (t *tx) claim(policy Policy, p *pass, now time.Time, left room) (jobs []*job, err error) {
	for _, bulk := range []bool{false, true} {
		due, err := t.due(policy, p, now, bulk, left)
		if err != nil {
			return nil, err
		}
		for _, j := range due {
			if left.recipients <= 0 || left.attempts <= 0 {
				break
			}
			j.started = now
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

// due are the next items of an account, as far as there is room.
func (t *tx) due(policy Policy, p *pass, now time.Time, bulk bool, left room) (jobs []*job, err error) {
	limit := min(left.attempts, left.recipients)
	if limit <= 0 {
		return nil, nil
	}
	query, args := dueQuery("SELECT i.id, i.sender, i.message_id, i.file, i.size, i.eight_bit, i.utf8, i.require_tls, i.wishes, i.interrupted, i.digest, i.rendered, coalesce(i.campaign, 0), "+factColumns,
		policy.Account, bulk, now, p)
	if left.unparked {
		query += " AND NOT EXISTS(SELECT 1 FROM parks WHERE account = ?1)"
	}
	err = t.each(func(rows *sql.Rows) error {
		j := &job{policy: policy, bulk: bulk}
		var file sql.NullString
		var notBefore int64
		var wished wishes
		err := rows.Scan(&j.item, &j.sender, &j.messageID, &file, &j.size, &j.eightBit, &j.utf8, &j.requireTLS, &wished, &j.row, &j.digest, &j.made, &j.campaign,
			&j.facts.draft, &j.facts.cancelled, &j.facts.held, &notBefore)
		j.file, j.facts.notBefore = file.String, unstamp(notBefore)
		j.report, j.secret = wished&wishesReport != 0, wished&wishesSecret != 0
		jobs = append(jobs, j)
		return err
	}, fmt.Sprintf("%s ORDER BY i.next_at, i.id LIMIT %d", query, limit), args...)
	return jobs, err
}

// begin records the attempt of one job, for at most so many recipients. An item
// that is listed as due and has nobody to send to, as after damage, is rolled up
// anew instead: it must not stand in the way of the others.
func (t *tx) begin(j *job, now time.Time, most int) (begun bool, err error) {
	claimed, err := transition(RecipientWaiting, EventClaim)
	if err != nil {
		return false, err
	}
	all, tries, err := t.gather(j, claimed, now, most)
	if err != nil {
		return false, err
	}
	if j.campaign != 0 && len(j.recipients) > 0 {
		if all, err = t.skipSuppressed(j, all, now); err != nil {
			return false, err
		}
	}
	if len(j.recipients) == 0 {
		return false, t.rollUp(j.item, now)
	}
	j.whole = len(all) == len(j.recipients)
	next := plannedNext(tries, j.row, now, rand.Float64())
	if err := t.insertAttempts([]*job{j}, []time.Time{next}); err != nil {
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
	return true, t.writeRollUp(j.item, rollUpOf(j.facts, now, all), now)
}

// insertAttempts gives jobs their attempts, each planned to be followed by another at a
// time. Their numbers are none that another one had, though that be gone.
func (t *tx) insertAttempts(jobs []*job, planned []time.Time) error {
	var last int64
	if err := t.queryRow("SELECT max(?, coalesce((SELECT max(id) FROM attempts), 0))", t.lastAttempt).Scan(&last); err != nil {
		return err
	}
	var rows []any
	for i, j := range jobs {
		last++
		j.attempt = last
		rows = append(rows, j.attempt, j.item, j.item, j.policy.Account, stamp(j.started), stamp(planned[i]))
	}
	err := t.insertRows("attempts(id, item_id, number, account, started_at, next_at) VALUES",
		"(?, ?, (SELECT count(*) + 1 FROM attempts WHERE item_id = ?), ?, ?, ?)", rows)
	if err == nil {
		t.lastAttempt = last
	}
	return err
}

// gather gives a job its recipients: those that are due, at most so many. It tells
// what all of the item's are when these are claimed, and how often the one was
// tried that was tried most.
func (t *tx) gather(j *job, claimed RecipientState, now time.Time, most int) (all []rollRecipient, tries int, err error) {
	err = t.each(func(rows *sql.Rows) error {
		var r jobRecipient
		var waited, online int64
		var roll rollRecipient
		if err := rows.Scan(&r.id, &r.address, &r.tries, &waited, &online, &roll.state, &roll.next, &roll.text); err != nil {
			return err
		}
		roll.tries = r.tries
		if roll.state == RecipientWaiting && roll.next <= stamp(now) && len(j.recipients) < most {
			r.waited, r.online = time.Duration(waited)*time.Microsecond, unstamp(online)
			tries, roll.state = max(tries, r.tries), claimed
			j.recipients = append(j.recipients, r)
		}
		all = append(all, roll)
		return nil
	}, "SELECT "+jobRecipientColumns+", state, next_at, text FROM recipients WHERE item_id = ? ORDER BY id", j.item)
	return all, tries, err
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

// mark records that the final dot of an attempt may leave now. ErrStopped of one that a
// person wants stopped: whichever of the two is on the disk first holds.
func (t *tx) mark(attempt int64, now time.Time) error {
	n, err := t.changed("UPDATE attempts SET marked_at = ?1, started_at = iif(started_at = 0, ?1, started_at) WHERE id = ?2 AND finished_at = 0 AND stopping = 0",
		stamp(now), attempt)
	if err != nil || n == 1 {
		return err
	}
	var stopping bool
	err = t.queryRow("SELECT EXISTS(SELECT 1 FROM attempts WHERE id = ? AND finished_at = 0)", attempt).Scan(&stopping)
	switch {
	case err != nil:
		return err
	case stopping:
		return ErrStopped
	}
	return errors.New("the attempt is not open")
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
	known, err := t.standings([]int64{j.attempt})
	if err == nil {
		err = t.endAttempt(j, report, now)
	}
	if err != nil {
		return s, err
	}
	return t.settleAs(known[j.attempt], j, report, now)
}

// standing is what an attempt's account is called now, and whether that is parked; and
// whether a person wants the attempt stopped.
type standing struct {
	account          string
	parked, stopping bool
}

func (t *tx) standings(attempts []int64) (map[int64]standing, error) {
	all := make(map[int64]standing, len(attempts))
	err := t.each(func(rows *sql.Rows) error {
		var attempt int64
		var s standing
		err := rows.Scan(&attempt, &s.account, &s.parked, &s.stopping)
		all[attempt] = s
		return err
	}, "SELECT id, account, EXISTS(SELECT 1 FROM parks p WHERE p.account = attempts.account), stopping FROM attempts WHERE id IN "+inList, list(attempts))
	return all, err
}

// endAttempt records what an attempt came to as a whole.
func (t *tx) endAttempt(j *job, report Report, now time.Time) error {
	n, err := t.changed("UPDATE attempts SET server = ?, tls = ?, finished_at = ?, dialogue = ?, "+
		"started_at = iif(started_at = 0, ?, started_at), marked_at = iif(marked_at = 0, ?, marked_at) WHERE id = ?",
		orNone(report.Server), report.TLS, stamp(now), orNull(report.Dialogue), stamp(j.started), stamp(j.marked), j.attempt)
	if err == nil && n != 1 {
		err = fmt.Errorf("the attempt is gone: %w", ErrTransition)
	}
	return err
}

// settleAs is settle once the attempt itself has ended.
func (t *tx) settleAs(stands standing, j *job, report Report, now time.Time) (s settlement, err error) {
	policy, parked := j.policy, stands.parked
	policy.Account = stands.account
	if report.Began {
		s.used = len(j.recipients)
	}
	if err := t.learn(policy.Account, report, parked, now); err != nil {
		return s, err
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
	if partly && policy.SentCopy && !j.bulk {
		if err := t.wantCopy(j.item, policy.Account, now); err != nil {
			return s, err
		}
	}
	all := make([]rollRecipient, 0, len(j.recipients))
	for i, r := range j.recipients {
		result := resultFor(report, i)
		waited := r.waited
		if !online.IsZero() {
			waited += patience(r.online, online)
		}
		v := decide(result, situation{tries: r.tries, waited: waited, now: now, began: report.Began, partly: partly,
			brokenOff: j.brokenOff, resend: policy.ResendInDoubt, random: random})
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
		settled, err := t.settleRecipient(j.attempt, r, result, v, now)
		if err != nil {
			return s, err
		}
		all = append(all, settled)
	}
	if report.Began && parked && !s.parks {
		if err := t.unpark(policy.Account, j.started); err != nil {
			return s, err
		}
	}
	if err := t.account(j, policy.Account, s.used, now); err != nil {
		return s, err
	}
	if stands.stopping {
		err = t.heedStop(j.attempt, j.item)
	}
	switch {
	case err != nil:
	case j.whole && !stands.stopping:
		err = t.writeRollUp(j.item, rollUpOf(j.facts, now, all), now)
	default:
		err = t.rollUp(j.item, now)
	}
	if err == nil && j.campaign != 0 && !report.accepted(len(j.recipients)) {
		err = t.heedCampaign(j.item, now)
	}
	return s, err
}

// learn notes what an attempt shows of its account, whatever came of the message.
func (t *tx) learn(account string, report Report, parked bool, now time.Time) error {
	if report.Began && parked {
		if err := t.cameOnline(account, now); err != nil {
			return err
		}
	}
	if report.Alone {
		return t.leaveAlone(account, now)
	}
	return nil
}

// account notes that an attempt has ended by itself, and what it used of the limits
// of its account.
func (t *tx) account(j *job, account string, used int, now time.Time) error {
	if j.row > 0 {
		if _, err := t.exec("UPDATE items SET interrupted = 0 WHERE id = ?", j.item); err != nil {
			return err
		}
	}
	switch {
	case j.took:
		return t.use(j.attempt, account, used, now)
	case used > 0: // there is nothing to look for
		return t.spend(j.attempt, account, now, used)
	}
	return nil
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
	r.Text = bound(r.Text)
	return r
}

// bound is text from outside as it is kept: one clean line, not longer than
// maxText.
func bound(text string) string {
	if text = cleantext.Line(text); len(text) > maxText {
		text = cleantext.Line(text[:maxText])
	}
	return text
}

// settleRecipient records what an attempt came to for one recipient, and gives
// what that is to the roll-up.
func (t *tx) settleRecipient(attempt int64, r jobRecipient, result Result, v verdict, now time.Time) (rollRecipient, error) {
	next, err := t.moveRecipient(r, result, v, now)
	if err == nil && !v.rest { // else it was not tried yet
		err = t.insertResult(attempt, r.id, result)
	}
	if err == nil && v.event == EventReject {
		err = t.strikeOf(r, result, now)
	}
	settled := rollRecipient{next, r.tries, stamp(v.next), result.Text}
	if v.counted {
		settled.tries++
	}
	return settled, err
}

// moveRecipient records what a recipient who is being sent to is now.
func (t *tx) moveRecipient(r jobRecipient, result Result, v verdict, now time.Time) (next RecipientState, err error) {
	if next, err = transition(RecipientSending, v.event); err != nil {
		return next, err
	}
	n, err := t.changed(`UPDATE recipients SET state = ?, class = ?, code = ?, enhanced = ?, text = ?, at = ?, attempts = attempts + ?, next_at = ?,
		waited = ?, online_at = ? WHERE id = ? AND state = ?`, next, result.Class, result.Code, result.Enhanced, result.Text, stamp(now), v.counted,
		stamp(v.next), r.waited.Microseconds(), stamp(r.online), r.id, RecipientSending)
	if err == nil && n != 1 {
		err = fmt.Errorf("%s: %w", v.event, ErrTransition) // it is not being sent
	}
	return next, err
}
