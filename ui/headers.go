package ui

import (
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

func newHeaderInput(s *styles, h compose.Header) *headerInput {
	in := &headerInput{input: newInput(s, ""), header: h}
	if h.Name != "" || h.Value != "" {
		in.set(h.Name + ": " + h.Value)
	}
	in.shown = in.value()
	return in
}

// read gives what is typed. Without a colon it is all name, which the review
// will not let pass.
func (in *headerInput) read() compose.Header {
	text := in.value()
	if text == in.shown {
		return in.header
	}
	name, value, _ := strings.Cut(text, ":")
	return compose.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
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

// addHeader opens a line for another field.
func (c *composer) addHeader() {
	c.setFocus(fieldHeaders) // which takes blank lines away
	c.headers = append(c.headers, newHeaderInput(c.styles, compose.Header{}))
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
