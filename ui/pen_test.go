package ui

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// still is paper that nothing is written on while it is held. A mutex would stop virtual
// time as well.
type still struct {
	paper
	held chan struct{}
}

func newStill() *still { return &still{held: make(chan struct{}, 1)} }

func (s *still) hold() { s.held <- struct{}{} }

func (s *still) release() { <-s.held }

func (s *still) Write(b []byte) (int, error) {
	s.hold()
	defer s.release()
	return s.paper.Write(b)
}

func TestPen_WaitsAWhileAndThenKeepsWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newStill()
		caughtUp := 0
		p := pen{out: out, caughtUp: func() { caughtUp++ }}
		write := func(text string, took time.Duration) {
			t.Helper()
			start := time.Now()
			if _, err := p.Write([]byte(text)); err != nil || time.Since(start) != took {
				t.Errorf("%q took %v: %v", text, time.Since(start), err)
			}
		}
		write("one ", 0)
		out.hold()
		write("two ", penPatience)
		write("three ", 0)
		if !p.isBehind() || p.settle() {
			t.Error("it has written what nobody took")
		}
		out.release()
		synctest.Wait()
		write("four", 0)
		if text, _ := out.newest(); text != "one two three four" || p.isBehind() || !p.settle() || caughtUp != 1 {
			t.Errorf("%q is written, behind: %v, caught up %d times", text, p.isBehind(), caughtUp)
		}
	})
}

type torn struct{ err error }

func (w torn) Write([]byte) (int, error) { return 0, w.err }

func TestPen_TellsThatATerminalIsGone(t *testing.T) {
	gone := errors.New("gone")
	p := pen{out: torn{gone}}
	if _, err := p.Write([]byte("x")); !errors.Is(err, gone) {
		t.Errorf("it says %v", err)
	}
}
