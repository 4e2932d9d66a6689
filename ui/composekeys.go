package ui

import "charm.land/bubbles/v2/key"

// composeKeys are the keys of the form. All others are typed.
type composeKeys struct {
	Review, Leave, Discard key.Binding
	Editor, Attach, Copies key.Binding
	NextFrom, PreviousFrom key.Binding
	ReplyTo, Header        key.Binding
	Undo, Redo             key.Binding
	EditorWhole            key.Binding
	Next, Previous, Help   key.Binding
	Left, Right, Remove    key.Binding // among the attachments
	Add                    key.Binding

	Take, Below, Above, Shut key.Binding // while addresses are offered
}

func (c *composer) keys() composeKeys {
	choice := len(c.senders) > 1
	files := c.focus == fieldAttach
	offered := c.completion.open()
	chosen := offered && c.completion.chosen >= 0
	return composeKeys{
		Review:       bind("review", "ctrl+s", "ctrl+enter"),
		Leave:        when(!offered, bind("keep", "esc")),
		Discard:      bind("discard", "ctrl+x"),
		Editor:       bind("editor", "ctrl+e"),
		EditorWhole:  bind("editor, with headers", "alt+e"),
		Attach:       bind("attach", "ctrl+t"),
		Copies:       bind("Cc Bcc", "ctrl+b"),
		ReplyTo:      bind("Reply-To", "ctrl+r"),
		Header:       bind("another header", "ctrl+o"),
		Undo:         when(len(c.history.past) > 0, bind("undo", "alt+z", "ctrl+_", "ctrl+/")),
		Redo:         when(len(c.history.future) > 0, bind("redo", "alt+y")),
		NextFrom:     when(choice, bind("next sender", "alt+n")),
		PreviousFrom: when(choice, bind("previous sender", "alt+p")),
		Next:         when(!chosen, bind("next field", "tab")),
		Previous:     bind("previous field", "shift+tab"),
		Help:         bind("help", "f1"),
		Left:         when(files, bind("the one before", "left")),
		Right:        when(files, bind("the next", "right")),
		Remove:       when(files, bind("take off", "x", "delete", "backspace")),
		Add:          when(files, bind("attach another", "enter")),
		Take:         when(chosen, bind("take", "tab", "enter")),
		Below:        when(offered, bind("choose", "down", "ctrl+n")),
		Above:        when(chosen, bind("choose", "up", "ctrl+p")),
		Shut:         when(offered, bind("type on", "esc")),
	}
}

func (c *composer) bindings() bindings {
	k := c.keys()
	return bindings{
		footer: []key.Binding{k.Take, k.Below, k.Review, k.Remove, k.Editor, k.Attach, k.Discard},
		end:    []key.Binding{k.Shut, k.Leave, k.Help},
		help: []group{
			{"The message", []key.Binding{k.Review, k.Leave, k.Discard, k.Editor, k.EditorWhole, k.Attach, k.Copies, k.ReplyTo, k.Header, k.NextFrom, k.PreviousFrom}},
			{"Fields", []key.Binding{k.Next, k.Previous, k.Undo, k.Redo}},
			{"While addresses are offered", []key.Binding{k.Take, k.Below, k.Above, k.Shut}},
			{"Attachments", []key.Binding{k.Left, k.Right, k.Remove, k.Add}},
		},
	}
}
