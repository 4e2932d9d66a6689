package ui

import (
	"context"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// textPane shows a long text about an item, which is read when it opens.
type textPane struct {
	*desk
	item   outbox.Item
	name   string // of what it shows
	opener string // the action that opens it, and closes it
	read   func(ctx context.Context) (linesOf, error)
	waits  string // for what, where that may take its time

	// follows is for a text that becomes another one while it is shown, with what
	// is new in front: it is read again when something has changed, and drawn again
	// as the message goes out. Who reads further down stays there.
	follows bool

	lines   linesOf // nil until it is read
	loading bool
	again   bool // something has changed while it was read
	text    scroller
	wrapped int  // the width that text is wrapped to; 0: it must be drawn anew
	grows   bool // and has more in front then
}

// linesOf draws a text for a width. It is called where the pane is drawn.
type linesOf func(width int) []string

// textRead is what a textPane shows.
type textRead struct {
	of    *textPane
	lines linesOf
	err   error
}

func (p *textPane) title() string { return p.name + " of " + subject(p.item) }

func (p *textPane) restyled() { p.wrapped = 0 }

func (p *textPane) load() tea.Cmd {
	if p.loading {
		p.again = true
		return nil
	}
	p.loading, p.again = true, false
	return p.do(func(ctx context.Context) tea.Msg {
		lines, err := p.read(ctx)
		return textRead{of: p, lines: lines, err: err}
	})
}

func (p *textPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case textRead:
		return p.handleRead(msg)
	case changed:
		if p.follows {
			return p.load()
		}
	case progressed:
		if p.follows && slices.ContainsFunc(msg.all, func(g outbox.Progress) bool { return g.Item == p.item.ID }) {
			p.wrapped, p.grows = 0, true
		}
	case tea.KeyPressMsg:
		k := p.keys()
		switch {
		case p.text.update(msg, k.move, p.paneHeight()-1):
		case key.Matches(msg, k.Help):
			p.push(newHelpPane(p.desk, p))
		case key.Matches(msg, k.Back):
			p.pop()
		}
	case tea.MouseWheelMsg:
		p.text.update(msg, moveKeys{}, p.paneHeight()-1)
	}
	return nil
}

func (p *textPane) handleRead(msg textRead) tea.Cmd {
	if msg.of != p {
		return nil
	}
	p.loading = false
	if msg.err != nil {
		p.close(p)
		return p.fail(msg.err)
	}
	p.grows = p.lines != nil
	p.lines, p.wrapped = msg.lines, 0
	if p.again {
		return p.load()
	}
	return nil
}

func (p *textPane) view(width, height int) ([]string, *tea.Cursor) {
	if p.lines != nil && p.wrapped != width {
		before := len(p.text.lines)
		p.wrapped, p.text.lines = width, p.lines(width-2)
		if p.grows && p.text.top > 0 {
			p.text.top = max(p.text.top+len(p.text.lines)-before, 0)
		}
		p.grows = false
	}
	name := p.styles.bold.Render(capital(p.name)) + p.styles.dim.Render(" · "+subject(p.item))
	lines := []string{" " + between(name, p.styles.dim.Render(p.text.more(height-1)), width-2)}
	if p.lines == nil && p.waits != "" {
		return append(lines, "", " "+p.styles.wait.Render(cut(p.waits, width-2))), nil
	}
	for _, line := range p.text.view(max(height-1, 0)) {
		lines = append(lines, " "+line)
	}
	return lines, nil
}

// textKeys are the keys of a text.
type textKeys struct {
	move       moveKeys
	Help, Back key.Binding
}

func (p *textPane) keys() textKeys {
	return textKeys{move: p.moveKeys(), Help: p.bound("help", "everywhere.help"), Back: p.bound("back", "view.back", p.opener, "view.close")}
}

func (p *textPane) bindings() bindings {
	k := p.keys()
	return bindings{
		footer: []key.Binding{k.move.Up, k.move.Down, k.move.PageDown},
		end:    []key.Binding{k.Help, k.Back},
		help:   []group{{"The " + p.name, append(k.move.all(), k.Back)}},
	}
}
