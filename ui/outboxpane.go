package ui

import (
	"context"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/outbox"
)

// outboxPane is the home: the sections and the list of the one that is open.
type outboxPane struct {
	*desk
	section    section
	generation int // of section and filter
	rows       rows
	list       list
	selected   outbox.ID         // the item under the cursor: it stays there when rows come and go
	chosen     outbox.CampaignID // the same among the campaigns

	loaded   bool // the first rows of the section are there
	readAt   time.Time
	reading  reading
	restored outbox.ID         // what was brought back, which the cursor goes to once it is read; 0: nothing was
	wanted   int               // the row, from 1, that the cursor goes to once it is read; 0: it stays
	touched  bool              // by the person: from then on no row goes away under the eye
	kept     []tea.KeyPressMsg // until loaded: see earlykeys.go
	trouble  int               // the notice of a reading that failed; 0: the last did not

	marks marks

	filter   filter
	tally    tally
	endTally context.CancelFunc // of the count that is under way; nil: none is
	tallyDue bool               // another count follows

	reason reason
}

// reason is the plain words for the selected item.
type reason struct {
	id    outbox.ID
	text  string
	stale bool // to be read again; the text stands until then
}

// reasonRead gives them.
type reasonRead struct {
	item outbox.Item
	err  error
}

func newOutboxPane(d *desk) *outboxPane {
	return &outboxPane{desk: d, section: sectionOutbox}
}

func (p *outboxPane) title() string { return sectionNames[p.section] }

func (p *outboxPane) restyled() { p.filter.restyled(p.styles) }

// load reads the newest rows and those on the screen again. While a request is
// under way it only notes that another must follow.
func (p *outboxPane) load() tea.Cmd {
	below := []outbox.ID{0}
	if start := max(p.list.top-margin, 0); start > 0 && start < len(p.rows.items) {
		below = append(below, p.rows.items[start].ID+1)
	}
	return p.request(listRequest{below: below})
}

// request reads for the section and the filter that are open.
func (p *outboxPane) request(r listRequest) tea.Cmd {
	if !p.reading.begin() {
		return nil
	}
	r.generation, r.steps, r.section, r.search = p.generation, p.deeds.steps, p.section, p.filter.search()
	r.accounts, r.sent = p.accounts, p.status.sent
	if !p.loaded && p.selected != 0 { // it may have left the section already
		r.shown = append(r.shown, p.selected)
	}
	if p.touched {
		for _, item := range p.visible() {
			r.shown = append(r.shown, item.ID)
		}
	}
	return p.do(func(ctx context.Context) tea.Msg { return r.read(ctx, p.options) })
}

// open shows a section, or the same one with another filter, from its top.
// While a filter is typed the old rows stay until the new ones are there. A
// filter goes along to where it is known to find something: elsewhere it would
// hide what is there.
func (p *outboxPane) open(s section) tea.Cmd {
	p.turnTo(s)
	return p.load()
}

func (p *outboxPane) turnTo(s section) {
	if s != p.section {
		p.rows = rows{}
		if !p.finds(s) {
			p.filter = filter{}
		}
	}
	p.stopTally()
	p.section = s
	p.generation++
	p.list, p.selected, p.loaded, p.wanted, p.marks, p.kept, p.restored = list{}, 0, false, 0, marks{}, nil, 0
	p.followCampaign()
}

// show opens the section in which something was just queued, with the cursor on it. It
// is shown there also if it has been sent by then.
func (p *outboxPane) show(id outbox.ID, in section) tea.Cmd {
	p.filter = filter{}
	p.turnTo(in)
	p.selected, p.touched = id, true
	return p.load()
}

// handleRead takes in what was read. The cursor stays on its item, and the item
// stays on its line.
func (p *outboxPane) handleRead(msg listRead) tea.Cmd {
	p.reading.end()
	if msg.err != nil {
		return p.readAgain(msg.err)
	}
	if p.trouble != 0 && p.trouble == p.notice.generation {
		p.clearNotice()
	}
	p.trouble = 0
	p.takeStatus(msg.status, msg.request.steps)
	followed := p.takeAccounts(msg.setUp)
	if msg.request.generation != p.generation {
		return tea.Batch(followed, p.load())
	}
	if !p.loaded {
		p.rows = rows{}
	}
	if msg.request.below[0] == 0 { // a reading after a change, not for more rows
		p.rows.fresh = p.rows.fresh[:0]
	}
	before := p.list.cursor
	for _, piece := range msg.pieces {
		p.rows.splice(piece.span, piece.items)
	}
	if p.rows.find(p.restored) >= 0 {
		p.selected, p.restored = p.restored, 0
	}
	if i := p.rows.find(p.selected); i >= 0 {
		p.list.cursor = i
		if p.list.top > 0 {
			p.list.top += i - before
		}
	}
	p.followCampaign()
	p.loaded, p.readAt = true, p.now
	cmd := tea.Batch(followed, p.moved())
	if p.rows.complete || p.wanted <= len(p.rows.items) {
		p.wanted = 0
	}
	cmd = tea.Batch(cmd, p.tallyFound())
	if p.reading.again {
		return tea.Batch(cmd, p.load())
	}
	return cmd
}

