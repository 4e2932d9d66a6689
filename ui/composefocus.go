package ui

// firstEmpty is where writing begins.
func (c *composer) firstEmpty() field {
	switch {
	case c.inputs[fieldTo].value() == "":
		return fieldTo
	case c.inputs[fieldSubject].value() == "":
		return fieldSubject
	}
	return fieldBody
}

// visible tells whether a field is shown, and so takes part in tab.
func (c *composer) visible(f field) bool {
	switch f {
	case fieldCc, fieldBcc:
		return c.copies
	case fieldReplyTo:
		return c.replyTo
	case fieldHeaders:
		return len(c.shownHeaders()) > 0
	case fieldAttach:
		return len(c.files) > 0
	}
	return true
}

func (c *composer) moveFocus(by int) {
	if c.moveHeader(by) {
		return
	}
	f := c.focus
	for {
		f = (f + field(by) + fields) % fields
		if c.visible(f) {
			c.setFocus(f)
			if f == fieldHeaders && by < 0 {
				shown := c.shownHeaders()
				c.focusHeader(shown[len(shown)-1])
			}
			return
		}
	}
}

func (c *composer) setFocus(f field) {
	if c.focus != f && c.focus.addresses() {
		c.endList(c.focus)
	}
	c.focus = f
	c.completion.hide()
	c.dropBlankHeaders()
	c.focusHeader(0)
	if shown := c.shownHeaders(); len(shown) > 0 {
		c.focusHeader(shown[0])
	}
	for i, in := range c.inputs {
		in.setFocus(field(i) == f)
	}
	c.body.setFocus(f == fieldBody)
	c.chosen = min(c.chosen, max(len(c.files)-1, 0))
}

// showCopies opens Cc and Bcc, and goes from one to the other.
func (c *composer) showCopies() {
	if c.copies && c.focus == fieldCc {
		c.setFocus(fieldBcc)
		return
	}
	c.copies = true
	c.setFocus(fieldCc)
}
