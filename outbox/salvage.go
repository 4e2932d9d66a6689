package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"sendoff/internal/cleantext"
	"sendoff/internal/sqlitefile"
)

// salvagedTables are what is read out of a damaged database, with the number of
// columns of the first schema. Later schemas have added columns at the end, and
// so a row of an older one is the beginning of one of ours.
//
// files follows from items, counts from its triggers.
var salvagedTables = []struct {
	name   string
	least  int
	rowids bool // its first column is the rowid, which stands apart
}{
	{"items", 26, true}, {"recipients", 11, true}, {"attempts", 9, true}, {"bodies", 2, true}, {"drafts", 2, true}, {"sends", 4, true},
	{"attempt_results", 6, false}, {"parks", 9, false}, {"account_facts", 4, false}, {"sent_copies", 10, true},
	{"reports", 7, true}, {"report_recipients", 9, false}, {"suppressions", 5, false}, {"strikes", 2, false},
	{"campaigns", 14, true}, {"campaign_accounts", 3, false}, {"campaign_files", 3, false}, {"campaign_rows", 13, true}, {"store", 3, true},
	{"undo_steps", 3, true}, {"undo_items", 3, false},
	{"looks", 10, false}, {"looked_folders", 4, false}, {"looked_mails", 2, false},
}

// maxKey is more rows than any outbox has had: a larger key was damaged, and
// would leave no IDs for what comes after it.
const maxKey = 1 << 40

// salvage fills a new database with what can be read of a damaged one.
type salvage struct {
	*tx
	files    string // directory of content files
	columns  map[string][]string
	lost     sqlitefile.Lost
	sequence int64         // the highest ID ever given
	doubts   map[ID]string // items that must not leave by themselves, and why
	drafts   map[ID]string // drafts that are not what they were, and why
	revived  int           // items whose record was made anew from their text
	stray    []string      // content files that could not be brought back
}

// newDatabase makes a database of the current schema, fills it in one
// transaction and makes it durable. After an error nothing is left of it.
func newDatabase(ctx context.Context, path string, fill func(*tx) error) error {
	driverSwitches()
	if err := removeIfThere(path); err != nil { // of a rebuild that was killed
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, filePermissions)
	if err != nil {
		return pathError(err)
	}
	defer file.Close()
	if err := fillDatabase(ctx, path, fill); err != nil {
		return errors.Join(err, removeIfThere(path))
	}
	return pathError(file.Sync())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return pathError(err)
	}
	return nil
}

// fillDatabase needs no journal that survives: a crash leaves a file that is
// thrown away.
func fillDatabase(ctx context.Context, path string, fill func(*tx) error) error {
	db, err := sql.Open("sqlite", databaseURI(path)+"?_pragma=foreign_keys(0)&_pragma=journal_mode(MEMORY)&_pragma=synchronous(OFF)&_pragma=temp_store(MEMORY)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return errors.Join(storeError(err), db.Close())
	}
	t := &tx{conn: conn, stmts: make(map[string]*sql.Stmt)}
	err = t.execScript("BEGIN")
	if err == nil {
		err = t.migrate()
	}
	if err == nil {
		err = fill(t)
	}
	if err == nil {
		err = t.execScript("COMMIT")
	}
	return errors.Join(storeError(err), conn.Close(), db.Close())
}

// load copies every row that can be read.
func (s *salvage) load(ctx context.Context, old *sqlitefile.File) error {
	s.columns = make(map[string][]string)
	for _, table := range salvagedTables {
		err := s.each(func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			s.columns[table.name] = append(s.columns[table.name], name)
			return err
		}, "SELECT name FROM pragma_table_info(?) ORDER BY cid", table.name)
		if err != nil {
			return err
		}
	}
	lost, err := old.Rows(func(r sqlitefile.Row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.take(r)
	})
	s.lost.Pages += lost.Pages
	s.lost.Rows += lost.Rows
	return err
}

// take puts one row where it belongs. A row of a page that nobody leads to goes
// into the table whose form it has, unless there is a newer one.
func (s *salvage) take(r sqlitefile.Row) error {
	if len(r.Values) == 2 && r.Values[0] == "items" && (r.Table == "sqlite_sequence" || r.Table == "") {
		if n, ok := r.Values[1].(int64); ok && n < maxKey {
			s.sequence = max(s.sequence, n)
		}
		return nil
	}
	for _, table := range salvagedTables {
		if r.Table != table.name && (r.Table != "" || !table.rowids) {
			continue
		}
		n := len(r.Values)
		fits := n >= table.least && n <= len(s.columns[table.name]) && (!table.rowids || r.Key > 0 && r.Key < maxKey && r.Values[0] == nil)
		if fits {
			done, err := s.insert(table.name, table.rowids, r)
			if err != nil || done {
				return err
			}
		}
		if r.Table != "" {
			s.lost.Rows++
			return nil
		}
	}
	return nil
}

// insert tells whether the row is in now. The types of its columns are for
// SQLite to refuse.
func (s *salvage) insert(table string, rowids bool, r sqlitefile.Row) (done bool, err error) {
	values := slices.Clone(r.Values)
	for i, v := range values {
		column := s.columns[table][i]
		if text, ok := v.(string); ok && column != "json" && column != "draft" && column != "cells" { // a draft is JSON, and cleaned where it is used; so are cells
			if values[i] = cleantext.Line(text); column == "dialogue" {
				values[i] = cleantext.Block(text)
			}
		}
	}
	if rowids {
		values[0] = r.Key
	}
	query := fmt.Sprintf("INSERT OR IGNORE INTO %s(%s) VALUES(?%s)", table,
		strings.Join(s.columns[table][:len(values)], ", "), strings.Repeat(", ?", len(values)-1))
	n, err := s.changed(query, values...)
	if err = storeError(err); errors.Is(err, ErrDiskFull) || errors.Is(err, ErrIO) || errors.Is(err, ErrReadOnly) {
		return false, err
	}
	if err != nil || n == 0 {
		return false, nil
	}
	if r.Table == "" {
		s.doubtRow(table, values)
	}
	return true, nil
}

// doubtRow remembers of which item a row may be old.
func (s *salvage) doubtRow(table string, values []any) {
	const reason = "its record stood in a lost part of the damaged database and may be old: it may have been sent"
	switch table {
	case "items":
		s.doubt(ID(values[0].(int64)), reason)
	case "recipients":
		if item, ok := values[1].(int64); ok {
			s.doubt(ID(item), reason)
		}
	}
}

// doubt keeps the first reason.
func (s *salvage) doubt(id ID, reason string) {
	if _, known := s.doubts[id]; !known {
		s.doubts[id] = reason
	}
}

func (s *salvage) incomplete() bool { return s.lost.Pages > 0 || s.lost.Rows > 0 }