// rereadAfter is how long after a reading that failed the next is tried.
const rereadAfter = time.Second

// reread asks for a reading, since the last one failed.
type reread struct{}

// readAgain says that a reading failed, and tries another soon: a list that is
// not read would stay blank.
func (p *outboxPane) readAgain(err error) tea.Cmd {
	if p.ctx.Err() != nil { // the program is ending
		return nil
	}
	cmd := p.fail(err)
	p.trouble = p.notice.generation
	return tea.Batch(cmd, tea.Tick(rereadAfter, func(time.Time) tea.Msg { return reread{} }))
}

// moved follows every movement of the cursor: it brings the window into its
// bounds, and reads what is missing there.
func (p *outboxPane) moved() tea.Cmd {
	if p.section == sectionCampaigns {
		p.chooseCampaign()
		return nil
	}
	count, height := len(p.rows.items), p.rowsHeight()
	if p.wanted > 0 {
		p.list.cursor = p.wanted - 1
	}
	p.list.fit(count, height)
	cmd := p.readReason()
	if count > 0 {
		p.selected = p.rows.items[p.list.cursor].ID
	}
	if p.reading.underWay || !p.loaded {
		return cmd
	}
	switch end := p.list.top + height; {
	case p.wanted > count && !p.rows.complete:
		return tea.Batch(cmd, p.request(listRequest{below: []outbox.ID{p.rows.end}, toEnd: true}))
	case end+margin > count && !p.rows.complete:
		return tea.Batch(cmd, p.request(listRequest{below: []outbox.ID{p.rows.end}}))
	case !p.rows.isFresh(p.list.top, end):
		start := max(p.list.top-margin, 0)
		return tea.Batch(cmd, p.request(listRequest{below: []outbox.ID{p.rows.items[start].ID + 1}}))
	}
	return cmd
}

// item is the selected one, or nil.
func (p *outboxPane) item() *outbox.Item {
	if p.list.cursor >= len(p.rows.items) {
		return nil
	}
	return &p.rows.items[p.list.cursor]
}

// visible are the items on the screen.
func (p *outboxPane) visible() []outbox.Item {
	top := min(p.window().top, len(p.rows.items))
	return p.rows.items[top:min(top+p.rowsHeight(), len(p.rows.items))]
}

// readReason asks for the plain words that explain the selected item, if its
// state wants explaining.
func (p *outboxPane) readReason() tea.Cmd {
	i := p.item()
	if i == nil || i.Reason == "" || p.reason.id == i.ID && !p.reason.stale {
		return nil
	}
	id := i.ID
	if p.reason.id != id {
		p.reason = reason{id: id}
	}
	p.reason.stale = false
	return p.do(func(ctx context.Context) tea.Msg {
		item, err := p.options.Outbox.Get(ctx, id)
		return reasonRead{item, err}
	})
}

func (p *outboxPane) handleReason(msg reasonRead) {
	if msg.err != nil || msg.item.ID != p.reason.id {
		return
	}
	for _, r := range msg.item.Recipients {
		if r.State == outbox.RecipientSent || r.State == outbox.RecipientConfirmed || r.Text == "" {
			continue
		}
		p.reason.text = outbox.Explain(r.Result, msg.item.Account, r.Address).What + "  " + reply(r.Result)
		if len(msg.item.Recipients) > 1 {
			p.reason.text = clean(r.Address) + ": " + p.reason.text
		}
		return
	}
}

