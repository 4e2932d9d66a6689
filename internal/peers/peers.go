// Package peers finds the programs of others that tests run beside ours, and runs
// those that are servers: other mail servers, other readers of mail, a terminal.
//
// It is for tests alone and knows nothing of what they test.
//
// Its one hard rule: a missing program is never a silent pass. On a person's
// machine the test is skipped with the reason; where CI=true it fails.
package peers

import (
	"errors"
	"os"
	"os/exec"
	"testing"
)

var errRoot = errors.New("only root may start one")

// Need gives the path of a program on PATH.
func Need(tb testing.TB, name string) string {
	tb.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(tb, name, err)
	}
	return path
}

// NeedRoot ends a test of a server that only root may start.
func NeedRoot(tb testing.TB, server string) {
	tb.Helper()
	if os.Geteuid() != 0 {
		missing(tb, server, errRoot)
	}
}

// missing ends a test for which something is not there.
func missing(tb testing.TB, what string, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("peers: no %s: %v; .ci/programs must see to it", what, err)
	}
	tb.Skipf("peers: no %s (%v), so what it would say was not asked; .ci/programs sees to it", what, err)
}
