// Package atomicfile puts small files in place whole: whoever reads one sees the
// old content or the new, and what was said to be done is still so after a power
// cut.
//
// It is for settings, keys and the like, of one writer at a time: who may write
// is decided by the caller; and for copies of messages that leave the outbox, which
// are written as a stream. Messages in it have a way of their own, in outbox.
//
// Its one hard rule: what is written is the user's alone (0600) from its first
// byte.
package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Replace makes data the content of the file at path, whether there is one or
// not. Its directory must exist. A symbolic link at path would be replaced
// itself.
func Replace(path string, data []byte) error { return put(path, data, os.Rename) }

// Write is Create of what write writes, which may be long. It is written in the
// directory temporary, which exists and is of the same file system, and has its name
// in there once its content is on the disk. The name itself is durable behind
// [SyncDirectory], which the caller calls: of many files once.
func Write(temporary, path string, write func(io.Writer) error) error {
	return stage(temporary, path, write, without(os.Link))
}

// Create is Replace where nothing may be yet: errors.Is(err, fs.ErrExist) tells
// that something is. Where the file system has no hard links, the file is empty
// for a moment, and stays so if the power fails in it.
func Create(path string, data []byte) error { return put(path, data, without(os.Link)) }

// without moves as link does, which replaces nothing, or without it where the file
// system has none.
func without(link func(from, to string) error) func(from, to string) error {
	return func(from, to string) error {
		if err := link(from, to); !lacksLinks(err) {
			return err
		}
		return claim(from, to)
	}
}

// lacksLinks tells that a link failed by what the file system can do. Permission is
// what FAT says, and Android to its programs; who may not write here at all has not
// come so far.
func lacksLinks(err error) bool {
	var e *os.LinkError
	return errors.As(err, &e) && (errors.Is(e.Err, fs.ErrPermission) || errors.Is(e.Err, errors.ErrUnsupported) || errors.Is(e.Err, syscall.EMLINK))
}

// claim makes sure of the name first, and then moves what is to stand there.
func claim(from, to string) error {
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Close(), os.Rename(from, to)); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// put writes data beside path and moves it there.
func put(path string, data []byte, move func(from, to string) error) error {
	directory := filepath.Dir(path)
	write := func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
	if err := stage(directory, path, write, move); err != nil {
		return err
	}
	return SyncDirectory(directory)
}

// stage writes a file in a directory, and moves it to path when it is on the disk.
func stage(directory, path string, write func(io.Writer) error, move func(from, to string) error) error {
	file, err := os.CreateTemp(directory, "."+filepath.Base(path)+"-") // 0600, O_EXCL, a random name
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // after a rename there is none
	if err := write(file); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	return move(file.Name(), path)
}

// SyncDirectory makes the names in a directory durable.
func SyncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
