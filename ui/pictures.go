package ui

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
)

// maxElsewhere is how many texts from elsewhere are told apart; of more none may
// name a picture.
const maxElsewhere = 50

// naming is how names in a text become pictures. A file of this machine goes along
// only for a person who has written its name: what came with an answer, a link or a
// paste may name what its writer would like to have, and is asked about.
type naming struct {
	elsewhere []string        // texts that others may have written
	allowed   map[string]bool // names that were asked about
}

// pasted notes a text that was not typed.
func (n *naming) pasted(text string) {
	if strings.Contains(text, "![") && len(n.elsewhere) <= maxElsewhere {
		n.elsewhere = append(n.elsewhere, text)
	}
}

// pictures is what a text shows.
type pictures struct {
	body    string       // the text
	shown   []string     // the names in it, those of the files that go along as well
	found   []attachment // files that do not go along yet
	missing []string     // what cannot be shown and why, clean
	foreign []string     // names that somebody else may have written
}

// picturesSeen is what was found for a composer.
type picturesSeen struct {
	composer *composer
	pictures pictures
}

// lookForPictures finds what the text of a draft shows, for a command.
func lookForPictures(d compose.Draft, n naming) pictures {
	p := pictures{body: d.Body}
	if !strings.Contains(d.Body, "![") && d.Style != compose.StyleHTML {
		return p
	}
	foreign := n.foreign(d)
	for _, name := range d.NamedImages() {
		if foreign[name] {
			p.foreign = append(p.foreign, name)
			continue
		}
		f := attachment{Attachment: compose.Attachment{Path: picturePath(name)}, inline: true, source: name}.look()
		switch {
		case f.problem != "":
			p.missing = append(p.missing, clean(name)+": "+f.problem)
		case !strings.HasPrefix(f.kind, "image/"):
			p.missing = append(p.missing, clean(name)+" is no picture")
		default:
			p.found = append(p.found, f)
		}
	}
	d.Inline = nil
	p.shown = d.NamedImages()
	return p
}

// foreign are the names in texts from elsewhere.
func (n naming) foreign(d compose.Draft) map[string]bool {
	names := make(map[string]bool)
	for _, text := range n.elsewhere {
		for _, name := range (compose.Draft{Style: d.Style, Body: text}).NamedImages() {
			names[name] = !n.allowed[name]
		}
	}
	if len(n.elsewhere) > maxElsewhere {
		for _, name := range d.NamedImages() {
			names[name] = !n.allowed[name]
		}
	}
	return names
}

// picturePath is the file that a text names: beside where the program was started,
// else in the home directory.
func picturePath(name string) string {
	path, err := absolute(name)
	if err != nil || exists(path) || filepath.IsAbs(name) {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil || !exists(filepath.Join(home, name)) {
		return path
	}
	return filepath.Join(home, name)
}

// written is the draft as it will be sent, which knows what its text is.
func (c *composer) written() compose.Draft {
	return c.last.With(c.options.Outbox.Habits(), time.Time{})
}

// lookAtPictures looks for what the text shows.
func (c *composer) lookAtPictures() tea.Cmd {
	if !c.mayShowPictures() {
		return nil
	}
	d, n := c.written(), c.naming.copy()
	return c.do(func(context.Context) tea.Msg { return picturesSeen{c, lookForPictures(d, n)} })
}

// mayShowPictures tells quickly that there is nothing to look for.
func (c *composer) mayShowPictures() bool {
	return len(c.missing) > 0 || strings.Contains(c.last.Body, "![") || slices.ContainsFunc(c.files, func(f attachment) bool { return f.inline })
}

func (n naming) copy() naming { return naming{slices.Clone(n.elsewhere), maps.Clone(n.allowed)} }

// takePictures takes along what the text shows, and nothing else. It tells whether
// that is a change. What was found for another text is of no use.
func (c *composer) takePictures(p pictures) bool {
	if p.body != c.last.Body {
		return false
	}
	c.missing = p.missing
	if c.last.Style != compose.StyleHTML { // there a file that is not shown is a mistake to be told
		c.files = slices.DeleteFunc(c.files, func(f attachment) bool {
			return f.inline && !slices.ContainsFunc(p.shown, f.image().NamedAs)
		})
	}
	for _, f := range p.found {
		if !slices.ContainsFunc(c.files, f.is) {
			c.files = append(c.files, f)
		}
	}
	c.chosen = min(c.chosen, max(len(c.files)-1, 0))
	if c.focus == fieldAttach && len(c.files) == 0 {
		c.setFocus(fieldBody)
	}
	return c.touch()
}

// allow takes names along that were asked about.
func (c *composer) allow(names []string) {
	if c.naming.allowed == nil {
		c.naming.allowed = make(map[string]bool)
	}
	for _, name := range names {
		c.naming.allowed[name] = true
	}
}

// pictureCautions say what of the text is not shown, and why.
func (d *desk) pictureCautions(p pictures) (cautions []string) {
	for _, text := range p.missing {
		cautions = append(cautions, "The text shows a picture that cannot go along: "+text)
	}
	for _, name := range p.foreign {
		cautions = append(cautions, fmt.Sprintf("The text names the picture %q, and you may not have typed that: %s sends the file along", clean(name), d.keyOf("review.show")))
	}
	return cautions
}
