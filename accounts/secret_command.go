package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sendoff/internal/command"
)

const (
	// commandLimit lets a person type a passphrase into a window that the
	// command opens, and is short enough for a delivery to wait.
	commandLimit = 30 * time.Second

	maxOutput = 64 << 10 // far above any secret or token
)

var errTooSlow = errors.New("it took too long; does it wait for a passphrase?")

// runCommand gives the first line that a program prints. It does not see the
// variables of these names.
func runCommand(ctx context.Context, argv, hidden []string, limit time.Duration) (string, error) {
	program := command.Command{Argv: argv, Env: environWithout(hidden), Limit: limit, TooSlow: errTooSlow, Most: maxOutput}
	output, err := program.Output(ctx)
	if err != nil {
		return "", err
	}
	line := firstLine(output)
	if len(line) == maxOutput {
		return "", fmt.Errorf("its first line is longer than %d KiB", maxOutput>>10)
	}
	return line, nil
}
