// Package ui is the face of the outbox in the terminal: the one tea.Model, its
// panes, keys and styles.
//
// It shows what the outbox says and asks it to act. It does not send, does not
// speak to servers, and keeps nothing that is not on disk a second or two later.
//
// Its one hard rule: Update never waits. Whatever touches the disk or the
// outbox is a command and comes back as a message, commands never touch the
// state of a pane, and results that nobody waits for any more are dropped.
//
// # Structure
//
// [Model] routes. The panes are structs with methods; the last of desk.panes is
// on the screen, and all of them hear what is not a key. A pane that wants work
// done returns a command; one that wants another pane, a question or a notice
// calls the desk.
package ui

import (
	"context"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/compose/addressbook"
	"sendoff/compose/spell"
	"sendoff/compose/template"
	"sendoff/internal/review"
	"sendoff/outbox"
)

// Options are what the interface needs to know.
type Options struct {
	Outbox       *outbox.Outbox
	Accounts     []accounts.Account // at the start; the first is the default; may be empty
	AccountsFile string             // where accounts are set up, for the first screen
	State        string             // the folder for what cannot be saved in the outbox; "": there is none
	UndoWindow   time.Duration      // how long a message waits before it leaves
	Editor       []string           // argv; empty: $VISUAL, $EDITOR, vi
	Environ      func() []string    // for the editor, called from commands; nil: that of this process
	Theme        string             // one of Themes; "auto" asks the terminal
	Mouse        bool
	Glyphs       string // GlyphsASCII where the terminal has no others
	Keys         Keys
	Filters      []Filter           // searches with a name, for the list
	Compose      *compose.Draft     // opens the composer with it
	Written      bool               // somebody has written Compose: it is kept as a draft, whatever becomes of it
	Template     *template.Template // is put into that; nil: none
	Templates    string             // the folder of those that can be put in
	Notice       string             // a line that stays on the first screen; {list.compose} in it is the key of that action
	Sending      bool               // this process has a sender
	Passing      bool               // the outbox goes with the program, and what waits with it: nobody is asked about that

	// Policies are the accounts as the outbox knows them: what their limits are;
	// called from commands. Nil: none has any.
	Policies func() []outbox.Policy

	// Daemon starts a sender of its own, which goes on when the interface has ended,
	// and with every session from then on. Nil: there is none. InsteadOfDaemon is what can
	// be done where that fails, in lower case.
	Daemon          func(ctx context.Context) error
	InsteadOfDaemon string

	// Setup is how accounts are set up. Nil: they are shown, and not changed.
	Setup *Setup

	// Lend is called before another program has the terminal, and back when it is here
	// again, from commands: a signal that comes from there meanwhile is not meant for this
	// one. Nil: nobody is told.
	Lend func() (back func())

	// Demo and Import are commands that have the terminal while they run: the demo, on an
	// outbox of its own, and what takes over the accounts of other mail programs. Empty:
	// there is none.
	Demo, Import []string

	// Campaigns is how campaigns are begun. Nil: they are shown, and none is begun.
	Campaigns *Campaigns

	// AccountsNow are the accounts as they are set up now, in the order of Accounts;
	// called from commands. Nil: they stay as they were at the start.
	AccountsNow func() ([]accounts.Account, error)

	// AccountsWrong is what was wrong with the accounts file when AccountsNow read it last,
	// where that gave the accounts of before; "" for nothing. Called from commands. Nil:
	// nothing ever is.
	AccountsWrong func() string

	// Alarms are shown by AlarmBy as they come. Nil: none come.
	Alarms  <-chan Alarm
	AlarmBy AlarmBy

	// OpenPGP signs and encrypts, and may not ask for a passphrase. OpenPGPAsks may: at
	// the terminal, which it is given. Nil: that cannot be done.
	OpenPGP, OpenPGPAsks Keyring

	// Clipboard gives what can be attached out of the clipboard; called from commands.
	// Nil: it cannot be read.
	Clipboard func(ctx context.Context) (Clip, error)

	// Spelling is how texts are checked. Nil: they are not.
	Spelling *spell.Checker

	// Where addresses are looked for, besides those that messages were for. Without
	// Argv no program is asked; without its Environ it has the editor's.
	AddressFiles addressbook.Files
	Lookup       addressbook.Lookup

	// Checks are programs that look at a message in its review. Those without an
	// Environ have the editor's.
	Checks []review.Check
}

