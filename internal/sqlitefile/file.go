// Package sqlitefile reads rows out of the file of a SQLite database that
// SQLite itself refuses: cut off, overwritten in parts, without its first page.
//
// It knows the file format (https://www.sqlite.org/fileformat2.html) and
// nothing of SQL. It does not check indexes, and it cannot tell a value that
// was changed into another valid one. It takes no locks: its user sees to it
// that nobody writes meanwhile.
//
// Its one hard rule: whatever the bytes are, it ends, without a panic and in
// memory bounded by the largest row.
package sqlitefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// File is the file of a database with the log beside it. It is for one
// goroutine.
type File struct {
	db       *os.File
	log      *log // nil: there is none
	size     int64
	pageSize int64
	usable   int64 // of a page, without what is reserved at its end
}

// The bounds of a page's size, and what is taken where nothing says it.
const (
	smallestPage = 512
	largestPage  = 64 << 10
	usualPage    = 4096
)

// magic begins every database.
const magic = "SQLite format 3\x00"

// Open reads a database from its file, and the log of it if there is a file at
// logPath. The database file stays the caller's. The only errors are those of
// the system: a file that is no database is one without rows.
func Open(db *os.File, logPath string) (*File, error) {
	f := &File{db: db, pageSize: usualPage, usable: usualPage}
	info, err := db.Stat()
	if err != nil {
		return nil, err
	}
	f.size = info.Size()
	if f.log, err = openLog(logPath); err != nil {
		return nil, err
	}
	if f.log != nil && f.log.pageSize > 0 {
		f.pageSize, f.usable = f.log.pageSize, f.log.pageSize
	}
	f.readHeader()
	return f, nil
}

// LogPath is where SQLite looks for the log of a database.
func LogPath(path string) string { return path + "-wal" }

// Close closes the log.
func (f *File) Close() error {
	if f.log == nil {
		return nil
	}
	return f.log.file.Close()
}

// readHeader takes the size of pages from the first page, where that is one.
func (f *File) readHeader() {
	h, ok := f.header()
	if !ok {
		return
	}
	size := int64(binary.BigEndian.Uint16(h[16:]))
	if size == 1 {
		size = largestPage
	}
	if isPageSize(size) && (f.log == nil || f.log.pageSize == 0) {
		f.pageSize = size
	}
	f.usable = f.pageSize
	if reserved := int64(h[20]); f.pageSize-reserved >= 480 { // the least that the format allows
		f.usable -= reserved
	}
}

func isPageSize(n int64) bool { return n >= smallestPage && n <= largestPage && n&(n-1) == 0 }

// header is the database's own, of its first page.
func (f *File) header() (h []byte, ok bool) {
	h = make([]byte, headerSize)
	var err error
	if at, inLog := f.log.page(1); inLog {
		_, err = f.log.file.ReadAt(h, at)
	} else {
		_, err = f.db.ReadAt(h, 0)
	}
	return h, err == nil && string(h[:len(magic)]) == magic
}

// headerSize is that of the database's header, which stands before that of page 1.
const headerSize = 100

// UserVersion is the number that the application gave its schema. ok tells
// whether the first page could be read.
func (f *File) UserVersion() (version int, ok bool) {
	h, ok := f.header()
	return int(binary.BigEndian.Uint32(h[60:])), ok
}

// LogDamaged is what the function of this name says, of the log of f.
func (f *File) LogDamaged() bool { return f.log != nil && f.log.damaged }

// pages is the number of the last page.
func (f *File) pages() uint32 {
	n := uint32(min((f.size+f.pageSize-1)/f.pageSize, 1<<32-2))
	if f.log != nil {
		n = max(n, f.log.last)
	}
	return n
}

// page reads a page as it is after all that the log has of it. A page that is
// cut off ends in zeros.
func (f *File) page(n uint32) ([]byte, bool) {
	if n == 0 || n > f.pages() {
		return nil, false
	}
	data := make([]byte, f.pageSize)
	if at, ok := f.log.page(n); ok {
		_, err := f.log.file.ReadAt(data, at)
		return data, err == nil
	}
	_, err := f.db.ReadAt(data, int64(n-1)*f.pageSize)
	return data, err == nil || errors.Is(err, io.EOF)
}

// ApplyLog writes what the log has into the database, whose file must be open
// for writing, and syncs that, as SQLite would at its next start. It may be
// repeated: until the log is taken away the database stays what it was, whatever
// interrupts it. Nobody else may have the database open.
func (f *File) ApplyLog() error {
	if f.log == nil || len(f.log.pages) == 0 {
		return nil
	}
	for n := range f.log.pages {
		data, ok := f.page(n)
		if !ok {
			return fmt.Errorf("page %d of the log cannot be read again", n)
		}
		if _, err := f.db.WriteAt(data, int64(n-1)*f.pageSize); err != nil {
			return err
		}
	}
	return f.db.Sync()
}
