package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"sendoff/internal/lease"
)

// Bounds of one commit.
const (
	maxBatch = 256
	maxHold  = 20 * time.Millisecond // longest time the write lock is held
)

// fairnessWait bounds the wait for write.lock, which only makes writers of
// several processes take turns: SQLite's own locks keep the data right, so when
// it cannot be had the commit goes on without it.
const fairnessWait = 5 * time.Second

// errClosed is what an operation on a closed outbox gets.
var errClosed = errors.New("the outbox is closed")

// tx is the writer's connection inside a transaction.
//
// No caller's context reaches a statement: an interrupt inside a write would
// roll back the whole batch, everybody's work in it included.
type tx struct {
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
	current *transaction

	// lastAttempt is the last number that an attempt was given here, or that the journal
	// names. The database gives the number of one that was taken back to the next; that
	// would then have what the journal says of the other.
	lastAttempt int64

	wide bool // the cache of its connection is that for campaigns
}

// transaction is one of the writer's, for those who must know whether what they did
// in it was kept. The leader alone looks at it.
type transaction struct{ committed bool }

// holds tells that what was done in a transaction need not be done again in the
// current one. Nil holds nothing.
func (d *transaction) holds(t *tx) bool { return d != nil && (d.committed || d == t.current) }

func (t *tx) prepare(query string) (*sql.Stmt, error) {
	if s, ok := t.stmts[query]; ok {
		return s, nil
	}
	s, err := t.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	t.stmts[query] = s
	return s, nil
}

func (t *tx) exec(query string, args ...any) (sql.Result, error) {
	s, err := t.prepare(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.Background(), args...)
}

