package ui

import (
	"context"
	"testing"
)

// On the lowest screens it still says what it asks, and which keys answer.
func TestQuit_AsksOnTheSmallestScreen(t *testing.T) {
	daemon := func(o *Options) { o.Daemon = func(context.Context) error { return nil } }
	for _, test := range []struct {
		width, height int
		options       func(*Options)
		want          []string
	}{
		{20, 6, nil, []string{"Quit? 2", "w wait", "y quit", "n stay"}},
		{20, 6, daemon, []string{"Quit? y n w d"}},
		{12, 4, nil, []string{"Quit?", "y n w"}},
		{12, 4, daemon, []string{"Quit?", "y n w d"}},
		{16, 3, daemon, []string{"Quit? y n w d"}},
		{40, 10, daemon, []string{"Quit? 2 messages", "w wait", "d a daemon", "y quit", "n stay"}},
	} {
		tell(t, test.width, test.height, test.options, underWay, func(s *story) {
			s.Keys("q")
			s.See(test.want...)
			s.Keys("y")
			if !s.Quit {
				s.t.Errorf("y does not quit at %dx%d", test.width, test.height)
			}
		})
	}
}
