package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/outbox"
)

// campaignPane shows one campaign: how far it is, why it waits, and what became of
// each row of its list, a page at a time.
type campaignPane struct {
	*desk
	campaign   outbox.Campaign
	outlook    outbox.Outlook
	lookedAt   time.Time // when the outlook was read
	begun      int       // the notice that says that it was begun; 0: it was not begun here
	waited     string    // what it waited for last, while it runs; "": for nothing so far
	rows       []outbox.CampaignRow
	more       bool  // there are rows behind them
	next       int   // the number behind which those begin
	after      []int // the numbers behind which the pages up to this one begin
	only       int   // of rowChoices
	filter     filter
	list       list
	wanted     int // the row of the choice, from 1, that the cursor goes to when its page is read; 0: it stays
	generation int // of page and choice
	loaded     bool
	reading    reading
	endLoading context.CancelFunc // nil: nothing is read
}

// rowChoice is a part of a campaign's rows that can be looked at alone.
type rowChoice struct {
	name   string
	states []string
	count  func(outbox.CampaignCounts) int
	alike  bool // their state is as good as in the name: on a narrow screen its sign does
	brief  bool // of most there is no more to say than their account
}

// rowChoices are in the order in which somebody wants to see them.
var rowChoices = []rowChoice{
	{name: "all rows", count: func(n outbox.CampaignCounts) int { return n.Rows }},
	{name: "failed", states: []string{"failed", "bounced", "partial"}, count: func(n outbox.CampaignCounts) int { return n.Failed }, alike: true},
	{name: "in doubt", states: []string{"uncertain"}, count: func(n outbox.CampaignCounts) int { return n.Uncertain }, alike: true},
	{name: "waiting", states: []string{"waiting", "held", "scheduled", "sending"}, count: func(n outbox.CampaignCounts) int { return n.Waiting + n.Sending }},
	{name: "not begun", states: []string{"ready"}, count: func(n outbox.CampaignCounts) int { return n.Ready }, alike: true, brief: true},
	{name: "skipped", states: []string{"skipped"}, count: func(n outbox.CampaignCounts) int { return n.Skipped }, alike: true},
	{name: "cancelled", states: []string{"cancelled"}, count: func(n outbox.CampaignCounts) int { return n.Cancelled }, alike: true, brief: true},
	{name: "sent", states: []string{"sent"}, count: func(n outbox.CampaignCounts) int { return n.Sent }, alike: true, brief: true},
}

// outlookEvery is the least time between two looks ahead, which count what is left.
const outlookEvery = time.Second

// campaignRequest is what the pane wants to read.
type campaignRequest struct {
	of         *campaignPane
	generation int
	last       outbox.Campaign // as it was known
	fresh      bool            // what was seen ahead of it is fresh enough
	accounts   []accounts.Account
	now        time.Time
	rows       outbox.RowQuery
	after      []int // as in campaignPane
	page       int   // that is wanted; lastRow: the last
}

// campaignRead is what came of it.
type campaignRead struct {
	request  campaignRequest
	campaign outbox.Campaign
	outlook  *outbox.Outlook // nil: it stands
	after    []int           // as in campaignPane
	rows     []outbox.CampaignRow
	err      error
}

func (d *desk) openCampaign(c outbox.Campaign) tea.Cmd {
	p := &campaignPane{desk: d, campaign: c, after: []int{0}}
	d.push(p)
	return p.load()
}

func (p *campaignPane) title() string { return clean(p.campaign.Name) }

func (p *campaignPane) restyled() { p.filter.restyled(p.styles) }

func (p *campaignPane) load() tea.Cmd {
	if !p.reading.begin() {
		return nil
	}
	r := campaignRequest{
		of: p, generation: p.generation, last: p.campaign, fresh: p.loaded && p.now.Sub(p.lookedAt) < outlookEvery, accounts: p.accounts, now: p.now,
		rows: outbox.RowQuery{States: rowChoices[p.only].states, Search: p.filter.search()}, after: p.after, page: len(p.after) - 1,
	}
	if p.next > 0 {
		r.after = append(slices.Clone(p.after), p.next)
	}
	if p.wanted > 0 {
		r.page = (p.wanted - 1) / page
	}
	ctx, stop := context.WithCancel(p.ctx)
	p.endLoading = stop
	return p.do(func(context.Context) tea.Msg { return r.read(ctx, p.options) })
}

