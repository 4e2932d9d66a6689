package ui

import (
	"context"
	"errors"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/accounts"
	"sendoff/accounts/discover"
)

// mostFindings is how many are offered: what comes behind them is worse.
const mostFindings = 5

// findPane looks for the servers of an address, and lets the person choose among
// what was found.
type findPane struct {
	*desk
	newcomer *newcomer
	known    discover.Result // what is known without asking
	task     *task
	roads    map[discover.Source]discover.Road // that have their answer
	result   *discover.Result                  // nil while it looks
	asked    bool                              // the domain's own server was shown the whole address
	list     list                              // of the findings, and by hand
}

// found is the result of a look-up.
type found struct {
	result discover.Result
	err    error
}

func (p *findPane) title() string { return "servers of " + clean(p.known.Address) }

func (p *findPane) restyled() {}

// look asks on all roads.
func (p *findPane) look() tea.Cmd {
	p.task.end()
	p.result, p.roads, p.list = nil, make(map[discover.Source]discover.Road), list{}
	address, asked, find := p.known.Address, p.asked, p.options.Setup.Find
	var cmd tea.Cmd
	p.task, cmd = p.begin(func(ctx context.Context, tell func(any)) any {
		result, err := find(ctx, address, FindOptions{AskDomain: asked, Told: func(r discover.Road) { tell(r) }})
		return found{result, err}
	})
	return cmd
}

func (p *findPane) update(msg tea.Msg) tea.Cmd {
	news, cmd := p.task.hear(p.ctx, msg)
	switch news := news.(type) {
	case discover.Road:
		p.roads[news.Source] = news
		return cmd
	case found:
		return p.handleFound(news)
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return p.press(msg)
	case tea.MouseWheelMsg:
		p.list.scroll(wheel(msg), p.choices(), p.choices())
	}
	return cmd
}

// handleFound shows what was found. The domain's own server may know more than it
// tells to whoever shows no address: where nothing is sure, that is asked.
func (p *findPane) handleFound(msg found) tea.Cmd {
	p.task.end()
	if msg.err != nil && !errors.Is(msg.err, context.Canceled) {
		p.close(p)
		return p.fail(msg.err)
	}
	p.result = &msg.result
	sure := slices.ContainsFunc(p.findings(), func(f discover.Finding) bool { return !f.Guess })
	if p.mayAsk() && !sure && p.top() == p {
		p.askDomain()
	}
	return nil
}

// mayAsk tells that it is of use to show the whole address to the domain's own server.
func (p *findPane) mayAsk() bool {
	return p.result != nil && slices.ContainsFunc(p.result.Roads, func(r discover.Road) bool { return r.MayKnow })
}

// askDomain asks before anybody sees the whole address.
func (p *findPane) askDomain() {
	p.ask("May its own server see the whole address?", "no", yes("show it", func() tea.Cmd {
		p.asked = true
		return p.look()
	}), answer{"type them", "question.by-hand", p.byHand})
}

// findings are those that can be taken now: at first what is known without asking.
func (p *findPane) findings() []discover.Finding {
	all := p.known.Findings
	if p.result != nil {
		all = p.result.Findings
	}
	return all[:min(len(all), mostFindings)]
}

// choices are the findings, and to type it.
func (p *findPane) choices() int { return len(p.findings()) + 1 }

func (p *findPane) press(msg tea.KeyPressMsg) tea.Cmd {
	k := p.keys()
	switch {
	case p.list.press(msg, k.move, p.choices(), p.choices()):
	case key.Matches(msg, k.Take):
		p.task.end()
		return p.take()
	case key.Matches(msg, k.ByHand):
		p.task.end()
		return p.byHand()
	case key.Matches(msg, k.Ask):
		p.askDomain()
	case key.Matches(msg, k.Again):
		return p.look()
	case key.Matches(msg, k.Help):
		p.push(newHelpPane(p.desk, p))
	case key.Matches(msg, k.Back):
		p.task.end()
		p.close(p)
	}
	return nil
}

func (p *findPane) take() tea.Cmd {
	all := p.findings()
	if p.list.cursor >= len(all) {
		return p.byHand()
	}
	return p.newcomer.take(all[p.list.cursor])
}

