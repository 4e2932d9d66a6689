package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
)

// stagingSchema is of the temporary database that rows stand in until all of a list are
// there. Nothing in it outlives the import, so it has no journal.
const stagingSchema = `
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -1024;
CREATE TABLE rows(
  number   INTEGER PRIMARY KEY,
  line     INTEGER NOT NULL,
  address  TEXT NOT NULL,
  copy     INTEGER NOT NULL,
  cells    TEXT NOT NULL,
  account  TEXT NOT NULL,
  skip     TEXT NOT NULL,
  again    INTEGER NOT NULL,   -- the address stands on an earlier line
  position INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX rows_address ON rows(address, copy);
BEGIN;`

// staging brings the rows of a list into the order in which they become items. Stored as
// they come, the next letters would have a page of the database each, to be read, and to
// be written when its row is taken; in that order twenty share one.
type staging struct {
	db                  *sql.DB // of one connection
	conn                *sql.Conn
	insert, insertAgain *sql.Stmt
}

// openStaging makes an empty one, in a file that SQLite makes without a name.
func openStaging(ctx context.Context) (*staging, error) {
	db, err := sql.Open("sqlite", "") // "" is a temporary file of its own
	if err != nil {
		return nil, storeError(err)
	}
	s := &staging{db: db}
	if s.conn, err = db.Conn(ctx); err == nil {
		_, err = s.conn.ExecContext(ctx, stagingSchema)
	}
	if err == nil {
		s.insert, err = s.conn.PrepareContext(ctx, "INSERT INTO rows VALUES(?, ?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT(address, copy) DO NOTHING")
	}
	if err == nil {
		s.insertAgain, err = s.conn.PrepareContext(ctx, "INSERT INTO rows VALUES(?, ?, ?, ?, ?, ?, '', 1, 0)")
	}
	if err != nil {
		return nil, storeError(errors.Join(err, s.close()))
	}
	return s, nil
}

func (s *staging) close() error {
	if s.conn != nil {
		s.conn.Close() //nolint:errcheck // what it holds is thrown away
	}
	return s.db.Close()
}

// add takes the next row of the list.
func (s *staging) add(ctx context.Context, row stagedRow) error {
	r, err := s.insert.ExecContext(ctx, row.number, row.line, row.address, row.copy, row.cells, row.account, row.skip, row.position)
	if err != nil {
		return storeError(err)
	}
	if n, err := r.RowsAffected(); err != nil || n > 0 {
		return storeError(err)
	}
	_, err = s.insertAgain.ExecContext(ctx, row.number, row.line, row.address, -row.number, row.cells, row.account)
	return storeError(err)
}

// batches gives all rows in their order, some at a time.
func (s *staging) batches(ctx context.Context, size int, give func([]stagedRow) error) error {
	rows, err := s.conn.QueryContext(ctx, "SELECT number, line, address, copy, cells, account, skip, again, position FROM rows ORDER BY position, number")
	if err != nil {
		return storeError(err)
	}
	batch := make([]stagedRow, 0, size)
	var gave error
	err = eachRow(rows, func(rows *sql.Rows) error {
		var r stagedRow
		if err := rows.Scan(&r.number, &r.line, &r.address, &r.copy, &r.cells, &r.account, &r.skip, &r.again, &r.position); err != nil {
			return err
		}
		if batch = append(batch, r); len(batch) < size {
			return nil
		}
		gave = give(batch)
		batch = batch[:0]
		return gave
	})
	switch {
	case gave != nil:
		return gave
	case err != nil:
		return storeError(err)
	}
	return give(batch)
}

// stagedRow is a row of a list on its way into a campaign.
type stagedRow struct {
	number, line int
	address      string
	copy         int
	cells        string
	account      string
	skip         string
	again        bool
	position     int64
}

// stage makes one of a row. Where an address may stand twice each has its own copy of it, as
// rows have that get no letter.
func (i *campaignImport) stage(row NewRow) (s stagedRow, err error) {
	cells, err := json.Marshal(row.Cells)
	s = stagedRow{number: row.Number, line: row.Line, address: row.Address, cells: string(cells), account: row.Account, skip: row.Skip, position: i.position(row.Number)}
	switch {
	case row.Skip != "":
		s.copy = -row.Number
	case i.spec.AllowDuplicates:
		s.copy = row.Number
	}
	return s, err
}

// insertRows stores rows, of which those are skipped whose addresses are suppressed.
func (i *campaignImport) insertRows(t *tx, batch []stagedRow) error {
	if err := t.widen(); err != nil {
		return err
	}
	addresses := make([]string, len(batch))
	for n, r := range batch {
		addresses[n] = r.address
	}
	suppressed, err := t.suppressedAmong(addresses)
	if err != nil {
		return err
	}
	values := make([]any, 0, len(batch)*11)
	for _, r := range batch {
		if r.skip == "" {
			r.skip = suppressed[strings.ToLower(r.address)].suppression()
		}
		if r.skip == "" && r.again {
			r.skip = "the address stands on an earlier line already"
		}
		state := rowReady
		if r.skip != "" {
			state, r.copy = rowSkipped, -r.number
		}
		values = append(values, i.id, r.number, r.line, r.address, r.copy, r.cells, r.account, r.account == "", state, bound(r.skip), r.position)
	}
	return t.insertRows("campaign_rows(campaign, number, line, address, copy, cells, account, shared, state, reason, position) VALUES", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
}
