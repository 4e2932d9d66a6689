package uitest

import (
	"fmt"
	"html"
	"image/color"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
)

// The geometry of a picture, in pixels of a 14 px monospace font.
const (
	cellWidth  = 8.4
	cellHeight = 18.0
	padding    = 14.0
	titleBar   = 28.0
)

// The colours of the terminal that is drawn.
const (
	background = "#171421"
	foreground = "#d0cfcc"
)

// SVG draws what the model shows, through the cells of a terminal as [Term.SVG] does.
func (d *Drive) SVG(title string) string {
	x := newTerm(d.t, d.width, d.height)
	defer closeEmulator(x.emulator)
	v := d.Model.View()
	x.emulator.WriteString("\x1b[20h" + v.Content) // LNM, as in RunWith
	if v.Cursor == nil {
		x.emulator.WriteString("\x1b[?25l")
	} else {
		fmt.Fprintf(x.emulator, "\x1b[%d;%dH", v.Cursor.Y+1, v.Cursor.X+1)
	}
	return x.SVG(title)
}

// SVG draws the screen, the same bytes for the same screen. Every run of cells
// is told its column and its width, so that wide characters and missing fonts
// cannot shift what follows.
func (x *Term) SVG(title string) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var b strings.Builder
	columns, rows := x.emulator.Width(), x.emulator.Height()
	width, height := float64(columns)*cellWidth+2*padding, float64(rows)*cellHeight+2*padding+titleBar
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`+"\n",
		width, height, width, height, html.EscapeString(title))
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`, background)
	fmt.Fprintf(&b, `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="%s" xml:space="preserve">`+"\n", foreground)
	for i, dot := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="16" r="5" fill="%s"/>`, 18+i*18, dot)
	}
	fmt.Fprintf(&b, `<text x="%.0f" y="20" text-anchor="middle" opacity=".6">%s</text>`+"\n", width/2, html.EscapeString(title))
	for y := range rows {
		for column := 0; column < columns; {
			r := x.run(column, y)
			r.draw(&b, y)
			column = r.end
		}
		b.WriteByte('\n')
	}
	if !x.emulator.CursorHidden() {
		p := x.emulator.CursorPosition()
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s" opacity=".7"/>`,
			left(p.X), top(p.Y), cellWidth, cellHeight, foreground)
	}
	b.WriteString("</g></svg>\n")
	return b.String()
}

func left(column int) float64 { return padding + float64(column)*cellWidth }
func top(row int) float64     { return padding + titleBar + float64(row)*cellHeight }

// run is neighbouring cells of one style.
type run struct {
	start, end int
	text       string
	style      uv.Style
}

// run gives the run that begins at a cell. A wide cell is a run of its own.
func (x *Term) run(column, row int) run {
	r := run{start: column, end: column + 1}
	cell := x.emulator.CellAt(column, row)
	if cell == nil || cell.Width == 0 {
		return r
	}
	r.text, r.style, r.end = cell.Content, cell.Style, column+cell.Width
	for cell.Width == 1 && r.end < x.emulator.Width() {
		next := x.emulator.CellAt(r.end, row)
		if next == nil || next.Width != 1 || !next.Style.Equal(&r.style) {
			break
		}
		r.text += next.Content
		r.end++
	}
	return r
}

func (r run) draw(b *strings.Builder, row int) {
	front, back := hex(r.style.Fg), hex(r.style.Bg)
	if r.style.Attrs&uv.AttrReverse != 0 {
		front, back = orElse(back, background), orElse(front, foreground)
	}
	width := float64(r.end-r.start) * cellWidth
	if back != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, left(r.start), top(row), width, cellHeight, back)
	}
	text := strings.TrimRight(r.text, " ")
	if text == "" {
		return
	}
	width -= float64(len(r.text)-len(text)) * cellWidth
	attributes := ""
	if front != "" {
		attributes += ` fill="` + front + `"`
	}
	if r.style.Attrs&uv.AttrBold != 0 {
		attributes += ` font-weight="bold"`
	}
	if r.style.Attrs&uv.AttrFaint != 0 {
		attributes += ` opacity=".6"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs"%s>%s</text>`,
		left(r.start), top(row)+cellHeight-5, width, attributes, html.EscapeString(text))
}

func hex(c color.Color) string {
	if c == nil {
		return ""
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
