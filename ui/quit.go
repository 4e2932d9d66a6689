package ui

import (
	"context"
	"maps"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// quitAsked is what is under way when the person wants to go.
type quitAsked struct {
	under     outbox.UnderWay
	elsewhere bool // another process sends, and goes on
	err       error
}

// quit asks if that would stop mail that is on its way.
func (p *outboxPane) quit() tea.Cmd {
	if !p.options.Sending {
		return tea.Quit
	}
	still := p.standingStill()
	return p.do(func(ctx context.Context) tea.Msg {
		b := p.options.Outbox
		if b.SenderElsewhere() {
			return quitAsked{elsewhere: true}
		}
		under, err := b.UnderWay(ctx, still)
		return quitAsked{under: under, err: err}
	})
}

// standingStill are the accounts through which nothing goes now.
func (d *desk) standingStill() (names []string) {
	for _, park := range d.status.parks {
		names = append(names, park.Account)
	}
	for _, q := range d.status.full {
		names = append(names, q.Account)
	}
	return names
}

// handleQuitAsked says what is left, and what can be done about it. An outbox that
// cannot be read keeps nobody.
func (p *outboxPane) handleQuitAsked(msg quitAsked) tea.Cmd {
	if p.options.Passing {
		msg.under.Waits, msg.under.Later = 0, 0
	}
	n := msg.under.All()
	if p.top() != p || p.question != nil { // the person has gone on
		return nil
	}
	if msg.err != nil || msg.elsewhere || n+msg.under.Later+msg.under.Waits == 0 {
		return tea.Quit
	}
	var answers []answer
	if n > 0 { // nobody waits for tomorrow
		answers = append(answers, answer{"wait", "question.wait", func() tea.Cmd {
			w := &waitPane{desk: p.desk, under: msg.under}
			p.push(w)
			return w.look()
		}})
	}
	if p.options.Daemon != nil {
		answers = append(answers, answer{"a daemon sends it", "question.daemon", p.askDaemon})
	}
	answers = append(answers, yes("quit", func() tea.Cmd { return tea.Quit }))
	p.ask("Quit? "+leftBehind(msg.under), "stay", answers...)
	return nil
}

// leftBehind says what does not go when nothing sends any more: what is under way, and
// what waits for its time. It is short, since the answers stand behind it.
func leftBehind(u outbox.UnderWay) string {
	n, more := u.All(), u.Waits+u.Later
	switch {
	case more == 0:
		return are(n) + " under way, and will go later."
	case n > 0 && more == 1:
		return are(n) + " under way, 1 more waits."
	case n > 0:
		return are(n) + " under way, " + number(more) + " more wait."
	case u.Waits == 0:
		return lettersOf(u.Later) + " of campaigns still to go, and nothing sends then."
	case u.Later > 0:
		return number(u.Waits) + " and " + lettersOf(u.Later) + " of campaigns wait, and nothing sends then."
	case u.Waits == 1:
		return "1 message waits for its time, and nothing sends then."
	}
	return number(u.Waits) + " messages wait for their time, and nothing sends then."
}

func lettersOf(n int) string {
	if n == 1 {
		return "1 letter"
	}
	return number(n) + " letters"
}

// askDaemon says what that changes on the machine.
func (p *outboxPane) askDaemon() tea.Cmd {
	p.ask("Let a systemd unit of yours send, now and with every session?", "stay", yes("set it up and quit", p.leaveToDaemon))
	return nil
}

// daemonStarted is what came of starting it.
type daemonStarted struct{ err error }

// leaveToDaemon has a daemon send what is left: it takes over when this window is
// gone.
func (d *desk) leaveToDaemon() tea.Cmd {
	return d.do(func(ctx context.Context) tea.Msg { return daemonStarted{d.options.Daemon(ctx)} })
}

func (p *outboxPane) handleDaemonStarted(msg daemonStarted) tea.Cmd {
	if msg.err != nil {
		return p.fail(msg.err)
	}
	return tea.Quit
}

func are(n int) string {
	if n == 1 {
		return "1 message is"
	}
	return number(n) + " messages are"
}

// waitPane waits until nothing is under way any more, and quits then.
type waitPane struct {
	*desk
	under outbox.UnderWay
}

// underWayRead is what is left.
type underWayRead struct {
	of    *waitPane
	under outbox.UnderWay
	err   error
}

func (p *waitPane) title() string { return "waiting" }

func (p *waitPane) restyled() {}

func (p *waitPane) look() tea.Cmd {
	still := p.standingStill()
	return p.do(func(ctx context.Context) tea.Msg {
		under, err := p.options.Outbox.UnderWay(ctx, still)
		return underWayRead{p, under, err}
	})
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
		if p.under = msg.under; p.under.All() == 0 {
			return tea.Quit
		}
	case tea.KeyPressMsg:
		k := p.keys()
		switch {
		case key.Matches(msg, k.Stay):
			p.close(p)
		case key.Matches(msg, k.Quit):
			return tea.Quit
		}
	}
	return nil
}

// waitKeys are the keys while the interface waits for its end.
type waitKeys struct{ Stay, Quit key.Binding }

func (p *waitPane) keys() waitKeys {
	return waitKeys{Stay: p.bound("stay", "wait.stay"), Quit: p.bound("quit now", "wait.quit")}
}

func (p *waitPane) bindings() bindings {
	k := p.keys()
	return bindings{footer: []key.Binding{k.Quit}, end: []key.Binding{k.Stay}, help: []group{{"While it waits", []key.Binding{k.Stay, k.Quit}}}}
}

func (p *waitPane) view(width, height int) ([]string, *tea.Cursor) {
	room := max(width-3, 1)
	lines := []string{" " + p.styles.bold.Render(cut("It quits when these have gone:", room)), "", "  " + cut(p.words(), room), ""}
	for _, id := range slices.Sorted(maps.Keys(p.progress)) {
		g := p.progress[id]
		text := id.String() + ": " + clean(string(g.Step))
		if g.Step == outbox.StepBody && g.Total > 0 {
			text = id.String() + ": " + share(g)
		}
		lines = append(lines, "  "+p.styles.accent.Render(cut(text, room)))
	}
	lines = append(lines, "", "  "+p.styles.dim.Render(cut("Nothing is lost if you do not wait: the rest goes at the next start.", room)))
	return lines[:min(len(lines), max(height, 0))], nil
}

// words says what is left.
func (p *waitPane) words() string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{p.under.Sending, "being sent"}, {p.under.Due, "due"}, {p.under.Undo, "still to be taken back"}, {p.under.Unmade, "of campaigns not begun"}} {
		if part.n > 0 {
			parts = append(parts, number(part.n)+" "+part.what)
		}
	}
	return strings.Join(parts, " · ")
}
