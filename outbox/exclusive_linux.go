package outbox

import "golang.org/x/sys/unix"

// setLock takes a lock that belongs to the open file and not to the process, as
// those of our SQLite do.
const setLock = unix.F_OFD_SETLK
