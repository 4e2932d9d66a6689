package ui

import (
	"slices"
	"strings"

	"sendoff/compose"
)

// headerInput is a line of the form for a further field of the header, as in
// "X-Priority: 1". One that nobody touched stays as it came.
type headerInput struct {
	*input
	header compose.Header
	shown  string
}

func (d *desk) newHeaderInput(h compose.Header) *headerInput {
	in := &headerInput{input: d.newInput(""), header: h}
	switch {
	case h.Name != "":
		in.set(h.Name + ": " + h.Value)
	case h.Value != "":
		in.set(h.Value)
	}
	in.shown = in.value()
	return in
}

// read gives what is typed. Without a colon it is a value without a name, which the
// review does not let pass.
func (in *headerInput) read() compose.Header {
	text := in.value()
	if text == in.shown {
		return in.header
	}
	name, value, found := strings.Cut(text, ":")
	if !found {
		return compose.Header{Value: strings.TrimSpace(text)}
	}
	return compose.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
}

// threads tells a field that says which message this one answers, as it came: it means
// nothing to a person.
func (in *headerInput) threads() bool {
	named := strings.EqualFold(in.header.Name, "In-Reply-To") || strings.EqualFold(in.header.Name, "References")
	return named && in.value() == in.shown
}

func (in *headerInput) blank() bool { return strings.TrimSpace(in.value()) == "" }

// readHeaders are those that are typed.
func (c *composer) readHeaders() (headers []compose.Header) {
	for _, in := range c.headers {
		if !in.blank() {
			headers = append(headers, in.read())
		}
	}
	return headers
}

// hides tells that a field is not on the screen: until another one is asked for, those
// that every reply has are not.
func (c *composer) hides(in *headerInput) bool { return !c.allHeaders && in.threads() }

// isReply tells that the message answers another one.
func (c *composer) isReply() bool {
	return slices.ContainsFunc(c.headers, func(in *headerInput) bool { return strings.EqualFold(in.header.Name, "In-Reply-To") })
}

// shownHeaders are the numbers of those on the screen.
func (c *composer) shownHeaders() (shown []int) {
	for n, in := range c.headers {
		if !c.hides(in) {
			shown = append(shown, n)
		}
	}
	return shown
}

// addHeader opens a line for another field, and shows all that there are.
func (c *composer) addHeader() {
	c.allHeaders = true
	c.setFocus(fieldHeaders) // which takes blank lines away
	c.headers = append(c.headers, c.newHeaderInput(compose.Header{}))
	c.focusHeader(len(c.headers) - 1)
}

// focusHeader takes the focus to one of the lines.
func (c *composer) focusHeader(n int) {
	c.header = n
	for i, in := range c.headers {
		in.setFocus(c.focus == fieldHeaders && i == n)
	}
}

// moveHeader goes to the line before or behind, if there is one.
func (c *composer) moveHeader(by int) bool {
	to := c.header + by
	for to >= 0 && to < len(c.headers) && c.hides(c.headers[to]) {
		to += by
	}
	if c.focus != fieldHeaders || to < 0 || to >= len(c.headers) {
		return false
	}
	c.focusHeader(to)
	return true
}

// dropBlankHeaders takes away the lines in which nothing stands.
func (c *composer) dropBlankHeaders() {
	var kept []*headerInput
	for _, in := range c.headers {
		if !in.blank() {
			kept = append(kept, in)
		}
	}
	c.headers, c.header = kept, 0
}

// showReplyTo opens Reply-To.
func (c *composer) showReplyTo() {
	c.replyTo = true
	c.setFocus(fieldReplyTo)
}

// input is the field of one line that has the focus, or nil.
func (c *composer) input() *input {
	switch {
	case c.focus <= fieldSubject:
		return c.inputs[c.focus]
	case c.focus == fieldHeaders && c.header < len(c.headers):
		return c.headers[c.header].input
	}
	return nil
}
