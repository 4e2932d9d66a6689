package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

// pane is one screen. It is told every message that may concern it, and keys,
// pastes and the mouse only while it is on top.
type pane interface {
	// update handles a message. It must not block.
	update(msg tea.Msg) tea.Cmd
	// view draws at most height lines of at most width columns. A cursor is
	// where the person types.
	view(width, height int) ([]string, *tea.Cursor)
	// bindings are the keys that mean something now.
	bindings() bindings
	// title names the pane in the title of the window, clean.
	title() string
	// restyled is called after the colours have changed.
	restyled()
}

// desk is what all panes share. It belongs to the goroutine of Update, except
// for what a command captures: ctx, options and jobs, which never change.
type desk struct {
	ctx     context.Context // of New; kept since commands run long after the call that made them
	options Options
	jobs    *jobs
	zone    *time.Location

	accounts []accounts.Account // as they were read last; the first is the default

	bindable map[string][]string // the keys of actions as bindings have them, by name, once they were asked for: some hundred are, each key

	editKeys editKeys

	styles        *styles
	width, height int
	now           time.Time // of the message that is being handled
	turn          int       // which message that is

	count    int       // how often the next key is done; 0: nothing was said
	panes    []pane    // the last is on the screen; the first is the outbox
	question *question // nil: nothing is asked
	notice   notice
	status   status
	deeds    deeds
	progress map[outbox.ID]outbox.Progress
	uploads  map[outbox.ID]upload // of those whose bytes go out
	people   *people

	jobControl *jobControl // nil: no signals come
	editorTurn bool        // an editor is about to open, or is there (takeTurn)
}

// status is what the outbox as a whole is up to.
type status struct {
	counts map[outbox.State]int // nil: not read yet
	resent int                  // failed, and are not counted as that: a copy has gone out
	undo   int                  // of the scheduled ones those in their undo window
	parks  []outbox.Park
	full   []outbox.Quota  // of the accounts that wait for a limit of their own
	sent   map[string]bool // accounts that have sent
	sender outbox.SenderSeen
	deed   outbox.Deed // the last that can be undone
	due    time.Time   // when the next scheduled one leaves; zero: none does

	campaigns []outbox.Campaign // the newest first

	setUpWrong string // what is wrong with the accounts file; "": nothing
}

func newDesk(ctx context.Context, o Options) *desk {
	if _, known := themes[o.Theme]; !known {
		o.Theme = themeAuto
	}
	return &desk{
		ctx: ctx, options: o, accounts: o.Accounts, jobs: new(jobs), people: new(people), zone: time.Local, now: time.Now(),
		styles: themeNamed(o.Theme).styles(), bindable: make(map[string][]string), editKeys: o.Keys.editKeys(),
	}
}

func (d *desk) restyle(dark bool) {
	*d.styles = *newStyles(dark)
	for _, p := range d.panes {
		p.restyled()
	}
}

func (d *desk) top() pane { return d.panes[len(d.panes)-1] }

func (d *desk) push(p pane) {
	d.leave()
	d.movedOn()
	d.panes = append(d.panes, p)
}

// pop closes the pane on top; the outbox stays.
func (d *desk) pop() {
	d.leave()
	d.panes = d.panes[:max(len(d.panes)-1, 1)]
}

// leave ends a notice that is of the pane on top alone.
func (d *desk) leave() {
	if d.notice.here {
		d.clearNotice()
	}
}

// close takes a pane off, with all above it.
func (d *desk) close(p pane) {
	for i, other := range d.panes {
		if other == p && i > 0 {
			d.leave()
			d.panes = d.panes[:i]
			return
		}
	}
}

// open tells that a pane is there still.
func (d *desk) open(p pane) bool { return slices.Contains(d.panes, p) }

// composer is the open composer, or nil.
func (d *desk) composer() *composer {
	for _, p := range d.panes {
		if c, ok := p.(*composer); ok {
			return c
		}
	}
	return nil
}

// openComposer shows a draft to write on: ref, or a new one.
func (d *desk) openComposer(draft compose.Draft, ref outbox.DraftRef) tea.Cmd {
	if d.composer() != nil {
		return d.say("There is a message open already.")
	}
	c := newComposer(d, draft, ref)
	d.push(c)
	return c.start()
}

// account finds an account by its name.
func (d *desk) account(name string) (accounts.Account, bool) {
	for _, a := range d.accounts {
		if a.Name == name {
			return a, true
		}
	}
	return accounts.Account{}, false
}

// do makes a command of work that touches the outbox or the disk. Run waits for
// it to end; after that it does nothing.
func (d *desk) do(work func(ctx context.Context) tea.Msg) tea.Cmd {
	return func() tea.Msg {
		if !d.jobs.begin() {
			return nil
		}
		defer d.jobs.end()
		return work(d.ctx)
	}
}

// notice is a line that says what happened. It leaves in time, or sooner where somebody
// goes on; a bad one stays until somebody does.
type notice struct {
	text       string
	bad        bool
	generation int
	since      time.Time
	keys       int  // pressed since it could be read
	turn       int  // in which it was said
	here       bool // is of no use once another pane is on top
	dead       bool // says of a key that it does nothing
	offer      bool // names the key that undoes what it tells of
}

