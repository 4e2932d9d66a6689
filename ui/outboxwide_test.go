package ui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// However wide a terminal is, a row can be followed with the eye from end to end.
func TestOutbox_ColumnsStayTogetherOnWideScreens(t *testing.T) {
	for width := 20; width <= 160; width++ {
		for _, account := range []int{0, 4, 10, 24} {
			c := newColumns(width, account)
			if c.subject > 96 || c.who > 48 {
				t.Errorf("%d columns: %+v", width, c)
			}
			all := 1 + c.state + 1 + c.subject
			for _, part := range []int{c.who, c.when, c.account} {
				if part > 0 {
					all += 2 + part
				}
			}
			if all > width {
				t.Errorf("%d columns: %+v takes %d", width, c, all)
			}
		}
	}
	if c, d := newColumns(widest, 24), newColumns(120, 10); c.who <= d.who || c.subject <= d.subject {
		t.Errorf("more room is of no use: %+v and %+v", c, d)
	}
}

// Nothing stands far from what it belongs to, on any screen.
func TestScreens_KeepTogetherOnTheWidestTerminal(t *testing.T) {
	for _, screen := range screens {
		t.Run(screen.name, func(t *testing.T) {
			screen.beside(t)
			tell(t, 300, 100, nil, everyState, func(s *story) {
				screen.open(s)
				for n, line := range strings.Split(s.Screen(), "\n") {
					if got := ansi.StringWidth(line); got > 160 {
						s.t.Errorf("line %d is %d wide: %q", n, got, line)
					}
				}
			})
		})
	}
}
