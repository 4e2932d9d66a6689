package ui

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"

	"sendoff/internal/uitest"
)

// inTheme draws the screen in a theme.
func (s *story) inTheme(name string) string {
	*s.model.styles = *themes[name].styles()
	for _, p := range s.model.panes {
		p.restyled()
	}
	return s.model.View().Content
}

// withoutColour is what a terminal gets of a content where somebody wants no colours.
func withoutColour(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := (&colorprofile.Writer{Forward: &b, Profile: colorprofile.Ascii}).WriteString(content); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// goldenColours compares the colours of the screen on a dark and on a light terminal, and
// what is left of them without, with those that are kept. NO_COLOR and the theme without
// colours come to the same.
func (s *story) goldenColours(name string) {
	s.t.Helper()
	dark := s.inTheme(themeDark)
	none := withoutColour(s.t, dark)
	views := []uitest.View{{Name: "dark", Content: dark}, {Name: "light", Content: s.inTheme(themeLight)}, {Name: "without", Content: none}}
	uitest.Golden(s.t, "colours/"+name, certain(s.coloured(views)))
	same := s.coloured([]uitest.View{{Name: "without", Content: none}, {Name: "theme", Content: s.inTheme("none")}})
	_, legend, _ := strings.Cut(same, "\n\n")
	for line := range strings.Lines(legend) {
		if strings.Contains(line, "#") {
			s.t.Errorf("without colours there is one: %s", line)
		}
		if words := strings.Split(strings.TrimSpace(line), "  "); strings.TrimPrefix(words[1], "without: ") != strings.TrimPrefix(words[2], "theme: ") {
			s.t.Errorf("NO_COLOR and the theme differ: %s", line)
		}
	}
}

func (s *story) coloured(views []uitest.View) string {
	s.t.Helper()
	text, err := uitest.Coloured(views, s.model.width, s.model.height)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// Where there is no colour, each state is still told: by its word, or on the narrowest
// screens by its sign; and the selected row by a bar.
func TestScreens_WithoutColourStatesAreTold(t *testing.T) {
	for _, width := range []int{120, 80, 50, 40, 30, 20} {
		tell(t, width, 24, func(o *Options) { o.Theme = "none" }, everyState, func(s *story) {
			seen := 0
			for _, section := range []string{"1", "2", "3", "4", "5"} {
				s.Keys(section, "G")
				lines := strings.Split(withoutColour(s.t, s.model.View().Content), "\n")
				for _, item := range s.model.home.rows.items {
					l := s.model.look(&item)
					told := slices.ContainsFunc(lines, func(line string) bool {
						return strings.Contains(line, l.glyph) && strings.Contains(line, startOfSubject(item.Subject)) && (width < 40 || strings.Contains(line, l.word))
					})
					if !told {
						s.t.Errorf("at %d columns nothing says that %q is %s:\n%s", width, item.Subject, l, strings.Join(lines, "\n"))
					}
					seen++
				}
				if marked := slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "▌") }); !marked {
					s.t.Errorf("at %d columns no row is selected:\n%s", width, strings.Join(lines, "\n"))
				}
			}
			if seen < 10 {
				s.t.Errorf("%d items were seen", seen)
			}
		})
	}
}

// startOfSubject is as much of a subject as the narrowest list shows.
func startOfSubject(subject string) string {
	if subject == "" {
		return "(no"
	}
	return subject[:min(len(subject), 3)]
}
