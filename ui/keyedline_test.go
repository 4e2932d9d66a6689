package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// clickOn clicks the first cell of a text in a line of the screen; a negative line is
// counted from below.
func (s *story) clickOn(line int, text string) {
	s.t.Helper()
	lines := strings.Split(s.Screen(), "\n")
	if line < 0 {
		line += s.model.height
	}
	if line >= len(lines) {
		s.t.Fatalf("no line %d on\n%s", line, s.Screen())
	}
	before, _, ok := strings.Cut(lines[line], text)
	if !ok {
		s.t.Fatalf("%q is not in %q of\n%s", text, lines[line], s.Screen())
	}
	s.Send(tea.MouseClickMsg{X: ansi.StringWidth(before), Y: line, Button: tea.MouseLeft})
}

// Every key in the last lines of every screen stands where a click finds it, and has
// something that is pressed by that.
func TestFoot_KeysStandWhereAClickFindsThem(t *testing.T) {
	manyKeys := []string{"1-", "←", "↑"} // of which one is as good as another
	for _, screen := range screens {
		t.Run(screen.name, func(t *testing.T) {
			screen.beside(t)
			tell(t, 80, 24, nil, everyState, func(s *story) {
				screen.open(s)
				for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}, {20, 6}} {
					s.Resize(size[0], size[1])
					drawn := strings.Split(s.Screen(), "\n")
					foot := s.model.keyedFoot()
					for row, l := range foot {
						line := ""
						if y := size[1] - len(foot) + row; y < len(drawn) {
							line = drawn[y]
						}
						for _, k := range l.keys {
							want := strings.TrimSpace(k.Help().Key + " " + k.Help().Desc)
							if got := strings.TrimSpace(ansi.Strip(ansi.Cut(line, 1+k.start, 1+k.end))); got != want {
								s.t.Errorf("%v: %q stands where a click finds %q, in %q", size, got, want, line)
							}
							several := slices.ContainsFunc(manyKeys, func(begin string) bool { return strings.HasPrefix(k.Help().Key, begin) })
							if _, ok := pressOf(k.Binding); !ok && !several {
								s.t.Errorf("%v: a click on %q presses nothing", size, want)
							}
						}
					}
				}
			})
		})
	}
}

func TestFoot_AClickOnAKeyDoesWhatItSays(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}, {24, 5}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			tell(t, size[0], size[1], func(o *Options) { o.Mouse = true }, everyState, func(s *story) {
				top := func() string { return fmt.Sprintf("%T", s.model.top()) }
				is := func(want string) {
					s.t.Helper()
					if got := top(); got != want {
						s.t.Fatalf("%s is on top, not %s:\n%s", got, want, s.Screen())
					}
				}
				s.clickOn(-1, "?")
				is("*ui.helpPane")
				s.Keys("esc")
				s.clickOn(-1, "m ")
				is("*ui.composer")
				s.clickOn(-1, "esc")
				is("*ui.outboxPane")
				s.Keys("j", "j", "d")
				if s.model.question == nil {
					s.t.Fatal("nothing is asked")
				}
				decline := "n"
				if size[0] > 40 { // where the question stands in the same line
					decline = "n keep"
				}
				s.clickOn(-1, decline)
				if s.model.question != nil {
					s.t.Fatalf("it is asked still:\n%s", s.Screen())
				}
				s.clickOn(-1, "q")
				if s.model.question == nil {
					s.t.Fatal("nobody asks whether to quit")
				}
				before := s.Screen()
				s.Send(tea.MouseClickMsg{X: 1, Y: 0, Button: tea.MouseLeft}) // not on a key
				if after := s.Screen(); after != before {
					s.t.Errorf("a click beside the keys answers:\n%s", after)
				}
			})
		})
	}
}

// The second line is that of the sections only where there are sections.
func TestHeader_AClickOnALowScreenIsOnWhatIsThere(t *testing.T) {
	tell(t, 40, 7, func(o *Options) { o.Mouse = true }, everyState, func(s *story) {
		s.SeeNot("sendoff")
		s.clickOn(1, "cancelled")
		if got := s.line("▌"); !strings.Contains(got, "Never mind") {
			s.t.Errorf("selected %q", got)
		}
	})
}

// A row that stands below the screen is not clicked in the foot.
func TestFoot_AClickBesideItsKeysIsOnNothing(t *testing.T) {
	tell(t, 40, 6, func(o *Options) { o.Mouse = true }, everyState, func(s *story) {
		s.Keys("A")
		s.SeeNot("home ")
		before := s.model.top()
		for y := s.model.paneHeight(); y < 6; y++ {
			s.Send(tea.MouseClickMsg{X: 0, Y: y, Button: tea.MouseLeft})
		}
		if p, ok := s.model.top().(*accountsPane); s.model.top() != before || !ok || p.selected != "work" {
			s.t.Errorf("something was opened or selected:\n%s", s.Screen())
		}
	})
}

func TestHeader_AClickOnAnAccountShowsIt(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {40, 12}} {
		for _, account := range []string{"work ●", "home ◐"} {
			tell(t, size[0], size[1], func(o *Options) { o.Mouse = true }, everyState, func(s *story) {
				s.clickOn(headerLine, account)
				p, ok := s.model.top().(*accountsPane)
				if !ok {
					s.t.Fatalf("%s at %v: no accounts on the screen:\n%s", account, size, s.Screen())
				}
				if want, _, _ := strings.Cut(account, " "); p.selected != want || p.account().Name != want {
					s.t.Errorf("%s is selected at %v, not %s", p.selected, size, want)
				}
			})
		}
	}
	// Where not all have room, those that are shown are those that are clicked.
	tell(t, 36, 12, func(o *Options) { o.Mouse = true }, everyState, func(s *story) {
		s.SeeNot("work ●")
		s.clickOn(headerLine, "login refused")
		if p, ok := s.model.top().(*accountsPane); !ok || p.selected != "home" {
			s.t.Errorf("home is not shown:\n%s", s.Screen())
		}
		s.Keys("esc")
		s.Send(tea.MouseClickMsg{X: 2, Y: headerLine, Button: tea.MouseLeft})
		if s.model.top() != pane(s.model.home) {
			s.t.Error("a click on the name opens something")
		}
	})
}

// Behind a key that is too long for what is left of a line come shorter ones.
func TestLayKeys_GoesOnWithShorterOnes(t *testing.T) {
	named := func(name, does string) key.Binding {
		return key.NewBinding(key.WithKeys(name), key.WithHelp(name, does))
	}
	all := []key.Binding{named("a", "retry"), named("b", "something long"), named("c", "stop")}
	line := layKeys(all, keysGap, 16)
	if len(line.keys) != 2 || line.keys[1].Help().Key != "c" || line.end() > 16 {
		t.Errorf("%+v", line.keys)
	}
	if lines := keyLines(all, 16); len(lines) != 3 {
		t.Errorf("%d lines: their order is that of the keys", len(lines))
	}
}
