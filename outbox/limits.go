package outbox

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// Limits are how many recipients an account may be given in any stretch of time
// of that length, wherever it begins; 0 is no limit.
type Limits struct {
	PerSecond, PerMinute, PerHour, PerDay int
}

// window is one limit.
type window struct {
	length time.Duration
	most   int
}

// windows are the limits that are set.
func (l Limits) windows() []window {
	all := []window{{time.Second, l.PerSecond}, {time.Minute, l.PerMinute}, {time.Hour, l.PerHour}, {longestWindow, l.PerDay}}
	return slices.DeleteFunc(all, func(w window) bool { return w.most <= 0 })
}

// longestWindow is how long a send is remembered.
const longestWindow = 24 * time.Hour

// use is what one attempt took of the limits.
type use struct {
	at         time.Time // when it was over: not before the server counted it
	recipients int
}

// ledger is what has been used of one account's limits. It is plain arithmetic:
// the table sends is the record, of which this is the copy in memory.
//
// What is under way counts as of now, and what is over as of its end. So
// whenever between those two the server counts a message itself, no window of
// its holds more than the limit.
type ledger struct {
	over     []use // the oldest first
	underWay map[int64]int
}

// begin enters an attempt that starts now.
func (l *ledger) begin(attempt int64, recipients int) {
	if l.underWay == nil {
		l.underWay = make(map[int64]int)
	}
	l.underWay[attempt] = recipients
}

// end enters that an attempt is over, and how many recipients it took.
func (l *ledger) end(attempt int64, recipients int, now time.Time) {
	delete(l.underWay, attempt)
	if recipients > 0 {
		l.over = append(l.over, use{now, recipients})
	}
	l.over = slices.Delete(l.over, 0, l.since(now.Add(-longestWindow)))
}

// since is the index of the first use after a time.
func (l *ledger) since(t time.Time) int {
	n, _ := slices.BinarySearchFunc(l.over, t, func(u use, t time.Time) int {
		if u.at.After(t) {
			return 1
		}
		return -1
	})
	return n
}

// allowance is what the limits leave.
type allowance struct {
	room  int       // recipients that may be sent to now
	from  time.Time // when there is room again, if there is none; zero: when something ends
	limit window    // the one that leaves no room
	used  int       // of that one
}

// unlimited stands for any number of recipients.
const unlimited = 1 << 30

// allow tells what the limits leave now.
func (l *ledger) allow(limits Limits, now time.Time) allowance {
	a := allowance{room: unlimited}
	for _, w := range limits.windows() {
		used := l.usedIn(w, now)
		if room := w.most - used; room > 0 {
			a.room = min(a.room, room)
			continue
		}
		full := allowance{from: l.roomFrom(w, used, now), limit: w, used: used}
		if a.room > 0 || a.endsBefore(full) {
			a = full
		}
	}
	return a
}

// endsBefore tells that the wait for room is over before another one.
func (a allowance) endsBefore(other allowance) bool {
	return !a.from.IsZero() && (other.from.IsZero() || other.from.After(a.from))
}

// usedIn is how much of one window is used now.
func (l *ledger) usedIn(w window, now time.Time) (used int) {
	for _, n := range l.underWay {
		used += n
	}
	for _, u := range l.over[l.since(now.Add(-w.length)):] {
		used += u.recipients
	}
	return used
}

// roomFrom is when enough of a full window has left it for one more recipient;
// the zero time if that waits for what is under way.
func (l *ledger) roomFrom(w window, used int, now time.Time) time.Time {
	for _, u := range l.over[l.since(now.Add(-w.length)):] {
		if used -= u.recipients; used < w.most {
			return u.at.Add(w.length)
		}
	}
	return time.Time{}
}

// loadLedger reads what an account has used of its limits.
func loadLedger(ctx context.Context, q querier, account string, now time.Time) (*ledger, error) {
	rows, err := q.QueryContext(ctx, "SELECT attempt_id, at, recipients FROM sends WHERE account = ? AND (at = 0 OR at > ?) ORDER BY at",
		account, stamp(now.Add(-longestWindow)))
	if err != nil {
		return nil, storeError(err)
	}
	l := &ledger{}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var attempt, at int64
		var n int
		err := rows.Scan(&attempt, &at, &n)
		if at == 0 {
			l.begin(attempt, n)
		} else {
			l.over = append(l.over, use{unstamp(at), n})
		}
		return err
	})
	return l, storeError(err)
}

// querier is what reads: a pool or one connection.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// take records what an attempt may use of its account's limits, where it has some.
func (t *tx) take(j *job) error {
	if len(j.policy.Limits.windows()) == 0 {
		return nil
	}
	j.took = true
	return t.spend(j.attempt, j.policy.Account, time.Time{}, len(j.recipients))
}

// spend records recipients that count against limits from a time on; the zero time:
// they are on their way.
func (t *tx) spend(attempt int64, account string, at time.Time, recipients int) error {
	_, err := t.exec("INSERT INTO sends(attempt_id, account, at, recipients) VALUES(?, ?, ?, ?)", attempt, account, stamp(at), recipients)
	return err
}

// use records what an attempt that is over has used of its account's limits, also
// where there are none yet: who sets one counts on what was sent before. Nothing
// gives it back.
func (t *tx) use(attempt int64, account string, recipients int, now time.Time) error {
	if recipients == 0 {
		return t.giveBack(attempt)
	}
	n, err := t.changed("UPDATE sends SET at = ?, recipients = ? WHERE attempt_id = ? AND at = 0", stamp(now), recipients, attempt)
	if err != nil || n > 0 {
		return err
	}
	return t.spend(attempt, account, now, recipients)
}

func (t *tx) giveBack(attempt int64) error {
	_, err := t.exec("DELETE FROM sends WHERE attempt_id = ? AND at = 0", attempt)
	return err
}

// forgetOpenSends ends what still counts as under way though no attempt is: only
// damage leaves that, and it would count for ever.
func (t *tx) forgetOpenSends(now time.Time) error {
	_, err := t.exec("UPDATE sends SET at = ? WHERE at = 0", stamp(now))
	return err
}

// forgetSends removes what counts against no limit any more.
func (t *tx) forgetSends(now time.Time) error {
	_, err := t.exec("DELETE FROM sends WHERE at > 0 AND at <= ?", stamp(now.Add(-longestWindow)))
	return err
}

// Quota is how much of an account's limits is used.
type Quota struct {
	Account string
	Used    int           // recipients
	Most    int           // of the limit that leaves least
	Window  time.Duration // its length
	Room    int           // recipients that may be sent to now
	From    time.Time     // when there is room again, if Room is 0 and it is known
}

// Quotas tells for each account with limits how much of them is used: of the
// one that leaves no room, else of the longest.
func (b *Outbox) Quotas(ctx context.Context, policies []Policy) ([]Quota, error) {
	now := time.Now()
	var all []Quota
	for _, p := range policies {
		windows := p.Limits.windows()
		if len(windows) == 0 {
			continue
		}
		l, err := loadLedger(ctx, b.read, p.Account, now)
		if err != nil {
			return nil, err
		}
		all = append(all, l.quota(p, now))
	}
	return all, nil
}

func (l *ledger) quota(p Policy, now time.Time) Quota {
	a := l.allow(p.Limits, now)
	q := Quota{Account: p.Account, Used: a.used, Most: a.limit.most, Window: a.limit.length, Room: a.room, From: a.from}
	if a.room > 0 {
		windows := p.Limits.windows()
		w := windows[len(windows)-1]
		q.Most, q.Window, q.Used = w.most, w.length, l.usedIn(w, now)
	}
	return q
}
