package outbox

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"sendoff/outbox/refusal"
)

// What pauses a campaign. A list that is a year old has some addresses that are
// gone; one of which a twentieth is gone costs its sender the good name, and from a
// tenth on providers stop the account.
const (
	breakerWindow  = 200 // of the last outcomes
	breakerHard    = 10  // so many addresses that are wrong, and
	breakerPercent = 5   // this share of the window
	breakerPolicy  = 3   // refusals of what it is or whom it is from, within
	policyWindow   = 50  // of the last outcomes
	breakerSame    = 5   // the same refusal, one after the other
)

// fate is what finally became of one letter.
type fate struct {
	refused bool
	class   Class
	reason  refusal.Reason
	code    int
	text    string
}

// tripped says why a campaign must not go on by itself, from what became of its last
// letters, the newest first; "" if it may. It is pure.
func tripped(all []fate) string {
	all = all[:min(len(all), breakerWindow)]
	hard, policy, same := 0, 0, 0
	for i, f := range all {
		if f.refused && blows[f.reason] == hardBlow {
			hard++
		}
		if i < policyWindow && f.refused && f.class == ClassPolicy {
			policy++
		}
		if same == i && f.refused && f.code == all[0].code && f.reason == all[0].reason && f.class == all[0].class {
			same++
		}
	}
	switch {
	case policy >= breakerPolicy:
		return fmt.Sprintf("servers refuse what it is, or whom it is from: %d of the last %d letters", policy, min(len(all), policyWindow))
	case hard >= breakerHard && hard*100 >= breakerPercent*len(all):
		return fmt.Sprintf("too many addresses are wrong: %d of the last %d", hard, len(all))
	case same >= breakerSame:
		return fmt.Sprintf("the last %d letters were all refused alike: %d %s", same, all[0].code, all[0].text)
	}
	return ""
}

// fates are what became of the letters of a campaign since a time, the newest first.
func (b *Outbox) fates(ctx context.Context, id CampaignID, since time.Time) (all []fate, err error) {
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
		id, stamp(since), breakerWindow)
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var f fate
		var state State
		var enhanced string
		err := rows.Scan(&state, &f.class, &f.code, &enhanced, &f.text)
		if f.refused = state != StateSent && f.class != ClassAccepted; f.refused {
			f.reason = refusal.Of(f.code, enhanced, f.text)
		}
		all = append(all, f)
		return err
	})
	return all, storeError(err)
}
