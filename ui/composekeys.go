package ui

import "charm.land/bubbles/v2/key"

// composeKeys are the keys of the form. All others are typed.
type composeKeys struct {
	Review, Leave, Discard key.Binding
	Editor, Attach, Copies key.Binding
	NextFrom, PreviousFrom key.Binding
	From                   key.Binding
	ReplyTo, Header        key.Binding
	Protect                key.Binding
	Undo, Redo             key.Binding
	EditorWhole            key.Binding
	Spelling, Template     key.Binding
	Clip                   key.Binding
	Next, Previous, Help   key.Binding
	FieldAbove, FieldBelow key.Binding
	Left, Right, Remove    key.Binding // among the attachments
	Add                    key.Binding
	Earlier, Later         key.Binding
	Describe, Show         key.Binding

	Take, Below, Above, Shut key.Binding // while addresses are offered
}

func (c *composer) keys() composeKeys {
	choice := len(c.senders) > 1
	files := c.focus == fieldAttach
	offered := c.completion.open()
	chosen := offered && c.completion.chosen >= 0
	return composeKeys{
		Review:       c.bound("review", "compose.review"),
		Leave:        when(!offered, c.bound("keep", "compose.keep")),
		Discard:      c.bound("discard", "compose.discard"),
		Editor:       c.bound("editor", "compose.editor"),
		EditorWhole:  c.bound("editor, with headers", "compose.editor-headers"),
		Spelling:     when(c.options.Spelling != nil, c.bound("spelling", "compose.spelling")),
		Template:     when(c.options.Templates != "", c.bound("template", "compose.template")),
		Clip:         when(c.options.Clipboard != nil, c.bound("attach the clipboard", "compose.clip")),
		Attach:       c.bound("attach", "compose.attach"),
		Copies:       c.bound("Cc Bcc", "compose.copies"),
		ReplyTo:      c.bound("Reply-To", "compose.reply-to"),
		Header:       c.bound("another header", "compose.header"),
		Protect:      when(c.options.OpenPGP != nil, c.bound("sign, encrypt", "compose.protect")),
		Undo:         when(len(c.history.past) > 0, c.bound("undo", "compose.undo")),
		Redo:         when(len(c.history.future) > 0, c.bound("redo", "compose.redo")),
		NextFrom:     when(choice, c.bound("next sender", "compose.next-from")),
		PreviousFrom: when(choice, c.bound("previous sender", "compose.previous-from")),
		From:         when(len(c.accounts) > 0, c.bound("type the sender", "compose.from")),
		Next:         when(!chosen, c.bound("next field", "compose.next-field")),
		Previous:     c.bound("previous field", "compose.previous-field"),
		FieldAbove:   when(c.focus != fieldBody, c.bound("the field above", "compose.field-above")),
		FieldBelow:   when(c.focus != fieldBody, c.bound("the field below", "compose.field-below")),
		Help:         c.boundTyping("help", "everywhere.help"),
		Left:         when(files, c.bound("the one before", "compose.left")),
		Right:        when(files, c.bound("the next", "compose.right")),
		Remove:       when(files, c.bound("take off", "compose.take-off")),
		Add:          when(files, c.bound("attach another", "compose.attach-another")),
		Earlier:      when(files, c.bound("further to the front", "compose.earlier")),
		Later:        when(files, c.bound("further back", "compose.later")),
		Describe:     when(files, c.bound("rename", "compose.describe")),
		Show:         when(files, c.bound("in the text", "compose.show")),
		Take:         when(chosen, c.bound("take", "compose.take")),
		Below:        when(offered, c.bound("choose", "compose.offer-down")),
		Above:        when(chosen, c.bound("choose", "compose.offer-up")),
		Shut:         when(offered, c.bound("type on", "compose.offer-shut")),
	}
}

func (c *composer) bindings() bindings {
	k := c.keys()
	return bindings{
		typing: true,
		body:   c.focus == fieldBody,
		footer: []key.Binding{k.Take, k.Below, k.Review, k.Remove, k.Describe, k.Show, k.Editor, k.Attach, k.Discard},
		end:    []key.Binding{k.Shut, k.Leave, k.Help},
		help: []group{
			{"The message", []key.Binding{k.Review, k.Leave, k.Discard, k.Editor, k.EditorWhole, k.Spelling, k.Template, k.Attach, k.Clip, k.Copies, k.ReplyTo, k.Header, k.Protect, k.NextFrom, k.PreviousFrom, k.From}},
			{"Fields", []key.Binding{k.Next, k.Previous, k.FieldAbove, k.FieldBelow, k.Undo, k.Redo}},
			{"While addresses are offered", []key.Binding{k.Take, k.Below, k.Above, k.Shut}},
			{"Attachments", []key.Binding{k.Left, k.Right, k.Remove, k.Add, k.Earlier, k.Later, k.Describe, k.Show}},
		},
	}
}
