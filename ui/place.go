package ui

import (
	"unicode/utf8"

	"sendoff/compose"
)

// placeNames are the fields as a stored draft names them.
var placeNames = [fields]string{
	fieldTo: "to", fieldCc: "cc", fieldBcc: "bcc", fieldReplyTo: "reply_to", fieldSubject: "subject",
	fieldHeaders: "headers", fieldAttach: "attachments", fieldBody: "body",
}

// place is where the cursor stands.
func (c *composer) place() compose.Place {
	p := compose.Place{Field: placeNames[c.focus]}
	switch in := c.input(); {
	case in != nil:
		p.At = in.position()
	case c.focus == fieldBody:
		p.At = c.body.position()
	}
	return p
}

// goTo puts the cursor where it stood when the draft was saved, as near as what
// is there now allows. It tells whether there was such a place.
func (c *composer) goTo(p compose.Place) bool {
	for f, name := range placeNames {
		if name != p.Field || !c.visible(field(f)) {
			continue
		}
		c.setFocus(field(f))
		switch in := c.input(); {
		case in != nil:
			in.goTo(p.At)
		case c.focus == fieldBody:
			c.body.goTo(p.At)
		}
		return true
	}
	return false
}

// goTo puts the cursor at a place of the value, in bytes.
func (in *input) goTo(at int) {
	at = min(max(at, 0), len(in.value()))
	in.model.SetCursor(utf8.RuneCountInString(in.value()[:at]))
}

// settle notes what is written, and where the cursor stands, before the draft is
// left. A draft that was only looked at is not saved for that: a window in which
// somebody writes on it would take it for changed.
func (c *composer) settle() {
	c.touch()
	if c.saved > 0 && c.saved == c.revision && c.last.Cursor != c.placed {
		c.revision++
	}
}
