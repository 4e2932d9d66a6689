package outbox

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

var (
	letterColumns = "items(" + strings.Join(queuedColumns, ", ") + ", id, campaign, campaign_row, rendered) VALUES"
	letterValues  = "(" + strings.Repeat("?, ", len(queuedColumns)) + "?, ?, ?, 1)"
	// What an item that is begun as it is made has otherwise than one that waits.
	stateColumn, nextColumn = slices.Index(queuedColumns, "state"), slices.Index(queuedColumns, "next_at")
)

// letterItem is the item that is made of a letter.
type letterItem struct {
	*message
	id    ID
	begun *job // nil: it waits
}

// insertLetters makes items of letters, with their recipients, and takes their rows. A
// statement for some costs less than one for each. Those that are begun ahead are put into
// the refills of their accounts.
func (t *tx) insertLetters(letters []*message, ahead refills, now time.Time) error {
	if len(letters) == 0 {
		return nil
	}
	all := make([]letterItem, len(letters))
	for i, m := range letters {
		all[i].message = m
	}
	if err := t.numberLetters(all); err != nil {
		return err
	}
	if err := t.chooseBegun(all, ahead, now); err != nil {
		return err
	}
	if err := t.insertLetterItems(all, now); err != nil {
		return err
	}
	if err := t.beginLetters(all, ahead, now); err != nil {
		return err
	}
	return t.bindRows(all)
}

// numberLetters gives items their IDs.
func (t *tx) numberLetters(all []letterItem) error {
	var last ID // that was ever given: the next item, of whomever, gets a higher one
	err := t.queryRow("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'items'), 0)").Scan(&last)
	for i := range all {
		last++
		all[i].id = last
	}
	return err
}

// chooseBegun makes jobs of those that their accounts have room for.
func (t *tx) chooseBegun(all []letterItem, ahead refills, now time.Time) error {
	spare := make(map[*refill]int)
	for i := range all {
		l := &all[i]
		r := ahead.of(l.draft.Account)
		if _, asked := spare[r]; !asked {
			n, err := r.spare(t, now)
			if err != nil {
				return err
			}
			spare[r] = n
		}
		if spare[r] > 0 {
			spare[r]--
			l.begun = l.job(r.policy, now)
		}
	}
	return nil
}

// job is that of an item that nobody has seen yet.
func (l *letterItem) job(p Policy, now time.Time) *job {
	return &job{policy: p, claimed: now, item: l.id, sender: l.envelope.From, messageID: l.stamp.MessageID, size: l.size,
		eightBit: l.envelope.EightBit, utf8: l.envelope.UTF8, requireTLS: l.draft.RequireTLS, digest: l.digest,
		made: true, campaign: l.letter.campaign, whole: true, bulk: true}
}

func (t *tx) insertLetterItems(all []letterItem, now time.Time) error {
	var lastRecipient int64
	if err := t.queryRow("SELECT coalesce(max(id), 0) FROM recipients").Scan(&lastRecipient); err != nil {
		return err
	}
	items, recipients := make([]any, 0, len(all)*(len(queuedColumns)+3)), make([]any, 0, len(all)*5)
	for _, l := range all {
		values, state := queuedValues(l.message, now, SubmitOptions{Bulk: true}), RecipientWaiting
		if l.begun != nil {
			state = RecipientSending
			values[stateColumn], values[nextColumn] = StateSending, 0
		}
		items = append(append(items, values...), l.id, l.letter.campaign, l.letter.row)
		for _, address := range l.envelope.Recipients {
			lastRecipient++
			recipients = append(recipients, lastRecipient, l.id, address, state, stamp(now))
			if l.begun != nil {
				l.begun.recipients = append(l.begun.recipients, jobRecipient{id: lastRecipient, address: address})
			}
		}
	}
	if err := t.insertRows(letterColumns, letterValues, items); err != nil {
		return err
	}
	return t.insertRows("recipients(id, item_id, address, state, next_at) VALUES", "(?, ?, ?, ?, ?)", recipients)
}

// beginLetters records the attempts of those that are begun, as claimAhead does.
func (t *tx) beginLetters(all []letterItem, ahead refills, now time.Time) error {
	var jobs []*job
	var planned []time.Time
	for _, l := range all {
		if l.begun == nil {
			continue
		}
		jobs = append(jobs, l.begun)
		planned = append(planned, plannedNext(0, 0, now, rand.Float64()))
		r := ahead.of(l.draft.Account)
		r.jobs = append(r.jobs, l.begun)
	}
	if len(jobs) == 0 {
		return nil
	}
	return t.insertAttempts(jobs, planned)
}

// bindRows takes the rows of letters.
func (t *tx) bindRows(all []letterItem) error {
	taken := make([][3]any, len(all)) // row, item and account of each
	for i, l := range all {
		taken[i] = [3]any{l.letter.row, int64(l.id), l.draft.Account}
	}
	asked, err := json.Marshal(taken)
	if err != nil {
		return err
	}
	_, err = t.exec("UPDATE campaign_rows SET state = ?, item_id = m.value ->> 1, account = m.value ->> 2 FROM json_each(?) m WHERE campaign_rows.id = m.value ->> 0", rowQueued, string(asked))
	return err
}
