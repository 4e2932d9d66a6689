package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"sendoff/compose"
	"sendoff/internal/lease"
)

// What callers branch on.
var (
	ErrNotFound  = errors.New("no such item")
	ErrAmbiguous = errors.New("more than one item has an ID that begins so")
	ErrBusy      = errors.New("it is being sent at this moment")
	ErrNotDraft  = errors.New("it is not a draft")
	ErrChanged   = errors.New("it was changed elsewhere meanwhile")
	ErrOldMail   = errors.New("it was written more than four days ago")
	ErrTooLarge  = errors.New("the message is too large for its account")

	// ErrDayLimit is why a retry by hand is not simply made: the provider has said
	// that the account's quota for the day is used up.
	ErrDayLimit = errors.New("the account's quota for the day is used up")

	// ErrReplaced is why what was sent anew is not sent once more.
	ErrReplaced = errors.New("it was sent anew as another item")

	// ErrPurged says that only the record of an old message is left.
	ErrPurged = errors.New("its text was removed, since it is old")

	// ErrMayHaveArrived is why an uncertain item is not simply tried again.
	ErrMayHaveArrived = errors.New("it may have arrived already")
)

// Options say where an outbox lives.
type Options struct {
	Dir   string // database, content files and locks; made 0700 if missing
	State string // live progress for other processes; made 0700 if missing

	Habits compose.Habits // what Submit fills in where a draft leaves it open
	Render Render         // makes the letters of campaigns; nil: none leaves

	// Wish tells from the header of a mail whose owner of an address wants no more
	// letters, if it proves that. Nil: nobody understands that.
	Wish func(header []byte) (address string, proven bool)
}

// Outbox is one directory of drafts and messages.
type Outbox struct {
	options Options
	read    *reader
	write   *sql.DB
	writer  *writer
	bodies  sync.Mutex // one is read at a time
	press   letterPress
	returns *returnPaths

	watchers watchers
	sending  atomic.Pointer[tracker] // this process's sender, while it has the lease
	heard    heard                   // of the sender of another one
	running  sync.WaitGroup          // goroutines of Watch
	stop     context.CancelFunc
	stopped  context.Context
}

// Open opens the outbox, and makes it if there is none.
//
// It fails with ErrReadOnly, ErrDiskFull, ErrCorrupt, ErrUnsafeDir, ErrLocked or
// ErrNewerSchema where that is what is wrong.
func Open(ctx context.Context, o Options) (*Outbox, error) {
	if err := prepareDirectory(o.Dir); err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	read, write, err := openDatabase(ctx, o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	conn, err := write.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open outbox: %w", err), write.Close(), read.Close())
	}
	b := &Outbox{options: o, read: newReader(read), write: write, returns: newReturnPaths(o.Dir)}
	b.stopped, b.stop = context.WithCancel(context.Background())
	b.writer = newWriter(conn, filepath.Join(o.Dir, writeLockName), b.watchers.notify)
	if err := b.migrate(ctx, conn); err != nil {
		return nil, errors.Join(fmt.Errorf("open outbox: %w", err), b.Close())
	}
	return b, nil
}

// migrate asks for the version first, so that an up-to-date database costs no
// write transaction at every start.
//
// To change an outbox that an older version has made it takes the lease: a
// sender of that version must not go on in what it does not understand.
func (b *Outbox) migrate(ctx context.Context, conn *sql.Conn) error {
	var version int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return storeError(err)
	}
	if version == schemaVersion {
		return nil
	}
	if version > 0 && version < schemaVersion {
		held, err := takeSenderLease(b.options.Dir)
		if errors.Is(err, lease.ErrHeld) {
			return ErrOlderSender
		}
		if err != nil {
			return pathError(err)
		}
		defer held.Release()
	}
	return b.writer.do(ctx, (*tx).migrate)
}

// Close waits for what is being written, ends every Watch and closes the
// database. A Sender must have ended before.
func (b *Outbox) Close() error {
	b.stop()
	b.running.Wait()
	return errors.Join(b.writer.close(), b.read.Close(), b.write.Close())
}

// WithoutWriting calls f while this process writes nothing, so that it may be stopped in
// there and other processes can write meanwhile. Where what is being written takes longer
// than within, it calls f all the same. f must not change the outbox: it would wait for itself.
func (b *Outbox) WithoutWriting(f func(), within time.Duration) { b.writer.without(f, within) }

// longestLog is how much of SQLite's log Leave leaves behind, in bytes: the next
// process has to read it. It is some six small messages: with more the reading
// costs more than the writing back.
const longestLog = 400 << 10

// Leave is Close for a process that ends now and is often repeated: it leaves
// the database as it is, for the end of the process to close. What was
// committed is as durable as ever. A Close that is the last one writes SQLite's
// log back into the database and removes it, four syncs that the next process
// has to undo; Leave does that only when the log has grown long.
func (b *Outbox) Leave() error {
	if info, err := os.Stat(filepath.Join(b.options.Dir, logName)); err == nil && info.Size() > longestLog {
		return b.Close()
	}
	b.stop()
	b.running.Wait()
	b.writer.rest()
	return nil
}

// SenderRunning tells whether any process holds the lease: without one, nothing
// that is queued leaves. With one it need not either: see Sender.
func (b *Outbox) SenderRunning() bool { return b.Sender().State != SenderGone }

func (b *Outbox) senderLock() string { return filepath.Join(b.options.Dir, senderLockName) }
