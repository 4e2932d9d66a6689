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
		chosen                 config.Glyphs
		terminal, locale, want string
	}{
		{config.GlyphsAuto, "xterm-256color", "", ""}, {config.GlyphsAuto, "", "", ""},
		{config.GlyphsAuto, "linux", "", ui.GlyphsASCII}, {config.GlyphsAuto, "dumb", "", ui.GlyphsASCII}, {config.GlyphsAuto, "linux", "C.UTF-8", ui.GlyphsASCII},
		{config.GlyphsUnicode, "linux", "C", ""}, {config.GlyphsASCII, "xterm", "de_DE.UTF-8", ui.GlyphsASCII},
		{config.GlyphsAuto, "xterm", "C", ui.GlyphsASCII}, {config.GlyphsAuto, "xterm", "POSIX", ui.GlyphsASCII},
		{config.GlyphsAuto, "xterm", "de_DE.ISO-8859-15@euro", ui.GlyphsASCII}, {config.GlyphsAuto, "xterm", "ja_JP.eucJP", ui.GlyphsASCII},
		{config.GlyphsAuto, "xterm", "C.UTF-8", ""}, {config.GlyphsAuto, "xterm", "de_DE.utf8@euro", ""}, {config.GlyphsAuto, "xterm", "en_US", ""},
	} {
		if got := glyphs(test.chosen, test.terminal, test.locale); got != test.want {
			t.Errorf("%s on %q with %q: %q", test.chosen, test.terminal, test.locale, got)
		}
	}
}

func TestCharactersOf_GoByTheFirstVariableThatIsSet(t *testing.T) {
	for _, test := range []struct{ all, characters, lang, want string }{
		{"", "", "", ""}, {"", "", "C", "C"}, {"", "de_DE.UTF-8", "C", "de_DE.UTF-8"}, {"POSIX", "de_DE.UTF-8", "C.UTF-8", "POSIX"},
	} {
		set := map[string]string{"LC_ALL": test.all, "LC_CTYPE": test.characters, "LANG": test.lang}
		if got := charactersOf(func(name string) string { return set[name] }); got != test.want {
			t.Errorf("%v: %q", set, got)
		}
	}
}
