package ui

import (
	"context"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
)

// watchEvery is how often it is looked whether an editor has saved: with the time that
// takes, no more than two seconds of it can be lost.
const watchEvery = time.Second

// editorWatch keeps what an editor saves in the draft while it runs: the program may
// be killed before the editor ends, and nobody would look for its file.
type editorWatch struct {
	ctx   context.Context // for saving
	saver *saver
	path  string
	whole bool  // the file has the headers too
	kept  sheet // what the draft is by now; not to be touched while run does

	text string // of the file as it was read last
	seen os.FileInfo
}

// run looks at the file until ctx ends. What cannot be read or saved is tried again.
func (w *editorWatch) run(ctx context.Context) {
	ticks := time.NewTicker(watchEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			w.look()
		}
	}
}

// look saves what is new in the file. A blank one is not: editors empty a file before
// they write it.
func (w *editorWatch) look() {
	info, err := os.Stat(w.path)
	if err != nil || w.seen != nil && info.ModTime().Equal(w.seen.ModTime()) && info.Size() == w.seen.Size() {
		return
	}
	text, err := readEditFile(w.path)
	if err != nil || strings.TrimSpace(text) == "" {
		return
	}
	if text != w.text {
		next := sheet{draft: withEdited(w.kept.draft, text, w.whole), revision: w.kept.revision + 1}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), keepWithin)
		defer cancel()
		if w.saver.save(ctx, next) != nil {
			return
		}
		w.text, w.kept = text, next
	}
	w.seen = info
}

// withEdited is a draft with what an editor made of it.
func withEdited(d compose.Draft, text string, whole bool) compose.Draft {
	if !whole {
		d.Body = text
		return d
	}
	from := d.From
	if d = parseWhole(text, d); d.From == "" {
		d.From = from
	}
	return d
}

// watchedEditor is an editor with somebody who watches what it saves.
type watchedEditor struct {
	editorProcess
	watch *editorWatch
}

// Run runs the editor to its end. Nothing is saved any more when it returns.
func (e watchedEditor) Run() error {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.watch.run(ctx)
	}()
	err := e.editorProcess.Run()
	stop()
	<-ended
	return err
}

// startEditor runs the editor on the file that is ready for it.
func (c *composer) startEditor(msg editorReady) tea.Cmd {
	return c.lend(watchedEditor{editorProcess{Cmd: msg.command}, c.watch}, func(err error) tea.Msg { return editorClosed{c, err} })
}

// passWatch numbers what comes now behind what was saved while the editor ran: it is
// newer, even if it is what stood there before.
func (c *composer) passWatch() {
	if c.watch == nil {
		return
	}
	if saved := c.watch.kept.revision; saved > c.revision {
		c.revision = saved + 1
	}
	c.watch = nil
}