// read is the work of a command.
func (r campaignRequest) read(ctx context.Context, o Options) (out campaignRead) {
	out.request = r
	if out.campaign, out.err = o.Outbox.CampaignByID(ctx, r.last.ID); out.err != nil {
		return out
	}
	if !r.fresh || out.campaign.State != r.last.State {
		var ahead outbox.Outlook
		if ahead, out.err = o.Outbox.Outlook(ctx, out.campaign, policiesOf(o, r.accounts), r.now); out.err != nil {
			return out
		}
		out.outlook = &ahead
	}
	if out.after, out.err = r.pages(ctx, o.Outbox); out.err != nil {
		return out
	}
	r.rows.After, r.rows.Limit = out.after[len(out.after)-1], page+1
	out.rows, out.err = o.Outbox.CampaignRows(ctx, r.last.ID, r.rows)
	return out
}

// pages are those up to the one that is wanted, or to the last where there are fewer.
// Where they begin is looked for if that is not known from having been there.
func (r campaignRequest) pages(ctx context.Context, b *outbox.Outbox) ([]int, error) {
	if r.page < len(r.after) {
		return r.after[:r.page+1], nil
	}
	r.rows.Limit = page
	all, err := b.CampaignPages(ctx, r.last.ID, r.rows)
	return all[:min(r.page, len(all)-1)+1], err
}

// handleRead takes in what was read. The rows of another page than the one that is
// open now are dropped.
func (p *campaignPane) handleRead(msg campaignRead) tea.Cmd {
	if msg.request.of != p {
		return nil
	}
	p.reading.end()
	p.endLoading()
	if errors.Is(msg.err, context.Canceled) && msg.request.generation != p.generation { // for what is read now
		return p.load()
	}
	if msg.err != nil {
		if errors.Is(msg.err, outbox.ErrNoCampaign) {
			p.close(p)
		}
		return p.fail(msg.err)
	}
	if p.begun > 0 && p.begun == p.notice.generation && msg.campaign.State != p.campaign.State { // it says how it was
		p.clearNotice()
	}
	p.campaign = msg.campaign
	if msg.outlook != nil {
		p.outlook, p.lookedAt = *msg.outlook, p.now
	}
	switch why := p.why(); {
	case p.campaign.State != outbox.CampaignRunning:
		p.waited = ""
	case why != "":
		p.waited = why
	}
	if msg.request.generation != p.generation {
		return p.load()
	}
	p.after, p.rows, p.more, p.loaded = msg.after, msg.rows[:min(len(msg.rows), page)], len(msg.rows) > page, true
	if p.next = 0; p.more {
		p.next = p.rows[page-1].Number
	}
	if p.wanted > 0 {
		p.list.cursor, p.wanted = p.wanted-1-p.first(), 0
	}
	p.list.fit(len(p.rows), p.rowsHeight())
	if p.reading.again {
		return p.load()
	}
	return nil
}

func (p *campaignPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case campaignRead:
		return p.handleRead(msg)
	case changed, ticked:
		return p.load()
	case tea.KeyPressMsg:
		if p.filter.typing {
			return p.pressFilter(msg)
		}
		return p.press(msg)
	case tea.PasteMsg:
		if p.filter.typing {
			p.filter.line.update(msg)
			return p.find()
		}
	case tea.MouseWheelMsg:
		p.list.scroll(wheel(msg), len(p.rows), p.rowsHeight())
	case tea.MouseClickMsg:
		return p.click(msg)
	}
	return nil
}

func (p *campaignPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	if row, ok := k.move.target(msg, p.at(), p.rowsHeight()); ok {
		return p.goTo(row)
	}
	switch {
	case key.Matches(msg, p.bound("", "campaign.open")): // also where it is disabled, to say why
		return p.openRow()
	case key.Matches(msg, k.Rows):
		return p.choose(p.nextChoice())
	case key.Matches(msg, k.Find):
		p.filter.begin(p.desk)
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Back) && p.filter.on():
		return p.showAll()
	case key.Matches(msg, k.Back):
		p.close(p)
	default:
		return p.actions().act(msg, k.campaignActionKeys)
	}
	return nil
}

// actions are those on the campaign; the rows that are shown are those that are written out.
func (p *campaignPane) actions() campaignActions {
	return campaignActions{
		desk: p.desk, on: p, campaign: p.campaign, chosen: p.chosen(), read: p.load,
		rows: outbox.RowQuery{States: rowChoices[p.only].states, Search: p.filter.search()},
	}
}

// first is where the page stands among the rows of the choice, from 0.
func (p *campaignPane) first() int { return (len(p.after) - 1) * page }

// at is where the cursor stands among them, or will when they are read.
func (p *campaignPane) at() int {
	if p.wanted > 0 {
		return p.wanted - 1
	}
	return p.first() + p.list.cursor
}

