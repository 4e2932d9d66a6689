package ui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

const (
	// coalesce is the least time between two readings of the outbox: a burst of
	// changes is one.
	coalesce = 50 * time.Millisecond
	// progressEvery is how often live progress is read while something is sent.
	progressEvery = 250 * time.Millisecond
	// The clock of relative times: fast while seconds are counted down.
	fastTick = time.Second
	slowTick = 10 * time.Second
)

// watch hears of changes, reads live progress and lets time pass.
type watch struct {
	*desk
	changes <-chan struct{}
	polling bool // progress is being read
	fast    bool // the tick under way is a fast one
	ticks   int  // generation of the tick under way
}

type (
	watching    struct{ changes <-chan struct{} } // the outbox will tell
	changed     struct{}                          // something in the outbox may have
	listenAgain struct{}
	ticked      struct{ generation int } // time has passed
	progressed  struct{ all []outbox.Progress }
	pollAgain   struct{}
)

func (w *watch) start() tea.Cmd {
	return w.do(func(ctx context.Context) tea.Msg { return watching{w.options.Outbox.Watch(ctx)} })
}

// listen waits for the next change. It is not a job: it ends with the context.
func (w *watch) listen() tea.Cmd {
	changes := w.changes
	return func() tea.Msg {
		if _, ok := <-changes; !ok {
			return nil
		}
		return changed{}
	}
}

// tick comes when relative times must be written anew.
func (w *watch) tick() tea.Cmd {
	every := slowTick
	if w.fast = w.counting(); w.fast {
		every = fastTick
	}
	w.ticks++
	generation := w.ticks
	return tea.Tick(every, func(time.Time) tea.Msg { return ticked{generation} })
}

// counting tells that seconds are counted down on the screen.
func (w *watch) counting() bool {
	return w.status.undo > 0 || len(w.progress) > 0 || slices.ContainsFunc(w.status.campaigns, func(c outbox.Campaign) bool {
		return beginsLater(c, w.now) && c.NotBefore.Sub(w.now) <= time.Minute
	})
}

func (w *watch) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case watching:
		w.changes = msg.changes
		return w.listen()
	case changed:
		return tea.Tick(coalesce, func(time.Time) tea.Msg { return listenAgain{} })
	case listenAgain:
		return w.listen()
	case ticked:
		if msg.generation == w.ticks {
			return w.tick()
		}
	case listRead:
		if w.counting() && !w.fast {
			return tea.Batch(w.poll(), w.tick())
		}
		return w.poll()
	case pollAgain:
		w.polling = false
		return w.poll()
	case progressed:
		w.takeProgress(msg.all)
		return tea.Tick(progressEvery, func(time.Time) tea.Msg { return pollAgain{} })
	}
	return nil
}

// poll reads live progress for as long as something is being sent.
func (w *watch) poll() tea.Cmd {
	if w.polling {
		return nil
	}
	if w.status.counts[outbox.StateSending] == 0 {
		w.progress, w.uploads = nil, nil
		return nil
	}
	w.polling = true
	return w.do(func(context.Context) tea.Msg { return progressed{w.options.Outbox.Progress()} })
}

// progressBar is what the taskbar shows: how far campaigns are that go out, else all
// bodies that do, as one. Where all of them are out and an answer is waited for, nobody
// knows how far that is.
func (d *desk) progressBar() *tea.ProgressBar {
	var done, total int64
	for _, c := range d.status.campaigns {
		if c.State == outbox.CampaignRunning && c.Begun.Before(d.now) {
			done, total = done+int64(c.Counts.Rows-c.Counts.Open()), total+int64(c.Counts.Rows)
		}
	}
	if total > 0 {
		return tea.NewProgressBar(tea.ProgressBarDefault, int(done*100/total))
	}
	for _, p := range d.progress {
		done, total = done+p.Done, total+p.Total
	}
	switch {
	case total == 0:
		return nil
	case done >= total:
		return tea.NewProgressBar(tea.ProgressBarIndeterminate, 0)
	}
	return tea.NewProgressBar(tea.ProgressBarDefault, int(done*100/total))
}
