package outbox

import (
	"errors"
	"os"
	"syscall"
)

// syncData waits until the content of a file is on the disk.
func syncData(file *os.File) error {
	for {
		if err := syscall.Fdatasync(int(file.Fd())); !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
