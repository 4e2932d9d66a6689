//go:build unix

package command

import (
	"errors"
	"testing"
	"time"
)

// That a group is killed whole, and how failures read, is tested where a secret
// comes from a command.
func TestCommand_KeepsTheBeginningOfItsOutput(t *testing.T) {
	c := Command{Argv: []string{"sh", "-c", `printf 'abc'; head -c 1000000 /dev/zero`}, Limit: 30 * time.Second, Most: 3}
	if got, err := c.Output(t.Context()); err != nil || string(got) != "abc" {
		t.Errorf("got %d octets, %v", len(got), err)
	}
}

func TestCommand_EndsAtItsLimit(t *testing.T) {
	errSlow := errors.New("too slow")
	began := time.Now()
	_, err := Command{Argv: []string{"sleep", "60"}, Limit: 50 * time.Millisecond, TooSlow: errSlow}.Output(t.Context())
	if !errors.Is(err, errSlow) || time.Since(began) > 30*time.Second {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
}
