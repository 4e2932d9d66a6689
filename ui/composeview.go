package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// labelWidth is the column in which the fields begin, less one.
const labelWidth = 9

// Heights of the pane from which there is room for more than the fields.
const (
	copiesHintFrom = 12
	attachHintFrom = 14
	statusFrom     = 9
)

// form gathers the lines of the screen, and where the cursor is.
type form struct {
	lines  []string
	cursor *tea.Cursor
	width  int
	below  int // the line under the field that has the focus
}

func (c *composer) view(width, height int) ([]string, *tea.Cursor) {
	f := &form{width: width}
	f.lines = append(f.lines, c.headline(width))
	c.addLine(f, "From", c.fromText())
	c.addInput(f, fieldTo, "To")
	if c.copies {
		c.addInput(f, fieldCc, "Cc")
		c.addInput(f, fieldBcc, "Bcc")
	} else if height >= copiesHintFrom {
		c.addLine(f, "Cc Bcc", c.styles.dim.Render(c.keyOf("compose.copies")))
	}
	if c.replyTo {
		c.addInput(f, fieldReplyTo, "Reply-To")
	}
	c.addInput(f, fieldSubject, "Subject")
	most := max(height/4, 1) // the text must stay in sight
	shown := c.shownHeaders()
	start := max(min(slices.Index(shown, c.header)-most+1, len(shown)-most), 0)
	for _, n := range shown[start:min(start+most, len(shown))] {
		c.addField(f, c.headers[n].input, "Header", c.focus == fieldHeaders && n == c.header)
	}
	if len(c.files) > 0 {
		c.addLine(f, "Attach", c.filesText(width-labelWidth-2))
	} else if height >= attachHintFrom {
		c.addLine(f, "Attach", c.styles.dim.Render(c.keyOf("compose.attach")))
	}
	f.lines = append(f.lines, c.rule())
	foot := 0
	if height >= statusFrom {
		foot = 1
	}
	c.addBody(f, max(height-len(f.lines)-foot, 1))
	if foot > 0 {
		for len(f.lines) < height-1 {
			f.lines = append(f.lines, "")
		}
		f.lines = append(f.lines, " "+c.statusLine(width-2))
	}
	c.completion.lay(f.lines, f.below, width)
	return f.lines[:min(len(f.lines), max(height, 0))], f.cursor
}

func (c *composer) headline(width int) string {
	saved := ""
	switch {
	case c.saveErr != nil:
		saved = c.styles.bad.Render("not saved: " + mistake(c.saveErr))
	case c.leaving:
		saved = c.styles.dim.Render("saving…")
	case c.saved > 0 && !c.savedBlank:
		saved = c.styles.dim.Render("draft saved")
	}
	title := c.styles.bold.Render("New message")
	if c.isReply() {
		title = c.styles.bold.Render("Reply")
	}
	if text := c.protectionText(); text != "" {
		title += c.styles.accent.Render("  " + text)
	}
	return " " + between(title, saved, width-2)
}

// addLine adds a line with a label.
func (c *composer) addLine(f *form, label, text string) {
	f.lines = append(f.lines, " "+c.styles.dim.Render(cell(label, labelWidth))+cut(text, f.width-labelWidth-2))
}

// addInput adds a field that is typed in.
func (c *composer) addInput(f *form, which field, label string) {
	c.addField(f, c.inputs[which], label, c.focus == which)
}

func (c *composer) addField(f *form, in *input, label string, focused bool) {
	style := c.styles.dim
	if focused {
		style = c.styles.accent
	}
	text, column := in.view(f.width - labelWidth - 2)
	if column >= 0 {
		f.below = len(f.lines) + 1
		f.cursor = tea.NewCursor(1+labelWidth+column, len(f.lines))
		f.cursor.Shape = tea.CursorBar
	}
	f.lines = append(f.lines, " "+style.Render(cell(label, labelWidth))+text)
}

func (c *composer) addBody(f *form, height int) {
	at := len(f.lines)
	lines, cursor := c.body.view(f.width-2, height)
	for _, line := range lines {
		f.lines = append(f.lines, " "+line)
	}
	if cursor != nil {
		cursor.X++
		cursor.Y += at
		f.cursor = cursor
	}
}

func (c *composer) fromText() string {
	if c.from < 0 {
		return c.styles.wait.Render("no account is set up: it can be written, not sent")
	}
	s := c.senders[c.from]
	text := clean(s.from) + c.styles.dim.Render("  · "+clean(s.account))
	if len(c.senders) > 1 {
		text += c.styles.dim.Render("  " + c.keyOf("compose.next-from"))
	}
	return text
}

// statusLine says how large the message is, and what cannot be done here.
func (c *composer) statusLine(width int) string {
	if c.editing {
		return c.styles.accent.Render(cut("opening the editor…", width))
	}
	if text := c.warningText(); text != "" {
		return c.styles.bad.Render(cut(text, width))
	}
	if len(c.missing) > 0 && c.focus != fieldAttach {
		return c.styles.wait.Render(cut("The text shows "+c.missing[0]+".", width))
	}
	text, style := c.sizeText()
	if c.focus == fieldAttach && len(c.files) > 0 {
		text += " · " + c.chosenText()
	}
	return style.Render(cut(text, width))
}

// sizeText is about how large the message gets, beside what its account takes.
func (c *composer) sizeText() (string, lipgloss.Style) {
	length := c.maker.EstimateSize(c.written(), sizesOf(c.files)...)
	text, most := "about "+size(length), c.senderAccount().Limits.MaxSize
	switch {
	case most > 0 && length > most:
		return text + ": too large, it takes " + size(most), c.styles.bad
	case most > 0:
		text += " of " + size(most)
	}
	return text, c.styles.dim
}

// warningText is what is known against an address: one of the field that has the
// focus, if there is one.
func (c *composer) warningText() string {
	first := ""
	for f, text := range c.warnings {
		if text != "" && (first == "" || field(f) == c.focus) {
			first = "✗ " + text
		}
	}
	return first
}
