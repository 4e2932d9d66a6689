package ui

import (
	"context"
	"reflect"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

// saveAfter is how long a change waits to be saved: with the time that takes,
// no more than two seconds of typing can be lost. It counts from the first key
// that is not saved, not from the last.
const saveAfter = time.Second

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

	base    compose.Draft // what the form does not show stays as it is
	senders []sender
	from    int // -1: there is no account
	inputs  [fieldSubject + 1]*input
	copies  bool // Cc and Bcc are shown
	replyTo bool // Reply-To is
	headers []*headerInput
	header  int // of headers, while they have the focus
	files   []attachment
	chosen  int // of files, while they have the focus
	body    *body
	focus   field

	history    history
	completion completion
	warnings   [fieldReplyTo + 1]string // what is known against an address of the field

	last     compose.Draft // as of revision
	revision int           // grows with every change
	saved    int           // the revision on disk
	timer    bool          // a save is on its way
	saving   bool          // a save is under way
	saveErr  error
	leaving  bool          // close once it is saved
	placed   compose.Place // the cursor on disk

	editing   bool        // from ctrl+e until the text is back: the form takes nothing
	editDir   string      // of the file that the editor has or had; "" without one
	editWhole bool        // the editor has the headers too
	later     []pathsSeen // came while editing
}

// Results of the composer's commands. Each names the composer it is for.
type (
	saveDue    struct{ composer *composer }
	draftSaved struct {
		composer *composer
		revision int
		copied   bool // since another process had changed the draft
		err      error
	}
	left struct { // the composer may close
		composer *composer
		kept     bool
		err      error

		discarded *discarded
	}
)

func newComposer(d *desk, draft compose.Draft, ref outbox.DraftRef) *composer {
	c := &composer{desk: d, base: draft, saver: newSaver(d.options.Outbox, ref)}
	c.senders, c.from = chooseSender(senders(d.accounts), draft)
	text := draft.Body
	if ref.ID == 0 && text == "" {
		text = signed(c.senderAccount())
	}
	for f, value := range []string{addressLines(draft.To), addressLines(draft.Cc), addressLines(draft.Bcc), addressLines(draft.ReplyTo), draft.Subject} {
		c.inputs[f] = newInput(d.styles, value)
	}
	for _, h := range draft.Headers {
		c.headers = append(c.headers, newHeaderInput(d.styles, h))
	}
	c.replyTo = draft.ReplyTo != ""
	c.copies = draft.Cc != "" || draft.Bcc != ""
	c.body = newBody(d.styles, text)
	for _, a := range draft.Attachments {
		c.files = append(c.files, attachment{Attachment: a})
	}
	c.completion.composer = c
	if !c.goTo(draft.Cursor) {
		c.setFocus(c.firstEmpty())
	}
	c.last = c.draft()
	if ref.ID == 0 {
		c.revision = 1 // what came from outside, such as a mailto link, is not on disk yet
	}
	return c
}

// start looks at the attachments, for people, and saves what is new.
func (c *composer) start() tea.Cmd { return tea.Batch(c.lookAtFiles(), c.readPeople(), c.changed()) }

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
	c.body.setStyles(c.styles)
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
	d.Attachments = nil
	for _, f := range c.files {
		d.Attachments = append(d.Attachments, f.Attachment)
	}
	d.Cursor = c.place()
	return d
}

// senderAccount is the account that the message goes through; zero without one.
func (c *composer) senderAccount() accounts.Account {
	if c.from < 0 {
		return accounts.Account{}
	}
	a, _ := c.account(c.senders[c.from].account)
	return a
}

// touch notes that something may have changed, and tells whether it has. The
// cursor goes along with the text and is no change by itself.
func (c *composer) touch() bool {
	before, d := c.last, c.draft()
	c.last.Cursor = d.Cursor
	if reflect.DeepEqual(d, c.last) {
		return false
	}
	c.history.add(before, d, c.now)
	c.last = d
	c.revision++
	return true
}

// changed sees to it that the text is on disk soon.
func (c *composer) changed() tea.Cmd {
	if c.timer || c.revision == c.saved {
		return nil
	}
	c.timer = true
	return tea.Tick(saveAfter, func(time.Time) tea.Msg { return saveDue{c} })
}

