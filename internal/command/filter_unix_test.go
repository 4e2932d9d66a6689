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

func sh(script string) Command {
	return Command{Argv: []string{"sh", "-c", script}, Limit: 30 * time.Second}
}

// write is an input.
func write(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestFilter_WorksOnMoreThanAPipeHolds(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 1<<18) // 4 MiB
	var out bytes.Buffer
	said, err := sh(`echo begun >&3; cat; echo ended >&3; echo note >&2`).Filter(t.Context(), write(text), &out)
	if err != nil || out.String() != text {
		t.Errorf("got %d octets, %v", out.Len(), err)
	}
	if string(said.Status) != "begun\nended\n" || string(said.Complaint) != "note\n" {
		t.Errorf("it said %q and %q", said.Status, said.Complaint)
	}
}

func TestFilter_SaysHowTheProgramEnded(t *testing.T) {
	said, err := sh(`echo no >&3; echo "bad input" >&2; exit 2`).Filter(t.Context(), write(strings.Repeat("x", 1<<20)), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "bad input") || string(said.Status) != "no\n" {
		t.Errorf("got %v, status %q", err, said.Status)
	}
	if _, err := (Command{Argv: []string{"no-such-program-here"}, Limit: time.Minute}).Filter(t.Context(), write(""), io.Discard); err == nil {
		t.Error("a program that does not exist has ended well")
	}
}

func TestFilter_AnErrorOfEitherEndStopsTheProgram(t *testing.T) {
	errOurs := errors.New("the file is gone")
	began := time.Now()
	half := func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, errOurs)
	}
	if _, err := sh(`cat; sleep 60`).Filter(t.Context(), half, io.Discard); !errors.Is(err, errOurs) {
		t.Errorf("input: got %v", err)
	}
	full := writerFunc(func([]byte) (int, error) { return 0, errOurs })
	if _, err := sh(`echo text; sleep 60`).Filter(t.Context(), write("x"), full); !errors.Is(err, errOurs) {
		t.Errorf("output: got %v", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestFilter_EndsAtItsLimit(t *testing.T) {
	errSlow := errors.New("too slow")
	c := Command{Argv: []string{"sh", "-c", "sleep 60"}, Limit: 50 * time.Millisecond, TooSlow: errSlow}
	began := time.Now()
	endless := func(w io.Writer) error { // more than a pipe holds, which nobody reads
		_, err := w.Write(make([]byte, 1<<20))
		return err
	}
	if _, err := c.Filter(t.Context(), endless, io.Discard); !errors.Is(err, errSlow) || time.Since(began) > 30*time.Second {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
}

// An agent that the program leaves behind keeps what it has inherited.
func TestFilter_DoesNotWaitForWhatTheProgramLeftBehind(t *testing.T) {
	began := time.Now()
	var out bytes.Buffer
	_, err := sh(`sleep 20 & echo text`).Filter(t.Context(), write(""), &out)
	if err != nil || out.String() != "text\n" || time.Since(began) > 15*time.Second {
		t.Errorf("got %q, %v after %s", out.String(), err, time.Since(began))
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
