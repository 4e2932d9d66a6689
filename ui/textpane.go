package ui

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// textFrame is what the panes share that show a long text about an item: the name
// above it, where it is scrolled to, and the keys.
type textFrame struct {
	*desk
	item   outbox.Item
	name   string // of what it shows
	opener string // the action that opens it, and closes it
	text   scroller
}

func (f *textFrame) title() string { return f.name + " of " + subject(f.item) }

// textHeight is how many lines of the text fit below its head.
func (f *textFrame) textHeight() int { return f.paneHeight() - 1 }

// head is the line above the text, with a name.
func (f *textFrame) head(name string, width, height int) string {
	start := f.styles.bold.Render(name) + f.styles.dim.Render(" · "+subject(f.item))
	return " " + between(start, f.styles.dim.Render(f.text.more(height-1)), width-2)
}

// under gives the lines that are on the screen, the head above them.
func (f *textFrame) under(head string, height int) []string {
	lines := []string{head}
	for _, line := range f.text.view(max(height-1, 0)) {
		lines = append(lines, " "+line)
	}
	return lines
}

// handle does for a pane what a key or the mouse asks for, and tells whether that is
// about where it is scrolled to.
func (f *textFrame) handle(msg tea.Msg, of pane) (scrolled bool) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		k := f.keys()
		switch {
		case f.text.update(msg, k.move, f.textHeight()):
			return true
		case key.Matches(msg, k.Help):
			f.push(newHelpPane(f.desk, of))
		case key.Matches(msg, k.Back):
			f.pop()
		}
	case tea.MouseWheelMsg:
		return f.text.update(msg, moveKeys{}, f.textHeight())
	}
	return false
}

// textKeys are the keys of a text.
type textKeys struct {
	move       moveKeys
	Help, Back key.Binding
}

func (f *textFrame) keys() textKeys {
	return textKeys{move: f.moveKeys(), Help: f.bound("help", "everywhere.help"), Back: f.bound("back", "view.back", f.opener, "view.close")}
}

func (f *textFrame) bindings() bindings {
	k := f.keys()
	return bindings{
		footer: []key.Binding{k.move.Up, k.move.Down, k.move.PageDown},
		end:    []key.Binding{k.Help, k.Back},
		help:   []group{{"The " + f.name, append(k.move.all(), k.Back)}},
	}
}

// textPane shows a long text about an item, which is read when it opens.
type textPane struct {
	textFrame
	read    func(ctx context.Context) (linesOf, error)
	waits   string  // for what, where that may take its time
	lines   linesOf // nil until it is read
	wrapped int     // the width that text is wrapped to; 0: it must be drawn anew
}

// linesOf draws a text for a width. It is called where the pane is drawn.
type linesOf func(width int) []string

// textRead is what a textPane shows.
type textRead struct {
	of    *textPane
	lines linesOf
	err   error
}

func newTextPane(d *desk, i outbox.Item, name, opener string, read func(ctx context.Context) (linesOf, error)) *textPane {
	return &textPane{textFrame: textFrame{desk: d, item: i, name: name, opener: opener}, read: read}
}

func (p *textPane) restyled() { p.wrapped = 0 }

func (p *textPane) load() tea.Cmd {
	return p.do(func(ctx context.Context) tea.Msg {
		lines, err := p.read(ctx)
		return textRead{of: p, lines: lines, err: err}
	})
}

func (p *textPane) update(msg tea.Msg) tea.Cmd {
	if msg, ok := msg.(textRead); ok {
		return p.handleRead(msg)
	}
	p.handle(msg, p)
	return nil
}

func (p *textPane) handleRead(msg textRead) tea.Cmd {
	if msg.of != p {
		return nil
	}
	if msg.err != nil {
		p.close(p)
		return p.fail(msg.err)
	}
	p.lines, p.wrapped = msg.lines, 0
	return nil
}

func (p *textPane) view(width, height int) ([]string, *tea.Cursor) {
	if p.lines != nil && p.wrapped != width {
		p.wrapped, p.text.lines = width, p.lines(width-2)
	}
	head := p.head(capital(p.name), width, height)
	if p.lines == nil && p.waits != "" {
		return []string{head, "", " " + p.styles.wait.Render(cut(p.waits, width-2))}, nil
	}
	return p.under(head, height), nil
}
