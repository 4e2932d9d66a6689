//go:build !linux

package outbox

import "os"

// syncData waits until the content of a file is on the disk.
func syncData(file *os.File) error { return file.Sync() }
