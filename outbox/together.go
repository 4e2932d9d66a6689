package outbox

import (
	"database/sql"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What is done here for many items, claim and settle do for any one. It is what most
// of a long queue is, and a statement for all costs a fraction of one for each.

// inList is the part of a statement that finds the rows of a list.
const inList = "(SELECT value FROM json_each(?))"

// list is what inList wants. An ID would be marshalled as people see it.
func list[N ID | int64](numbers []N) string {
	text := []byte{'['}
	for i, n := range numbers {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, int64(n), 10)
	}
	return string(append(text, ']'))
}

// claimAhead is claim for attempts that are not begun yet; bulk alone those of what is
// sent in bulk, else that only if there is nothing else. What is not plain, since some
// recipients have other times than others, it leaves to claim.
func (t *tx) claimAhead(policy Policy, p *pass, now time.Time, bulk bool, most int) (jobs []*job, err error) {
	left := room{attempts: most, recipients: unlimited, unparked: true}
	if jobs, err = t.due(policy, p, now, bulk, left); err == nil && len(jobs) == 0 && !bulk {
		jobs, err = t.due(policy, p, now, true, left)
	}
	if err != nil || len(jobs) == 0 {
		return nil, err
	}
	if jobs, err = t.gatherAll(jobs, now); err != nil || len(jobs) == 0 {
		return nil, err
	}
	return jobs, t.beginAll(jobs, now)
}

// gatherAll gives those of the jobs whose recipients are all due, with these. Where a
// letter of a campaign has one that is suppressed by now, claim skips it.
func (t *tx) gatherAll(jobs []*job, now time.Time) (whole []*job, err error) {
	byItem := make(map[ID]*job, len(jobs))
	var ids []ID
	for _, j := range jobs {
		j.claimed, j.whole = now, true
		byItem[j.item] = j
		ids = append(ids, j.item)
	}
	err = t.each(func(rows *sql.Rows) error {
		var r jobRecipient
		var item ID
		var state RecipientState
		var waited, online, next int64
		var suppressed bool
		err := rows.Scan(&item, &r.id, &r.address, &r.tries, &waited, &online, &state, &next, &suppressed)
		r.waited, r.online = time.Duration(waited)*time.Microsecond, unstamp(online)
		j := byItem[item]
		j.recipients = append(j.recipients, r)
		j.whole = j.whole && state == RecipientWaiting && next <= stamp(now) && !(suppressed && j.campaign != 0)
		return err
	}, "SELECT item_id, "+jobRecipientColumns+", state, next_at, EXISTS(SELECT 1 FROM suppressions s WHERE s.address = lower(recipients.address)) FROM recipients WHERE item_id IN "+inList+" ORDER BY item_id, id", list(ids))
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		if j.whole && len(j.recipients) > 0 {
			whole = append(whole, j)
		}
	}
	return whole, nil
}

// beginAll records attempts for jobs of one account, all of whose recipients they are
// for. Of the roll-up of an item only the state and the time follow from that.
func (t *tx) beginAll(jobs []*job, now time.Time) error {
	claimed, err := transition(RecipientWaiting, EventClaim)
	if err != nil {
		return err
	}
	var ids []ID
	var recipients []int64
	var planned []time.Time
	for _, j := range jobs {
		tries := 0
		for _, r := range j.recipients {
			tries = max(tries, r.tries)
			recipients = append(recipients, r.id)
		}
		ids = append(ids, j.item)
		planned = append(planned, plannedNext(tries, j.row, now, rand.Float64()))
	}
	if err := t.insertAttempts(jobs, planned); err != nil {
		return err
	}
	if _, err := t.exec("UPDATE recipients SET state = ? WHERE id IN "+inList, claimed, list(recipients)); err != nil {
		return err
	}
	_, err = t.exec("UPDATE items SET state = ?, next_at = 0, updated_at = ? WHERE id IN "+inList, StateSending, stamp(now), list(ids))
	return err
}

// bodyAhead is the longest message that is read ahead, in bytes: all that are at once
// take half a MB.
const bodyAhead = 8 << 10

// readBodies reads the small ones of messages that will be sent at once. One reading
// for thirty costs a fraction of one for each. What it does not get is read, and its
// errors are told, when its turn has come.
func (b *Outbox) readBodies(jobs []*job) {
	byItem := make(map[ID]*job, len(jobs))
	var ids []ID
	for _, j := range jobs {
		if j.file == "" && !j.made && j.size <= bodyAhead {
			byItem[j.item] = j
			ids = append(ids, j.item)
		}
	}
	if len(ids) == 0 {
		return
	}
	b.bodies.Lock()
	defer b.bodies.Unlock()
	rows, err := b.read.alwaysRows(b.stopped, "SELECT item_id, data FROM bodies WHERE item_id IN "+inList, list(ids))
	if err != nil {
		return
	}
	eachRow(rows, func(rows *sql.Rows) error { //nolint:errcheck // see above
		var item ID
		var data []byte
		err := rows.Scan(&item, &data)
		if err == nil {
			byItem[item].body = data
		}
		return err
	})
}

