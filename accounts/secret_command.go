package accounts

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"sendoff/internal/cleantext"
)

const (
	// commandLimit lets a person type a passphrase into a window that the
	// command opens, and is short enough for a delivery to wait.
	commandLimit = 30 * time.Second

	// pipeGrace is how long a process that the command left behind may keep its
	// output open: agents that pass and gpg start on first use do.
	pipeGrace = time.Second

	maxOutput    = 64 << 10 // far above any secret or token
	maxComplaint = 4 << 10
)

var errTooSlow = errors.New("it took too long; does it wait for a passphrase?")

// runCommand gives the first line that a program prints. It does not see the
// variables of these names.
func runCommand(ctx context.Context, argv, hidden []string, limit time.Duration) (string, error) {
	ctx, stop := context.WithTimeoutCause(ctx, limit, errTooSlow)
	defer stop()
	output, complaint := head{room: maxOutput}, head{room: maxComplaint}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) // no Stdin: it reads the null device
	cmd.Env = environWithout(hidden)
	cmd.Stdout, cmd.Stderr = &output, &complaint
	cmd.WaitDelay = pipeGrace
	killWhole(cmd)

	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended well itself
	}
	if err != nil {
		return "", commandError(ctx, err, string(complaint.data))
	}
	line := firstLine(output.data)
	if len(line) == maxOutput {
		return "", fmt.Errorf("its first line is longer than %d KiB", maxOutput>>10)
	}
	return line, nil
}

// commandError says why a command gave nothing: the limit or the end of ctx,
// or how it ended; then the first thing it said itself.
func commandError(ctx context.Context, err error, complaint string) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	} else {
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
