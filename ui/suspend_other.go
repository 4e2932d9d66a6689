//go:build !unix

package ui

import (
	"context"
	"os"
	"time"
)

// takeSignals takes none: here no shell stops a program.
func takeSignals() (heard <-chan os.Signal, giveBack func()) { return nil, func() {} }

func hear(ctx context.Context, _ <-chan os.Signal, _, _ func()) { <-ctx.Done() }

func stoppable() bool { return false }

func stopProcess(time.Duration) bool { return false }
