package ui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
)

// attachment is a file of the draft, and what was seen of it.
type attachment struct {
	compose.Attachment
	size    int64  // octets; encoded it is a third more
	problem string // why it cannot be sent; "" if it can, or was not looked at yet
	seen    bool
}

func (a attachment) name() string {
	if a.Name != "" {
		return a.Name
	}
	return filepath.Base(a.Path)
}

func (a attachment) note() string {
	if !a.seen {
		return ""
	}
	return size(a.size)
}

// look looks at a file.
func (a attachment) look() attachment {
	a.seen = true
	info, err := os.Stat(a.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		a.problem = "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		a.problem = "you may not read it"
	case err != nil:
		a.problem = "cannot be read"
	case info.IsDir():
		a.problem = "is a directory"
	case !info.Mode().IsRegular():
		a.problem = "is not a file"
	case info.Size() == 0:
		a.problem = "is empty"
	default:
		a.size = info.Size()
	}
	return a
}

type (
	// filesSeen is what was seen of a composer's attachments.
	filesSeen struct {
		composer *composer
		files    []attachment
	}
	// pathsSeen is what was seen of pasted paths.
	pathsSeen struct {
		composer *composer
		files    []attachment
		text     string // as it was pasted
	}
)

// lookAtFiles looks at the attachments on disk.
func (c *composer) lookAtFiles() tea.Cmd {
	if len(c.files) == 0 {
		return nil
	}
	files := slices.Clone(c.files)
	return c.do(func(context.Context) tea.Msg {
		for i := range files {
			files[i] = files[i].look()
		}
		return filesSeen{c, files}
	})
}

func (c *composer) handleFilesSeen(msg filesSeen) {
	for i := range c.files {
		for _, seen := range msg.files {
			if seen.Attachment == c.files[i].Attachment {
				c.files[i] = seen
			}
		}
	}
}

// lookAtPaths looks whether a pasted text really names files.
func (c *composer) lookAtPaths(paths []string, text string) tea.Cmd {
	return c.do(func(context.Context) tea.Msg {
		out := pathsSeen{composer: c, text: text}
		for _, path := range paths {
			path, err := absolute(path)
			f := attachment{Attachment: compose.Attachment{Path: path}}.look()
			if err != nil || f.problem != "" {
				return pathsSeen{composer: c, text: text}
			}
			out.files = append(out.files, f)
		}
		return out
	})
}

// handlePathsSeen asks whether a dropped file is meant, or its name.
func (c *composer) handlePathsSeen(msg pathsSeen) tea.Cmd {
	if len(msg.files) == 0 {
		return c.pasteText(msg.text)
	}
	what := fmt.Sprintf("%q (%s)", clean(msg.files[0].name()), size(msg.files[0].size))
	if len(msg.files) > 1 {
		what = count(len(msg.files), "file")
	}
	c.ask("Attach "+what+"?", "neither",
		yes("attach", func() tea.Cmd { return c.attach(msg.files...) }),
		answer{bind("paste the text", "t"), func() tea.Cmd { return c.pasteText(msg.text) }})
	return nil
}

// attach adds files that were looked at. The same file twice is a mistake.
func (c *composer) attach(files ...attachment) tea.Cmd {
	var say string
	for _, f := range files {
		if slices.ContainsFunc(c.files, func(other attachment) bool { return other.Path == f.Path }) {
			say = clean(f.name()) + " is attached already."
			continue
		}
		c.files = append(c.files, f)
	}
	var cmd tea.Cmd
	if c.touch() {
		cmd = c.changed()
	}
	if say != "" {
		return tea.Batch(cmd, c.say(say))
	}
	return cmd
}

// pressFiles is a key while the attachments have the focus.
func (c *composer) pressFiles(msg tea.KeyPressMsg) tea.Cmd {
	k := c.keys()
	switch {
	case key.Matches(msg, k.Left):
		c.chosen = max(c.chosen-1, 0)
	case key.Matches(msg, k.Right):
		c.chosen = min(c.chosen+1, len(c.files)-1)
	case key.Matches(msg, k.Remove):
		c.files = slices.Delete(c.files, c.chosen, c.chosen+1)
		c.chosen = min(c.chosen, max(len(c.files)-1, 0))
		if len(c.files) == 0 {
			c.setFocus(fieldBody)
		}
	case key.Matches(msg, k.Add):
		return c.openAttach()
	case msg.String() == "up":
		c.moveFocus(-1)
	case msg.String() == "down":
		c.moveFocus(1)
	}
	return nil
}

// openAttach opens the pane that finds a file, where the last one was found.
func (c *composer) openAttach() tea.Cmd {
	dir := ""
	if n := len(c.files); n > 0 {
		dir = shortenHome(filepath.Dir(c.files[n-1].Path))
		dir = strings.TrimSuffix(dir, "/") + "/"
	}
	p := newAttachPane(c, dir)
	c.push(p)
	return p.list()
}
