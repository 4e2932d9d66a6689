package outbox

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// parked is what the sender must know of a park before it claims.
type parked struct {
	revision string
	until    time.Time
}

// open tells whether the account may be tried: its time has come, or its
// settings have changed since.
func (p parked) open(policy Policy, now time.Time) bool {
	return p.changed(policy) || !p.until.IsZero() && !p.until.After(now)
}

const parkedQuery = "SELECT revision, until FROM parks WHERE account = ?"

func scanParked(row scanner) (p parked, err error) {
	var until int64
	err = row.Scan(&p.revision, &until)
	p.until = unstamp(until)
	return p, err
}

func (t *tx) parkOf(account string) (p parked, found bool, err error) {
	p, err = scanParked(t.queryRow(parkedQuery, account))
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, err
}

// park stops an account, or stops it for longer, and tells until when. secret is
// the fingerprint of the one that was refused, if it was.
func (t *tx) park(policy Policy, r Result, secret string, now time.Time) (time.Time, error) {
	if r.Class != ClassNetwork {
		if err := t.cameOnline(policy.Account, now); err != nil {
			return time.Time{}, err
		}
	}
	tries := 1
	err := t.queryRow("SELECT tries + 1 FROM parks WHERE account = ? AND class = ? AND revision = ?",
		policy.Account, r.Class, policy.Revision).Scan(&tries)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, err
	}
	until := parkedUntil(r, tries, now)
	_, err = t.exec(`INSERT INTO parks(account, revision, class, code, enhanced, text, since, until, tries, limited, secret)
		VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
		ON CONFLICT(account) DO UPDATE SET revision = ?2, class = ?3, code = ?4, enhanced = ?5, text = ?6,
		since = iif(?9 = 1, ?7, since), until = ?8, tries = ?9, limited = ?10, secret = ?11`,
		policy.Account, policy.Revision, r.Class, r.Code, r.Enhanced, r.Text, stamp(now), stamp(until), tries, r.Limit, secret)
	return until, err
}

// unpark lets an account go on: its server has taken part in an attempt that
// began after the account had stopped. One that was under way by then, on a
// connection of before, proves nothing.
func (t *tx) unpark(account string, began time.Time) error {
	_, err := t.exec("DELETE FROM parks WHERE account = ? AND since < ?", account, stamp(began))
	return err
}

// behindOthers is how far behind the end of its account's park a message waits
// that has stopped the account: when that goes on, the first try must not be the
// one that stopped it, time after time.
const behindOthers = time.Microsecond

// changed tells that the settings have changed since the account stopped.
func (p parked) changed(policy Policy) bool { return p.revision != policy.Revision }

// bringForward makes due what waits for the end of a park that does not count any
// more, since the account's settings have changed.
func (t *tx) bringForward(account string, park parked, now time.Time) error {
	if park.until.IsZero() {
		return nil // nothing waits for a time that is not known
	}
	waits := stamp(park.until.Add(behindOthers))
	if _, err := t.exec(`UPDATE recipients SET next_at = ?1 WHERE state = ?2 AND next_at = ?3
		AND item_id IN (SELECT id FROM items WHERE state = 6 AND account = ?4 AND next_at = ?3)`,
		stamp(now), RecipientWaiting, waits, account); err != nil {
		return err
	}
	_, err := t.exec("UPDATE items SET next_at = ?1 WHERE state = 6 AND account = ?2 AND next_at = ?3", stamp(now), account, waits)
	return err
}

// liftPark makes a parked account due for one try. What it is parked for stays
// on record until that try is over.
func (t *tx) liftPark(account string, now time.Time) error {
	_, err := t.exec("UPDATE parks SET until = ? WHERE account = ?", stamp(now), account)
	return err
}

// AskAgain tells whether the secret of an account may be asked for again, whose
// login was refused: not sooner than every after the last time, in whatever
// process that was.
func (b *Outbox) AskAgain(ctx context.Context, account string, every time.Duration) (may bool, err error) {
	now := time.Now()
	err = b.writer.do(ctx, func(t *tx) error {
		n, err := t.changed("UPDATE parks SET asked_at = ?1 WHERE account = ?2 AND class = ?3 AND (asked_at <= ?4 OR asked_at > ?1)",
			stamp(now), account, ClassCredentials, stamp(now.Add(-every)))
		may = n > 0
		return err
	})
	return may, err
}

