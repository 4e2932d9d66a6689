package cli

import (
	"slices"
	"testing"

	"sendoff/internal/config"
	"sendoff/ui"
)

// What config.toml takes as a theme is what the interface has.
func TestThemes_AreThoseOfTheInterface(t *testing.T) {
	var known []string
	for _, theme := range config.Themes {
		known = append(known, string(theme))
	}
	have := ui.Themes()
	slices.Sort(known)
	slices.Sort(have)
	if !slices.Equal(known, have) {
		t.Errorf("config.toml takes %v, the interface has %v", known, have)
	}
}

func TestGlyphs_GoByTheTerminalUnlessChosen(t *testing.T) {
	for _, test := range []struct {
		chosen         config.Glyphs
		terminal, want string
	}{
		{config.GlyphsAuto, "xterm-256color", ""}, {config.GlyphsAuto, "", ""}, {config.GlyphsAuto, "linux", ui.GlyphsASCII}, {config.GlyphsAuto, "dumb", ui.GlyphsASCII},
		{config.GlyphsUnicode, "linux", ""}, {config.GlyphsASCII, "xterm", ui.GlyphsASCII},
	} {
		if got := glyphs(test.chosen, test.terminal); got != test.want {
			t.Errorf("%s on %q: %q", test.chosen, test.terminal, got)
		}
	}
}
