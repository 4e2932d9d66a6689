package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// task is a look-up or a check: work that takes seconds and tells how far it is.
// It belongs to the pane that has begun it. What comes of another task is for
// somebody else, or for nobody any more.
type task struct {
	stop context.CancelFunc // of its context, which it is kept for
	told chan any           // closed behind its result
	from time.Time
	over bool
}

// taskTold is something that a task tells: news on its way, and last its result.
type taskTold struct {
	task *task
	news any
}

// taskTime is a second of a task: how long it takes is shown.
type taskTime struct{ task *task }

// toldAhead is more than a task tells in all: none waits for who reads it.
const toldAhead = 256

// begin starts a task. work is given what to tell news with, which does not block
// and may be called from several goroutines, and gives the result.
func (d *desk) begin(work func(ctx context.Context, tell func(any)) any) (*task, tea.Cmd) {
	ctx, stop := context.WithCancel(d.ctx)
	t := &task{stop: stop, told: make(chan any, toldAhead), from: d.now}
	tell := func(news any) {
		select {
		case t.told <- news:
		default: // the result has all of it
		}
	}
	run := d.do(func(context.Context) tea.Msg {
		defer close(t.told)
		result := work(ctx, tell)
		select {
		case t.told <- result:
		case <-ctx.Done():
		}
		return nil
	})
	return t, tea.Batch(run, t.listen(d.ctx), t.tick())
}

func (t *task) tick() tea.Cmd {
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return taskTime{t} })
}

// running tells that there is a result to wait for; nil is no task.
func (t *task) running() bool { return t != nil && !t.over }

// hear takes in a message that may be of the task. news is what it tells, nil if it
// is another message; cmd waits for more.
func (t *task) hear(ctx context.Context, msg tea.Msg) (news any, cmd tea.Cmd) {
	switch msg := msg.(type) {
	case taskTime:
		if msg.task == t && t.running() {
			return nil, t.tick()
		}
	case taskTold:
		if msg.task == t && t.running() {
			return msg.news, t.listen(ctx)
		}
	}
	return nil, nil
}

// listen waits for the next that a task tells.
func (t *task) listen(ctx context.Context) tea.Cmd {
	return func() tea.Msg {
		select {
		case news, ok := <-t.told:
			if !ok {
				return nil
			}
			return taskTold{t, news}
		case <-ctx.Done():
			return nil
		}
	}
}

// end stops a task that may be under way, and lets go of one that is over; nil is
// none.
func (t *task) end() {
	if t != nil {
		t.over = true
		t.stop()
	}
}