// plain tells that an outcome changes nothing but the message that it is of, all of
// whose recipients have it.
func (o *ending) plain(parked bool) bool {
	j := o.job
	return !parked && !o.stopped && !o.report.Alone && o.report.Began && o.report.accepted(len(j.recipients)) &&
		j.whole && !j.noted && !j.took && j.row == 0 && !j.facts.draft && !j.facts.cancelled
}

// settleTogether settles what went well, in its order.
func (t *tx) settleTogether(all []*ending) error {
	var s settling
	for len(all) > 0 {
		known, err := t.standings(attemptsOf(all))
		if err != nil {
			return err
		}
		plain := slices.IndexFunc(all, func(o *ending) bool { return !o.plain(known[o.job.attempt].parked) })
		if plain < 0 {
			plain = len(all)
		}
		for _, o := range all[:plain] {
			if err := s.take(t, o, known[o.job.attempt].account); err != nil {
				return err
			}
		}
		if all = all[plain:]; len(all) == 0 {
			break
		}
		// It may lift a park: for the others that is asked anew.
		if _, err := t.settle(all[0].job, all[0].report, all[0].at); err != nil {
			return err
		}
		all = all[1:]
	}
	return s.write(t)
}

func attemptsOf(all []*ending) []int64 {
	attempts := make([]int64, len(all))
	for i, o := range all {
		attempts[i] = o.job.attempt
	}
	return attempts
}

// settling gathers what is recorded of plain outcomes.
type settling struct {
	items   map[int][]ID   // by the number of their tries
	secret  []ID           // of those, what is encrypted
	sent    map[string]int // recipients, by the account that they count for
	last    time.Time
	attempt int64 // the last one
	results []any
}

func (s *settling) take(t *tx, o *ending, account string) error {
	if err := t.endAttempt(o.job, o.report, o.at); err != nil {
		return err
	}
	if o.job.policy.SentCopy && !o.job.bulk {
		if err := t.wantCopy(o.job.item, account, o.at); err != nil {
			return err
		}
	}
	tries := 0
	for i, r := range o.job.recipients {
		result := resultFor(o.report, i)
		v := decide(result, situation{tries: r.tries, now: o.at, began: true, partly: true})
		if _, err := t.moveRecipient(r, result, v, o.at); err != nil {
			return err
		}
		s.results = append(s.results, o.job.attempt, r.id, result.Class, result.Code, result.Enhanced, result.Text)
		tries = max(tries, r.tries+1)
	}
	if s.items == nil {
		s.items, s.sent = make(map[int][]ID), make(map[string]int)
	}
	s.sent[account] += len(o.job.recipients)
	s.items[tries] = append(s.items[tries], o.job.item)
	if o.job.secret {
		s.secret = append(s.secret, o.job.item)
	}
	s.last, s.attempt = later(s.last, o.at), max(s.attempt, o.job.attempt)
	return nil
}

func (s *settling) write(t *tx) error {
	if err := t.insertRows("attempt_results VALUES", "(?, ?, ?, ?, ?, ?)", s.results); err != nil {
		return err
	}
	for account, recipients := range s.sent { // as if all had gone with the last: a limit counts them no shorter
		if err := t.spend(s.attempt, account, s.last, recipients); err != nil {
			return err
		}
	}
	for tries, ids := range s.items {
		if _, err := t.exec("UPDATE items SET state = ?, next_at = 0, attempts = ?, reason = '', updated_at = ? WHERE id IN "+inList,
			StateSent, tries, stamp(s.last), list(ids)); err != nil {
			return err
		}
	}
	for _, id := range s.secret {
		if err := t.execID(forgetQuery, id); err != nil {
			return err
		}
	}
	return nil
}

// insertTogether is how many rows go into one statement, whose plan is kept.
const insertTogether = 8

// insertRows inserts rows of which each has a value for every question mark of one.
func (t *tx) insertRows(into, one string, values []any) error {
	columns := strings.Count(one, "?")
	for len(values) > 0 {
		rows := 1
		if len(values) >= insertTogether*columns {
			rows = insertTogether
		}
		query := "INSERT INTO " + into + " " + one + strings.Repeat(", "+one, rows-1)
		if _, err := t.exec(query, values[:rows*columns]...); err != nil {
			return err
		}
		values = values[rows*columns:]
	}
	return nil
}
