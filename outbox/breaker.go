package outbox

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"sendoff/outbox/pace"
)

// fateOf is what a letter's result says of its campaign. It is pure.
func fateOf(s State, r Result) pace.Outcome {
	o := pace.Outcome{Answer: strings.TrimSpace(fmt.Sprint(r.Code, " ", r.Enhanced))}
	switch {
	case s == StateSent || r.Class == ClassAccepted:
		o = pace.Outcome{Kind: pace.Taken}
	case blowOf(r) == hardBlow:
		o.Kind = pace.Refused
	case r.Class == ClassPolicy:
		o.Kind = pace.Blocked
	case r.Class == ClassMessage && r.Code == 0:
		o = pace.Outcome{Kind: pace.Unfit, Answer: r.Text}
	default:
		o.Kind = pace.Failed
	}
	return o
}

// fates are what became of the letters of a campaign since a time, the oldest first, as
// far as they count.
func (b *Outbox) fates(ctx context.Context, id CampaignID, since time.Time) (all []pace.Outcome, err error) {
	const part = `SELECT * FROM (SELECT id, state, updated_at FROM items WHERE campaign = ?1 AND state = %d AND updated_at > ?2 ORDER BY updated_at DESC LIMIT ?3)`
	query := ""
	for _, s := range []State{StateSent, StateFailed, StateBounced, StatePartial} {
		if query != "" {
			query += " UNION ALL "
		}
		query += fmt.Sprintf(part, s)
	}
	rows, err := b.read.QueryContext(ctx, `SELECT i.state, r.class, r.code, r.enhanced, r.text FROM (`+query+`) i
		JOIN recipients r ON r.id = (SELECT min(id) FROM recipients WHERE item_id = i.id) ORDER BY i.updated_at DESC, i.id DESC LIMIT ?3`,
		id, stamp(since), pace.Recent)
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var r Result
		var state State
		err := rows.Scan(&state, &r.Class, &r.Code, &r.Enhanced, &r.Text)
		all = append(all, fateOf(state, r))
		return err
	})
	slices.Reverse(all)
	return all, storeError(err)
}
