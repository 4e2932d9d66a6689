//go:build !unix

package ui

import (
	"context"
	"time"
)

// hearBroughtBack has nothing to tell: here no shell stops a program.
func hearBroughtBack(ctx context.Context, _ func()) { <-ctx.Done() }

func stoppable() bool { return false }

func stopProcess(time.Duration) bool { return false }
