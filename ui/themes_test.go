package ui

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"

	"sendoff/compose"
	"sendoff/outbox"
)

// luminance is the relative one of WCAG.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.03928 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func TestThemes_CanBeRead(t *testing.T) {
	for name, theme := range themes {
		if name == "none" {
			continue
		}
		back := luminance(lipgloss.Color(theme.background))
		for what, of := range map[string]string{"dim": theme.dim, "accent": theme.accent, "good": theme.good, "bad": theme.bad, "wait": theme.wait} {
			front := luminance(lipgloss.Color(of))
			if contrast := (max(front, back) + 0.05) / (min(front, back) + 0.05); contrast < 4.5 {
				t.Errorf("%s: %s has a contrast of %.1f", name, what, contrast)
			}
		}
	}
}

// The selected row is told without colour as well, by letters that are as easy to read as the
// accent on the background: they change places.
func TestThemes_TheSelectedRowStandsOut(t *testing.T) {
	for name, theme := range themes {
		s := theme.styles()
		if !s.chosen.GetReverse() || s.chosen.GetForeground() != s.accent.GetForeground() {
			t.Errorf("%s: the selected row is drawn in %v", name, s.chosen)
		}
		selected, other := s.row("name ", "rest", true), s.row("name ", "rest", false)
		if want := s.accent.Render("▌") + " " + s.chosen.Render("name") + " rest"; selected != want {
			t.Errorf("%s: the selected row is %q instead of %q", name, selected, want)
		}
		if other != "  name rest" {
			t.Errorf("%s: another row is %q", name, other)
		}
	}
}

func TestThemes_DrawTheSameWords(t *testing.T) {
	seen := make(map[string]string)
	words := ""
	for _, name := range Themes() {
		tell(t, 80, 24, func(o *Options) { o.Theme = name }, everyState, func(s *story) {
			content := s.model.View().Content
			if other, ok := seen[content]; ok && name != themeAuto && other != themeAuto {
				s.t.Errorf("%s looks like %s", name, other)
			}
			seen[content] = name
			if words == "" {
				words = s.Screen()
			}
			if s.Screen() != words {
				s.t.Errorf("%s has other words:\n%s", name, s.Screen())
			}
			if name == "none" && (strings.Contains(content, "\x1b[38;") || strings.Contains(content, "\x1b[48;")) {
				s.t.Errorf("it has colours: %q", content)
			}
		})
	}
}

// Where a terminal has ASCII alone, every screen is of it, and no wider.
func TestGlyphs_ASCIIDrawsEveryScreen(t *testing.T) {
	for _, screen := range screens {
		t.Run(screen.name, func(t *testing.T) {
			screen.beside(t)
			tell(t, 100, 30, func(o *Options) { o.Glyphs = GlyphsASCII }, everyState, func(s *story) {
				screen.open(s)
				for n, line := range strings.Split(s.Screen(), "\n") {
					if at := strings.IndexFunc(line, func(r rune) bool { return r >= 0x80 }); at >= 0 {
						s.t.Errorf("%q in line %d: %s", line[at:], n, line)
					}
				}
				if bad := s.Overflow(); len(bad) > 0 {
					s.t.Error(bad)
				}
			})
		})
	}
}

// States are still told apart by their signs alone.
func TestGlyphs_ASCIIKeepsStatesApart(t *testing.T) {
	seen := make(map[string]outbox.State)
	for state, l := range stateLooks {
		glyph := asciiGlyphs.Replace(l.glyph)
		if len(glyph) != 1 {
			t.Errorf("%s is drawn as %q", state, glyph)
		}
		if other, ok := seen[glyph]; ok && stateLooks[other].glyph != l.glyph {
			t.Errorf("%s and %s are both %q", state, other, glyph)
		}
		seen[glyph] = state
	}
}

func TestGlyphs_LettersOfMessagesStay(t *testing.T) {
	tell(t, 100, 24, func(o *Options) { o.Glyphs = GlyphsASCII }, func(s *story) {
		d := compose.Draft{Account: "work", From: "ada@example.org", To: "ana@example.org", Subject: "Grüße an 日本"}
		s.queue(d, outbox.SubmitOptions{})
	}, func(s *story) { s.See("Grüße an 日本") })
}
