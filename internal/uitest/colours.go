package uitest

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// View is what a model shows with some colours: the content of its view.
type View struct{ Name, Content string }

// Coloured writes the same screen in several colours, for a golden file: below each line
// the styles of its columns, a letter for each, and at the end what the letters are in
// each of the views. A column without a style has a blank. The views must have the same text.
func Coloured(views []View, width, height int) (string, error) {
	var screens []*lipgloss.Canvas
	for _, v := range views {
		screen := lipgloss.NewCanvas(width, height).Compose(lipgloss.NewLayer(v.Content))
		screens = append(screens, screen)
		if textOf(screen) != textOf(screens[0]) {
			return "", fmt.Errorf("%s has other text than %s", v.Name, views[0].Name)
		}
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	var b, legend strings.Builder
	known := map[string]byte{strings.Repeat("plain\n", len(views)): ' '}
	for y := range height {
		var text, styles strings.Builder
		for x := 0; x < width; x++ {
			cell := screens[0].CellAt(x, y)
			if cell == nil || cell.Width == 0 { // the second half of a wide one
				continue
			}
			text.WriteString(cell.Content)
			key := ""
			for _, screen := range screens {
				key += styleWords(screen.CellAt(x, y).Style) + "\n"
			}
			letter, ok := known[key]
			if !ok {
				if len(known) > len(letters) {
					return "", fmt.Errorf("there are more than %d styles", len(letters))
				}
				letter = letters[len(known)-1]
				known[key] = letter
				fmt.Fprintf(&legend, "%c", letter)
				for i, words := range strings.Split(strings.TrimSuffix(key, "\n"), "\n") {
					fmt.Fprintf(&legend, "  %s: %s", views[i].Name, words)
				}
				legend.WriteByte('\n')
			}
			styles.WriteString(strings.Repeat(string(letter), cell.Width))
		}
		b.WriteString("|" + strings.TrimRight(text.String(), " ") + "\n")
		if marks := strings.TrimRight(styles.String(), " "); marks != "" {
			b.WriteString(":" + marks + "\n")
		}
	}
	return b.String() + "\n" + strings.TrimSuffix(legend.String(), "\n"), nil
}

// textOf is the text of a screen, without the blanks at the ends of lines.
func textOf(screen *lipgloss.Canvas) string {
	lines := strings.Split(ansi.Strip(screen.Render()), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \r")
	}
	return strings.Join(lines, "\n")
}

// attributes are those of a style besides its colours.
var attributes = []struct {
	bit  uint8
	word string
}{{uv.AttrBold, "bold"}, {uv.AttrFaint, "faint"}, {uv.AttrItalic, "italic"}, {uv.AttrReverse, "reverse"}, {uv.AttrStrikethrough, "struck"}}

// styleWords are a style in words.
func styleWords(s uv.Style) string {
	var words []string
	if s.Fg != nil {
		words = append(words, hex(s.Fg))
	}
	if s.Bg != nil {
		words = append(words, "on "+hex(s.Bg))
	}
	for _, a := range attributes {
		if s.Attrs&a.bit != 0 {
			words = append(words, a.word)
		}
	}
	if s.Underline != 0 {
		words = append(words, "underlined")
	}
	if words == nil {
		return "plain"
	}
	return strings.Join(words, " ")
}
