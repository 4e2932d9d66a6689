//go:build !unix

package ui

import (
	"context"
	"time"
)

// hear hears nothing: here no shell stops a program.
func hear(ctx context.Context, _, _ func()) (run func()) { return func() { <-ctx.Done() } }

func stoppable() bool { return false }

func stopProcess(time.Duration, func()) bool { return false }
