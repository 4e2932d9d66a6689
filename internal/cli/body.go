package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"sendoff/compose"
)

// maxText bounds the text of a message, in bytes: what is longer was not written
// by hand, and a text is held in memory where an attachment is not.
const maxText = 64 << 20

// readBody reads the text of a message from a file, or from standard input.
func (p *program) readBody(ctx context.Context, path string) (string, error) {
	if path != "" && path != "-" {
		text, err := readText(ctx, func() (io.ReadCloser, error) { return os.Open(path) })
		if errors.Is(err, fs.ErrNotExist) {
			err = hinted{err, "check the path that --body-file gives; nothing is queued"}
		}
		return text, err
	}
	if isTerminal(p.In) {
		fmt.Fprintln(p.Err, "Write the text; ctrl+d on a line of its own ends it.")
	}
	return readText(ctx, func() (io.ReadCloser, error) { return io.NopCloser(p.In), nil })
}

// readText reads all of a text, or ends with ctx.
func readText(ctx context.Context, open func() (io.ReadCloser, error)) (string, error) {
	text, err := await(ctx, func() ([]byte, error) { return readBounded(open) })
	if err != nil {
		return "", fmt.Errorf("read the text: %w", err)
	}
	return string(text), nil
}

// await gives what read does, or ends with ctx. A terminal or a pipe that nobody
// writes to cannot be told to stop: then the goroutine that reads is left behind,
// for the end of the process to end.
func await[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type reading struct {
		result T
		err    error
	}
	done := make(chan reading, 1)
	go func() {
		var r reading
		r.result, r.err = read()
		done <- r
	}()
	select {
	case r := <-done:
		return r.result, r.err
	case <-ctx.Done():
		var none T
		return none, hinted{ctx.Err(), "nothing is queued"}
	}
}

func readBounded(open func() (io.ReadCloser, error)) ([]byte, error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err == nil && len(text) > maxText {
		err = compose.FieldError{Field: "body", Problem: fmt.Sprintf("the text is longer than %d MiB", maxText>>20), Hint: "attach it as a file"}
	}
	return text, err
}
