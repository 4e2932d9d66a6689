// Package export copies messages out of the outbox, as other mail programs read them.
//
// It is not for a copy of the outbox itself, whose state no mail program knows.
//
// Its one hard rule: nothing that is there is overwritten, and what it makes is the
// user's alone, and whole.
package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sendoff/internal/atomicfile"
	"sendoff/outbox"
)

// Format is how messages are written.
type Format string

// The formats.
const (
	EML     Format = "eml"     // the octets that were sent, in a file each
	Mbox    Format = "mbox"    // RFC 4155, with quoted "From " (mboxrd)
	Maildir Format = "maildir" // a file each, in a Maildir
)

// To writes messages into what path names: a file that is not there yet (mbox), or a
// folder (eml, maildir), which may be. A file holds a whole message or is not there.
//
// Into a folder a message that is there already, octet for octet, is not written again,
// so that what was stopped goes on. A message that cannot be copied keeps no other from
// it; a folder that cannot be written ends it. The error is an [*Incomplete] then. Of an
// mbox nothing stays after an error.
//
// progress is told how many messages are done, on the goroutine of the caller; nil is
// told nothing.
func To(ctx context.Context, b *outbox.Outbox, f Format, path string, ids []outbox.ID, progress func(done int)) error {
	switch f {
	case EML:
		return toFolder(ctx, b, path, ids, progress)
	case Mbox:
		err := NewFile(path, func(w io.Writer) error { return WriteMbox(ctx, b, w, ids, progress) })
		var some *Incomplete
		if errors.As(err, &some) {
			some.Copied = 0 // the file is gone
		}
		return err
	case Maildir:
		return toMaildir(ctx, b, path, ids, progress)
	}
	return fmt.Errorf("export: there is no format %q", f)
}

// toFolder writes each message into a file that has its ID for a name.
func toFolder(ctx context.Context, b *outbox.Outbox, folder string, ids []outbox.ID, progress func(done int)) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	err := each(ctx, b, ids, progress, ofOne, func(id outbox.ID) error {
		path := filepath.Join(folder, id.String()+".eml")
		switch there, err := holds(ctx, b, id, path); {
		case err != nil:
			return err
		case there:
			return nil
		}
		return newFile(folder, path, func(w io.Writer) error { return write(ctx, b, w, id) })
	})
	return named(err, folder)
}

// named makes the names in folders durable, behind whatever was copied into them.
func named(err error, folders ...string) error {
	for _, folder := range folders {
		if failed := atomicfile.SyncDirectory(folder); err == nil && failed != nil {
			err = fmt.Errorf("export: %w", failed)
		}
	}
	return err
}

// Write writes the octets of one message.
func Write(ctx context.Context, b *outbox.Outbox, w io.Writer, id outbox.ID) error {
	return each(ctx, b, []outbox.ID{id}, nil, ofAll, func(id outbox.ID) error { return write(ctx, b, w, id) })
}

func write(ctx context.Context, b *outbox.Outbox, w io.Writer, id outbox.ID) error {
	r, err := open(ctx, b, id, nil)
	if err != nil {
		return unreadable{err}
	}
	_, err = io.Copy(w, source{ctx, r})
	if err = errors.Join(err, r.Close()); err != nil {
		return err
	}
	return ctx.Err()
}

// NewFile writes a file that is not there yet. It has its name once it is whole.
func NewFile(path string, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil { // before there is much to write
		return fmt.Errorf("export: %w", taken(path))
	}
	folder := filepath.Dir(path)
	return named(newFile(folder, path, write), folder)
}

func newFile(temporary, path string, write func(io.Writer) error) error {
	var inside error // of what is written, which has nothing to do with the name
	err := atomicfile.Write(temporary, path, func(w io.Writer) error {
		inside = write(w)
		return inside
	})
	if err == nil || inside != nil {
		return err
	}
	var link *os.LinkError
	var about *fs.PathError
	switch { // whose file has a name that nobody has given
	case errors.As(err, &link):
		err = &fs.PathError{Op: "create", Path: path, Err: link.Err}
	case errors.As(err, &about):
		err = &fs.PathError{Op: "create", Path: path, Err: about.Err}
	}
	return fmt.Errorf("export: %w", err)
}

func taken(path string) error { return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist} }
