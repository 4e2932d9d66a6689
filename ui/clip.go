package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
)

// Clip is what can be attached out of the clipboard: a file with the picture in it,
// or the text of a list of files.
type Clip struct{ Picture, Files string }

// clipRead is what the clipboard holds.
type clipRead struct {
	composer *composer
	file     attachment
	files    string
	err      error
}

// readClip looks into the clipboard.
func (c *composer) readClip() tea.Cmd {
	read := c.options.Clipboard
	return c.do(func(ctx context.Context) tea.Msg {
		clip, err := read(ctx)
		out := clipRead{composer: c, files: clip.Files, err: err}
		if clip.Picture != "" {
			out.file = attachment{Attachment: compose.Attachment{Path: clip.Picture}}.look()
		}
		return out
	})
}

// handleClip attaches a picture, and asks about files as if they were dropped.
func (c *composer) handleClip(msg clipRead) tea.Cmd {
	switch paths, ok := parsePaths(msg.files); {
	case msg.err != nil:
		return c.fail(msg.err)
	case msg.file.Path != "":
		return tea.Batch(c.attach(msg.file), c.say(clean(msg.file.name())+" is attached, out of the clipboard."))
	case ok:
		return c.lookAtPaths(paths, msg.files)
	}
	return c.say("The clipboard holds no picture and no files.")
}
