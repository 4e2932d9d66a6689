package smtp

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/internal/smtptest"
)

// A server that says it closes need not have closed.
func TestEnvelope_A421IsNotWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, pipelined+"C: MAIL *\nC: RCPT *\nC: DATA\nS: 421 4.3.2 going down\nstall", nil)
		start := time.Now()
		if got := classes(r.Deliver(t.Context(), delivery(hello))); got != "temporary" {
			t.Error(got)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		r.finish()
	})
}

// Nothing hangs on the answers to what left behind a MAIL that was refused.
func TestEnvelope_AnswersThatNothingHangsOnAreNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, pipelined+"C: MAIL *\nC: RCPT *\nC: RCPT *\nC: DATA\nS: 550 5.7.1 no\nstall", nil)
		start := time.Now()
		if got := classes(r.Deliver(t.Context(), delivery(hello, "a@example.org", "b@example.org"))); got != "message message" {
			t.Error(got)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %s", took)
		}
		r.finish()
	})
}

// A server that throws away what stands behind a dot costs one wait, and gets
// nothing there from then on.
func TestAhead_AServerThatThrowsItAwayGetsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, pipelined+envelope+"C: <body>\nC: MAIL *\nC: RCPT *\nC: DATA\nS: 250 queued\nstall\n---\n"+
			pipelined+envelope+verdictOK+envelope+verdictOK+envelope+verdictOK, nil)
		start := time.Now()
		for i, d := range chain(4) {
			report := r.Deliver(t.Context(), d)
			if classes(report) != "accepted" || report.Alone != (i == 1) {
				t.Errorf("message %d: %s, alone %v", i, classes(report), report.Alone)
			}
		}
		if took := time.Since(start); took > 2*time.Minute {
			t.Errorf("it took %s", took)
		}
		r.finish()
	})
}

// cutBehindDot is a line that takes a write up to the end of the final dot and no
// further, and fails once the server has had its say.
type cutBehindDot struct{ net.Conn }

func (c *cutBehindDot) Write(p []byte) (int, error) {
	const dot = "\r\n.\r\n"
	at := strings.Index(string(p), dot)
	if at < 0 || at+len(dot) == len(p) {
		return c.Conn.Write(p)
	}
	n, err := c.Conn.Write(p[:at+len(dot)])
	if err == nil {
		synctest.Wait()
		err = errors.New("connection reset by peer")
	}
	return n, err
}

// What could not leave behind a dot takes nothing from the answer to it.
func TestAhead_AnAnswerCountsThoughWhatStoodBehindItWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := smtptest.ServeInMemory(t, pipelined+envelope+verdictOK+"close", nil)
		r := rigFor(t, server, Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := server.Dial(ctx, network, address)
			return &cutBehindDot{conn}, err
		}}, nil)
		if got := classes(r.deliver(t, chain(2)[0])); got != "accepted" {
			t.Error(got)
		}
		r.finish()
	})
}
