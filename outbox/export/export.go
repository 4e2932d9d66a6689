// Package export copies messages out of the outbox, as other mail programs read them.
//
// It is not for a copy of the outbox itself, whose state no mail program knows.
//
// Its one hard rule: nothing that is there is overwritten, and what it makes is the
// user's alone.
package export

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

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
// folder (eml, maildir), which may be. A file holds a whole message or is not there;
// those that were written before an error stay.
func To(ctx context.Context, b *outbox.Outbox, f Format, path string, ids []outbox.ID) error {
	switch f {
	case EML:
		return toFolder(ctx, b, path, ids)
	case Mbox:
		return NewFile(path, func(w io.Writer) error { return WriteMbox(ctx, b, w, ids) })
	case Maildir:
		return toMaildir(ctx, b, path, ids)
	}
	return fmt.Errorf("export: there is no format %q", f)
}

// toFolder writes each message into a file that has its ID for a name.
func toFolder(ctx context.Context, b *outbox.Outbox, folder string, ids []outbox.ID) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	for _, id := range ids {
		if err := toFile(ctx, b, id, filepath.Join(folder, id.String()+".eml")); err != nil {
			return err
		}
	}
	return nil
}

// toMaildir delivers as its inventor wants: whole files, from tmp to cur, read.
func toMaildir(ctx context.Context, b *outbox.Outbox, folder string, ids []outbox.ID) error {
	for _, part := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(folder, part), 0o700); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	for _, id := range ids {
		name := fmt.Sprintf("%d.%s_%s.sendoff", time.Now().Unix(), rand.Text()[:16], id) // no host name leaves
		temporary := filepath.Join(folder, "tmp", name)
		if err := toFile(ctx, b, id, temporary); err != nil {
			return err
		}
		if err := os.Rename(temporary, filepath.Join(folder, "cur", name+":2,S")); err != nil {
			return errors.Join(fmt.Errorf("export: %w", err), os.Remove(temporary))
		}
	}
	return nil
}

func toFile(ctx context.Context, b *outbox.Outbox, id outbox.ID, path string) error {
	return NewFile(path, func(w io.Writer) error { return Write(ctx, b, w, id) })
}

// Write writes the octets of one message.
func Write(ctx context.Context, b *outbox.Outbox, w io.Writer, id outbox.ID) error {
	r, err := open(ctx, b, id)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("export %s: %w", id, err)
	}
	return ctx.Err()
}

// NewFile writes a file that is not there yet, and removes half of one.
func NewFile(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	err = write(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