// byHand begins with what the cursor is on, which may only be wrong in a detail.
func (p *findPane) byHand() tea.Cmd {
	if all := p.findings(); p.list.cursor < len(all) {
		return p.newcomer.typeServer(all[p.list.cursor].SMTP)
	}
	return p.newcomer.typeServer(accounts.SMTP{})
}

// findKeys are the keys of the search for servers.
type findKeys struct {
	move                                 moveKeys
	Take, ByHand, Ask, Again, Help, Back key.Binding
}

func (p *findPane) keys() findKeys {
	stopped := !p.task.running()
	return findKeys{
		move:   p.moveKeys(),
		Take:   when(stopped || len(p.findings()) > 0, p.bound("take it", "servers.take")),
		ByHand: p.bound("type the servers", "servers.by-hand"),
		Ask:    when(p.mayAsk(), p.bound("show the address", "servers.ask")),
		Again:  when(stopped, p.bound("look again", "servers.again")),
		Help:   p.bound("help", "everywhere.help"),
		Back:   p.bound("back", "view.back"),
	}
}

func (p *findPane) bindings() bindings {
	k := p.keys()
	all := []key.Binding{k.Take, k.ByHand, k.Ask, k.Again}
	return bindings{
		footer: all,
		end:    []key.Binding{k.Help, k.Back},
		help:   []group{{"The servers", append(all, k.Back)}, {"Moving", k.move.all()}},
	}
}

func (p *findPane) view(width, height int) ([]string, *tea.Cursor) {
	room := max(width-2, 1)
	state := p.styles.dim.Render(stepServers)
	if p.task.running() {
		state = p.styles.wait.Render("… looking, " + seconds(p.now.Sub(p.task.from)) + " of 8")
	}
	head := 1
	if height >= attentionFrom {
		head = 2
	}
	rows, at := p.rows(room, height-head)
	height = max(height-head, 0)
	shown := scroller{lines: rows, top: max(min(at-height/3, len(rows)-height), 0)}
	if more := shown.more(height); more != "" && !p.task.running() {
		state = p.styles.dim.Render(more)
	}
	lines := []string{" " + between(p.styles.bold.Render("Servers of "+clean(p.known.Address)), state, room), ""}[:head]
	return append(lines, shown.view(height)...), nil
}

// rows are the findings and what the roads have said, in as few words as there is room
// for. at is the line of what is selected.
func (p *findPane) rows(width, height int) (lines []string, at int) {
	offers, at := p.offers(width, true)
	short := []string{p.saidInShort(width)}
	brief, briefAt := p.offers(width, false)
	for _, s := range []struct {
		offers, said []string
		at           int
	}{{offers, append([]string{""}, p.said(width)...), at}, {offers, append([]string{""}, short...), at}, {brief, short, briefAt}} {
		if lines, at = slices.Concat(s.offers, s.said), s.at; len(lines) <= height {
			break
		}
	}
	return lines, at
}

// offers are the findings, the best first, and that it may be typed. at is the line
// of the one that is selected. Why each was found stands with all of them, or with that
// one alone.
func (p *findPane) offers(width int, reasons bool) (lines []string, at int) {
	if p.result != nil && len(p.findings()) == 0 {
		text := "Nothing was found. The provider's help calls it the SMTP or outgoing server."
		if p.result.Offline {
			text = "Nobody could be asked: is this machine online? Its servers can be typed all the same."
		}
		for _, line := range wrap(text, width) {
			lines = append(lines, " "+p.styles.wait.Render(line))
		}
	} else if p.result != nil && p.result.Offline {
		lines = append(lines, " "+p.styles.wait.Render(cut("Nobody could be asked: this is what sendoff knows.", width)))
	}
	for i, f := range p.findings() {
		selected := i == p.list.cursor
		if selected {
			at = len(lines)
		}
		offer := p.offer(f, selected, width)
		if !selected && !reasons {
			offer = offer[:1]
		}
		lines = append(lines, offer...)
	}
	if p.task.running() && len(p.findings()) == 0 {
		return lines, at
	}
	selected := p.list.cursor >= len(p.findings())
	if selected {
		at = len(lines)
	}
	return append(lines, p.styles.mark(selected)+p.styles.name(cut("another server, which I type", width), selected)), at
}