func (p *outboxPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case listRead:
		return p.handleRead(msg)
	case reasonRead:
		p.handleReason(msg)
	case tallyRead:
		p.handleTally(msg)
	case tallyLater:
		p.tallyDue = false
		return p.tallyFound()
	case changed:
		p.reason.stale = true
		return p.load()
	case quitAsked:
		return p.handleQuitAsked(msg)
	case daemonStarted:
		return p.handleDaemonStarted(msg)
	case ticked:
		return p.handleTicked()
	case glanced:
		return p.handleGlanced(msg)
	case left, reread:
		return p.load()
	case acted:
		if msg.err == nil {
			p.marks = marks{}
			p.status.deed = outbox.Deed{} // another one by now, which is read with the list
		}
		if msg.back.State == outbox.StateDraft && p.section != sectionDrafts {
			return tea.Batch(p.handleActed(msg), p.show(msg.back.ID, sectionDrafts))
		}
		p.restored = msg.back.ID
		return tea.Batch(p.handleActed(msg), p.load())
	case tea.KeyPressMsg:
		p.touched, p.wanted, p.restored = true, 0, 0
		if p.filter.typing {
			return p.pressFilter(msg)
		}
		return p.press(msg)
	case tea.PasteMsg:
		if p.filter.typing {
			p.filter.line.update(msg)
			return p.open(p.section)
		}
	case tea.MouseWheelMsg:
		p.touched, p.wanted, p.restored = true, 0, 0
		p.list.scroll(wheel(msg), p.rowCount(), p.rowsHeight())
		return p.moved()
	case tea.MouseClickMsg:
		p.touched, p.wanted, p.restored = true, 0, 0
		return p.click(msg)
	}
	return nil
}

func (p *outboxPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	if p.early(msg, k) {
		return nil
	}
	if row, ok := k.move.target(msg, p.list.cursor, p.rowsHeight()); ok {
		return p.goTo(row, k.move.times > 0 || row == lastRow)
	}
	for n, b := range k.Sections {
		if key.Matches(msg, b) {
			return p.open(section(n))
		}
	}
	switch {
	case key.Matches(msg, k.Next):
		return p.open(p.beside(1))
	case key.Matches(msg, k.Previous):
		return p.open(p.beside(sections - 1))
	case key.Matches(msg, k.Compose):
		return p.openComposer(compose.Draft{}, outbox.DraftRef{})
	case key.Matches(msg, k.Open):
		return p.openSelected()
	case key.Matches(msg, k.Filter):
		p.filter.begin(p.desk)
		return p.indexSearch()
	case key.Matches(msg, k.Saved):
		p.push(newFiltersPane(p))
	case key.Matches(msg, k.Mark):
		return p.toggleMark()
	case key.Matches(msg, k.Range):
		p.toggleRange()
	case key.Matches(msg, k.Accounts):
		return p.openAccounts()
	case key.Matches(msg, k.Campaign):
		return p.beginCampaign()
	case key.Matches(msg, k.Add):
		return p.addAccount()
	case key.Matches(msg, k.Import):
		return p.runImport()
	case key.Matches(msg, k.Demo):
		return p.runDemo()
	case key.Matches(msg, k.Back):
		return p.back()
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Quit):
		return p.quit()
	default:
		if marked := p.markedItems(); len(marked) > 0 {
			return p.actOnMany(msg, k.item, marked)
		}
		if c := p.campaign(); c != nil && key.Matches(msg, k.campaign.all()...) {
			return p.campaignActions(*c).act(msg, k.campaign)
		}
		return p.act(msg, k.item, p.item())
	}
	return nil
}

// goTo goes to a row, and where it must be that one reads on to it.
func (p *outboxPane) goTo(row int, must bool) tea.Cmd {
	height := p.rowsHeight() // goes by what is selected now
	p.list.cursor = row
	if must && p.section != sectionCampaigns && row >= len(p.rows.items) && !p.rows.complete {
		p.wanted = row + 1
	}
	p.list.fit(p.rowCount(), height)
	return p.moved()
}

// back clears one thing after the other: the marks, the filter, then what was said.
func (p *outboxPane) back() tea.Cmd {
	if len(p.markedItems()) > 0 {
		p.marks = marks{}
		return nil
	}
	if p.filter.on() {
		p.filter = filter{}
		return p.open(p.section)
	}
	p.clearNotice()
	return nil
}

// useFilter filters the section by a saved filter.
func (p *outboxPane) useFilter(query string) tea.Cmd {
	p.filter = filter{line: p.newInput(query)}
	return tea.Batch(p.open(p.section), p.indexSearch())
}

// indexSearch takes what is new into the index of searches, beside everything else:
// a search finds it without, only slower. So nobody is told when it fails.
func (d *desk) indexSearch() tea.Cmd {
	return d.do(func(ctx context.Context) tea.Msg {
		_ = d.options.Outbox.IndexSearch(ctx)
		return nil
	})
}

// pressFilter types in the filter; the list follows.
func (p *outboxPane) pressFilter(msg tea.KeyPressMsg) tea.Cmd {
	k := p.filterKeys()
	switch {
	case key.Matches(msg, k.Elsewhere):
		return p.open(p.beside(1))
	case key.Matches(msg, k.Up):
		p.list.cursor--
		return p.moved()
	case key.Matches(msg, k.Down):
		p.list.cursor++
		return p.moved()
	case p.filter.press(msg, k):
		return p.open(p.section)
	}
	return nil
}
