package outbox

import (
	"errors"
	"io/fs"
	"sync"
	"syscall"
	"testing"
)

func TestPathError_SaysWhatIsWrongWithTheDisk(t *testing.T) {
	for _, c := range []struct {
		system syscall.Errno
		want   error
	}{
		{syscall.ENOSPC, ErrDiskFull},
		{syscall.EDQUOT, ErrDiskFull},
		{syscall.EACCES, ErrReadOnly},
		{syscall.EROFS, ErrReadOnly},
		{syscall.EIO, ErrIO},
	} {
		err := pathError(&fs.PathError{Op: "sync", Path: "files", Err: c.system})
		if !errors.Is(err, c.want) || !errors.Is(err, c.system) {
			t.Errorf("%v: %v, want %v", c.system, err, c.want)
		}
	}
}

// SQLite's own patience does not cover the first moments of a database.
func TestOpen_ManyAtOnceMakeOneDatabase(t *testing.T) {
	for range 30 {
		dir := t.TempDir()
		var running sync.WaitGroup
		for range 6 {
			running.Go(func() {
				b, err := Open(t.Context(), Options{Dir: dir})
				if err != nil {
					t.Error(err)
					return
				}
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
	}
}