// goTo goes to a row of the choice, and turns to its page.
func (p *campaignPane) goTo(row int) tea.Cmd {
	row = max(row, 0)
	here := row >= p.first() && row < p.first()+len(p.rows)
	if p.loaded && (here || row >= p.first() && !p.more) {
		p.list.cursor = row - p.first()
		p.list.fit(len(p.rows), p.rowsHeight())
		return nil
	}
	p.wanted = min(row, lastRow-1) + 1
	return p.reread()
}

// reread reads rows in place of those that are shown.
func (p *campaignPane) reread() tea.Cmd {
	p.rows, p.more, p.loaded, p.list = nil, false, false, list{}
	p.generation++
	return p.load()
}

// choose shows another part of the rows from its top.
func (p *campaignPane) choose(only int) tea.Cmd {
	p.only, p.after, p.next, p.wanted = only, []int{0}, 0, 0
	return p.reread()
}

// nextChoice is the next part that has rows.
func (p *campaignPane) nextChoice() int {
	for n := range rowChoices {
		if next := (p.only + 1 + n) % len(rowChoices); next == 0 || rowChoices[next].count(p.campaign.Counts) > 0 {
			return next
		}
	}
	return 0
}

// row is the selected one, or nil.
func (p *campaignPane) row() *outbox.CampaignRow {
	if p.list.cursor >= len(p.rows) {
		return nil
	}
	return &p.rows[p.list.cursor]
}

// openRow shows the item that became of the selected row, or says why there is none.
func (p *campaignPane) openRow() tea.Cmd {
	row := p.row()
	switch {
	case row == nil:
		return nil
	case row.Item == 0:
		return p.say(p.noLetter(*row))
	}
	id := row.Item
	return p.do(func(ctx context.Context) tea.Msg {
		item, err := p.options.Outbox.Get(ctx, id)
		return ended{func() tea.Cmd {
			switch {
			case err != nil:
				return p.fail(err)
			case p.top() != p: // something else was opened meanwhile
				return nil
			}
			return p.openItem(&item)
		}}
	})
}

// noLetter says why a row has no letter to be shown.
func (p *campaignPane) noLetter(row outbox.CampaignRow) string {
	switch state := row.State; {
	case state == "ready":
		return "Its letter is not made yet."
	case row.Reason != "":
		return "It has no letter: " + strings.TrimSuffix(clean(row.Reason), ".") + "."
	case state == outbox.StateCancelled.String() && p.campaign.State == outbox.CampaignCancelled:
		return "It has no letter: that was deleted, or the campaign ended before it was made."
	case state == outbox.StateCancelled.String():
		return "Its letter was deleted."
	}
	return "It has no letter."
}

// click selects a row, or opens the one that is selected.
func (p *campaignPane) click(msg tea.MouseClickMsg) tea.Cmd {
	head := len(p.head(p.width, p.paneHeight()))
	row := p.window().top + msg.Y - head
	if msg.Button != tea.MouseLeft || msg.Y < head || row >= len(p.rows) {
		return nil
	}
	if row == p.list.cursor {
		return p.openRow()
	}
	p.list.cursor = row
	return nil
}

// campaignKeys are the keys of the view of a campaign. Those that its state does not
// take are disabled.
type campaignKeys struct {
	move moveKeys
	campaignActionKeys
	Open, Rows, Find key.Binding
	Help, Back       key.Binding
}

func (p *campaignPane) keys() campaignKeys {
	c, row := p.campaign, p.row()
	back := "back"
	if p.filter.on() {
		back = "show all"
	}
	k := campaignKeys{
		move: p.moveKeys(), campaignActionKeys: p.campaignActionKeys(c),
		Open: when(row != nil && row.Item != 0, p.bound("open", "campaign.open")),
		Rows: when(p.nextChoice() != p.only, p.bound("show "+rowChoices[p.nextChoice()].name, "campaign.rows")),
		Find: when(c.Counts.Rows > 1, p.bound("find", "campaign.find")),
		Help: p.bound("help", "everywhere.help"),
		Back: p.bound(back, "view.back"),
	}
	if p.loaded && len(p.rows) == 0 { // of the choice there is nothing to write
		k.Export.SetEnabled(false)
	}
	return k
}

func (p *campaignPane) bindings() bindings {
	if p.filter.typing {
		return bindings{typing: true, footer: p.filterKeys().all()}
	}
	k := p.keys()
	return bindings{
		footer: slices.Concat(k.changing(), []key.Binding{k.Open, k.Rows, k.Find, k.Export, k.Delete}),
		end:    []key.Binding{k.Help, k.Back},
		help: []group{
			{"This campaign", append(k.changing(), k.Rows, k.Find, k.Export, k.Delete, k.Back)},
			{"The selected row", []key.Binding{k.Open}},
			{"Moving", k.move.all()},
		},
		apart: []group{{"While rows are looked for", p.filterKeys().all()}},
	}
}
