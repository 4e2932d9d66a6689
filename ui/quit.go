package ui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// quitAsked is what is under way when the person wants to go.
type quitAsked struct {
	of       *question // that is asked about it; nil: none yet
	under    outbox.UnderWay
	standing map[string]int // messages of each account that stands still
	sender   outbox.SenderSeen
	err      error
}

// quit asks if that would stop mail that is on its way.
func (p *outboxPane) quit() tea.Cmd {
	if !p.options.Sending {
		return tea.Quit
	}
	return p.lookUnderWay(nil)
}

// lookUnderWay looks at what is under way, for a question about it.
func (p *outboxPane) lookUnderWay(of *question) tea.Cmd {
	still := p.standingStill()
	return p.do(func(ctx context.Context) tea.Msg {
		b := p.options.Outbox
		sender := b.Sender()
		if sender.State == outbox.SenderMoves && !sender.Here { // it goes on
			return quitAsked{of: of, sender: sender}
		}
		under, standing, err := readUnderWay(ctx, b, still)
		return quitAsked{of: of, under: under, standing: standing, sender: sender, err: err}
	})
}

// readUnderWay reads what is under way, and what stays with the accounts that stand still.
func readUnderWay(ctx context.Context, b *outbox.Outbox, still outbox.Still) (outbox.UnderWay, map[string]int, error) {
	under, err := b.UnderWay(ctx, still)
	if err != nil {
		return under, nil, err
	}
	standing, err := b.StandingStill(ctx, still.All())
	return under, standing, err
}

// standingStill are the accounts through which nothing goes now.
func (d *desk) standingStill() (still outbox.Still) {
	for _, park := range d.status.parks {
		if park.Until.IsZero() {
			still.Stopped = append(still.Stopped, park.Account)
			continue
		}
		still.Later = append(still.Later, park.Account)
	}
	for _, q := range d.status.full {
		still.Later = append(still.Later, q.Account)
	}
	return still
}

// handleQuitAsked says what is left, and what can be done about it. An outbox that
// cannot be read keeps nobody.
func (p *outboxPane) handleQuitAsked(msg quitAsked) tea.Cmd {
	if p.options.Passing {
		msg.under.Waits, msg.under.Later, msg.standing = 0, 0, nil
	}
	n := msg.under.All()
	if p.top() != p || p.question != msg.of { // the person has gone on
		return nil
	}
	left := msg.err == nil && n+msg.under.Later+msg.under.Waits > 0
	if !left && msg.of == nil {
		return tea.Quit
	}
	text := "Nothing is under way any more"
	var answers []answer
	still := msg.sender.State == outbox.SenderStill // neither waiting nor a daemon helps
	switch {
	case left && still:
		text = heldUp(msg.under) + ", and " + msg.sender.Words()
	case left:
		text = p.leftBehind(msg.under, msg.standing)
	}
	if n, until := p.untilMended(msg.standing); n > 0 {
		text += "; " + theyWait(n) + " " + until
	}
	if left && n > 0 && !still { // nobody waits for tomorrow
		answers = append(answers, answer{"wait", "question.wait", func() tea.Cmd {
			w := &waitPane{desk: p.desk, under: msg.under, standing: msg.standing}
			p.push(w)
			return w.look()
		}})
	}
	if left && p.options.Daemon != nil && !still {
		answers = append(answers, answer{"a daemon sends it", "question.daemon", p.askDaemon})
	}
	p.ask("Quit? "+text+".", "stay", append(answers, yes("quit", func() tea.Cmd { return tea.Quit }))...)
	asked := p.question
	asked.follow = func() tea.Cmd { return p.lookUnderWay(asked) }
	return nil
}

// heldUp says what waits for a sender that stands still, and what the servers may have
// already.
func heldUp(u outbox.UnderWay) string {
	waiting := u.All() + u.Later + u.Waits - u.AtDot
	switch {
	case u.AtDot == 0:
		return waits(waiting)
	case waiting <= 0:
		return count(u.AtDot, "message") + " may have arrived"
	}
	return waits(waiting) + ", " + number(u.AtDot) + " may have arrived"
}

// leftBehind says what does not go when nothing sends any more: what is under way, and
// what waits for its time. It is short, since the answers stand behind it.
func (d *desk) leftBehind(u outbox.UnderWay, standing map[string]int) string {
	n, more, since := u.All(), u.Waits+u.Later, d.allWaitSince(u, standing)
	if since != "" {
		since = ": " + since
	}
	switch {
	case d.options.Passing:
		return are(n) + " under way, and the demo ends with it"
	case more == 0 && u.Sending > 0: // the server may have it before it has said so
		return are(n) + " under way, and may be in doubt then"
	case more == 0:
		return are(n) + " under way, and will go later"
	case n > 0 && more == 1:
		return are(n) + " under way, 1 more waits" + since
	case n > 0:
		return are(n) + " under way, " + number(more) + " more wait" + since
	case u.Waits == 0:
		return lettersOf(u.Later) + " of campaigns still to go, and nothing sends then"
	case u.Later > 0:
		return number(u.Waits) + " and " + lettersOf(u.Later) + " of campaigns wait, and nothing sends then"
	case since != "":
		return waits(u.Waits) + since + ", and nothing sends then"
	case u.Waits == 1:
		return "1 message waits for its time, and nothing sends then"
	}
	return number(u.Waits) + " messages wait for their time, and nothing sends then"
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

// handleDaemonStarted quits, or says why there is no daemon and what can be done instead.
func (p *outboxPane) handleDaemonStarted(msg daemonStarted) tea.Cmd {
	switch {
	case msg.err == nil:
		return tea.Quit
	case p.top() != p || p.question != nil || p.options.InsteadOfDaemon == "":
		return p.fail(fmt.Errorf("no daemon is set up: %w", msg.err))
	}
	text := "No daemon is set up. " + sentence(p.options.InsteadOfDaemon) + " " + sentence(mistake(msg.err))
	p.ask(text, "stay", yes("quit", func() tea.Cmd { return tea.Quit }))
	return nil
}

func are(n int) string {
	if n == 1 {
		return "1 message is"
	}
	return number(n) + " messages are"
}
