//go:build unix

package command

import (
	"bytes"
	"errors"
	"io"
	"strings"
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

func TestCommand_AnswersByItsExitCode(t *testing.T) {
	ask := func(script string, input io.Reader) (string, int, error) {
		said, code, err := Command{Argv: []string{"sh", "-c", script}, Limit: 30 * time.Second, Most: 1000, Input: input}.Answer(t.Context())
		return string(said), code, err
	}
	if said, code, err := ask("cat; echo no >&2; exit 3", strings.NewReader("yes\n")); said != "yes\nno\n" || code != 3 || err != nil {
		t.Errorf("%q, %d, %v", said, code, err)
	}
	if said, code, err := ask("echo fine", nil); said != "fine\n" || code != 0 || err != nil {
		t.Errorf("%q, %d, %v", said, code, err)
	}
	if _, _, err := ask("kill -9 $$", nil); err == nil {
		t.Error("one that was killed has answered")
	}
	// One that does not read its input ends all the same, however much that is.
	if _, code, err := ask("exit 1", io.LimitReader(zeros{}, 64<<20)); code != 1 || err != nil {
		t.Errorf("%d, %v", code, err)
	}
	errBroken := errors.New("broken")
	if _, _, err := ask("cat >/dev/null", io.MultiReader(strings.NewReader("half"), failing{errBroken})); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("an input that breaks off is %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestCommand_ReadsItsInputAndEndsWhereThereIsNone(t *testing.T) {
	c := Command{Argv: []string{"cat"}, Limit: 30 * time.Second, Most: 10}
	if got, err := c.Output(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("without input: %q, %v", got, err)
	}
	c.Input = strings.NewReader("a\nb\n")
	if got, err := c.Output(t.Context()); err != nil || string(got) != "a\nb\n" {
		t.Errorf("got %q, %v", got, err)
	}
	c.Argv, c.Input = []string{"true"}, bytes.NewReader(make([]byte, 1<<20)) // which it does not read
	if _, err := c.Output(t.Context()); err != nil {
		t.Errorf("input that is left: %v", err)
	}
	c.Argv = []string{"no-such-program-of-ours"}
	if _, err := c.Output(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Errorf("no program: %v", err)
	}
}
