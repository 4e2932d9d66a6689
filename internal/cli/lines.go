package cli

import (
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// widthOf is how many columns a stream has; 0 where it is no terminal: what reads it
// then wants each text in a line.
func widthOf(stream any) int {
	if !isTerminal(stream) {
		return 0
	}
	width, _, err := term.GetSize(int(stream.(*os.File).Fd()))
	if err != nil {
		return 0
	}
	return width
}

// inLines breaks the lines of a text between words where they are wider than so many
// columns, and begins what follows with indent; 0 columns break nothing. A word that is
// wider stays whole, and where it is, so that a path can be copied.
func inLines(text, indent string, width int) string {
	if width <= 0 {
		return text
	}
	var b strings.Builder
	for n, line := range strings.Split(text, "\n") {
		if n > 0 {
			b.WriteByte('\n')
		}
		column := 0
		for i, word := range strings.Split(line, " ") {
			wide := ansi.StringWidth(word)
			switch {
			case i == 0:
			case column+1+wide > width && column > len(indent) && wide <= width-len(indent):
				b.WriteString("\n" + indent)
				column = len(indent)
			default:
				b.WriteByte(' ')
				column++
			}
			b.WriteString(word)
			column += wide
		}
	}
	return b.String()
}
