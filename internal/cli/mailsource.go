package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// eachMail gives every mail of a file, of an mbox, of a Maildir, or the one on
// standard input, and the name to call it by. A mail that fails does not stop the
// others; the error is the last one.
func eachMail(ctx context.Context, in io.Reader, path string, take func(name string, mail io.Reader) error) error {
	if path == stdin {
		return endWith(ctx, func() error { return eachIn(ctx, path, in, take) })
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("read mail: %w", err)
	case info.IsDir():
		return eachOfMaildir(ctx, path, take)
	case !info.Mode().IsRegular() && info.Mode()&fs.ModeNamedPipe == 0:
		return usagef("%s is no file, no mbox and no Maildir", path)
	}
	return endWith(ctx, func() error {
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("read mail: %w", err)
		}
		defer file.Close()
		return eachIn(ctx, path, file, take)
	})
}

// endWith runs a function that may wait for a pipe, which cannot be told to stop:
// it is left behind when ctx ends, for the end of the process.
func endWith(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// eachOfMaildir reads what is in new and cur, in the order of the names, which is that
// of time. Nothing is moved or marked.
func eachOfMaildir(ctx context.Context, dir string, take func(string, io.Reader) error) error {
	var last error
	found := false
	for _, part := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(dir, part))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read mail: %w", err)
		}
		found = true
		for _, entry := range entries {
			if !entry.Type().IsRegular() {
				continue
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			path := filepath.Join(dir, part, entry.Name())
			file, err := os.Open(path)
			if errors.Is(err, fs.ErrNotExist) { // its reader has moved it meanwhile
				continue
			}
			if err == nil {
				err = take(path, file)
				file.Close()
			}
			if err != nil {
				last = err
			}
		}
	}
	if !found {
		return usagef("%s is no Maildir: it has neither new nor cur", dir)
	}
	return last
}

// mboxFrom begins each mail of an mbox (RFC 4155), behind an empty line.
var mboxFrom = []byte("From ")

// eachIn reads one mail, or an mbox.
func eachIn(ctx context.Context, name string, in io.Reader, take func(string, io.Reader) error) error {
	r := bufio.NewReader(in)
	begin, err := r.Peek(len(mboxFrom))
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read mail: %w", err)
	}
	if !bytes.Equal(begin, mboxFrom) {
		return take(name, r)
	}
	return eachOfMbox(ctx, name, r, take)
}

// mostOfMail is what is kept of one mail of an mbox, in bytes: more than is read of
// a report.
const mostOfMail = 2 << 20

func eachOfMbox(ctx context.Context, name string, r *bufio.Reader, take func(string, io.Reader) error) error {
	var mail bytes.Buffer
	var last error
	n := 0
	end := func() {
		if n > 0 {
			if err := take(fmt.Sprintf("%s:%d", name, n), bytes.NewReader(mail.Bytes())); err != nil {
				last = err
			}
		}
		mail.Reset()
		n++
	}
	empty, middle := true, false // the line before; of a line that is longer than the buffer
	for ctx.Err() == nil {
		line, err := r.ReadSlice('\n')
		switch {
		case !middle && empty && bytes.HasPrefix(line, mboxFrom):
			end()
		case mail.Len()+len(line) <= mostOfMail:
			mail.Write(line)
		}
		empty = !middle && len(bytes.TrimRight(line, "\r\n")) == 0
		middle = errors.Is(err, bufio.ErrBufferFull)
		switch {
		case errors.Is(err, io.EOF):
			end()
			return last
		case err != nil && !middle:
			return fmt.Errorf("read mail: %w", err)
		}
	}
	return ctx.Err()
}
