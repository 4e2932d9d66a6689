package outbox

import (
	"errors"
	"io/fs"
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
