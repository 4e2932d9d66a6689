package outbox

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// UnderWay is the mail that is on its way out at a moment.
type UnderWay struct {
	Sending int // on the wire
	AtDot   int // of those: their final dot may have left, by what the database knows
	Due     int // would go now; counted up to a thousand
	Undo    int // in its undo window
	Unmade  int // letters of campaigns that would go now, and are not made yet
	Later   int // letters of campaigns that wait for a time, and need a sender then
	Waits   int // other messages that do: for their next try, for their account, or to be sent later; up to a thousand
}

// All is the number of those that go now.
func (u UnderWay) All() int { return u.Sending + u.Due + u.Undo + u.Unmade }

// mostDue bounds a count: nobody waits for more than that.
const mostDue = 1000

// Still are the accounts through which nothing goes now.
type Still struct {
	Stopped []string // until somebody does something about it
	Later   []string // until a time comes; then they go on by themselves
}

// All are both.
func (s Still) All() []string { return slices.Concat(s.Stopped, s.Later) }

// UnderWay counts it. What is due through one of the accounts that stand still does not
// go now; where that is over by itself it waits.
func (b *Outbox) UnderWay(ctx context.Context, still Still) (u UnderWay, err error) {
	args := []any{stamp(time.Now()), mostDue}
	names := func(accounts []string) string {
		places := make([]string, len(accounts))
		for n, account := range accounts {
			args = append(args, account)
			places[n] = "?" + strconv.Itoa(len(args))
		}
		return "(" + strings.Join(places, ", ") + ")"
	}
	stopped, later := names(still.Stopped), names(still.Later)
	err = b.read.QueryRowContext(ctx, `SELECT coalesce((SELECT n FROM counts WHERE state = 5), 0),
		(SELECT count(*) FROM attempts INDEXED BY attempts_open WHERE `+isAtDot+`),
		(SELECT count(*) FROM items INDEXED BY items_scheduled WHERE state = 6 AND not_before > 0 AND not_before > ?1 AND undo = 1),
		(SELECT count(*) FROM (SELECT 1 FROM items WHERE state = 6 AND next_at <= ?1 AND not_before <= ?1
			AND account NOT IN `+stopped+` AND account NOT IN `+later+` LIMIT ?2)),
		(SELECT count(*) FROM (SELECT 1 FROM items WHERE state = 6 AND (max(next_at, not_before) > ?1 OR account IN `+later+`)
			AND NOT (undo = 1 AND not_before > ?1) AND account NOT IN `+stopped+` LIMIT ?2))`, args...).
		Scan(&u.Sending, &u.AtDot, &u.Undo, &u.Due, &u.Waits)
	if err != nil {
		return u, storeError(err)
	}
	left, err := b.CampaignsLeft(ctx, still.All())
	u.Unmade, u.Later = left.Now, left.Later+left.Scheduled
	return u, err
}

// StandingStill counts for each of some accounts the messages that wait, up to a thousand,
// without those in their undo window: of an account that stands still all of them stay. One
// that has none is left out.
func (b *Outbox) StandingStill(ctx context.Context, accounts []string) (map[string]int, error) {
	all, now := map[string]int{}, stamp(time.Now())
	for _, account := range accounts {
		var n int
		err := b.read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM items
			WHERE state = 6 AND account = ?1 AND NOT (undo = 1 AND not_before > ?2) LIMIT ?3)`, account, now, mostDue).Scan(&n)
		if err != nil {
			return nil, storeError(err)
		}
		if n > 0 {
			all[account] = n
		}
	}
	return all, nil
}
