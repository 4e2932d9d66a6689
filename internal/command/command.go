// Package command runs programs that the user has named in a file of settings:
// one that prints a password, one that looks up an address.
//
// It is not for the editor, which has the terminal, nor for programs that run on.
//
// Its one hard rule: none can hold the program up or fill its memory. Time and
// output have limits, and what a program has started ends with it.
package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"time"

	"sendoff/internal/cleantext"
)

const (
	// pipeGrace is how long a process that the command left behind may keep its
	// output open: agents that pass and gpg start on first use do.
	pipeGrace = time.Second

	maxComplaint = 4 << 10
)

// Command is a program, and what it may take.
type Command struct {
	Argv    []string // not empty; no shell sees it
	Env     []string // nil: that of this process
	Limit   time.Duration
	TooSlow error // what is wrong with one that is over the limit
	Most    int   // octets of its output that are kept; the rest is let go
}

// Output runs the program to its end and gives what it printed. Its standard
// input is empty. The error says how it ended, and the first line of what it
// complained of, cleaned; it wraps TooSlow, or the cause of the end of ctx.
func (c Command) Output(ctx context.Context) ([]byte, error) {
	ctx, stop := context.WithTimeoutCause(ctx, c.Limit, c.TooSlow)
	defer stop()
	output, complaint := head{room: c.Most}, head{room: maxComplaint}
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...) // no Stdin: it reads the null device
	cmd.Env = c.Env
	cmd.Stdout, cmd.Stderr = &output, &complaint
	cmd.WaitDelay = pipeGrace
	killWhole(cmd)

	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended well itself
	}
	if err != nil {
		return nil, failure(ctx, err, string(complaint.data))
	}
	return output.data, nil
}

// Failure is how a program ended that did not end well.
type Failure struct{ error }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.error }

// failure says why a command gave nothing: the limit or the end of ctx, or how
// it ended; then the first thing it said itself.
func failure(ctx context.Context, err error, complaint string) error {
	switch cause := context.Cause(ctx); {
	case cause != nil:
		err = cause
	case errors.Is(err, exec.ErrNotFound):
		err = errors.New("there is no program of that name (in $PATH)")
	case errors.Is(err, fs.ErrNotExist):
		err = errors.New("there is no such program")
	case errors.Is(err, fs.ErrPermission):
		err = errors.New("it is no program that may be run")
	default:
		err = errors.New(cleantext.Line(err.Error()))
	}
	said, _, _ := strings.Cut(strings.TrimSpace(complaint), "\n")
	if said = strings.TrimSpace(cleantext.Line(said)); said == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, said)
}

// head keeps the beginning of what is written to it and lets the rest go.
type head struct {
	data []byte
	room int
}

// Write takes everything: a program must not fail because it says a lot.
func (h *head) Write(p []byte) (int, error) {
	keep := min(len(p), h.room-len(h.data))
	h.data = append(h.data, p[:keep]...)
	return len(p), nil
}
