package ui

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/compose"
)

// pressFiles is a key while the attachments have the focus.
func (c *composer) pressFiles(msg tea.KeyPressMsg) tea.Cmd {
	k := c.keys()
	switch {
	case key.Matches(msg, k.Left):
		c.chosen = max(c.chosen-1, 0)
	case key.Matches(msg, k.Right):
		c.chosen = min(c.chosen+1, len(c.files)-1)
	case key.Matches(msg, k.Earlier):
		c.moveFile(-1)
	case key.Matches(msg, k.Later):
		c.moveFile(1)
	case key.Matches(msg, k.Remove):
		c.takeOff()
	case key.Matches(msg, k.Add):
		return c.openAttach()
	case key.Matches(msg, k.Describe):
		c.describeFile()
	case key.Matches(msg, k.Show):
		return c.showFile()
	case key.Matches(msg, k.FieldAbove):
		c.moveFocus(-1)
	case key.Matches(msg, k.FieldBelow):
		c.moveFocus(1)
	}
	return nil
}

// moveFile changes the order, which is that of the message.
func (c *composer) moveFile(by int) {
	to := c.chosen + by
	if to < 0 || to >= len(c.files) {
		return
	}
	c.files[c.chosen], c.files[to] = c.files[to], c.files[c.chosen]
	c.chosen = to
}

// takeOff takes the chosen file off, and out of the text.
func (c *composer) takeOff() {
	f := c.files[c.chosen]
	if f.inline {
		c.body.rewrite(hidden(c.body.text(), f))
	}
	c.files = slices.Delete(c.files, c.chosen, c.chosen+1)
	c.chosen = min(c.chosen, max(len(c.files)-1, 0))
	if len(c.files) == 0 {
		c.setFocus(fieldBody)
	}
}

// describeFile asks how the chosen file is called, and what it is.
func (c *composer) describeFile() {
	f := c.files[c.chosen]
	name, kind := c.text("Name", f.name()), c.text("Type", f.Type)
	name.note = func() string { return "what the reader sees; the file keeps its own name" }
	kind.note = func() string { return "such as text/csv; without one it is " + orElse(clean(f.kind), "found out") }
	p := &formPane{desk: c.desk, name: "attachment", fields: []*formField{name, kind}}
	p.submit = func() tea.Cmd {
		typed, mediaType := strings.TrimSpace(name.input.value()), strings.TrimSpace(kind.input.value())
		switch {
		case typed == "" || strings.ContainsAny(typed, `/\`):
			return p.wrong(name, "a file name without slashes")
		case mediaType != "" && !compose.IsMediaType(mediaType):
			return p.wrong(kind, "a type has two words with a slash between them")
		}
		p.close(p)
		return c.describe(f, typed, mediaType)
	}
	p.setFocus(0)
	c.push(p)
}

// describe names a file otherwise, or says what it is. It may be gone by now.
func (c *composer) describe(f attachment, name, mediaType string) tea.Cmd {
	i := slices.IndexFunc(c.files, f.is)
	if i < 0 {
		return nil
	}
	if f.inline && f.source == "" {
		c.files[i].source = f.name() // the text goes on calling it so
	}
	if c.files[i].Name, c.files[i].Type = name, mediaType; name == (attachment{Attachment: compose.Attachment{Path: f.Path}}).name() {
		c.files[i].Name = ""
	}
	if !c.touch() {
		return nil
	}
	return tea.Batch(c.changed(), c.lookAtFiles())
}

// showFile shows the chosen picture in the text, or, if it is there, beside it.
func (c *composer) showFile() tea.Cmd {
	f := &c.files[c.chosen]
	other := *f
	other.inline = !f.inline
	switch {
	case slices.ContainsFunc(c.files, other.is):
		return c.say("It is there both ways.")
	case f.inline:
		c.body.rewrite(hidden(c.body.text(), *f))
		f.inline, f.source = false, ""
		return nil
	case f.seen && !strings.HasPrefix(f.kind, "image/"):
		return c.say(clean(f.name()) + " is no picture.")
	}
	f.inline = true
	if slices.ContainsFunc(c.files, func(o attachment) bool { return o.inline && o.Path != f.Path && o.image().NamedAs(f.name()) }) {
		f.source = fmt.Sprintf("%d-%s", c.chosen+1, f.name())
	}
	if c.body.text() == hidden(c.body.text(), *f) {
		c.body.insert("![](" + url.PathEscape(orElse(f.source, f.name())) + ")")
	}
	return nil
}

// picture is one in Markdown, with its alternative text and where it is.
var picture = regexp.MustCompile(`!\[([^\[\]]*)\]\(\s*<?([^()<>]*?)>?(?:\s+"[^"]*")?\s*\)`)

// hidden is a text that does not show a picture: in its place is what it says of it.
func hidden(text string, f attachment) string {
	return picture.ReplaceAllStringFunc(text, func(found string) string {
		parts := picture.FindStringSubmatch(found)
		name, err := url.PathUnescape(parts[2])
		if err != nil {
			name = parts[2]
		}
		if !f.image().NamedAs(name) {
			return found
		}
		return parts[1]
	})
}

// chosenText is more of the chosen file.
func (c *composer) chosenText() string {
	f := c.files[c.chosen]
	text := clean(shortenHome(f.Path))
	if f.kind != "" {
		text = clean(orElse(f.Type, f.kind)) + " · " + text
	}
	return fmt.Sprintf("%d of %d · %s", c.chosen+1, len(c.files), text)
}

// filesText names the attachments with their sizes, the chosen one in sight.
func (c *composer) filesText(width int) string {
	var parts []string
	for i, f := range c.files {
		name := clean(f.name()) + " "
		note := c.styles.dim.Render(f.note())
		if f.changed {
			note = c.styles.wait.Render(f.note())
		}
		if f.problem != "" {
			note = c.styles.bad.Render(f.problem)
		}
		if c.focus == fieldAttach && i == c.chosen {
			name = c.styles.accent.Underline(true).Render(strings.TrimSpace(name)) + " "
		}
		parts = append(parts, name+note)
	}
	start := 0
	if c.focus == fieldAttach {
		start = c.chosen
	}
	for start > 0 && ansi.StringWidth(strings.Join(parts[start-1:], " · ")) <= width-2 {
		start--
	}
	text := strings.Join(parts[start:], c.styles.dim.Render(" · "))
	if start > 0 {
		text = c.styles.dim.Render("… ") + text
	}
	return text
}
