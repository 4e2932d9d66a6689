// Package peers finds the programs of others that tests run beside ours, and runs
// those that are servers: other mail servers, other readers of mail, a terminal.
//
// It is for tests alone and knows nothing of what they test.
//
// Its one hard rule: a missing program is never a silent pass. On a person's
// machine the test is skipped with the reason; where CI=true it fails.
package peers

import (
	"os"
	"os/exec"
	"testing"
)

// Need gives the path of a program on PATH.
func Need(tb testing.TB, name string) string {
	tb.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		tb.Fatalf("peers: %v; .ci/run must install it", err)
	default:
		tb.Skipf("peers: %s is not installed, so what it would say was not asked (.ci/run installs it)", name)
	}
	return ""
}
