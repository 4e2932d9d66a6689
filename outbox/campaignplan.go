package outbox

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"sendoff/outbox/pace"
)

// Work is what a campaign has to send: letters by the account that alone may send
// them, and under "" those that any of its accounts may.
type Work struct {
	Letters  map[string]int
	Accounts []string
	At       time.Time // not before
	Hours    pace.Hours
	Canary   int       // it pauses when so many of them have gone; 0: it does not
	Again    time.Time // when the first of those is tried that wait for another try; zero: none waits
	Last     time.Time // the same of the last of them
}

// WorkOf is what a campaign still has to send.
func (b *Outbox) WorkOf(ctx context.Context, c Campaign) (Work, error) {
	w := Work{Letters: make(map[string]int), Accounts: c.Accounts, Hours: c.Hours}
	if c.Begun.IsZero() {
		w.At = c.NotBefore
	}
	if c.State == CampaignCancelled || c.State == CampaignDone {
		return w, nil
	}
	var canary int
	if err := b.read.QueryRowContext(ctx, "SELECT canary FROM campaigns WHERE id = ?", c.ID).Scan(&canary); err != nil {
		return w, storeError(err)
	}
	if canary > 0 {
		w.Canary = max(canary-c.Counts.taken(), 0) + c.Counts.Waiting + c.Counts.Sending
	}
	rows, err := b.read.QueryContext(ctx, `SELECT account, count(*), 0, 0 FROM campaign_rows WHERE campaign = ?1 AND state = 1 GROUP BY account
		UNION ALL SELECT account, count(*), coalesce(min(iif(state = ?2, next_at, NULL)), 0), max(iif(state = ?3, 0, next_at))
		FROM items WHERE campaign = ?1 AND state IN (?2, ?3, ?4) GROUP BY account`, c.ID, StateWaiting, StateSending, StateHeld)
	if err != nil {
		return w, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var account string
		var n int
		var again, last int64
		err := rows.Scan(&account, &n, &again, &last)
		if w.Letters[account] += n; account != "" && !slices.Contains(w.Accounts, account) { // the fallback of one
			w.Accounts = append(slices.Clip(w.Accounts), account)
		}
		if again != 0 && (w.Again.IsZero() || unstamp(again).Before(w.Again)) {
			w.Again = unstamp(again)
		}
		w.Last = later(w.Last, unstamp(last))
		return err
	})
	return w, storeError(err)
}

// Plan is the work with what the accounts may send now, for the questions that
// outbox/pace answers: when it is done, and why nothing goes. An account that is not
// among the policies stands still.
func (b *Outbox) Plan(ctx context.Context, w Work, policies []Policy) (pace.Plan, error) {
	plan := pace.Plan{Letters: w.Letters[""], At: w.At, Hours: w.Hours, Canary: w.Canary, Again: w.Again, Last: w.Last}
	parks, err := b.StandingParks(ctx, policies)
	if err != nil {
		return plan, err
	}
	now := time.Now()
	for _, name := range w.Accounts {
		a := pace.Account{Name: name, Letters: w.Letters[name]}
		i := slices.IndexFunc(policies, func(p Policy) bool { return p.Account == name })
		if i < 0 {
			a.Stopped = "there is no such account"
			plan.Accounts = append(plan.Accounts, a)
			continue
		}
		a.Connections = policies[i].Connections
		for _, w := range policies[i].Limits.windows() {
			a.Limits = append(a.Limits, pace.Limit{Most: w.most, Length: w.length})
		}
		if len(a.Limits) > 0 {
			l, err := loadLedger(ctx, b.read, name, now)
			if err != nil {
				return plan, err
			}
			for _, u := range l.over {
				a.Sent = append(a.Sent, pace.Sent{At: u.at, Recipients: u.recipients})
			}
		}
		for _, park := range parks {
			switch {
			case park.Account != name:
			case park.Until.IsZero():
				a.Stopped = park.Text
			default:
				a.Until, a.Said = park.Until, park.Answer()
			}
		}
		plan.Accounts = append(plan.Accounts, a)
	}
	return plan, nil
}

// SentSince is how many letters of a campaign have come to their end since a time.
func (b *Outbox) SentSince(ctx context.Context, id CampaignID, since time.Time) (n int, err error) {
	err = b.read.QueryRowContext(ctx, "SELECT count(*) FROM items WHERE campaign = ? AND state IN (?, ?, ?, ?) AND updated_at > ?",
		id, StateSent, StateFailed, StatePartial, StateUncertain, stamp(since)).Scan(&n)
	return n, storeError(err)
}
