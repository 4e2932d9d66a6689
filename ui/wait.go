package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// waitPane waits until nothing is under way any more, and quits then.
type waitPane struct {
	*desk
	under    outbox.UnderWay
	standing map[string]int // messages of each account that stands still
	going    []outbox.Item  // some of those that are under way
}

// underWayRead is what is left.
type underWayRead struct {
	of       *waitPane
	under    outbox.UnderWay
	standing map[string]int
	going    []outbox.Item
	err      error
}

func (p *waitPane) title() string { return "waiting" }

func (p *waitPane) restyled() {}

func (p *waitPane) look() tea.Cmd {
	still := p.standingStill()
	return p.do(func(ctx context.Context) tea.Msg {
		under, standing, err := readUnderWay(ctx, p.options.Outbox, still)
		if err != nil {
			return underWayRead{of: p, err: err}
		}
		going, err := goingOut(ctx, p.options.Outbox, still.All())
		return underWayRead{p, under, standing, going, err}
	})
}

// mostGoing is how many messages are named while it waits for them, of each kind: more
// than low screens have lines.
const mostGoing = 30

// goingOut are messages that are under way: those on the wire first, then those that the
// sender has claimed ahead.
func goingOut(ctx context.Context, b *outbox.Outbox, still []string) (going []outbox.Item, err error) {
	now := time.Now()
	onTheWire := make(map[outbox.ID]bool)
	for _, g := range b.Progress() {
		i, err := b.Get(ctx, g.Item)
		switch {
		case errors.Is(err, outbox.ErrNotFound):
			continue
		case err != nil:
			return nil, err
		}
		if i.State == outbox.StateSending && len(going) < mostGoing {
			going, onTheWire[i.ID] = append(going, i), true
		}
	}
	for _, state := range []outbox.State{outbox.StateSending, outbox.StateScheduled, outbox.StateWaiting} {
		all, err := b.List(ctx, outbox.Query{States: []outbox.State{state}, Limit: mostGoing})
		if err != nil {
			return nil, err
		}
		for _, i := range all {
			due := state == outbox.StateWaiting && !i.NextAttempt.After(now) && !slices.Contains(still, i.Account)
			if state == outbox.StateSending && !onTheWire[i.ID] || inUndoWindow(i, now) || due {
				going = append(going, i)
			}
		}
	}
	return going, nil
}

func (p *waitPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case listRead, ticked: // the outbox has been read, or time has passed
		return p.look()
	case underWayRead:
		if msg.of != p || !p.open(p) {
			return nil
		}
		if msg.err != nil {
			return p.fail(msg.err)
		}
		if p.under, p.standing, p.going = msg.under, msg.standing, msg.going; p.under.All() == 0 {
			return tea.Quit
		}
	case tea.KeyPressMsg:
		k := p.keys()
		switch {
		case key.Matches(msg, k.Stay):
			p.close(p)
		case key.Matches(msg, k.Stop):
			p.askStop()
		case key.Matches(msg, p.bound("", "wait.stop")):
			return p.say(p.whyNoStop())
		case key.Matches(msg, k.Quit):
			return tea.Quit
		case key.Matches(msg, k.Help):
			p.push(newHelpPane(p.desk, p))
		}
	}
	return nil
}

// waitKeys are the keys while the interface waits for its end.
type waitKeys struct{ Stay, Stop, Quit, Help key.Binding }

func (p *waitPane) keys() waitKeys {
	return waitKeys{
		Stay: p.bound("stay", "wait.stay"), Stop: when(len(p.stoppable()) > 0, p.bound("stop", "wait.stop")),
		Quit: p.bound("quit now", "wait.quit"), Help: p.bound("help", "everywhere.help"),
	}
}

// stoppable are those of what is waited for that can be given up: those that the servers have
// not all of and that are not being stopped already. None where not each of them is known.
func (p *waitPane) stoppable() (some []outbox.Item) {
	if len(p.going) != p.under.All() {
		return nil
	}
	for _, i := range p.going {
		if p.itemKeys(&i).Cancel.Enabled() {
			some = append(some, i)
		}
	}
	return some
}

// whyNoStop says why what is waited for cannot be given up here.
func (p *waitPane) whyNoStop() string {
	ofCampaign := func(i outbox.Item) bool { return i.Campaign != "" }
	stopping := func(i outbox.Item) bool { return i.Stopping }
	switch {
	case p.under.Unmade > 0 || slices.ContainsFunc(p.going, ofCampaign):
		return p.keyed("Letters of a campaign are among them: {campaign.pause} in the campaign pauses it.")
	case len(p.going) != p.under.All():
		return "These are more than are named here; each is cancelled in the list."
	case slices.ContainsFunc(p.going, stopping):
		return "They are being stopped already."
	}
	return "It cannot be stopped any more: the server has all of it."
}

