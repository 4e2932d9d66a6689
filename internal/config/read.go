package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"sendoff/internal/cleantext"
)

// maxFile is far above any file that a person writes by hand; it keeps a wrong
// path from filling the memory.
const maxFile = 1 << 20

// Read reads a file of at most 1 MiB that a person wrote. Anything but a
// regular file is refused before it is opened: a FIFO would block. Errors are
// [*Error]; errors.Is(err, fs.ErrNotExist) tells a missing file.
func Read(path string) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, &Error{File: path, Problem: "not a regular file"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	defer f.Close()      // read only: nothing is lost by an error here
	info, err = f.Stat() // of what was opened, not of what was there before
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	if len(data) > maxFile {
		return nil, nil, &Error{File: path, Problem: "larger than 1 MiB"}
	}
	return data, info, nil
}

// unreadable drops operation and path from what the system said: the path is
// already in front of it.
func unreadable(path string, err error) *Error {
	reason := err
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		reason = pathError.Err
	}
	return &Error{File: path, Problem: reason.Error(), cause: err}
}

// CheckOwn refuses a file of another user (root excepted), or one that gives
// others any of the permission bits in deny. Where the system has no such
// bits it does nothing. Errors are [*Error].
func CheckOwn(path string, info fs.FileInfo, deny fs.FileMode) error {
	if !hasOwners {
		return nil
	}
	if foreign(info) {
		return &Error{File: path, Problem: "belongs to another user"}
	}
	extra := info.Mode().Perm() & deny
	if extra == 0 {
		return nil
	}
	verb := "read it"
	if extra&0o022 != 0 {
		verb = "write to it"
	}
	return &Error{
		File:    path,
		Problem: fmt.Sprintf("others can %s (mode %04o)", verb, info.Mode().Perm()),
		Hint:    "chmod 600 " + cleantext.Line(path),
	}
}
