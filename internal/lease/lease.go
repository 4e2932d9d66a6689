// Package lease makes one process at a time the holder of something, by a lock
// on a file that the kernel takes back however the process ends.
//
// It is for processes of one machine on a local file system. It does not wait
// fairly, hand over, or expire: there are no clocks in it.
//
// Its one hard rule: nothing is ever decided by the file's existence or
// content, only by the lock.
package lease

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/gofrs/flock"
)

// ErrHeld says that another process (or another lease of this one) has it.
var ErrHeld = errors.New("held by another process")

// filePermissions keep the lock file to its owner: whoever can open it can hold it.
const filePermissions fs.FileMode = 0o600

// Lease is held until Release.
type Lease struct{ lock *flock.Flock }

// Take takes the lease of path without waiting, making the file if needed. It
// returns ErrHeld if it is taken.
func Take(path string) (*Lease, error) {
	lock := newLock(path)
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		return nil, ErrHeld
	}
	return &Lease{lock}, nil
}

// Wait takes the lease of path, and waits for it as long as it takes.
func Wait(path string) (*Lease, error) {
	lock := newLock(path)
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &Lease{lock}, nil
}

// pollEvery is how long WaitWithin does not look: the system has no lock that one
// can stop waiting for.
const pollEvery = 20 * time.Millisecond

// WaitWithin is Wait until ctx ends; the error is that of ctx then.
func WaitWithin(ctx context.Context, path string) (*Lease, error) {
	lock := newLock(path)
	if _, err := lock.TryLockContext(ctx, pollEvery); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &Lease{lock}, nil
}

// Release gives the lease back. The file stays: removing it would let two
// processes hold locks on two files of the same name.
func (l *Lease) Release() error { return l.lock.Unlock() }

// Held tells whether anybody has the lease of path now. It holds a shared lock
// for that instant, so a Take elsewhere may fail once and should be repeated.
func Held(path string) (bool, error) {
	lock := newLock(path)
	ok, err := lock.TryRLock()
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		return true, nil
	}
	return false, lock.Unlock()
}

func newLock(path string) *flock.Flock {
	return flock.New(path, flock.SetPermissions(filePermissions))
}