// Filter is a search with a name.
type Filter struct{ Name, Query string }

// Model is the whole interface. Use it with [Run], or with [New] in a test.
type Model struct {
	*desk
	home  *outboxPane
	watch *watch

	unseen unseen
}

// New makes the interface. It starts nothing: that is for the commands. ctx
// ends all of them.
func New(ctx context.Context, o Options) *Model {
	d := newDesk(ctx, o)
	m := &Model{desk: d, home: newOutboxPane(d), watch: &watch{desk: d}}
	d.panes = []pane{m.home}
	return m
}

// Init gives the first commands.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.home.load(), m.indexSearch(), m.watch.start(), m.watch.tick(), m.quitWithContext, m.listenAlarms()}
	if m.options.Theme == themeAuto {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	if m.options.Compose != nil {
		cmds = append(cmds, m.openComposer(*m.options.Compose, outbox.DraftRef{}))
		m.composer().keep = m.options.Written
		if t := m.options.Template; t != nil {
			cmds = append(cmds, m.composer().useTemplate(*t))
		}
	}
	return tea.Batch(cmds...)
}

// quitWithContext is a command that ends the program when its context ends.
func (m *Model) quitWithContext() tea.Msg {
	<-m.ctx.Done()
	return tea.QuitMsg{}
}

// Update handles one message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.now = time.Now().In(m.zone)
	m.turn++
	from := m.seen()
	cmd := m.update(msg)
	switch msg.(type) {
	case tea.KeyPressMsg, tea.MouseClickMsg, actionChosen:
		if m.seen() != from {
			m.movedOn()
		}
	}
	return m, cmd
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = min(msg.Width, widest), msg.Height
	case tea.BackgroundColorMsg:
		if m.options.Theme == themeAuto {
			m.restyle(msg.IsDark())
		}
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.MouseClickMsg:
		return m.click(msg)
	case tea.PasteMsg, tea.MouseWheelMsg:
		if m.question != nil {
			return nil
		}
		return m.top().update(msg)
	case stopAsked:
		return m.stopHere()
	case broughtBack:
		return m.takeAgain()
	case noticeOver:
		m.endNotice(msg)
	case askedOf:
		return m.handleAskedOf(msg)
	case draftRead:
		return m.handleDraftRead(msg)
	case queued:
		return m.handleQueued(msg)
	case ended:
		return msg.do()
	case deedOver:
		return m.handleDeedOver(msg)
	case stopsCame:
		return m.handleStopsCame(msg)
	case actionChosen:
		return m.handleActionChosen(msg)
	case accountsChanged:
		return m.handleAccountsChanged(msg)
	case peopleRead:
		return m.handlePeopleRead(msg)
	case lookedUp:
		return m.handleLookedUp(msg)
	case alarmed:
		return m.handleAlarmed(msg)
	default:
		return m.tell(msg)
	}
	return nil
}

// press is a key: of the question that is asked, else of the pane on top.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	global := m.globalKeys()
	switch {
	case key.Matches(msg, global.Suspend):
		return m.stopHere()
	case key.Matches(msg, global.Abort):
		return m.quitNow()
	case m.question == nil && m.takeDigit(msg):
		return nil
	}
	under := m.notice
	defer func() {
		m.count = 0 // it was for this key
		m.goneOn(under)
	}()
	if m.question != nil {
		return m.answer(msg)
	}
	if m.count > 0 && key.Matches(msg, m.bound("forget the number", "count.clear")) {
		return nil
	}
	if _, open := m.top().(*palettePane); !open && key.Matches(msg, m.paletteKey(m.top().bindings())) {
		m.push(newPalettePane(m.desk, m.top()))
		return nil
	}
	on := m.top()
	dead := m.sayDead(msg, on)
	return tea.Batch(on.update(msg), dead)
}

