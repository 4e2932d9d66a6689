package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// typeKey is a key for the field that has the focus.
func (c *composer) typeKey(msg tea.KeyPressMsg) tea.Cmd {
	switch c.focus {
	case fieldAttach:
		return c.pressFiles(msg)
	case fieldBody:
		if action, selects := c.editKeys.action(msg); action == "cursor.up" && !selects && c.body.atTop() {
			c.moveFocus(-1)
			return nil
		}
		c.body.update(msg)
		return nil
	}
	switch k := c.keys(); {
	case key.Matches(msg, k.FieldBelow):
		c.moveFocus(1)
	case key.Matches(msg, k.FieldAbove):
		c.moveFocus(-1)
	default:
		return c.typeInput(msg)
	}
	return nil
}

// typeInput is a key for a field of one line.
func (c *composer) typeInput(msg tea.KeyPressMsg) tea.Cmd {
	if c.completion.hasTyped(msg.Text) {
		return nil
	}
	in := c.input()
	before := in.value()
	in.update(msg)
	switch {
	case !c.focus.addresses():
	case in.value() == before:
		c.completion.hide()
	default:
		c.warn(c.focus)
		return c.completion.follow()
	}
	return nil
}

// paste puts a text in, unless it is the path of a file, which a terminal pastes
// when the file is dropped on it.
func (c *composer) paste(text string) tea.Cmd {
	if c.leaving || c.editing {
		return nil
	}
	if paths, ok := parsePaths(text); ok {
		return c.lookAtPaths(paths, text)
	}
	return c.pasteText(text)
}

// pasteText puts a text in where the focus is; among the attachments there is
// no place for it, and it goes to the body.
func (c *composer) pasteText(text string) tea.Cmd {
	switch c.focus {
	case fieldBody, fieldAttach:
		c.setFocus(fieldBody)
		c.naming.pasted(text)
		c.body.paste(text)
	case fieldTo, fieldCc, fieldBcc, fieldReplyTo:
		c.inputs[c.focus].update(tea.PasteMsg{Content: addressLines(text)})
		c.completion.hide()
		c.warn(c.focus)
	case fieldSubject, fieldHeaders:
		c.input().update(tea.PasteMsg{Content: strings.TrimRight(text, "\r\n")})
	}
	if c.touch() {
		return c.changed()
	}
	return nil
}