// save writes the text to disk now.
func (c *composer) save() tea.Cmd {
	c.saving = true
	s, revision, d := c.saver, c.revision, c.last
	c.placed = d.Cursor
	return c.do(func(ctx context.Context) tea.Msg {
		err := s.save(ctx, revision, d)
		return draftSaved{c, revision, s.becameACopy(ctx), err}
	})
}

func (c *composer) handleSaved(msg draftSaved) tea.Cmd {
	c.saving = false
	c.saveErr = msg.err
	if msg.err == nil {
		c.saved = max(c.saved, msg.revision)
	}
	switch {
	case c.leaving && msg.err != nil: // everything stays on the screen
		c.leaving = false
		return tea.Batch(c.fail(msg.err), c.changed())
	case c.leaving:
		c.settle()
		if c.revision > c.saved {
			return c.save()
		}
		return c.finish()
	case msg.copied:
		return tea.Batch(c.say("Another window has changed this draft: what stands here is a copy of its own now."), c.changed())
	}
	return c.changed()
}

// leave saves and closes.
func (c *composer) leave() tea.Cmd {
	if c.leaving {
		return nil
	}
	c.leaving = true
	if c.saving {
		return nil // handleSaved goes on
	}
	c.settle()
	if c.revision > c.saved {
		return c.save()
	}
	return c.finish()
}

// finish closes once the text is safe; a draft with nothing in it goes.
func (c *composer) finish() tea.Cmd {
	s, d := c.saver, c.last
	return c.do(func(ctx context.Context) tea.Msg {
		kept, err := s.leave(ctx, d)
		return left{composer: c, kept: kept, err: err}
	})
}

func (c *composer) handleLeft(msg left) tea.Cmd {
	c.leaving = false
	if msg.err != nil {
		return c.fail(msg.err)
	}
	c.close(c)
	switch {
	case msg.kept:
		return c.say("Kept as a draft.")
	case msg.discarded != nil && !msg.discarded.draft.Empty():
		c.discarded = msg.discarded
		return c.say("Discarded; u brings it back.")
	}
	return nil
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
			c.handleFilesSeen(msg)
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
	case key.Matches(msg, k.Attach):
		return c.openAttach()
	case key.Matches(msg, k.Copies):
		c.showCopies()
	case key.Matches(msg, k.ReplyTo):
		c.showReplyTo()
	case key.Matches(msg, k.Header):
		c.addHeader()
	case key.Matches(msg, k.Undo):
		c.undo()
		return c.changed()
	case key.Matches(msg, k.Redo):
		c.redo()
		return c.changed()
	case key.Matches(msg, k.NextFrom):
		c.switchSender(1)
	case key.Matches(msg, k.PreviousFrom):
		c.switchSender(-1)
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

// visible tells whether a field is shown, and so takes part in tab.
func (c *composer) visible(f field) bool {
	switch f {
	case fieldCc, fieldBcc:
		return c.copies
	case fieldReplyTo:
		return c.replyTo
	case fieldHeaders:
		return len(c.headers) > 0
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
				c.focusHeader(len(c.headers) - 1)
			}
			return
		}
	}
}

func (c *composer) setFocus(f field) {
	c.focus = f
	c.completion.hide()
	c.dropBlankHeaders()
	c.focusHeader(0)
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

// takeSenders offers what can be sent from now, which may have changed while this
// is written. From stays as it is where that is possible; an account that has got
// another name is found by it. before is the account that it went through.
func (c *composer) takeSenders(before accounts.Account) tea.Cmd {
	d := c.draft()
	if _, ok := c.account(d.Account); !ok {
		d.Account = ""
	}
	c.senders, c.from = chooseSender(senders(c.accounts), d)
	if !c.editing {
		c.sign(before)
	}
	c.touch()
	return c.changed()
}

// switchSender takes another From; the account and the signature follow.
func (c *composer) switchSender(by int) {
	if len(c.senders) == 0 {
		return
	}
	before := c.senderAccount()
	c.from = (c.from + by + len(c.senders)) % len(c.senders)
	c.sign(before)
}

// sign puts the signature of the account in place of that of another one.
func (c *composer) sign(before accounts.Account) {
	text := c.body.text()
	if to := resign(text, before, c.senderAccount()); to != text {
		c.body.replace(to)
	}
}
