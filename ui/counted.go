package ui

import (
	"context"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
)

// counted is work on many things that a form waits for and that can be stopped.
type counted struct {
	done    atomic.Int64 // things; of the command, which must not touch the form
	total   int
	stop    context.CancelFunc
	stopped bool // somebody wants that
}

// begin has the form wait for work, which tells how many things are done. It is stopped by
// the end of its context, and end takes in what came of it: it may have been too late, or
// the form be left.
func (p *formPane) begin(doing string, total int, work func(ctx context.Context, done func(int)) error, end func(err error) tea.Cmd) tea.Cmd {
	ctx, stop := context.WithCancel(p.ctx)
	c := &counted{total: total, stop: stop}
	p.doing, p.counted = doing, c
	return tea.Batch(p.recount(c), p.do(func(context.Context) tea.Msg {
		defer stop()
		err := work(ctx, func(n int) { c.done.Store(int64(n)) })
		return ended{func() tea.Cmd {
			p.doing, p.counted = "", nil
			return end(err)
		}}
	}))
}

// recount lets the count be seen for as long as the work goes on.
func (p *formPane) recount(c *counted) tea.Cmd {
	return tea.Tick(progressEvery, func(time.Time) tea.Msg {
		return ended{func() tea.Cmd {
			if p.counted != c {
				return nil
			}
			return p.recount(c)
		}}
	})
}

// stoppable tells that the form waits for what can be stopped, and was not yet. Who goes
// back a second time leaves it to itself: a disk that is gone may keep it for long.
func (p *formPane) stoppable() bool { return p.counted != nil && !p.counted.stopped }

func (p *formPane) stop() {
	p.counted.stopped, p.doing = true, "stopping"
	p.counted.stop()
}

// countedLine says how far the work is, with a bar where there is room for one.
func (p *formPane) countedLine(width int) string {
	const bar = 16
	done := int(p.counted.done.Load())
	text := number(done) + " of " + number(p.counted.total)
	if width < bar+2+len(text) {
		return cut(text, width)
	}
	return p.styles.bar(done, p.counted.total, bar) + "  " + text
}

// bar is a line of which the share that is done is full.
func (s *styles) bar(done, total, width int) string {
	full := 0
	if total > 0 {
		full = done * width / total
	}
	return s.accent.Render(repeat("━", full)) + s.dim.Render(repeat("─", width-full))
}
