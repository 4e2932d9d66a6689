package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/compose/template"
)

// useTemplate puts a template into the message, once its fields are filled in.
func (c *composer) useTemplate(t template.Template) tea.Cmd {
	t = t.Today(c.now)
	if len(t.Fields) == 0 {
		return c.takeTemplate(t.Fill(nil))
	}
	p := &formPane{desk: c.desk, name: clean(t.Name)}
	for _, f := range t.Fields {
		field := c.text(clean(f.Name), f.Default)
		field.proposed = f.Default != ""
		p.fields = append(p.fields, field)
	}
	p.submit = func() tea.Cmd {
		values := make(map[string]string)
		for i, f := range t.Fields {
			values[f.Name] = p.fields[i].input.value()
		}
		p.close(p)
		return c.takeTemplate(t.Fill(values))
	}
	p.setFocus(0)
	c.push(p)
	return nil
}

// takeTemplate puts its text in at the cursor, and the lines of its head where
// nothing stands. What the person has typed stays.
func (c *composer) takeTemplate(d compose.Draft) tea.Cmd {
	for f, text := range map[field]string{fieldTo: d.To, fieldCc: d.Cc, fieldBcc: d.Bcc, fieldReplyTo: d.ReplyTo, fieldSubject: d.Subject} {
		if c.inputs[f].value() == "" && text != "" {
			c.inputs[f].set(text)
		}
	}
	c.copies = c.copies || d.Cc != "" || d.Bcc != ""
	c.replyTo = c.replyTo || d.ReplyTo != ""
	var said tea.Cmd
	if d.From != "" {
		before := c.signature()
		c.takeFrom(d.From)
		said = c.sign(before)
	}
	c.body.paste(strings.TrimSuffix(d.Body, "\n"))
	for _, a := range d.Attachments {
		if f := (attachment{Attachment: a}); !slices.ContainsFunc(c.files, f.is) {
			c.files = append(c.files, f)
		}
	}
	c.setFocus(c.firstEmpty())
	c.warn(fieldTo, fieldCc, fieldBcc)
	c.touch()
	return tea.Batch(said, c.changed(), c.lookAtFiles())
}
