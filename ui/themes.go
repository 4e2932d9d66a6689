package ui

import (
	"maps"
	"slices"
)

// theme is a set of colours. "" is that of the terminal.
type theme struct {
	background string // that it is meant for; it is not drawn
	dim        string
	accent     string
	good       string
	bad        string
	wait       string
}

// Besides the themes with a name: the terminal is asked whether it is dark or light.
const (
	themeAuto  = "auto"
	themeDark  = "dark"
	themeLight = "light"
)

// themes are all there are. Every colour holds a contrast of 4.5:1 against the
// background; those of dark and light are of the 256 that terminals have had for
// long, so that they are the same where there are no more.
var themes = map[string]theme{
	themeDark:         {background: "#000000", dim: "#949494", accent: "#87afff", good: "#87d787", bad: "#ff8787", wait: "#d7af5f"},
	themeLight:        {background: "#ffffff", dim: "#626262", accent: "#005fd7", good: "#008700", bad: "#af0000", wait: "#875f00"},
	"high-contrast":   {background: "#000000", dim: "#d0d0d0", accent: "#5fd7ff", good: "#5fff5f", bad: "#ff8787", wait: "#ffff5f"},
	"solarized-dark":  {background: "#002b36", dim: "#93a1a1", accent: "#5fafff", good: "#a1b500", bad: "#ff8079", wait: "#d1a017"},
	"solarized-light": {background: "#fdf6e3", dim: "#586e75", accent: "#1f6fad", good: "#5f6e00", bad: "#c02020", wait: "#7d6000"},
	"gruvbox":         {background: "#282828", dim: "#a89984", accent: "#83a598", good: "#b8bb26", bad: "#ff7b6b", wait: "#fabd2f"},
	"none":            {}, // what is said by colour is said by words and signs as well
}

// Themes are the names that [Options.Theme] takes.
func Themes() []string { return append([]string{themeAuto}, slices.Sorted(maps.Keys(themes))...) }

// themeNamed is a theme, or the dark one: most terminals are dark, and some never
// answer when they are asked.
func themeNamed(name string) theme {
	if t, ok := themes[name]; ok {
		return t
	}
	return themes[themeDark]
}

// newStyles makes the styles for a dark or a light background.
func newStyles(dark bool) *styles {
	if dark {
		return themes[themeDark].styles()
	}
	return themes[themeLight].styles()
}