// noticeOver ends the notice of a generation.
type noticeOver struct{ generation int }

// noticeTime is long enough to read a line twice.
const noticeTime = 6 * time.Second

func (d *desk) say(text string) tea.Cmd { return d.sayFor(text, noticeTime) }

// sayFor is say of what is so for a time alone.
func (d *desk) sayFor(text string, stays time.Duration) tea.Cmd {
	d.notice = notice{text: text, generation: d.notice.generation + 1, since: d.now, turn: d.turn}
	generation := d.notice.generation
	return tea.Tick(stays, func(time.Time) tea.Msg { return noticeOver{generation} })
}

func (d *desk) fail(err error) tea.Cmd {
	if d.ctx.Err() != nil { // the program is ending
		return nil
	}
	d.notice = notice{text: sentence(d.inShort(mistake(err))), bad: true, generation: d.notice.generation + 1, since: d.now, turn: d.turn}
	return nil
}

// inShort leaves the way to accounts.toml out of a text, which would fill the line.
func (d *desk) inShort(text string) string {
	path := clean(d.options.AccountsFile)
	if path == "" {
		return text
	}
	if rest, ok := strings.CutPrefix(text, path); ok {
		text = "in accounts.toml" + rest
	}
	return strings.ReplaceAll(text, path, "accounts.toml")
}

func (d *desk) endNotice(msg noticeOver) {
	if d.notice.generation == msg.generation {
		d.clearNotice()
	}
}

func (d *desk) clearNotice() { d.notice = notice{generation: d.notice.generation} }

// widest is how many columns of a terminal are drawn on: on more the eye loses the row between a name
// at its left end and what is said of it at its right one, and long lines cannot be read.
const widest = 160

// Heights of the foot of the screen, and the screen heights from which there is
// room for more than the keys.
const (
	keysFrom      = 3
	ruleFrom      = 8
	attentionFrom = 6
	twoLinesFrom  = 12
	roomyFrom     = 20
)

// foot is the lines below the pane: what needs the person, a rule, and the keys
// or the question that is asked.
func (d *desk) foot() []string {
	lines := d.aboveKeys()
	for _, line := range d.keyedFoot() {
		lines = append(lines, " "+d.styles.keyed(line))
	}
	return lines
}

// aboveKeys is the foot without the keys or the question.
func (d *desk) aboveKeys() (lines []string) {
	said := d.noticeLines(max(d.width-1, 1))
	if d.height < ruleFrom && (d.question == nil || d.height < keysFrom) {
		return d.urgent(said)
	}
	rule := d.rule()
	if last := len(said) - 1; last >= 0 { // it hides nothing there, and nothing moves for it
		said, rule = said[:last], d.ruleWith(said[last])
	}
	return append(d.urgent(said), rule)
}

// paneHeight is how many lines the pane on top has. It is asked for many times a key,
// and writes no keys to count them.
func (d *desk) paneHeight() int {
	foot := len(d.aboveKeys())
	switch {
	case d.question != nil:
		foot += len(d.questionLines())
	case d.height >= keysFrom:
		foot++
	}
	return max(d.height-foot, 0)
}

func (d *desk) rule() string { return " " + d.styles.dim.Render(repeat("─", d.width-2)) }

// ruleWith is the rule with what just happened in it.
func (d *desk) ruleWith(said string) string {
	if left := d.width - 2 - ansi.StringWidth(said); left > 0 {
		return said + " " + d.styles.dim.Render(repeat("─", left))
	}
	return said
}

// urgent is the lines for the person: first what just happened, as far as that does not
// stand in the rule.
func (d *desk) urgent(said []string) []string {
	most := 1
	switch {
	case d.height < attentionFrom:
		return nil
	case d.question != nil && len(d.questionLines()) > 1: // it needs their room
		return said
	case d.height >= roomyFrom:
		most = 3
	}
	var lines []string
	if a, ok := d.top().(interface{ attention(width int) []string }); ok {
		lines = a.attention(max(d.width-2, 1))
	}
	lines = lines[:min(len(lines), most)]
	// What was just said takes the place of the least urgent: no row moves for it where there is such a line.
	return append(slices.Clip(said), lines[:max(len(lines)-len(said), 0)]...)
}

// noticeLines are the notice, if there is one, in two lines where it does not fit into
// one and there is room for them; what does not fit even so is cut.
func (d *desk) noticeLines(width int) []string {
	if d.notice.text == "" || d.height < attentionFrom || d.notice.offer && !d.takesUndo() {
		return nil
	}
	style := d.styles.accent
	if d.notice.bad {
		style = d.styles.bad
	}
	line := func(text string) string { return " " + style.Render(cut(text, width)) }
	all := wrap(d.notice.text, width)
	if len(all) < 2 || d.height < twoLinesFrom {
		return []string{line(d.notice.text)}
	}
	rest, _ := strings.CutPrefix(d.notice.text, all[0]) // as it is: a path that was divided stays one
	return []string{line(all[0]), line(strings.TrimSpace(rest))}
}
