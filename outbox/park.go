package outbox

import (
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
	return p.revision != policy.Revision || !p.until.IsZero() && !p.until.After(now)
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

// park stops an account, or stops it for longer, and tells until when.
func (t *tx) park(policy Policy, r Result, now time.Time) (time.Time, error) {
	tries := 1
	err := t.queryRow("SELECT tries + 1 FROM parks WHERE account = ? AND class = ? AND revision = ?",
		policy.Account, r.Class, policy.Revision).Scan(&tries)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, err
	}
	until := parkedUntil(r.Class, tries, now)
	_, err = t.exec(`INSERT INTO parks VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
		ON CONFLICT(account) DO UPDATE SET revision = ?2, class = ?3, code = ?4, enhanced = ?5, text = ?6,
		since = iif(?9 = 1, ?7, since), until = ?8, tries = ?9`,
		policy.Account, policy.Revision, r.Class, r.Code, r.Enhanced, r.Text, stamp(now), stamp(until), tries)
	return until, err
}

// unpark lets an account go on: its server has been spoken to.
func (t *tx) unpark(account string) error {
	_, err := t.exec("DELETE FROM parks WHERE account = ?", account)
	return err
}

// liftPark makes a parked account due for one try. What it is parked for stays
// on record until that try is over.
func (t *tx) liftPark(account string, now time.Time) error {
	_, err := t.exec("UPDATE parks SET until = ? WHERE account = ?", stamp(now), account)
	return err
}

// liftNetworkParks makes every account due that only could not be reached: who
// asks for a pass wants to know whether the network is back.
func (t *tx) liftNetworkParks(now time.Time) error {
	_, err := t.exec("UPDATE parks SET until = ? WHERE class = ?", stamp(now), ClassNetwork)
	return err
}
