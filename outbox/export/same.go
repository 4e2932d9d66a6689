package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"sendoff/outbox"
)

// holds tells whether the file at path is the message. Anything else that is there is
// an error, fs.ErrExist.
func holds(ctx context.Context, b *outbox.Outbox, id outbox.ID, path string) (bool, error) {
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("export: %w", err)
	case !info.Mode().IsRegular(): // opening a pipe may wait for ever
		return false, taken(path)
	}
	file, err := os.Open(path)
	if err != nil {
		return false, errors.Join(taken(path), err)
	}
	defer file.Close()
	message, err := open(ctx, b, id, file)
	if err != nil {
		return false, unreadable{err}
	}
	defer message.Close()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return false, fmt.Errorf("export: %w", err)
	}
	same, err := equal(file, source{ctx, message})
	if err != nil {
		return false, err
	}
	if !same {
		return false, taken(path)
	}
	return true, ctx.Err()
}

// equal tells that both give the same octets.
func equal(a, b io.Reader) (bool, error) {
	const piece = 64 << 10 // read at a time
	left, right := make([]byte, piece), make([]byte, piece)
	for {
		n, errA := io.ReadFull(a, left)
		m, errB := io.ReadFull(b, right)
		for _, err := range []error{errA, errB} {
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return false, err
			}
		}
		if !bytes.Equal(left[:n], right[:m]) {
			return false, nil
		}
		if errA != nil || errB != nil { // the end of both, since they are as long
			return true, nil
		}
	}
}
