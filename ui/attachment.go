package ui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
)

// attachment is a file of the draft, and what was seen of it.
type attachment struct {
	compose.Attachment
	inline bool   // the text shows it
	source string // what the text calls it then, if that is not its name

	seen     bool
	size     int64  // octets, as it is now; encoded it is a third more
	modified int64  // when it was
	kind     string // its media type
	problem  string // why it cannot be sent, clean; "" if it can, or was not looked at yet
	changed  bool   // it is not as it was when it was attached
}

func (a attachment) name() string {
	if a.Name != "" {
		return a.Name
	}
	return filepath.Base(a.Path)
}

// note is what stands behind its name.
func (a attachment) note() string {
	var notes []string
	if a.seen {
		notes = append(notes, size(a.size))
	}
	if a.inline {
		notes = append(notes, "in the text")
	}
	if a.changed {
		notes = append(notes, "changed since")
	}
	return strings.Join(notes, ", ")
}

// is tells that both are the same file for the same purpose, whatever was seen.
func (a attachment) is(b attachment) bool { return a.Path == b.Path && a.inline == b.inline }

// image is it as the draft keeps it.
func (a attachment) image() compose.Image {
	return compose.Image{Attachment: a.Attachment, Source: a.source}
}

// filesOf are the files of a draft, of which nothing is seen yet.
func filesOf(d compose.Draft) (all []attachment) {
	for _, a := range d.Attachments {
		all = append(all, attachment{Attachment: a})
	}
	for _, i := range d.Inline {
		all = append(all, attachment{Attachment: i.Attachment, inline: true, source: i.Source})
	}
	return all
}

// look looks at a file. What is seen for the first time is what is attached.
func (a attachment) look() attachment {
	a.seen, a.size, a.modified, a.problem, a.changed = true, 0, 0, "", false
	seen, err := a.Look()
	if err != nil {
		a.problem = clean(strings.TrimPrefix(err.Error(), "it "))
		return a
	}
	if a.Modified == 0 {
		a.Size, a.Modified = seen.Size, seen.Modified
	}
	a.size, a.modified, a.kind = seen.Size, seen.Modified, seen.Type
	a.changed = a.Size != seen.Size || a.Modified != seen.Modified
	return a
}

// take takes in what was seen of the file.
func (a *attachment) take(seen attachment) {
	if a.Modified == 0 {
		a.Size, a.Modified = seen.Size, seen.Modified
	}
	a.seen, a.size, a.kind, a.problem, a.changed = true, seen.size, seen.kind, seen.problem, seen.changed
}

// lookAll looks at files, for a command.
func lookAll(files []attachment) []attachment {
	files = slices.Clone(files)
	for i := range files {
		files[i] = files[i].look()
	}
	return files
}

// seenNow is a draft with its files as they were seen just now: Build takes no
// others.
func seenNow(d compose.Draft, files []attachment) compose.Draft {
	d.Attachments, d.Inline = slices.Clone(d.Attachments), slices.Clone(d.Inline)
	now := func(a *compose.Attachment, inline bool) {
		for _, f := range files {
			if f.is(attachment{Attachment: *a, inline: inline}) {
				a.Size, a.Modified = f.size, f.modified
			}
		}
	}
	for i := range d.Attachments {
		now(&d.Attachments[i], false)
	}
	for i := range d.Inline {
		now(&d.Inline[i].Attachment, true)
	}
	return d
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
		problem  string // why one that is there cannot be attached, clean
	}
)

// lookAtFiles looks at the attachments on disk.
func (c *composer) lookAtFiles() tea.Cmd {
	if len(c.files) == 0 {
		return nil
	}
	files := slices.Clone(c.files)
	return c.do(func(context.Context) tea.Msg { return filesSeen{c, lookAll(files)} })
}

// takeSeen takes in what was seen of the files. That is no change of the draft: one
// that was only looked at is not saved for it.
func (c *composer) takeSeen(files []attachment) tea.Cmd {
	var cmd tea.Cmd
	if c.touch() {
		cmd = c.changed()
	}
	for i := range c.files {
		for _, seen := range files {
			if c.files[i].is(seen) {
				c.files[i].take(seen)
			}
		}
	}
	c.last = c.draft()
	return cmd
}

// lookAtPaths looks whether a pasted text really names files.
func (c *composer) lookAtPaths(paths []string, text string) tea.Cmd {
	return c.do(func(context.Context) tea.Msg {
		out := pathsSeen{composer: c, text: text}
		for _, path := range paths {
			path, err := absolute(path)
			f := attachment{Attachment: compose.Attachment{Path: path}}.look()
			if err == nil && f.problem != "" && exists(path) {
				out.problem = clean(f.name()) + ": " + f.problem + "."
			}
			if err != nil || f.problem != "" {
				out.files = nil
				return out
			}
			out.files = append(out.files, f)
		}
		return out
	})
}

// handlePathsSeen asks whether a dropped file is meant, or its name.
func (c *composer) handlePathsSeen(msg pathsSeen) tea.Cmd {
	if len(msg.files) == 0 {
		cmd := c.pasteText(msg.text)
		if msg.problem == "" {
			return cmd
		}
		return tea.Batch(cmd, c.say(msg.problem))
	}
	what := fmt.Sprintf("%q (%s)", clean(msg.files[0].name()), size(msg.files[0].size))
	if len(msg.files) > 1 {
		what = count(len(msg.files), "file")
	}
	c.ask("Attach "+what+"?", "neither",
		yes("attach", func() tea.Cmd { return c.attach(msg.files...) }),
		answer{"paste the text", "question.as-text", func() tea.Cmd { return c.pasteText(msg.text) }})
	return nil
}

// attach adds files that were looked at. The same file twice is a mistake.
func (c *composer) attach(files ...attachment) tea.Cmd {
	var say string
	c.clearNotice() // that of an attempt before
	for _, f := range files {
		if slices.ContainsFunc(c.files, f.is) {
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

// exists tells that there is something at a path, for a command.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
