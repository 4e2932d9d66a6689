package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"sendoff/internal/lease"
)

// Bounds of one commit.
const (
	maxBatch = 256
	maxHold  = 20 * time.Millisecond // longest time the write lock is held
)

// maxGather is the longest wait for others before a commit. They had changes a
// moment ago; if they do not come back sooner than that, they have other things to
// wait for than the disk.
const maxGather = 2 * time.Millisecond

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
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

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

// operation is a change that waits for a commit.
type operation struct {
	change func(*tx) error
	twice  bool         // it may be run again when what it did was undone
	turn   chan outcome // of one: what came of it, or that its caller leads now
}

// outcome is what a waiting caller is told.
type outcome struct {
	lead bool
	err  error
}

// writer owns the one connection that writes, and groups what arrives together
// into one commit. It has no goroutine: a caller who finds nobody committing
// leads, which is to commit its own change and whatever has gathered behind it,
// and then makes the next caller the leader. So a lone change costs no hand-over
// between threads.
type writer struct {
	tx       tx                // of the leader
	lockPath string            // write.lock
	turn     chan *lease.Lease // a wait for write.lock that is still going on; nil: none
	changes  int64             // SQLite's count after the last commit
	news     func()            // after each commit that changed something
	callers  int               // that were in the last commit or waited for the next
	took     time.Duration     // the last commit
	came     chan struct{}     // a token: something was queued

	mu      sync.Mutex // guards what follows
	queue   []*operation
	leading bool
	closed  bool
	resting chan struct{} // closed when closed and nobody leads any more
}

func newWriter(conn *sql.Conn, lockPath string, news func()) *writer {
	return &writer{
		tx:       tx{conn: conn, stmts: make(map[string]*sql.Stmt)},
		lockPath: lockPath,
		news:     news,
		came:     make(chan struct{}, 1),
		resting:  make(chan struct{}),
	}
}

// do runs change in the next transaction and returns once that is on the disk.
// A change that fails is undone alone. ctx is asked only before that.
func (w *writer) do(ctx context.Context, change func(*tx) error) error {
	return w.wait(ctx, &operation{change: change, turn: make(chan outcome, 1)})
}

// doTwice is do for a change that is often made and hardly ever fails, and that
// does no harm when it is run a second time, after all that it did in the database
// was undone. It costs less.
func (w *writer) doTwice(ctx context.Context, change func(*tx) error) error {
	return w.wait(ctx, &operation{change: change, twice: true, turn: make(chan outcome, 1)})
}

func (w *writer) wait(ctx context.Context, op *operation) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	w.queue = append(w.queue, op)
	select {
	case w.came <- struct{}{}:
	default:
	}
	if !w.leading {
		w.leading = true
		op.turn <- outcome{lead: true}
	}
	w.mu.Unlock()
	o := <-op.turn
	if o.lead {
		w.lead()
		o = <-op.turn
	}
	return o.err
}

// lead commits what is at the head of the queue, the caller's own change first,
// and hands the lead on.
func (w *writer) lead() {
	w.gather()
	first, _ := w.next()
	start := time.Now()
	batch, errs, err := w.commit(first)
	w.took = time.Since(start)
	if err == nil && w.changed() {
		w.news()
	}
	w.mu.Lock()
	w.callers = len(batch) + len(w.queue)
	if len(w.queue) > 0 {
		w.queue[0].turn <- outcome{lead: true}
	} else if w.leading = false; w.closed {
		close(w.resting)
	}
	w.mu.Unlock()
	for i, op := range batch {
		if err != nil {
			op.turn <- outcome{err: err}
		} else {
			op.turn <- outcome{err: errs[i]}
		}
	}
}

// gather waits a moment for those who had changes a moment ago. Without it they
// fall into two parties, of which each waits for the commit of the other and then
// for its own. A caller who was alone waits for nobody; and nobody waits longer
// than for half of what a commit takes, so that little is lost if no one comes.
func (w *writer) gather() {
	patience := min(w.took/2, maxGather)
	if w.callers <= 1 || patience <= 0 {
		return
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for w.waiting() < w.callers {
		select {
		case <-w.came:
		case <-timer.C:
			return
		}
	}
}

func (w *writer) waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue)
}

// next takes the operation at the head of the queue, if there is one.
func (w *writer) next() (*operation, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return nil, false
	}
	op := w.queue[0]
	w.queue = w.queue[1:]
	return op, true
}

// rest takes no more changes and waits for those that have been accepted.
func (w *writer) rest() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		if !w.leading {
			close(w.resting)
		}
	}
	w.mu.Unlock()
	<-w.resting
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

// commit runs first, and what arrives meanwhile, in one transaction.
func (w *writer) commit(first *operation) (batch []*operation, errs []error, err error) {
	batch = append(batch, first)
	release := w.takeTurn()
	defer release()
	errs, err = w.transact(&batch, false)
	if errors.Is(err, errOnceMore) {
		errs, err = w.transact(&batch, true)
	}
	return batch, errs, err
}

// errOnceMore says that a change has failed that cannot be undone alone: nothing
// was done, and each is to be kept apart from the others.
var errOnceMore = errors.New("once more")

// transact runs a batch, and what arrives meanwhile, in one transaction. What may
// be run twice is not kept apart from the rest, which takes a good part of the
// time, unless that has been tried and was wrong.
func (w *writer) transact(batch *[]*operation, apart bool) (errs []error, err error) {
	if err := w.tx.execCached("BEGIN IMMEDIATE"); err != nil {
		return nil, storeError(err)
	}
	if _, err := w.tx.version(); err != nil { // a newer program may have been here since Open
		return nil, errors.Join(storeError(err), w.tx.execCached("ROLLBACK"))
	}
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
		op := (*batch)[i]
		apart = apart || i > 0 && !(op.twice && (*batch)[0].twice)
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
