package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// leaveOwnPages gives back the pages of the program's own code that only its start has
// touched: the kernel brings sixteen for each that is wanted, and the start passes through
// every package. They are read again from the file, mostly out of the page cache, when they
// are wanted. A sender lives for weeks and needs half of them.
//
// Only what is executable is given back: in a binary that can be loaded anywhere, what
// cannot be written to any more may have been written at its start.
func leaveOwnPages() error {
	own, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer maps.Close()
	return leavePages(maps, own)
}

// leavePages is leaveOwnPages for mappings as proc_pid_maps(5) has them.
func leavePages(maps io.Reader, own string) (err error) {
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasSuffix(line, " "+own) || !strings.Contains(line, " r-xp ") {
			continue
		}
		var from, to uintptr
		if _, wrong := fmt.Sscanf(line, "%x-%x ", &from, &to); wrong != nil {
			err = errors.Join(err, wrong)
			continue
		}
		if _, _, wrong := syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED); wrong != 0 {
			err = errors.Join(err, wrong)
		}
	}
	return errors.Join(err, lines.Err())
}