// SecretIs tells the outbox the fingerprint of an account's secret as it is now.
// If another one was refused, the account is tried once more.
func (b *Outbox) SecretIs(ctx context.Context, account, fingerprint string) error {
	now := time.Now()
	return b.writer.do(ctx, func(t *tx) error {
		_, err := t.exec("UPDATE parks SET until = ?, secret = ? WHERE account = ? AND class = ? AND secret NOT IN ('', ?2)",
			stamp(now), fingerprint, account, ClassCredentials)
		return err
	})
}

// liftNetworkParks makes every account due that only could not be reached: who
// asks for a pass wants to know whether the network is back.
func (t *tx) liftNetworkParks(now time.Time) error {
	_, err := t.exec("UPDATE parks SET until = ? WHERE class = ?", stamp(now), ClassNetwork)
	return err
}

// dayLimited tells that an account waits since its provider has said that the
// day's quota is used up.
func (t *tx) dayLimited(account string, now time.Time) (limited bool, err error) {
	err = t.queryRow("SELECT EXISTS(SELECT 1 FROM parks WHERE account = ? AND limited = ? AND until > ?)", account, LimitDay, stamp(now)).Scan(&limited)
	return limited, err
}

// cameOnline ends the park of an account that could not be reached, and enters
// for how long that was.
func (t *tx) cameOnline(account string, now time.Time) error {
	var since int64
	err := t.queryRow("SELECT since FROM parks WHERE account = ? AND class = ?", account, ClassNetwork).Scan(&since)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	offline := max(now.Sub(unstamp(since)), 0)
	if _, err := t.exec(`INSERT INTO account_facts(account, offline) VALUES(?1, ?2)
		ON CONFLICT(account) DO UPDATE SET offline = offline + ?2`, account, offline.Microseconds()); err != nil {
		return err
	}
	_, err = t.exec("DELETE FROM parks WHERE account = ?", account)
	return err
}

// onlineClock is a clock that stands still while the account cannot be reached.
func (t *tx) onlineClock(account string, now time.Time) (time.Time, error) {
	var offline int64
	err := t.queryRow("SELECT offline FROM account_facts WHERE account = ?", account).Scan(&offline)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, err
	}
	return now.Add(-time.Duration(offline) * time.Microsecond), nil
}

// raiseEvery is how long the connections that a server takes are kept to before
// one more is tried: its limit may have been raised, or it had a bad day, and who
// asks for many at once again and again is one whom servers remember.
const raiseEvery = 24 * time.Hour

// learned is how many connections a server was seen to take; 0 is not known.
type learned struct {
	connections int
	at          time.Time
}

// atMost is how many connections to make by now, from what was learned.
func (l learned) atMost(now time.Time) int {
	if l.connections == 0 {
		return 0
	}
	return l.connections + int(max(now.Sub(l.at), 0)/raiseEvery)
}

// learnConnections notes that the account's server takes fewer connections than
// there were.
func (t *tx) learnConnections(policy Policy, now time.Time) (learned, error) {
	known, err := t.knownConnections(policy.Account)
	if err != nil {
		return learned{}, err
	}
	fewer := learned{fewerConnections(policy.Connections, known.atMost(now)), now}
	_, err = t.exec(`INSERT INTO account_facts(account, connections, learned_at) VALUES(?1, ?2, ?3)
		ON CONFLICT(account) DO UPDATE SET connections = ?2, learned_at = ?3`, policy.Account, fewer.connections, stamp(now))
	return fewer, err
}

func (t *tx) knownConnections(account string) (known learned, err error) {
	var at int64
	err = t.queryRow("SELECT connections, learned_at FROM account_facts WHERE account = ?", account).Scan(&known.connections, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return learned{}, nil
	}
	known.at = unstamp(at)
	return known, err
}

// connections is how many to make: what the settings say, or what is known to
// be the most that the server takes; 0 is not known.
func connections(configured, known int) int {
	configured = max(configured, 1)
	if known > 0 {
		return min(configured, known)
	}
	return configured
}

// fewerConnections is how many are left after the server has refused one more.
func fewerConnections(configured, known int) int {
	return max(connections(configured, known)-1, 1)
}