// offer is one finding: a guess is called one, and what should be known before a
// password goes there stands with it.
func (p *findPane) offer(f discover.Finding, selected bool, width int) []string {
	mark := p.styles.mark(selected)
	text := accounts.Server{Host: f.SMTP.Host, Port: f.SMTP.Port, Security: f.SMTP.Security}.String()
	if f.SMTP.Username != "" && f.SMTP.Username != p.known.Address {
		text += ", user " + f.SMTP.Username
	}
	guess := ""
	if f.Guess {
		guess = p.styles.wait.Render("? a guess")
	}
	lines := []string{mark + between(p.styles.name(clean(text), selected), guess, width)}
	why := f.Why
	for _, source := range f.Also {
		why += ", " + p.roadName(source) + " too"
	}
	if !selected {
		return append(lines, " "+inked(p.styles.dim, cut("  "+clean(why), width)))
	}
	for _, line := range wrap(clean(why), max(width-2, 1)) {
		lines = append(lines, mark+"  "+p.styles.dim.Render(line))
	}
	if f.Confirm != "" {
		for _, line := range wrap("! "+clean(f.Confirm), max(width-2, 1)) {
			lines = append(lines, mark+"  "+p.styles.wait.Render(line))
		}
	}
	return lines
}

var roadLooks = map[discover.State]look{
	discover.Found: {"✓", "", toneGood}, discover.Nothing: {"–", "", toneQuiet},
	discover.Refused: {"✗", "", toneBad}, discover.Failed: {"!", "", toneWait},
}

// said are the roads, with what each has answered.
func (p *findPane) said(width int) (lines []string) {
	for _, source := range discover.Sources() {
		road, known := p.roads[source]
		l, text := look{"…", "", toneQuiet}, "asking"
		if !p.task.running() {
			text = p.keyed("not waited for: {servers.again} looks again")
		}
		if known {
			l, text = roadLooks[road.State], road.Said
		}
		lines = append(lines, p.road(l, p.roadName(source), clean(text), width)...)
	}
	return lines
}

// saidInShort counts what the roads have answered, in one line: the end gives way.
func (p *findPane) saidInShort(width int) string {
	states := make(map[discover.State]int)
	for _, road := range p.roads {
		states[road.State]++
	}
	var texts []string
	for _, c := range []struct {
		state discover.State
		what  string
	}{{discover.Found, "found"}, {discover.Refused, "refused"}, {discover.Failed, "failed"}, {discover.Nothing, "nothing"}} {
		if n := states[c.state]; n > 0 {
			l := roadLooks[c.state]
			texts = append(texts, p.styles.of(l.tone).Render(l.glyph)+p.styles.dim.Render(" "+number(n)+" "+c.what))
		}
	}
	if n := len(discover.Sources()) - len(p.roads); n > 0 {
		what := " not waited for"
		if p.task.running() {
			what = " asked"
		}
		texts = append(texts, p.styles.dim.Render("… "+number(n)+what))
	}
	return " " + flow("", texts, "  ", max(width-1, 1))[0]
}

// road is one line, and where something was refused all that it says.
func (p *findPane) road(l look, name, text string, width int) []string {
	const names, beside = 22, 34
	lines := []string{" " + p.styles.of(l.tone).Render(l.glyph) + " " + p.styles.plain.Render(cell(name, min(names, width-2)))}
	if width <= beside {
		return lines
	}
	words := []string{cut(text, width-names-3)}
	if l.tone == toneBad {
		words = wrap(text, width-names-3)
	}
	lines[0] += " " + p.styles.dim.Render(words[0])
	for _, more := range words[1:] {
		lines = append(lines, spaces(names+4)+p.styles.dim.Render(more))
	}
	return lines
}

// roadName is a road in words.
func (p *findPane) roadName(s discover.Source) string {
	switch s {
	case discover.SourcePreset:
		return "what sendoff knows"
	case discover.SourceAutoconfig:
		return "the domain's own"
	case discover.SourceWellKnown:
		return "its web server"
	case discover.SourceMX:
		return "where its mail goes"
	case discover.SourceSRV:
		return "its DNS (SRV)"
	case discover.SourceISPDB:
		return "Thunderbird's list"
	case discover.SourceISPDBMX:
		return "that list, by MX"
	}
	return "usual names"
}
