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
	"io"
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

	// Input is what it reads from its standard input; nil is nothing. It is read to its
	// end or its error, or until the program ends.
	Input io.Reader
}

// ErrNotFound is wrapped where there is no such program.
var ErrNotFound = errors.New("there is no program of that name (in $PATH)")

// Output runs the program to its end and gives what it printed. The error says how
// it ended, and the first line of what it complained of, cleaned; it wraps TooSlow, or
// the cause of the end of ctx.
func (c Command) Output(ctx context.Context) ([]byte, error) {
	ctx, stop := context.WithTimeoutCause(ctx, c.Limit, c.TooSlow)
	defer stop()
	output, complaint, err := c.run(ctx)
	if err != nil {
		return nil, failure(ctx, err, string(complaint))
	}
	return output, nil
}

// Answer is Output for a program whose exit code is an answer: said is what it printed,
// and then what it complained of. The error is about one that did not come to its end.
func (c Command) Answer(ctx context.Context) (said []byte, code int, err error) {
	ctx, stop := context.WithTimeoutCause(ctx, c.Limit, c.TooSlow)
	defer stop()
	output, complaint, err := c.run(ctx)
	var exit *exec.ExitError
	switch {
	case ctx.Err() == nil && errors.As(err, &exit) && exit.Exited():
		code = exit.ExitCode()
	case err != nil:
		return nil, 0, failure(ctx, err, string(complaint))
	}
	return append(output, complaint...), code, nil
}

// run runs the program until it ends or ctx does.
func (c Command) run(ctx context.Context) (said, complained []byte, err error) {
	output, complaint := head{room: c.Most}, head{room: maxComplaint}
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
	cmd.Env = c.Env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Input, &output, &complaint // nil: it reads the null device
	cmd.WaitDelay = pipeGrace
	killWhole(cmd)
	err = cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended well itself
	}
	return output.data, complaint.data, err
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
		err = ErrNotFound
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
