package cli

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"sendoff/outbox"
)

func TestExitFor(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		hint string // part of it
	}{
		{outbox.ErrLocked, exitTryLater, "another program holds the database; try again"},
		{outbox.ErrIO, exitIO, "disk"},
		{outbox.ErrMayHaveArrived, exitData, "--mark-sent"},
		{outbox.ErrOfCampaign, exitData, "merge delete"},
		{outputError{errors.New("full")}, exitIO, ""},
		{unavailableError{errors.New("no systemd")}, exitRefused, ""},
		{&net.OpError{Op: "listen", Err: errors.New("in use")}, exitIO, ""},
		{errors.New("a fault"), exitInternal, ""},
	} {
		code, hint := exitFor(fmt.Errorf("somewhere: %w", c.err))
		if code != c.code || !strings.Contains(hint, c.hint) {
			t.Errorf("%v: exit %d, hint %q", c.err, code, hint)
		}
	}
}

func TestSay_PrintsNothingThatATerminalActsOn(t *testing.T) {
	var out bytes.Buffer
	p := &program{Streams: Streams{Err: &out}}
	p.say(errors.New("open \x1b[31mx: no such file\nsecond line"), "not \x9b here")
	if strings.Contains(out.String(), "\x1b") || strings.Contains(out.String(), "\x9b") || strings.Count(out.String(), "\n") != 3 {
		t.Errorf("%q", out.String())
	}
}
