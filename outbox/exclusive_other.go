//go:build !linux

package outbox

import "syscall"

// setLock takes a lock of the process: the database file must not be opened and
// closed a second time while it is held.
const setLock = syscall.F_SETLK
