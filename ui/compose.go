package ui

import (
	"reflect"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/outbox"
)

// field is a part of the form.
type field int

const (
	fieldTo field = iota
	fieldCc
	fieldBcc
	fieldReplyTo
	fieldSubject
	fieldHeaders
	fieldAttach
	fieldBody
	fields // how many there are
)

// addresses tells the fields that hold lists of addresses.
func (f field) addresses() bool { return f <= fieldReplyTo }

// composer is the form in which a message is written.
type composer struct {
	*desk
	saver *saver
	made  *compose.Draft // as the program itself made it; nil: it was there before
	keep  bool           // also if nobody has written on it

	madeSignature string // that made ends with

	base       compose.Draft // what the form does not show stays as it is
	senders    []sender
	from       int // -1: there is no account
	inputs     [fieldSubject + 1]*input
	copies     bool // Cc and Bcc are shown
	replyTo    bool // Reply-To is
	headers    []*headerInput
	header     int  // of headers, while they have the focus
	allHeaders bool // those of every reply are shown too
	files      []attachment
	chosen     int // of files, while they have the focus
	naming     naming
	missing    []string // pictures that the text shows and that cannot go along, clean
	body       *body
	focus      field
	maker      compose.Maker // for how large it gets

	ignored    map[string]bool // words that are right here; nil: none
	history    history
	completion completion
	warnings   [fieldReplyTo + 1]string // what is known against an address of the field

	last       compose.Draft // as of revision
	revision   int           // grows with every change
	saved      int           // the revision on disk
	savedBlank bool          // in which there was nothing to keep
	timer      bool          // a save is on its way
	saving     bool          // a save is under way
	saveErr    error
	leaving    bool          // close once it is saved
	placed     compose.Place // the cursor on disk

	editing   bool         // from ctrl+e until the text is back: the form takes nothing
	editDir   string       // of the file that the editor has or had; "" without one
	editWhole bool         // the editor has the headers too
	watch     *editorWatch // of the editor that runs; nil: none does
	later     []pathsSeen  // came while editing
}

func newComposer(d *desk, draft compose.Draft, ref outbox.DraftRef) *composer {
	c := &composer{desk: d, base: draft, saver: newSaver(d.options.Outbox, ref)}
	c.senders, c.from = chooseSender(senders(d.accounts), draft)
	text := draft.Body
	if ref.ID == 0 && text == "" {
		text = signedBelow(c.signature())
	}
	for f, value := range []string{addressLines(draft.To), addressLines(draft.Cc), addressLines(draft.Bcc), addressLines(draft.ReplyTo), draft.Subject} {
		c.inputs[f] = d.newInput(value)
	}
	for _, h := range draft.Headers {
		c.headers = append(c.headers, d.newHeaderInput(h))
	}
	c.replyTo = draft.ReplyTo != ""
	c.copies = draft.Cc != "" || draft.Bcc != ""
	c.body = newBody(d.styles, d.editKeys, text)
	c.files = filesOf(draft)
	c.naming.pasted(text)
	c.completion.composer = c
	if !c.goTo(draft.Cursor) {
		c.setFocus(c.firstEmpty())
	}
	c.last = c.draft()
	if ref.ID == 0 {
		made := c.last
		c.made, c.madeSignature, c.revision = &made, c.signature(), 1 // it is not on disk yet
	}
	return c
}

// blank tells that nobody has written on the message: there is nothing in it, or it
// is as the program made it, of a link or as a reply.
func (c *composer) blank() bool {
	signature := c.signature()
	if c.last.Empty(signature) {
		return true
	}
	return c.made != nil && !c.keep && reflect.DeepEqual(writing(*c.made, c.madeSignature), writing(c.last, signature))
}

// writing is a draft without what a person does not write: the sender with its
// signature, where the cursor stands, what was seen of files, and the pictures that were
// found since the text shows them.
func writing(d compose.Draft, signature string) compose.Draft {
	d.Account, d.From, d.Cursor, d.Inline = "", "", compose.Place{}, nil
	d.Body, _ = resign(d.Body, signature, "")
	d.Attachments = slices.Clone(d.Attachments)
	for i := range d.Attachments {
		d.Attachments[i].Size, d.Attachments[i].Modified = 0, 0
	}
	return d
}

// sheet is what is written, for the saver.
func (c *composer) sheet() sheet { return sheet{draft: c.last, revision: c.revision, blank: c.blank()} }

// start looks at the attachments, for people, and saves what is new.
func (c *composer) start() tea.Cmd { return tea.Batch(c.lookAtFiles(), c.readPeople(), c.changed()) }

func (c *composer) title() string {
	if s := clean(c.inputs[fieldSubject].value()); s != "" {
		return s
	}
	return "new message"
}