// askStop asks whether to give up what is waited for.
func (p *waitPane) askStop() {
	all := p.stoppable()
	these := "these " + count(len(all), "message")
	if len(all) < len(p.going) {
		these = number(len(all)) + " of these " + count(len(p.going), "message")
	}
	text := p.keyed(fmt.Sprintf("Stop %s? They stay in the outbox, and {outbox.retry} sends them after all.", these))
	if len(all) == 1 {
		text = fmt.Sprintf("Stop %q?", subject(all[0])) + p.keyed(" It stays in the outbox, and {outbox.retry} sends it after all.")
	}
	p.ask(text, "wait on", yes("stop", func() tea.Cmd {
		return p.actOn(outbox.ActionCancel, p.keyed("It is cancelled; {outbox.retry} sends it after all."), all...)
	}))
}

func (p *waitPane) bindings() bindings {
	k := p.keys()
	return bindings{footer: []key.Binding{k.Quit, k.Stop}, end: []key.Binding{k.Help, k.Stay}, help: []group{{"While it waits", []key.Binding{k.Stay, k.Stop, k.Quit}}}}
}

func (p *waitPane) view(width, height int) ([]string, *tea.Cursor) {
	room := max(width-3, 1)
	lines := []string{" " + p.styles.bold.Render(cut("It quits when these have gone:", room)), "", "  " + cut(p.words(), room), ""}
	if height < twoLinesFrom { // the rows need it
		lines = slices.Delete(lines, 1, 2)
	}
	var end []string
	for _, text := range []string{p.staysBehind(p.under, p.standing), p.unless()} {
		for _, line := range wrap(text, room) {
			if text != "" {
				end = append(end, "  "+p.styles.dim.Render(line))
			}
		}
	}
	if named := p.rows(room, height-len(lines)-1-len(end)); len(named) > 0 {
		lines = append(append(lines, named...), "")
	}
	lines = append(lines, end...)
	return lines[:min(len(lines), max(height, 0))], nil
}

// rows are those under way as far as there is room, and how many come behind them.
func (p *waitPane) rows(width, most int) (lines []string) {
	named := 0
	for n := range p.going {
		row := p.rowLines(&p.going[n], width)
		behind := 1
		if p.under.All() == n+1 {
			behind = 0
		}
		if len(lines)+len(row)+behind > most {
			break
		}
		lines, named = append(lines, row...), n+1
	}
	if more := p.under.All() - named; named > 0 && more > 0 {
		lines = append(lines, "  "+p.styles.dim.Render(cut("and "+number(more)+" more behind them", width)))
	}
	return lines
}

// rowLines are a message that is under way, with a bar below it while its upload lasts.
func (p *waitPane) rowLines(i *outbox.Item, width int) []string {
	lines := []string{"  " + p.row(i, width)}
	if bar := p.uploadBar(i.ID, min(width, widestBar)); bar != "" {
		lines = append(lines, "  "+bar)
	}
	return lines
}

// unless says what becomes of them if nobody waits.
func (p *waitPane) unless() string {
	switch {
	case p.options.Passing:
		return "If you do not wait, they end with the demo."
	case p.under.Sending > 0:
		return "If you do not wait, the rest goes at the next start. What is being sent may be in doubt then."
	}
	return "Nothing is lost if you do not wait: the rest goes at the next start."
}

// row is a message that is under way: what it is, to whom it goes, and how far it is.
func (p *waitPane) row(i *outbox.Item, width int) string {
	name := p.styles.plain.Render(subject(*i))
	if to := who(i, width/2); to != "" {
		name += p.styles.dim.Render("  " + to)
	}
	return between(name, p.styles.accent.Render(p.step(i)), width)
}

// step says what a message that is under way does now.
func (p *waitPane) step(i *outbox.Item) string {
	switch g, sending := p.progress[i.ID]; {
	case inUndoWindow(*i, p.now):
		return "leaves in " + seconds(i.NotBefore.Sub(p.now))
	case !sending: // it waits, or is claimed ahead
		return "is next"
	case g.Step == outbox.StepBody && g.Total > 0:
		if words := p.uploads[i.ID].words(g.Total); words != "" {
			return share(g) + " · " + words
		}
		return share(g)
	case p.width < whenFrom: // what it is needs the room
		return stepWords[g.Step]
	default:
		return clean(string(g.Step))
	}
}

// words says what is left.
func (p *waitPane) words() string {
	var parts []string
	out := min(len(p.progress), p.under.Sending) // the others are claimed ahead
	for _, part := range []struct {
		n    int
		what string
	}{{out, "being sent"}, {p.under.Sending - out + p.under.Due, "due"}, {p.under.Undo, "still to be taken back"}, {p.under.Unmade, "of campaigns not begun"}} {
		if part.n > 0 {
			parts = append(parts, number(part.n)+" "+part.what)
		}
	}
	return strings.Join(parts, " · ")
}
