//go:build unix

package review

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// message writes a message.
func message(w io.Writer) error {
	_, err := io.WriteString(w, "Subject: Figures\r\n\r\nHello\r\n")
	return err
}

func TestCheck_IsGraveByItsExitCode(t *testing.T) {
	tests := []struct {
		script string
		want   []string
	}{
		{"cat >/dev/null", nil},
		{"grep -c Figures", []string{" links: 1"}},
		{"cat >/dev/null; echo a dead link; exit 1", []string{"! links: a dead link (exit code 1)"}},
		{"cat >/dev/null; echo one >&2; echo two >&2; exit 2", []string{"!! links: one two (exit code 2)"}},
		{"exit 7", []string{"!! links: it ended with the exit code 7, and says nothing."}},
		{"printf 'x\\033[2Jy\\377'; exit 1", []string{"! links: x\ufffd[2Jy\ufffd (exit code 1)"}},
		{"kill -9 $$", []string{"! links has not looked at it: signal: killed."}},
	}
	for _, test := range tests {
		if got := texts(Check{Name: "links", Argv: []string{"sh", "-c", test.script}}.Run(t.Context(), message)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.script, got, test.want)
		}
	}
	if got := texts(Check{Name: "links", Argv: []string{"/nowhere/links"}}.Run(t.Context(), message)); len(got) != 1 || got[0] != "! links has not looked at it: there is no such program." {
		t.Errorf("%q", got)
	}
}

func TestCheck_IsBounded(t *testing.T) {
	endless := func(w io.Writer) error {
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return err
			}
		}
	}
	got := Check{Name: "long", Argv: []string{"sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; exit 1"}}.Run(t.Context(), endless)
	if len(got) != 1 || len(got[0].Text) > 2*maxSaidShown || !strings.HasSuffix(got[0].Text, "… (exit code 1)") {
		t.Errorf("%q", texts(got))
	}
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	began := time.Now()
	if got := texts(Check{Name: "slow", Argv: []string{"sleep", "60"}}.Run(ctx, endless)); len(got) != 1 || time.Since(began) > 20*time.Second {
		t.Errorf("%q after %s", got, time.Since(began))
	}
}

func TestCheck_SaysThatTheMessageCannotBeMade(t *testing.T) {
	broken := func(w io.Writer) error {
		if err := message(w); err != nil {
			return err
		}
		return errors.New("a file is gone")
	}
	if got := texts(Check{Name: "links", Argv: []string{"sh", "-c", "cat >/dev/null"}}.Run(t.Context(), broken)); len(got) != 1 || got[0] != "! links has not looked at it: a file is gone." {
		t.Errorf("%q", got)
	}
}

func TestCheck_GetsTheEnvironmentThatItIsGiven(t *testing.T) {
	t.Setenv("SENDOFF_TEST_SECRET", "hunter2")
	c := Check{Name: "env", Argv: []string{"sh", "-c", "cat >/dev/null; echo x$SENDOFF_TEST_SECRET; exit 1"}, Environ: func() []string { return []string{"PATH=/usr/bin:/bin"} }}
	if got := texts(c.Run(t.Context(), message)); !slices.Equal(got, []string{"! env: x (exit code 1)"}) {
		t.Errorf("%q", got)
	}
}
