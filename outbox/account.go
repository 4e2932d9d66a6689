package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// AccountState is what the outbox knows of one account.
type AccountState struct {
	Account  string
	Unsent   int       // items that it still has to send, held and scheduled ones too
	LastSent time.Time // when its server last took a message; zero: not in the attempts that are looked at
	Limits   []Quota   // all that are set, the shortest first
	Park     *Park     // why it stands still; nil if it does not
}

// AccountStates tells of each account what the outbox knows of it, in the order of
// the policies. An account that has stopped and whose settings have changed since,
// or whose time has come, does not stand still any more.
func (b *Outbox) AccountStates(ctx context.Context, policies []Policy) ([]AccountState, error) {
	now := time.Now()
	unsent, err := b.unsentByAccount(ctx)
	if err != nil {
		return nil, err
	}
	parks, err := b.Parks(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]AccountState, len(policies))
	for i, p := range policies {
		s := AccountState{Account: p.Account, Unsent: unsent[p.Account]}
		if s.LastSent, err = b.lastSent(ctx, p.Account); err != nil {
			return nil, err
		}
		if s.Limits, err = b.limitsOf(ctx, p, now); err != nil {
			return nil, err
		}
		if s.Park, err = b.standingPark(ctx, p, parks, now); err != nil {
			return nil, err
		}
		all[i] = s
	}
	return all, nil
}

// standingPark is the one of parks that keeps an account from being tried now; nil
// if none does.
func (b *Outbox) standingPark(ctx context.Context, p Policy, parks []Park, now time.Time) (*Park, error) {
	i := slices.IndexFunc(parks, func(park Park) bool { return park.Account == p.Account })
	if i < 0 {
		return nil, nil
	}
	park, found, err := b.parkOf(ctx, p.Account)
	if err != nil || !found || park.open(p, now) {
		return nil, err
	}
	return &parks[i], nil
}

// unsentByAccount counts what is still to be sent through each account.
func (b *Outbox) unsentByAccount(ctx context.Context) (map[string]int, error) {
	rows, err := b.read.QueryContext(ctx, "SELECT account, count(*) FROM items WHERE state IN (?, ?, ?) GROUP BY account",
		StateHeld, StateSending, StateWaiting)
	if err != nil {
		return nil, storeError(err)
	}
	unsent := make(map[string]int)
	err = eachRow(rows, func(rows *sql.Rows) error {
		var account string
		var n int
		err := rows.Scan(&account, &n)
		unsent[account] = n
		return err
	})
	return unsent, storeError(err)
}

// lookBack is how many attempts of all accounts, the newest, are looked through for
// the last success of one. No index leads there; so many take some milliseconds.
const lookBack = 20_000

// HasSent tells whether the server of an account has taken a message, as [AccountState]
// knows it.
func (b *Outbox) HasSent(ctx context.Context, account string) (bool, error) {
	last, err := b.lastSent(ctx, account)
	return !last.IsZero(), err
}

func (b *Outbox) lastSent(ctx context.Context, account string) (time.Time, error) {
	return b.lastEnded(ctx, account, ClassAccepted, ClassAccepted)
}

// lastTaken is lastSent, or when that was uncertain last.
func (b *Outbox) lastTaken(ctx context.Context, account string) (time.Time, error) {
	return b.lastEnded(ctx, account, ClassAccepted, ClassUncertain)
}

// lastEnded is when an attempt ended for somebody in one of two ways.
func (b *Outbox) lastEnded(ctx context.Context, account string, one, other Class) (time.Time, error) {
	var at int64
	err := b.read.QueryRowContext(ctx, `SELECT finished_at FROM attempts
		WHERE id > (SELECT coalesce(max(id), 0) FROM attempts) - ?1 AND account = ?2
		AND EXISTS(SELECT 1 FROM attempt_results r WHERE r.attempt_id = attempts.id AND r.class IN (?3, ?4))
		ORDER BY id DESC LIMIT 1`, lookBack, account, one, other).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return unstamp(at), storeError(err)
}

// limitsOf tells of every limit that is set how much of it is used.
func (b *Outbox) limitsOf(ctx context.Context, p Policy, now time.Time) ([]Quota, error) {
	windows := p.Limits.windows()
	if len(windows) == 0 {
		return nil, nil
	}
	l, err := loadLedger(ctx, b.read, p.Account, now)
	if err != nil {
		return nil, err
	}
	all := make([]Quota, len(windows))
	for i, w := range windows {
		used := l.usedIn(w, now)
		q := Quota{Account: p.Account, Used: used, Most: w.most, Window: w.length, Room: max(w.most-used, 0)}
		if q.Room == 0 {
			q.From = l.roomFrom(w, used, now)
		}
		all[i] = q
	}
	return all, nil
}

// TryOptions say how a further try of an account is meant.
type TryOptions struct {
	AgainstLimit bool // also when the provider has said that the day's quota is used up
}

// TryAgain lets an account that stands still go on for one try, with what waits for
// the end of its park. If that try meets the same, the account stands still again.
// One that does not stand still stays as it is. ErrDayLimit without o.AgainstLimit
// where that is what it waits for.
func (b *Outbox) TryAgain(ctx context.Context, account string, o TryOptions) error {
	now := time.Now()
	err := b.writer.do(ctx, func(t *tx) error {
		switch limited, err := t.dayLimited(account, now); {
		case err != nil:
			return err
		case limited && !o.AgainstLimit:
			return ErrDayLimit
		}
		park, found, err := t.parkOf(account)
		if err != nil || !found {
			return err
		}
		if err := t.bringForward(account, park, now); err != nil {
			return err
		}
		return t.liftPark(account, now)
	})
	if err != nil {
		return fmt.Errorf("try account %s again: %w", account, err)
	}
	return nil
}

// AccountsChanged has a sender of this process look at the accounts anew. One of
// another process does so within a minute.
func (b *Outbox) AccountsChanged() { b.watchers.notify() }
