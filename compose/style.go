package compose

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
)

// Style says what the text of a draft is written in, and so what the message
// has beside it.
type Style string

// The styles. A draft that names none is written in StyleAuto.
const (
	StyleAuto     Style = "auto"     // Markdown if there is some in it, else plain
	StylePlain    Style = "plain"    // nothing in it means anything
	StyleMarkdown Style = "markdown" // the text goes out as it is, and HTML made of it beside it
	StyleHTML     Style = "html"     // it goes out as it is, and text made of it beside it
)

var styles = []Style{"", StyleAuto, StylePlain, StyleMarkdown, StyleHTML}

// Habits are how someone writes all messages.
type Habits struct {
	Style  Style // of drafts that name none; "" for StyleAuto
	Flowed bool  // texts may be wrapped anew by the reader (RFC 3676), but for those of StylePlain
	// Undisclosed writes "undisclosed-recipients:;" into To where all are in Bcc, instead
	// of the sender's own address.
	Undisclosed bool
	LocalDate   bool // Date in the zone of this machine instead of UTC, which tells where its owner is
}

// With is the draft as someone with these habits sends it on a date. It names
// all that the habits decide, so that the same message can be built again when
// they have changed.
func (d Draft) With(h Habits, date time.Time) Draft {
	if d.Style == "" {
		if d.Style = h.Style; d.Style == "" {
			d.Style = StyleAuto
		}
	}
	d.Flowed, d.Undisclosed, d.Zone = h.Flowed, h.Undisclosed, 0
	if h.LocalDate {
		_, east := date.Local().Zone()
		d.Zone = east / 60
	}
	return d
}

// PlainBody is the text of a draft as plain text: what is HTML is read as one reads it.
func (d Draft) PlainBody() string {
	if d.Style == StyleHTML {
		return textFromHTML(d.Body)
	}
	return d.Body
}

// maxZone is the farthest zone there is, and a little more, in minutes.
const maxZone = 15 * 60

// write fills in the texts of the message and the images that they show.
func (p *parsed) write(problems *Problems, d Draft) {
	p.undisclosed = d.Undisclosed
	p.text, p.flowed, p.zone = d.Body, d.Flowed && d.Style != StylePlain, d.Zone
	switch {
	case !slices.Contains(styles, d.Style):
		problems.add("style", "it is one of auto, plain, markdown and html", "%s is not a style of text", quote(string(d.Style)))
	case d.Zone < -maxZone || d.Zone > maxZone:
		problems.add("zone", "", "there is no zone %d minutes from UTC", d.Zone)
	}
	for _, image := range d.Inline {
		for _, f := range inspectAll(problems, "inline", []Attachment{image.Attachment}) {
			f.source = image.Source
			p.images = append(p.images, f)
		}
	}
	for _, image := range p.images {
		if !strings.HasPrefix(image.mediaType, "image/") {
			problems.add("inline", "attach it instead", "%s is not an image", quote(image.path))
		}
	}
	if problems.about("body", "inline", "style") {
		return
	}
	switch d.Style {
	case StylePlain:
	case StyleHTML:
		p.writeHTML(d.Body)
	default:
		p.writeMarkdown(problems, d)
	}
	for i := range p.images {
		if !p.shown[i] {
			problems.add("inline", "attach it, or name it in the text: ![]("+p.images[i].name+") in Markdown", "the text does not show %s", quote(p.images[i].path))
		}
	}
}

// imageFor finds the image that a text means by a name: a path as it was given,
// or the name that the reader sees. It notes that it is shown.
func (p *parsed) imageFor(name string) (index int, found bool) {
	name = strings.TrimPrefix(name, "cid:")
	index = slices.IndexFunc(p.images, func(f file) bool { return name != "" && (name == f.source || name == f.path || name == f.name) })
	if index < 0 {
		return 0, false
	}
	if p.shown == nil {
		p.shown = make(map[int]bool)
	}
	p.shown[index] = true
	return index, true
}

// NamedImages gives what the text shows as a file of this machine and does not
// come with the draft. What stands in quotes was written by others, and is not
// looked at.
func (d Draft) NamedImages() (names []string) {
	add := func(name string) {
		known := slices.ContainsFunc(d.Inline, func(i Image) bool { return i.NamedAs(name) })
		isURL := strings.Contains(name, ":") || strings.HasPrefix(name, "//")
		if name != "" && !known && !isURL && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch {
	case d.Style == StylePlain || !utf8.ValidString(d.Body):
	case d.Style == StyleHTML:
		renameImages(d.Body, func(name string) string { add(name); return name })
	case isModest(d.Body) && mayHaveMarkup(d.Body):
		for _, image := range new(markdownEngine).parse(d.Body).images() {
			if !isInside[*ast.Blockquote](image) {
				add(destination(image.Destination))
			}
		}
	}
	return names
}
