package ui

import (
	"context"
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// transcriptPane shows what was said in every attempt, the newest first. Of one that
// goes on it shows each line as it is said, and stays at its end, unless the person has
// scrolled away from that; when it has ended, what is kept stands in the same place.
type transcriptPane struct {
	textFrame
	attempts  []outbox.Attempt
	live      outbox.Progress // of the attempt that was seen last while it went on; zero: none was
	loaded    bool
	reading   reading
	following following

	past    []passage // all but the one that goes on, for a width
	wrapped int       // that width; 0: they must be drawn anew
	stale   bool      // the one that goes on must be drawn anew
	drawn   layout
	newest  outbox.Attempt // of those that are drawn, while it goes on
	growing bool           // it does
	away    bool           // the person has scrolled to where the pane would not be by itself
}

// transcriptRead is all that is shown.
type transcriptRead struct {
	of       *transcriptPane
	attempts []outbox.Attempt
	live     outbox.Progress
	goesOn   bool
	err      error
}

func newTranscriptPane(d *desk, i outbox.Item) *transcriptPane {
	return &transcriptPane{textFrame: textFrame{desk: d, item: i, name: "transcript", opener: "message.transcript"}}
}

func (p *transcriptPane) restyled() { p.wrapped = 0 }

func (p *transcriptPane) load() tea.Cmd {
	if !p.reading.begin() {
		return nil
	}
	id := p.item.ID
	return p.do(func(ctx context.Context) tea.Msg {
		out := transcriptRead{of: p}
		if out.live, out.goesOn, out.err = p.options.Outbox.Following(ctx, id); out.err == nil {
			out.attempts, out.err = p.options.Outbox.Transcript(ctx, id)
		}
		return out
	})
}

func (p *transcriptPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case transcriptRead:
		return p.handleRead(msg)
	case followed:
		p.handleFollowed(msg)
	case changed:
		return p.load()
	case progressed:
		p.stale = true
		return p.following.ask(p.desk, p, p.item.ID, msg.all)
	default:
		return p.scroll(msg)
	}
	return nil
}

func (p *transcriptPane) handleRead(msg transcriptRead) tea.Cmd {
	if msg.of != p {
		return nil
	}
	p.reading.end()
	if msg.err != nil {
		p.close(p)
		return p.fail(msg.err)
	}
	p.attempts, p.loaded, p.wrapped = msg.attempts, true, 0
	if msg.goesOn {
		p.live = msg.live
	}
	if p.reading.again {
		return p.load()
	}
	return nil
}

func (p *transcriptPane) handleFollowed(msg followed) {
	if msg.of != p {
		return
	}
	p.following.asking = false
	if msg.goesOn {
		if msg.live.Number != p.live.Number {
			p.wrapped = 0
		}
		p.live, p.stale = msg.live, true
	}
}

// scroll does what a key or the mouse asks for. The end is first that of the attempt
// that goes on.
func (p *transcriptPane) scroll(msg tea.Msg) tea.Cmd {
	home := p.drawn.home(p.textHeight())
	wasHome := p.text.top == home
	if !p.handle(msg, p) {
		return nil
	}
	if press, ok := msg.(tea.KeyPressMsg); ok && p.growing && !wasHome && p.count == 0 && key.Matches(press, p.keys().move.Bottom) {
		p.text.top = home
	}
	p.away = p.text.top != home && (p.growing || p.text.top != 0)
	return nil
}

// bindings have the way back to the end of what goes on where it is missed.
func (p *transcriptPane) bindings() bindings {
	b := p.textFrame.bindings()
	if p.growing && p.away {
		b.footer = append([]key.Binding{p.bound("follow", "move.last")}, b.footer...)
	}
	return b
}

// draw makes the lines for a width, and puts what is read, or the end, where it was.
func (p *transcriptPane) draw(width, height int) {
	if p.wrapped != width || p.stale {
		p.drawAnew(width, height)
	}
	if p.growing && !p.away {
		p.text.top = p.drawn.home(height)
	}
}

func (p *transcriptPane) drawAnew(width, height int) {
	all := withLive(p.attempts, p.live)
	grew := p.growing
	if p.growing = len(all) > 0 && all[0].Finished.IsZero(); p.growing {
		p.newest = all[0]
	}
	if p.wrapped != width {
		p.past = nil
		for i, a := range all {
			if i > 0 || !p.growing {
				p.past = append(p.past, p.attemptPassage(a, width))
			}
		}
	}
	p.wrapped, p.stale = width, false
	passages := p.past
	if p.growing {
		passages = append([]passage{p.growingPassage(p.newest, width)}, p.past...)
	}
	before := p.drawn
	p.text.lines, p.drawn = lay(passages)
	switch {
	case p.away:
		p.text.top = before.keep(p.text.top, p.drawn)
	case grew: // and has ended, unless it goes on
		p.text.top = p.drawn.home(height)
	}
}

// growingPassage is the attempt that goes on, and how far it is.
func (p *transcriptPane) growingPassage(a outbox.Attempt, width int) passage {
	s := p.attemptPassage(a, width)
	g, goesOn := p.progress[p.item.ID]
	g.Dialogue = a.Dialogue
	s.lines = append(s.lines, p.standing(g, goesOn && g.Attempt == p.live.Attempt && p.live.Number == a.Number, width)...)
	return s
}

func (p *transcriptPane) view(width, height int) ([]string, *tea.Cursor) {
	name := capital(p.name)
	if !p.loaded {
		return []string{p.head(name, width, height)}, nil
	}
	p.draw(width-2, height-1)
	if len(p.drawn.starts) == 0 {
		p.text.lines = []string{"", p.styles.dim.Render(cut("It was not tried yet.", width-2))}
	}
	if p.growing {
		name += fmt.Sprintf(" of attempt %d through %s", p.newest.Number, clean(p.newest.Account))
	}
	return p.under(p.head(name, width, height), height), nil
}
