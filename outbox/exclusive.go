package outbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Where SQLite locks a database file: every connection that has it open holds a
// shared lock on this range as long as it is in WAL mode, idle or not.
const (
	sharedFirst = 0x40000000 + 2
	sharedSize  = 510
)

// holdDatabase keeps all of SQLite's connections, of whatever process, away from
// a database file until the file is closed. ErrLocked if there is one now.
func holdDatabase(file *os.File) error {
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: sharedFirst, Len: sharedSize}
	err := syscall.FcntlFlock(file.Fd(), setLock, &lock)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return err
}
