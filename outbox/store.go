package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can be wrong with the disk, for callers to branch on.
var (
	ErrReadOnly  = errors.New("the outbox cannot be written")
	ErrDiskFull  = errors.New("the disk is full")
	ErrCorrupt   = errors.New("the outbox database is damaged")
	ErrUnsafeDir = errors.New("the outbox directory is not safe")
	ErrLocked    = errors.New("another program holds the outbox database")
	ErrIO        = errors.New("the disk failed")
)

// The names in the data directory.
const (
	databaseName   = "outbox.db"
	filesName      = "files"
	logName        = databaseName + "-wal" // SQLite's
	senderLockName = "sender.lock"
	writeLockName  = "write.lock"
	importLockName = "import.lock"
)

const (
	dirPermissions  fs.FileMode = 0o700
	filePermissions fs.FileMode = 0o600
)

// Connection settings. busy_timeout stands first because the driver runs it
// first and the rest in alphabetical order.
const (
	// 4000 pages are 16 MB of WAL before a checkpoint, 3-7 % faster than 1000. What
	// keeps a change apart from the others of its commit, SQLite's statement journal, is
	// a file beyond 64 KiB, two writes for every page: temp_store keeps it in memory.
	writerPragmas = "_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)" +
		"&_pragma=journal_mode(WAL)&_pragma=wal_autocheckpoint(4000)&_pragma=journal_size_limit(67108864)" +
		"&_pragma=temp_store(MEMORY)&_pragma=cache_size(-512)"
	// A cache of 128 KB for each of up to eight readers, and of half a MB for the writer: with
	// more a long queue takes the sender above 32 MB, and it is not faster.
	readerPragmas = "_pragma=busy_timeout(10000)&_pragma=cache_size(-128)&_pragma=query_only(1)" +
		"&_pragma=synchronous(FULL)&_pragma=temp_store(MEMORY)"
	campaignPragma = "PRAGMA cache_size(-4096)" // of the writer, once it has made letters of rows
	readers        = 8                          // who watches for other processes keeps one for itself
)

// driverSwitches are process-wide and must be set before the first open.
// Without locks on the open file description, any close of the database file in
// this process would drop SQLite's locks, and another process could then delete
// a live WAL. Where the system has no such locks the call fails and POSIX locks
// remain, which is why nothing here opens the database file a second time.
var driverSwitches = sync.OnceFunc(func() {
	sqlite.OFDLocking(true)
	sqlite.Fdatasync(true)
})

// openDatabase makes the directory and the database if they are missing, and
// returns the pool of readers and the connection that writes.
func openDatabase(ctx context.Context, dir string) (read *sql.DB, write *sql.DB, err error) {
	driverSwitches()
	path := filepath.Join(dir, databaseName)
	if err := checkPresent(dir); err != nil {
		return nil, nil, err
	}
	// SQLite would create it with the umask; its -wal and -shm inherit the mode.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, filePermissions)
	switch {
	case err == nil:
		file.Close()
	case !errors.Is(err, fs.ErrExist):
		return nil, nil, pathError(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		return nil, nil, pathError(err)
	}
	uri := databaseURI(path)
	if write, err = openWriter(ctx, uri); err != nil {
		return nil, nil, err
	}
	// A Rebuild puts another file in the place of one that nobody has open. It may
	// have done so while this connection waited for it.
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		write.Close()
		return nil, nil, errors.Join(ErrLocked, pathError(err))
	}
	read, err = sql.Open("sqlite", uri+"?"+readerPragmas)
	if err != nil {
		write.Close()
		return nil, nil, err
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return read, write, nil
}

const (
	// openWithin is how long a database that others are making, or are putting in
	// order after a crash, is waited for.
	openWithin = 10 * time.Second
	openPause  = 20 * time.Millisecond
)

// openWriter gives the connection that writes. SQLite's busy_timeout does not
// cover the moments in which a database becomes one with a log and in which the
// last of those who had it open closes it: who opens it then is told at once that
// it is locked.
func openWriter(ctx context.Context, uri string) (*sql.DB, error) {
	for end := time.Now().Add(openWithin); ; {
		db, err := sql.Open("sqlite", uri+"?"+writerPragmas)
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1)
		if err = storeError(checkWriter(ctx, db)); err == nil {
			return db, nil
		}
		db.Close()
		if !errors.Is(err, ErrLocked) || ctx.Err() != nil || time.Now().After(end) {
			return nil, err
		}
		time.Sleep(openPause)
	}
}

// databaseURI is a URI since ? % # in the path must not be read as such.
func databaseURI(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// checkWriter refuses a connection that would not be durable.
func checkWriter(ctx context.Context, db *sql.DB) error {
	const full = 2
	var level int
	if err := db.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&level); err != nil {
		return err
	}
	if level != full {
		return fmt.Errorf("synchronous is %d, not FULL", level)
	}
	return nil
}

// prepareDirectory makes dir, and refuses one in which others could change
// what is sent or that file locks do not protect.
func prepareDirectory(dir string) error {
	if err := makeDirectory(dir); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return pathError(err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s can be written by others (mode %04o): %w", dir, info.Mode().Perm(), ErrUnsafeDir)
	}
	if name := networkFileSystem(dir); name != "" {
		return fmt.Errorf("%s is on %s, where file locks do not protect a database: %w", dir, name, ErrUnsafeDir)
	}
	return nil
}

// makeDirectory makes a directory, and those above it, for good: a power cut
// that took the name of one would take all that is in it.
func makeDirectory(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDirectory(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, dirPermissions); err != nil && !errors.Is(err, fs.ErrExist) {
		return pathError(err)
	}
	err := syncDirectory(parent)
	if err != nil {
		os.Remove(dir) // or the next try would take it for safe
	}
	return err
}

// pathError puts what the system said of a path under the sentinels.
func pathError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case errors.Is(err, syscall.EIO):
		return fmt.Errorf("%w: %w", ErrIO, err)
	}
	return err
}

// storeError puts what SQLite said under the sentinels.
func storeError(err error) error {
	var e *sqlite.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	if e.Code() == sqlite3.SQLITE_IOERR_SHORT_READ { // the file was cut off
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if e.Code() == sqlite3.SQLITE_IOERR_DELETE_NOENT || e.Code() == sqlite3.SQLITE_READONLY_DBMOVED {
		// A file that was there a moment ago is gone, or is another one: a rebuild has put
		// another database in its place.
		return fmt.Errorf("%w: %w", ErrLocked, err)
	}
	const primary = 0xff // the extended code's low byte
	switch e.Code() & primary {
	case sqlite3.SQLITE_ERROR:
		if schemaLost(e) {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: %w", ErrLocked, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%w: %w", ErrIO, err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// schemaLost tells that tables are not there that ought to be, or are there
// before they are made. Our statements are fixed, so that is the database's
// fault. SQLite has no code for it.
func schemaLost(e *sqlite.Error) bool {
	text := e.Error()
	return strings.Contains(text, "no such table") || strings.Contains(text, "no such column") || strings.Contains(text, "already exists") ||
		strings.Contains(text, "duplicate column")
}

// isUnique tells that a row with the same unique value exists.
func isUnique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}

// stamp and unstamp are the form in which times are stored.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func unstamp(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// escapeLike makes a word mean itself in LIKE … ESCAPE '\'.
func escapeLike(word string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word)
}