// changed is exec that tells how many rows there were.
func (t *tx) changed(query string, args ...any) (int64, error) {
	r, err := t.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// execScript runs statements that are used once.
func (t *tx) execScript(script string) error {
	_, err := t.conn.ExecContext(context.Background(), script)
	return err
}

// row is a query's single row; its error comes with Scan.
type row struct {
	err error
	row *sql.Row
}

func (r row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return r.row.Scan(dest...)
}

func (t *tx) queryRow(query string, args ...any) row {
	s, err := t.prepare(query)
	if err != nil {
		return row{err: err}
	}
	return row{row: s.QueryRowContext(context.Background(), args...)}
}

// each calls scan for every row. Rows are closed before it returns, so the
// connection is free for what follows; scan itself must not query.
func (t *tx) each(scan func(*sql.Rows) error, query string, args ...any) error {
	s, err := t.prepare(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(context.Background(), args...)
	if err != nil {
		return err
	}
	return eachRow(rows, scan)
}

func eachRow(rows *sql.Rows, scan func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// operation is a change, whether it may be run again when what it did was undone, and
// whether nobody is told of it.
type operation struct {
	change func(*tx) error
	twice  bool
	quiet  bool
}

// writer owns the one connection that writes, and groups what arrives together
// into one commit.
type writer struct {
	committer[operation]
	tx       tx                // of the leader
	lockPath string            // write.lock
	turn     chan *lease.Lease // a wait for write.lock that is still going on; nil: none
	writing  chan struct{}     // holds a token while somebody writes, or keeps others from it
	changes  int64             // SQLite's count after the last commit
	news     func()            // after each commit that changed something
	ordered  atomic.Int64      // commits so far with a change of do: of more than the course of the sender
	quiet    atomic.Int64      // changes so far that are no news, before anybody could see them
}

func newWriter(conn *sql.Conn, lockPath string, news func()) *writer {
	w := &writer{
		committer: newCommitter[operation](),
		tx:        tx{conn: conn, stmts: make(map[string]*sql.Stmt)},
		lockPath:  lockPath,
		writing:   make(chan struct{}, 1),
		news:      news,
	}
	w.commit = w.commitAll
	return w
}

// do runs change in the next transaction and returns once that is on the disk.
// A change that fails is undone alone. ctx is asked only before that.
func (w *writer) do(ctx context.Context, change func(*tx) error) error {
	return w.wait(ctx, operation{change: change})
}

// doTwice is do for a change that is often made and hardly ever fails, and that
// does no harm when it is run a second time, after all that it did in the database
// was undone. It costs less.
func (w *writer) doTwice(ctx context.Context, change func(*tx) error) error {
	return w.wait(ctx, operation{change: change, twice: true})
}

// doQuietly is do for a change that nobody who watches sees anything of.
func (w *writer) doQuietly(ctx context.Context, change func(*tx) error) error {
	return w.wait(ctx, operation{quiet: true, change: func(t *tx) error {
		w.quiet.Add(1)
		return change(t)
	}})
}

// others gives a number that changes whenever another connection has committed: another
// process, since nobody else writes in this one.
func (w *writer) others(ctx context.Context) (version int64, err error) {
	err = w.wait(ctx, operation{quiet: true, change: func(t *tx) error { return t.queryRow("PRAGMA data_version").Scan(&version) }})
	return version, err
}

// close is rest, and closes the connection.
func (w *writer) close() error {
	w.rest()
	for _, s := range w.tx.stmts {
		s.Close()
	}
	return w.tx.conn.Close()
}

// changed tells whether the last commit changed a row. A claim that finds
// nothing must not be news, or the sender would wake itself for ever.
func (w *writer) changed() bool {
	var total int64
	if err := w.tx.queryRow("SELECT total_changes()").Scan(&total); err != nil {
		return true
	}
	changed := total != w.changes
	w.changes = total
	return changed
}

// commitAll runs first, and what arrives meanwhile, in one transaction.
func (w *writer) commitAll(first *gathered[operation]) (batch []*gathered[operation], errs []error, err error) {
	batch = append(batch, first)
	w.writing <- struct{}{}
	defer func() { <-w.writing }()
	release := w.takeTurn()
	errs, err = w.transact(&batch, false)
	if errors.Is(err, errOnceMore) {
		errs, err = w.transact(&batch, true)
	}
	release()
	if err == nil && w.changed() && !quiet(batch) {
		w.news()
	}
	return batch, errs, err
}

// quiet tells that nothing in a batch is news.
func quiet(batch []*gathered[operation]) bool {
	for _, op := range batch {
		if !op.change.quiet {
			return false
		}
	}
	return true
}

// without calls f while nothing is being written, and tells whether that was so: it waits
// no longer than for a while, and then calls it all the same.
func (w *writer) without(f func(), within time.Duration) bool {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case w.writing <- struct{}{}:
		defer func() { <-w.writing }()
		f()
		return true
	case <-timer.C:
		f()
		return false
	}
}

// errOnceMore says that a change has failed that cannot be undone alone: nothing
// was done, and each is to be kept apart from the others.
var errOnceMore = errors.New("once more")

// transact runs a batch, and what arrives meanwhile, in one transaction. What may
// be run twice is not kept apart from the rest, which takes a good part of the
// time, unless that has been tried and was wrong.
func (w *writer) transact(batch *[]*gathered[operation], apart bool) (errs []error, err error) {
	if err := w.tx.execCached("BEGIN IMMEDIATE"); err != nil {
		return nil, storeError(err)
	}
	if _, err := w.tx.version(); err != nil { // a newer program may have been here since Open
		return nil, errors.Join(storeError(err), w.tx.execCached("ROLLBACK"))
	}
	w.tx.current = &transaction{}
	start := time.Now()
	for i := 0; ; i++ {
		if i == len(*batch) {
			if i >= maxBatch || time.Since(start) >= maxHold {
				break
			}
			op, ok := w.next()
			if !ok {
				break
			}
			*batch = append(*batch, op)
		}
		op := (*batch)[i].change
		apart = apart || i > 0 && !(op.twice && (*batch)[0].change.twice)
		if !apart {
			if err := op.change(&w.tx); err != nil {
				undone := w.tx.execCached("ROLLBACK")
				if i > 0 {
					return nil, errOnceMore
				}
				return nil, errors.Join(storeError(err), undone)
			}
			errs = append(errs, nil)
			continue
		}
		err, undone := w.apply(op.change)
		errs = append(errs, err)
		if !undone {
			// SQLite has taken back the whole transaction by itself, as it does on some
			// i/o errors. What came next would begin and commit one of its own.
			return nil, errors.Join(err, w.tx.execCached("ROLLBACK"))
		}
	}
	if err := w.tx.execCached("COMMIT"); err != nil {
		w.tx.execCached("ROLLBACK") //nolint:errcheck // SQLite may have rolled back by itself
		w.bury()
		return nil, storeError(err)
	}
	w.tx.current.committed = true
	if slices.ContainsFunc(*batch, func(op *gathered[operation]) bool { return !op.change.twice }) {
		w.ordered.Add(1)
	}
	return errs, nil
}

// bury overwrites what a failed commit has left in SQLite's log. If nothing but
// its sync failed, it stands there as if it were whole, and the next process
// that reads the log would find done what the callers are told is not. What is
// written over it is the first page as it is; no matter if that cannot be
// synced either.
func (w *writer) bury() {
	w.tx.execCached("PRAGMA application_id = 0") //nolint:errcheck // the commit's own error is what counts
}

// apply runs one change so that its failure leaves its neighbours alone. If that
// is not so, the transaction is lost.
func (w *writer) apply(change func(*tx) error) (err error, alone bool) {
	if err := w.tx.execCached("SAVEPOINT operation"); err != nil {
		return storeError(err), false
	}
	err = change(&w.tx)
	if err != nil {
		if undo := w.tx.execCached("ROLLBACK TO operation"); undo != nil {
			return storeError(errors.Join(err, undo)), false
		}
	}
	if release := w.tx.execCached("RELEASE operation"); release != nil {
		return storeError(errors.Join(err, release)), false
	}
	return storeError(err), true
}

// widen gives the connection, for as long as it is open, a page cache for campaigns: their rows
// leave in the order of chance, each from a page of its own, and what does not fit
// is written before the commit, and once more with it.
func (t *tx) widen() error {
	if t.wide {
		return nil
	}
	t.wide = true
	return t.execScript(campaignPragma)
}

func (t *tx) execCached(query string) error {
	_, err := t.exec(query)
	return err
}

// takeTurn queues for write.lock, in which the kernel is fair where SQLite's
// busy handler is not. The function it returns gives the turn back. A wait that
// takes too long goes on for the next commit.
func (w *writer) takeTurn() func() {
	if w.turn == nil {
		if turn, err := lease.Take(w.lockPath); err == nil { // nearly always: nobody else writes
			return func() { turn.Release() }
		}
		got := make(chan *lease.Lease, 1)
		go func() {
			turn, err := lease.Wait(w.lockPath)
			if err != nil {
				turn = nil
			}
			got <- turn
		}()
		w.turn = got
	}
	timer := time.NewTimer(fairnessWait)
	defer timer.Stop()
	select {
	case turn := <-w.turn:
		w.turn = nil
		if turn == nil {
			return func() {}
		}
		return func() { turn.Release() }
	case <-timer.C:
		return func() {}
	}
}