// quitNow ends the program at once. [Run] keeps what is being written; where
// that fails it asks, whatever else is asked, and a second ctrl+c is the answer.
func (m *Model) quitNow() tea.Cmd {
	if m.question != nil && m.question.unsaved {
		return tea.Quit
	}
	if c := m.composer(); c != nil && c.saver.failing() {
		return m.askQuitUnsaved()
	}
	return tea.Quit
}

// tell hands a message to everything that may wait for it. The watch is last: it
// goes by the status that a pane has taken in.
func (m *Model) tell(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	if done, ok := msg.(acted); ok {
		m.deeds.note(done)
	}
	for _, p := range m.panes {
		cmds = append(cmds, p.update(msg))
	}
	if _, read := msg.(listRead); read {
		m.unseen.look(m.status, m.top() == m.home && m.home.section == sectionFailed)
		cmds = append(cmds, m.pressKept(), m.followQuestion())
	}
	return tea.Batch(append(cmds, m.watch.update(msg))...)
}

// handleDraftRead opens the composer with a draft that was read.
func (m *Model) handleDraftRead(msg draftRead) tea.Cmd {
	if msg.err != nil {
		return m.fail(msg.err)
	}
	if m.composer() == nil {
		m.panes = m.panes[:1] // it may have been opened from the item's own view
	}
	if msg.say != "" {
		return tea.Batch(m.say(msg.say), m.openComposer(msg.draft, msg.ref))
	}
	return m.openComposer(msg.draft, msg.ref)
}

// handleQueued leaves the composer once the message is safe in the outbox.
func (m *Model) handleQueued(msg queued) tea.Cmd {
	for _, p := range m.panes {
		if r, ok := p.(*reviewPane); ok && r == msg.review {
			if msg.err != nil {
				return r.handleRefused(msg.err)
			}
			m.panes = m.panes[:1]
			in, lasting := sectionOutbox, sentLasts
			if r.scheduled() {
				in, lasting = sectionScheduled, m.keyed(scheduledLasts)
			}
			m.deeds.lasting = lasting
			return tea.Batch(m.home.show(msg.id, in), m.sayLeaves(r))
		}
	}
	return nil
}

// sayLeaves says it for as long as it is so.
func (m *Model) sayLeaves(r *reviewPane) tea.Cmd {
	if wait := m.options.UndoWindow; wait > 0 && !r.scheduled() {
		return m.sayFor(m.leaves(r), min(wait, noticeTime))
	}
	return m.say(m.leaves(r))
}

// leaves says when a message that was just queued goes out.
func (m *Model) leaves(r *reviewPane) string {
	if r.scheduled() {
		return "It leaves " + m.moment(r.draft.Leaves) + "."
	}
	if wait := m.options.UndoWindow; wait > 0 {
		return "It leaves in " + seconds(wait) + m.keyed("; {outbox.undo} takes it back.")
	}
	return "It is in the outbox."
}

// View draws the screen.
func (m *Model) View() tea.View {
	v := tea.View{AltScreen: true, WindowTitle: m.options.drawn(m.windowTitle())}
	if m.options.Mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	v.ProgressBar = m.progressBar()
	if m.width <= 0 || m.height <= 0 {
		return v
	}
	foot := m.foot()
	room := m.height - len(foot)
	lines, cursor := m.top().view(m.width, room)
	lines = upTo(lines, room, m.width)
	for len(lines) < room {
		lines = append(lines, "")
	}
	lines = append(lines, foot...)
	for i, line := range lines {
		if ansi.StringWidth(line) > m.width { // on a screen too small for the layout
			lines[i] = ansi.Truncate(line, m.width, "")
		}
	}
	v.SetContent(m.options.drawn(strings.Join(lines, "\n")))
	if cursor != nil && m.question == nil && cursor.X < m.width && cursor.Y < room {
		v.Cursor = cursor
	}
	return v
}