func (c *composer) restyled() {
	for _, in := range c.inputs {
		in.model.SetStyles(c.styles.input)
	}
	for _, in := range c.headers {
		in.model.SetStyles(c.styles.input)
	}
}

// draft is what is written, as it stands.
func (c *composer) draft() compose.Draft {
	d := c.base
	if c.from >= 0 {
		d.Account, d.From = c.senders[c.from].account, c.senders[c.from].from
	}
	d.To, d.Cc, d.Bcc = c.inputs[fieldTo].value(), c.inputs[fieldCc].value(), c.inputs[fieldBcc].value()
	d.ReplyTo, d.Headers = c.inputs[fieldReplyTo].value(), c.readHeaders()
	d.Subject, d.Body = c.inputs[fieldSubject].value(), c.body.text()
	d.Attachments, d.Inline = nil, nil
	for _, f := range c.files {
		if f.inline {
			d.Inline = append(d.Inline, f.image())
			continue
		}
		d.Attachments = append(d.Attachments, f.Attachment)
	}
	d.Cursor = c.place()
	return d
}

func (c *composer) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case saveDue:
		if msg.composer != c {
			return nil
		}
		c.timer = false
		if c.saving || c.revision == c.saved {
			return nil
		}
		return c.save()
	case draftSaved:
		if msg.composer == c {
			return c.handleSaved(msg)
		}
	case left:
		if msg.composer == c {
			return c.handleLeft(msg)
		}
	case filesSeen:
		if msg.composer == c {
			return c.takeSeen(msg.files)
		}
	case clipRead:
		if msg.composer == c {
			return c.handleClip(msg)
		}
	case picturesSeen:
		if msg.composer == c && c.takePictures(msg.pictures) {
			return c.changed()
		}
	case pathsSeen:
		switch {
		case msg.composer != c:
		case c.editing:
			c.later = append(c.later, msg)
		default:
			return c.handlePathsSeen(msg)
		}
	case lookupDue:
		if msg.composer == c {
			return c.handleLookupDue(msg)
		}
	case editorReady:
		if msg.composer == c {
			return c.runEditor(msg)
		}
	case editorClosed:
		if msg.composer == c {
			return c.readEdited(msg)
		}
	case edited:
		if msg.composer == c {
			return c.handleEdited(msg)
		}
	case tea.PasteMsg:
		return c.paste(msg.Content)
	case tea.KeyPressMsg:
		return c.press(msg)
	}
	return nil
}

// press handles a key, and what it changed.
func (c *composer) press(msg tea.KeyPressMsg) tea.Cmd {
	if c.leaving || c.editing {
		return nil
	}
	cmd := c.handleKey(msg)
	if c.touch() {
		return tea.Batch(cmd, c.changed())
	}
	return cmd
}

func (c *composer) handleKey(msg tea.KeyPressMsg) tea.Cmd {
	k := c.keys()
	switch {
	case key.Matches(msg, k.Take):
		c.completion.take()
	case key.Matches(msg, k.Below):
		c.completion.move(1)
	case key.Matches(msg, k.Above):
		c.completion.move(-1)
	case key.Matches(msg, k.Shut):
		c.completion.hide()
	case key.Matches(msg, k.Review):
		return c.review()
	case key.Matches(msg, k.Leave):
		return c.leave()
	case key.Matches(msg, k.Discard):
		c.askDiscard()
	case key.Matches(msg, k.Editor):
		c.editWhole = false
		return c.edit()
	case key.Matches(msg, k.EditorWhole):
		c.editWhole = true
		return c.edit()
	case key.Matches(msg, k.Spelling):
		return c.checkSpelling()
	case key.Matches(msg, k.Template):
		return c.openTemplates()
	case key.Matches(msg, k.Clip):
		return c.readClip()
	case key.Matches(msg, k.Attach):
		return c.openAttach()
	case key.Matches(msg, k.Copies):
		c.showCopies()
	case key.Matches(msg, k.ReplyTo):
		c.showReplyTo()
	case key.Matches(msg, k.Header):
		c.addHeader()
	case key.Matches(msg, k.Protect):
		c.nextProtection()
	case key.Matches(msg, k.Undo):
		return c.undo()
	case key.Matches(msg, k.Redo):
		return c.redo()
	case key.Matches(msg, k.NextFrom):
		return c.switchSender(1)
	case key.Matches(msg, k.PreviousFrom):
		return c.switchSender(-1)
	case key.Matches(msg, k.From):
		c.askSender()
	case key.Matches(msg, k.Next):
		c.moveFocus(1)
	case key.Matches(msg, k.Previous):
		c.moveFocus(-1)
	case key.Matches(msg, k.Help):
		c.push(newHelpPane(c.desk, c))
	default:
		return c.typeKey(msg)
	}
	return nil
}
