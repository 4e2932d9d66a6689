package ui

import (
	"slices"
	"strings"
	"testing"
)

// A way to begin is a click away, by each of its lines, on both screens that name it.
func TestFirstRun_ItsLinesTakeClicks(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 12}} {
		for _, keys := range [][]string{nil, {"A"}} {
			for text, want := range map[string]string{"add an account": "Your address", "Your address is enough": "Your address", "write a draft": "New message", "What you write": "New message"} {
				tell(t, size[0], size[1], worldly(t, &world{finding: ownServer}, ""), nil, func(s *story) {
					s.Keys(keys...)
					line := slices.IndexFunc(strings.Split(s.Screen(), "\n"), func(line string) bool {
						return strings.Contains(line, text) && !strings.Contains(line, "help")
					})
					if line < 0 { // the other size has it
						return
					}
					s.clickOn(line, text)
					s.See(want)
					s.SeeNot("No account is set up yet.")
				})
			}
		}
	}
}
