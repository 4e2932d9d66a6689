package ui

import "strings"

// asciiGlyphs stand for the signs and lines of ours where a terminal cannot draw
// them, column for column.
var asciiGlyphs = strings.NewReplacer(
	"✓", "+", "✗", "x", "…", "~", "‖", "=", "◷", "@", "⊘", "/", "✎", "e", "◐", "%", "↑", "^", "↓", "v", "←", "<", "→", ">", "–", "-",
	"▌", ">", "●", "*", "◉", "#", "○", "o", "•", "*", "·", ".", "¹", "1", "²", "2", "³", "3", "⁴", "4", "⁵", "5", "⁶", "6", "─", "-", "━", "=", "›", ">", "‹", "<", "│", "|", "\ufffd", "?", "“", "\"", "”", "\"", "’", "'",
)

// GlyphsASCII is the one value of [Options.Glyphs] that means something.
const GlyphsASCII = "ascii"

// drawn is a text of the screen as the terminal can draw it.
func (o Options) drawn(text string) string {
	if o.Glyphs == GlyphsASCII {
		return asciiGlyphs.Replace(text)
	}
	return text
}
